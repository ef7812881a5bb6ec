use crate::facts::kops::image::Distribution;
use crate::matrix::kops::release;
use crate::model::Release;
use crate::rule::prelude::*;

rule! {
    /// Image that does not support IPv6 with this release
    ///
    /// ## Why
    ///
    /// kOps' page on IPv6 names the images it works with, and has changed its mind: Debian 11 was required with
    /// Calico in 1.23, and no Debian is allowed from 1.26 on, where Calico wants Ubuntu 22.04 or Flatcar. kOps
    /// does not check images.
    ///
    /// ## What to do instead
    ///
    /// Use the image the page of your release names; Ubuntu 22.04 or later is right from 1.24 on.
    ///
    /// ## Not reported
    ///
    /// IPv4 clusters. Images whose name does not tell what they are, such as `ami-...` and `ssm:...`.
    /// InstanceGroups without an image, which get the channel's. Groups of a Cluster that does not exist.
    "kops/unsupported-image",
    enforces: &[&matrix::kops::IMAGES],
    applies_to: &[Kind::InstanceGroup],
    reads: &[Kind::Cluster],
    action: Deny,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let group = cx.subject();
    let image = group.spec().at("image");
    let Some(distribution) = Distribution::of(image.text()) else {
        return Ok(());
    };
    let Some(cluster) = cx.kops_cluster_of(group)?.filter(|cluster| cluster.is_ipv6()) else {
        return Ok(());
    };
    let with_calico = !cluster.cni("calico").is_nothing();
    let Some(wanted) = wanted_instead(distribution, cx.profile.kops.value, with_calico) else {
        return Ok(());
    };
    let calico = if with_calico { " with Calico" } else { "" };
    out.push(
        Finding::at(
            group,
            image,
            CauseKind::NotSupported,
            format!(
                "the image is {}, which does not support IPv6 clusters of kOps {}{calico}",
                distribution.describe(),
                cx.profile.kops.text
            ),
        )
        .because("nodes would not get working IPv6, which kOps does not notice")
        .remedy(format!("use {wanted}")),
    );
    Ok(())
}

/// What to use instead, where the page of the release rules the image out.
fn wanted_instead(image: Distribution, kops: Release, with_calico: bool) -> Option<&'static str> {
    let is_recent_ubuntu =
        matches!(image, Distribution::Ubuntu(version) if version.is_none_or(|v| v >= (22, 4)));
    let is_debian_11 = matches!(image, Distribution::Debian(None | Some(11)));
    let (fine, wanted) = if kops >= release::NO_DEBIAN {
        let is_debian = matches!(image, Distribution::Debian(_));
        let suits_calico = !with_calico || is_recent_ubuntu || image == Distribution::Flatcar;
        (!is_debian && suits_calico, "Ubuntu 22.04 or later, or Flatcar")
    } else if !with_calico || kops < release::DESCRIBED {
        (true, "")
    } else if kops >= release::UBUNTU {
        (is_debian_11 || is_recent_ubuntu, "Debian 11, or Ubuntu 22.04 or later")
    } else {
        (is_debian_11, "Debian 11")
    };
    (!fine).then_some(wanted)
}
