use crate::rule::prelude::*;

rule! {
    /// Classic load balancer for the API of an IPv6 cluster
    ///
    /// ## Why
    ///
    /// Classic load balancers reach their targets by IPv4 only, while nodes in private subnets of an IPv6
    /// cluster have IPv6 only. kOps does not check; that it fails is inferred. A load balancer without a class
    /// becomes a Classic one (kubernetes/kops@v1.36.2:upup/pkg/fi/cloudup/populate_cluster_spec.go).
    ///
    /// ## What to do instead
    ///
    /// Set `spec.api.loadBalancer.class` to `Network`.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Clusters that name no load balancer.
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
    let balancer = cluster.spec().at("api").at("loadBalancer");
    let class = balancer.at("class");
    if balancer.is_nothing() || !["", "Classic"].contains(&class.text()) {
        return Ok(());
    }
    let message = "a Classic load balancer does not reach an API that has IPv6 only";
    let finding = if class.is_absent() {
        Finding::missing(cx.subject(), balancer, "class", message)
    } else {
        Finding::at(cx.subject(), class, CauseKind::NotSupported, message)
    };
    out.push(
        finding
            .because("the API is likely to stay out of reach, which kOps does not notice")
            .remedy("set the class to Network"),
    );
    Ok(())
}
