use crate::facts::kops::number::Number;
use crate::facts::kops::range::Written;
use crate::rule::prelude::*;

rule! {
    /// Unreadable /LEN#N as the range of a subnet
    ///
    /// ## Why
    ///
    /// An `ipv6CIDR` that begins with a slash is read as `/LEN#N`: part number N of the VPC's range in blocks
    /// of length LEN. LEN is a decimal number up to 128, N a hexadecimal one in lower case, without blanks,
    /// sign or 0x. `/64#10` is the seventeenth block, not the eleventh.
    ///
    /// ## What to do instead
    ///
    /// Write `/64#0`, `/64#1` and so on to `/64#ff`.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Literal networks, and numbers that are well formed but lie outside the VPC's range.
    "kops/malformed-subnet-number",
    enforces: &[&matrix::kops::SUBNET_NUMBER],
    applies_to: &[Kind::Cluster],
    reads: &[],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let Some(cluster) = cx.kops_ipv6_cluster_on_aws() else {
        return Ok(());
    };
    for subnet in cluster.subnets() {
        let Written::BadNumber(fault) = Written::of(subnet) else {
            continue;
        };
        let range = subnet.ipv6_cidr();
        let plain = range.text().replace(char::is_whitespace, "").to_ascii_lowercase();
        out.push(
            Finding::at(
                cx.subject(),
                range,
                CauseKind::Invalid,
                format!("{:?} {}", range.text(), fault.explain()),
            )
            .because("kOps would refuse the cluster")
            .remedy("write a decimal length, # and a lower-case hexadecimal number, for example /64#a")
            .meant(Number::parse(&plain).is_ok().then_some(plain)),
        );
    }
    Ok(())
}
