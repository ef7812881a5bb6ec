use crate::rule::prelude::*;

rule! {
    /// Classic load balancer for the API of an IPv6 cluster
    ///
    /// ## Why
    ///
    /// Classic load balancers reach their targets by IPv4 only, while nodes in private subnets of an IPv6
    /// cluster have IPv6 only. kOps does not check; that it fails is inferred.
    ///
    /// ## What to do instead
    ///
    /// Set `spec.api.loadBalancer.class` to `Network`.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Clusters that do not name a class.
    "kops/classic-api-load-balancer",
    enforces: &[&matrix::kops::CLASSIC_LOAD_BALANCER],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster_on_aws() else {
        return Ok(());
    };
    let class = cluster.spec().at("api").at("loadBalancer").at("class");
    if class.text() != "Classic" {
        return Ok(());
    }
    out.push(
        Finding::at(
            cx.subject(),
            class,
            CauseKind::NotSupported,
            "a Classic load balancer does not reach an API that has IPv6 only",
        )
        .because("the API is likely to stay out of reach, which kOps does not notice")
        .remedy("set the class to Network"),
    );
    Ok(())
}
