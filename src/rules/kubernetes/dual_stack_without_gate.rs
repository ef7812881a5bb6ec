use crate::facts::cluster::component::{CLUSTER_CIDR, Flags, GATE, SERVICE_RANGE, is_dual};
use crate::facts::cluster::range::Ranges;
use crate::rule::prelude::*;

rule! {
    /// Dual stack without its feature gate
    ///
    /// ## Why
    ///
    /// From 1.16 to 1.20 dual stack is an alpha feature: each component needs the gate IPv6DualStack, and one
    /// without it refuses a second range or works with one family. In 1.21 and 1.22 the gate is on unless
    /// somebody switches it off. Before 1.16 there is neither the gate nor dual stack, and a component that is
    /// given two ranges does not start.
    ///
    /// ## What to do instead
    ///
    /// Give every component `--feature-gates=IPv6DualStack=true`, or move to 1.23 or later, where it is
    /// always on. Before 1.16 give one range everywhere.
    ///
    /// ## Not reported
    ///
    /// Components that are not listed, inputs with one range everywhere, and releases from 1.23 on.
    "kubernetes/dual-stack-without-gate",
    enforces: &[
        &matrix::kubernetes::GATE,
        &matrix::kubernetes::CLUSTER_RANGES,
        &matrix::kubernetes::SERVICE_RANGES,
        &matrix::kubernetes::PROXY_RANGES,
        &matrix::kubernetes::KUBEADM_SUBNETS,
        &matrix::kubernetes::KUBEADM_GATE,
    ],
    applies_to: &[Kind::ClusterConfiguration, Kind::ClusterFlags, Kind::KubeProxyConfiguration, Kind::Pod],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

/// First release with dual stack: 1.16.
const FIRST: u32 = 16;

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let kubernetes = cx.kubernetes();
    if kubernetes.minor > 22 {
        return Ok(());
    }
    let (object, components) = (cx.subject(), cx.components());
    if kubernetes.minor < FIRST {
        report_early(object, &components, kubernetes.text, out);
        return Ok(());
    }
    if !is_dual(&components) {
        return Ok(());
    }
    let gates_off: Vec<&Flags<'_>> =
        components.iter().filter(|flags| !flags.has_dual_stack(kubernetes.minor)).collect();
    // kubeadm has one gate for all, and refuses the subnets that need it
    if object.kind() == Some(Kind::ClusterConfiguration) {
        if gates_off.is_empty() {
            return Ok(());
        }
        let networking = object.at_key("networking");
        let subnets = ["podSubnet", "serviceSubnet"].map(|key| networking.at(key));
        for subnet in subnets.into_iter().filter(|subnet| Ranges::read(subnet.text()).is_several()) {
            report(object, subnet, "kubeadm", kubernetes.text, out);
        }
        return Ok(());
    }
    for flags in gates_off {
        let field = flags.gate(GATE).map_or(flags.owner, |gate| gate.node);
        report(object, field, flags.component.name(), kubernetes.text, out);
    }
    Ok(())
}

fn report(object: Object<'_>, field: Node<'_>, who: &str, release: &str, out: &mut Findings) {
    let message = format!("{who} {release} does dual stack only with the gate IPv6DualStack");
    out.push(
        Finding::at(object, field, CauseKind::Required, message)
            .because("it would refuse to start with two ranges, or serve one family alone")
            .remedy("switch IPv6DualStack on for every component, or move to Kubernetes 1.23 or later"),
    );
}

/// Blames each field that holds several ranges, once: kubeadm gives one to several components.
fn report_early(object: Object<'_>, components: &[Flags<'_>], release: &str, out: &mut Findings) {
    let mut blamed = Vec::new();
    for flags in components {
        let given = [CLUSTER_CIDR, SERVICE_RANGE].into_iter().filter_map(|name| flags.ranges(name));
        for (flag, _) in given.filter(|(_, ranges)| ranges.is_several()) {
            if blamed.contains(&flag.node.id()) {
                continue;
            }
            blamed.push(flag.node.id());
            let who = if flag.implied { "kubeadm" } else { flags.component.name() };
            let message = format!("{who} {release} takes one range: dual stack came with 1.16");
            out.push(
                Finding::at(object, flag.node, CauseKind::NotSupported, message)
                    .because("the component would refuse to start with two ranges")
                    .remedy("give one range, or move to Kubernetes 1.16 or later"),
            );
        }
    }
}
