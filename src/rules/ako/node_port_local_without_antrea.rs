use crate::rule::prelude::*;

rule! {
    /// NodePortLocal with a CNI plug-in other than Antrea
    ///
    /// ## Why
    ///
    /// NodePortLocal is a feature of Antrea, and AKO checks that `cniPlugin` names it, whatever the IP families. If
    /// it names another plug-in, or none, the start-up check fails, AKO stops synchronising and its Pod restarts for
    /// ever.
    ///
    /// ## What to do instead
    ///
    /// Set `cniPlugin: antrea` if the cluster runs Antrea, otherwise use `serviceType: ClusterIP` or `NodePort`.
    ///
    /// ## Not reported
    ///
    /// The letter case of `cniPlugin`: AKO ignores it. Whether the cluster really runs Antrea.
    "ako/node-port-local-without-antrea",
    enforces: &[&matrix::ako::NODE_PORT_LOCAL_CNI],
    applies_to: CONFIG,
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    if !config.is_node_port_local() || config.cni() == "antrea" {
        return Ok(());
    }
    let field = config.at(Setting::Cni);
    let message = "serviceType NodePortLocal needs the CNI plug-in antrea";
    let finding = if field.is_nothing() {
        let (parent, key) = config.place(Setting::Cni);
        // the whole section may be missing, and with it the way to the key
        let path = config.path(Setting::Cni);
        Finding { field: path, ..Finding::missing(config.object, parent, key, message) }
    } else {
        Finding::at(config.object, field, CauseKind::NotSupported, message)
    };
    out.push(
        finding.because("AKO would fail its start-up check and restart for ever").remedy(
            "set cniPlugin to antrea if the cluster runs it, or use serviceType ClusterIP or NodePort",
        ),
    );
    Ok(())
}
