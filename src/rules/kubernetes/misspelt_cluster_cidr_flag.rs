use crate::facts::cluster::component::CLUSTER_CIDR;
use crate::rule::prelude::*;

rule! {
    /// kube-proxy flag --cluster-cidrs, which does not exist
    ///
    /// ## Why
    ///
    /// The first page on dual stack, for Kubernetes 1.16, printed `--cluster-cidrs` for kube-proxy. No
    /// release has that flag, and a component ends at a flag it does not know.
    ///
    /// ## What to do instead
    ///
    /// Write `--cluster-cidr`, with both ranges in its value.
    ///
    /// ## Not reported
    ///
    /// Other unknown flags.
    "kubernetes/misspelt-cluster-cidr-flag",
    enforces: &[&matrix::kubernetes::PROXY_RANGES],
    applies_to: &[Kind::ClusterFlags, Kind::Pod],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    for flags in cx.components() {
        if let Some(flag) = flags.get("cluster-cidrs") {
            let message = format!("{} has no flag --cluster-cidrs", flags.component.name());
            let is_only = flags.get(CLUSTER_CIDR).is_none();
            let renamed = flag.node.text().strip_prefix("--cluster-cidrs");
            let fix = if flag.node.key() == "cluster-cidrs" {
                Some(Fix::Key(CLUSTER_CIDR))
            } else {
                renamed.map(|rest| Fix::Value(format!("--cluster-cidr{rest}")))
            };
            out.push(
                Finding::at(cx.subject(), flag.node, CauseKind::NotSupported, message)
                    .because("it would end with an error instead of starting")
                    .remedy("write --cluster-cidr, with both ranges in its value")
                    .fixed_by(fix.filter(|_| is_only)),
            );
        }
    }
    Ok(())
}
