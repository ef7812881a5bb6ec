//! Whether AKO starts with its configuration (R@2.1.1:internal/cache/controller_obj_cache.go `ValidateUserInput`).
//!
//! AKO makes every check and reports the last that fails, so the checks are made here from the last to the first.

use ipnet::IpNet;

use super::Rejection;
use super::world::{Mode, World};
use crate::facts::ako::config::Setting;
use crate::facts::ako::era::{CloudSupport, VPC_MODE};
use crate::facts::ako::pattern::{is_v4_cidr, is_v6_cidr};
use crate::facts::ako::vip::Networks;
use crate::model::address::{Address, classify};
use crate::model::{Cloud, Shape};

/// Entries that nodeNetworkList may have (R@*:internal/lib/constants.go `NODE_NETWORK_MAX_ENTRIES`).
const MOST_NODE_NETWORKS: usize = 5;

/// Why AKO refuses its configuration.
pub(super) fn rejection(world: &World<'_>) -> Option<Rejection> {
    controller(world)
        .or_else(|| ipv6(world))
        .or_else(|| cni(world))
        .or_else(|| patterns(world))
        .or_else(|| list(world).err())
        .or_else(|| node_networks(world))
        .or_else(|| tier1_router(world))
        .or_else(|| cluster_name(world))
}

fn refused(code: &'static str, why: impl Into<String>) -> Option<Rejection> {
    Some(Rejection { code, why: why.into() })
}

/// Before it checks anything, AKO logs in.
fn controller(world: &World<'_>) -> Option<Rejection> {
    let written = world.config.at(Setting::Controller).text();
    if world.is_dual_stack() || !matches!(classify(written), Address::V6(_)) {
        return None;
    }
    let why = format!(
        "it cannot log in at {written}: before 1.12.1 it makes no URL of an IPv6 address without brackets"
    );
    refused("controllerUnreachable", why)
}

fn ipv6(world: &World<'_>) -> Option<Rejection> {
    if !world.era.ip_family_values().contains(&world.ip_family.as_str()) {
        let known = world.era.ip_family_values().join(", ");
        return refused("ipFamilyValue", format!("ipFamily {:?} is none of {known}", world.ip_family));
    }
    let has_v6 = list(world).unwrap_or_default() && world.era.ipv6_on(world.cloud) == CloudSupport::No;
    if !has_v6 {
        return None;
    }
    refused("v6cidrOnUnsupportedCloud", format!("vipNetworkList has a v6cidr on {}", world.cloud))
}

fn cni(world: &World<'_>) -> Option<Rejection> {
    if world.mode != Mode::NodePortLocal || world.config.cni() == "antrea" {
        return None;
    }
    let cni = world.config.at(Setting::Cni).text();
    refused(
        "nodePortLocalNeedsAntrea",
        format!("serviceType NodePortLocal with cniPlugin {cni:?}, not antrea"),
    )
}

/// The networks pass AKO's patterns, where it looks at them: not in NodePort mode, not on public clouds, and not where
/// the VRF is named.
fn patterns(world: &World<'_>) -> Option<Rejection> {
    let names_vrf = world.is_dual_stack()
        && matches!(world.cloud, Cloud::VCenter | Cloud::NoAccess)
        && !world.config.at(Setting::Vrf).text().is_empty();
    if world.mode == Mode::NodePort || world.cloud.is_public() || names_vrf || list(world).is_err() {
        return None;
    }
    let networks = world.config.vip_networks();
    for network in networks.list() {
        let (cidr, v6cidr) = (network.cidr.text(), network.v6cidr.text());
        if !cidr.is_empty() && !is_v4_cidr(cidr) {
            return refused(
                "vipNetworkInvalid",
                format!("cidr {cidr:?} of vipNetworkList is no IPv4 network"),
            );
        }
        if !v6cidr.is_empty() && !is_v6_cidr(v6cidr) {
            return refused(
                "vipNetworkInvalid",
                format!("v6cidr {v6cidr:?} of vipNetworkList is no IPv6 network"),
            );
        }
    }
    None
}

/// The list can be used at all; whether it has a v6cidr.
fn list(world: &World<'_>) -> Result<bool, Rejection> {
    let reject = |code, why: &str| Err(Rejection { code, why: why.to_owned() });
    if world.config.vpc_mode() && world.release >= VPC_MODE {
        return Ok(false);
    }
    match world.config.vip_networks() {
        Networks::Unreadable => reject("vipNetworkInvalid", "vipNetworkList is no list of networks"),
        Networks::NotWritten => reject("vipNetworkListEmpty", "there is no vipNetworkList"),
        Networks::List(networks) if networks.is_empty() => {
            let hope =
                "unless, outside public clouds, the controller's IPAM profile names one that can be used";
            reject("vipNetworkListEmpty", &format!("vipNetworkList names no network, {hope}"))
        }
        Networks::List(networks) if networks.len() > 1 && world.cloud != Cloud::Aws => {
            reject("severalVipNetworks", "vipNetworkList has several networks, which AKO takes on AWS only")
        }
        Networks::List(networks) => Ok(networks.iter().any(|network| !network.v6cidr.is_absent())),
    }
}

/// The networks of the nodes can be read, are five at most and of networks of either family; looked at on vCenter alone,
/// and not in NodePort mode (R@*:internal/cache/controller_obj_cache.go `checkNodeNetwork`). What a list that is not
/// written means differs from release to release, and whether the controller knows the networks nobody can see here.
fn node_networks(world: &World<'_>) -> Option<Rejection> {
    let list = world.config.at(Setting::NodeNetworks);
    let written = Some(list.embedded()).filter(|inner| !inner.is_absent()).unwrap_or(list);
    if list.is_nothing() || world.mode == Mode::NodePort || world.cloud != Cloud::VCenter {
        return None;
    }
    if written.shape() != Some(Shape::List) {
        let is_unwritten = matches!(list.text().trim(), "" | "null");
        return if is_unwritten { None } else { refused("nodeNetworkInvalid", "nodeNetworkList is no list") };
    }
    if written.items().count() > MOST_NODE_NETWORKS {
        let why = format!("nodeNetworkList has more than {MOST_NODE_NETWORKS} entries");
        return refused("nodeNetworkInvalid", why);
    }
    let mut cidrs = written.items().flat_map(|network| network.at("cidrs").items());
    let wrong = cidrs.find(|cidr| cidr.text().parse::<IpNet>().is_err())?;
    refused("nodeNetworkInvalid", format!("cidr {:?} of nodeNetworkList is no network", wrong.text()))
}

/// On NSX-T with an overlay transport zone the tier-1 router must be named, anywhere else it must not.
fn tier1_router(world: &World<'_>) -> Option<Rejection> {
    let is_named = !world.config.at(Setting::Tier1Router).text().is_empty();
    let zone = world.view.profile.transport_zone.as_ref().map(|zone| zone.value.as_str());
    let why = match (world.cloud, zone, is_named) {
        (Cloud::NsxT, Some("OVERLAY"), false) => "nsxtT1LR is missing, which an overlay transport zone needs",
        (Cloud::NsxT, Some("VLAN"), true) => "nsxtT1LR is set, which a VLAN transport zone has no use for",
        (Cloud::NsxT, _, _) | (_, _, false) => return None,
        _ => "nsxtT1LR is set, and the cloud is not NSX-T",
    };
    refused("tier1Router", why)
}

fn cluster_name(world: &World<'_>) -> Option<Rejection> {
    if world.names.is_valid() {
        return None;
    }
    let name = world.names.cluster();
    refused("clusterName", format!("clusterName {name:?} is not made of letters, digits, - and _"))
}
