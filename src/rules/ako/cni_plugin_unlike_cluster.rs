use crate::rule::prelude::*;

rule! {
    /// A cniPlugin that is not the cluster's
    ///
    /// ## Why
    ///
    /// AKO believes `cniPlugin`: it decides which annotations and objects of the nodes AKO reads for their addresses and
    /// Pod networks, and whether it programs routes for them. With the name of another plug-in it looks in the wrong
    /// place and, without a word, takes the nodes' InternalIP and podCIDRs as they stand.
    ///
    /// ## What to do instead
    ///
    /// Write the plug-in that the cluster runs, or nothing where AKO has no name for it.
    ///
    /// ## Not reported
    ///
    /// The letter case, which AKO ignores. An empty `cniPlugin`. A network policy engine that the AKS Engine model names.
    /// Clusters whose document leaves the plug-in to somebody else (kOps' `cni: {}`). Runs without a document that builds
    /// a cluster, and several documents of one kind that disagree. The webhook never sees such documents.
    "ako/cni-plugin-unlike-cluster",
    enforces: &[&matrix::ako::CLUSTER_CNI],
    applies_to: CONFIG,
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let (cni, said) = (config.cni(), cx.profile.documented.cnis.as_ref());
    let Some(said) = said.filter(|said| !cni.is_empty() && !said.value.contains(&cni)) else {
        return Ok(());
    };
    let names = said.value.join(" or ");
    out.push(
        Finding::at(
            config.object,
            config.at(Setting::Cni),
            CauseKind::Invalid,
            format!("the cluster's CNI plug-in is {names}, as {} says", said.by),
        )
        .because(
            "AKO would look for the nodes' addresses and Pod networks where this plug-in does not write them",
        )
        .remedy("name the plug-in that the cluster runs, or none"),
    );
    Ok(())
}
