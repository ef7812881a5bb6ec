//! Which networks a VIP comes from, and what AKO asks the controller for.

use super::world::World;
use super::{Preferred, Vip};
use crate::facts::ako::era;
use crate::facts::ako::pattern::{is_v4_cidr, is_v6_cidr};
use crate::facts::ako::vip::{Network, Selection, setting_networks};
use crate::model::{Cloud, Families, IpFamily, Kind, Object, Release};

/// From here on the AviInfraSetting of a Namespace leaves no mark in names (ako-names-and-crds.md 1.3).
const NAMELESS_IN_NAMESPACE: Release = Release::new(1, 13, 1);

/// The AviInfraSetting that applies to an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applied<'a> {
    setting: Option<Object<'a>>,
    /// Whether its name stands in the names of what is built with it.
    pub(super) is_named: bool,
}

impl<'a> Applied<'a> {
    /// The part it adds to names.
    pub(super) fn name_part(&self) -> String {
        let setting = self.setting.filter(|_| self.is_named);
        setting.map_or(String::new(), |setting| format!("{}-", setting.name()))
    }

    /// The shard size it states.
    pub(super) fn shard_size(&self) -> Option<&'a str> {
        let l7 = self.setting?.spec().at("l7Settings");
        (!l7.is_nothing()).then(|| l7.at("shardSize").text())
    }

    /// The networks of its VIPs: its own where it lists any, else those of the configuration.
    fn networks(&self, world: &World<'a>) -> (Vec<Network<'a>>, String) {
        let own = self.setting.map(|setting| (setting_networks(setting).list().to_vec(), setting.name()));
        match own.filter(|(networks, _)| !networks.is_empty()) {
            Some((networks, name)) => (networks, format!("AviInfraSetting {name}")),
            None => (world.config.vip_networks().list().to_vec(), "AKO's configuration".to_owned()),
        }
    }

    /// The VIP that AKO asks for on behalf of `owner`. Where building it kills AKO, that is noted.
    pub(super) fn vip(&self, world: &World<'a>, owner: Object<'a>, preferred: Option<&str>) -> Vip {
        let (networks, origin) = self.networks(world);
        let is_listed = world.cloud.is_public() && world.cloud != Cloud::Gcp;
        if is_listed {
            // one VIP for each network, by name only; a preferred address is not passed on
            let families = networks.iter().fold(Families::NONE, |all, network| {
                let own = network.families();
                Families { v4: all.v4 || own.v4, v6: all.v6 || own.v6 }
            });
            let explicit = families.v6;
            let networks = networks.iter().map(|network| network.name.text().to_owned()).collect();
            return Vip { families, networks, explicit, origin, ..Vip::default() };
        }
        let preferred = preferred.map(|address| Preferred {
            address: address.to_owned(),
            family: preferred_family(world, address),
        });
        // elsewhere the first is used, whatever follows it
        let Some(network) = networks.first() else {
            return Vip { families: Families::V4, preferred, origin, ..Vip::default() };
        };
        self.survive(world, owner, network);
        let name = if network.uuid.is_absent() { network.name } else { network.uuid };
        let subnets = [network.cidr, network.v6cidr].into_iter().filter(|subnet| !subnet.is_absent());
        Vip {
            families: network.families(),
            networks: vec![name.text().to_owned()],
            subnets: subnets.map(|subnet| subnet.text().to_owned()).collect(),
            explicit: !network.v6cidr.is_absent(),
            preferred,
            origin,
        }
    }

    /// Notes what of a network kills AKO (R@2.1.1:internal/rest/avi_obj_vsvip.go `AviVsVipBuild`).
    fn survive(&self, world: &World<'_>, owner: Object<'_>, network: &Network<'_>) {
        let blamed = self.setting.unwrap_or(owner);
        for subnet in [network.cidr, network.v6cidr] {
            if !subnet.is_absent() && !subnet.text().contains('/') {
                let (key, text) = (subnet.key(), subnet.text());
                world.dies(
                    blamed,
                    format!("{key} {text:?} has no prefix length, which AKO takes for granted"),
                );
            }
        }
        let zone = world.view.profile.transport_zone.as_ref().map(|zone| zone.value.as_str());
        let is_vlan = world.cloud == Cloud::NsxT && zone == Some("VLAN");
        let has_subnet = !network.cidr.is_absent() || !network.v6cidr.is_absent();
        if is_vlan && has_subnet && network.cidr.text().parse::<ipnet::IpNet>().is_err() {
            let why =
                "the VIP network has no cidr, from which AKO computes where to place VIPs on VLANs of NSX-T";
            world.dies(blamed, why);
        }
    }
}

/// The family a preferred address is sent as: always IPv4 before 1.12.1, from then on IPv6 for all that is not IPv4.
fn preferred_family(world: &World<'_>, address: &str) -> IpFamily {
    if !world.is_dual_stack() {
        return IpFamily::V4;
    }
    world.family_of(address).unwrap_or(IpFamily::V6)
}

/// The AviInfraSetting that applies to `object`, or why none can (R@2.1.1:internal/nodes/avi_model_l4_translator.go
/// `getL4InfraSetting`). One that the object itself names stands in the way of its Namespace's, even if it is of no
/// use.
pub(super) fn applied<'a>(world: &World<'a>, object: Object<'a>) -> Result<Applied<'a>, String> {
    let meaning = "no AviInfraSetting is assumed to apply";
    let Some(selection) = world.known(world.view.selection(object), None, meaning) else {
        return Ok(Applied { setting: None, is_named: false });
    };
    usable(&selection)?;
    let in_namespace =
        world.release >= NAMELESS_IN_NAMESPACE && namespace_names(world, object, selection.name);
    Ok(Applied { setting: selection.setting, is_named: !in_namespace })
}

/// Whether the Namespace of `object` names this setting, even where the object names it too.
fn namespace_names(world: &World<'_>, object: Object<'_>, name: &str) -> bool {
    let namespace = world.view.find(Kind::Namespace, "", object.namespace());
    let annotation = |namespace: Object<'_>| {
        namespace.annotation(crate::facts::ako::vip::SETTING_ANNOTATION).text() == name
    };
    namespace.is_ok_and(|namespace| namespace.is_some_and(annotation))
}

fn usable(selection: &Selection<'_>) -> Result<(), String> {
    let name = selection.name;
    let Some(setting) = selection.setting else {
        return Err(format!("AviInfraSetting {name} does not exist"));
    };
    if selection.is_rejected() {
        return Err(format!("AKO has rejected AviInfraSetting {name}"));
    }
    if setting.root().at("status").at("status").text().is_empty()
        && let Some(why) = rejection(setting)
    {
        return Err(format!("AKO rejects AviInfraSetting {name}: {why}"));
    }
    Ok(())
}

/// Every AviInfraSetting, by name, with the reason why AKO rejects it.
pub(super) fn settings(world: &World<'_>) -> Vec<(String, Option<String>)> {
    let settings = world.snapshot.all(Kind::AviInfraSetting);
    let mut settings: Vec<(String, Option<String>)> = settings
        .map(|setting| {
            let status = setting.root().at("status");
            let why = match status.at("status").text() {
                "" => rejection(setting),
                "Accepted" => None,
                _ => Some(status.at("error").text().to_owned()),
            };
            (setting.name().to_owned(), why)
        })
        .collect();
    settings.sort();
    settings
}

/// Why AKO rejects an AviInfraSetting it has not looked at yet (R@2.1.1:internal/k8s/validator.go
/// `ValidateAviInfraSetting`).
fn rejection(setting: Object<'_>) -> Option<String> {
    let network = setting.spec().at("network");
    let has_labels = network.at("bgpPeerLabels").items().next().is_some();
    if has_labels && network.at("enableRhi").as_bool() != Some(true) {
        return Some("bgpPeerLabels without enableRhi".to_owned());
    }
    setting_networks(setting).list().iter().find_map(|network| {
        let (cidr, v6cidr) = (network.cidr.text(), network.v6cidr.text());
        if !cidr.is_empty() && !is_v4_cidr(cidr) {
            Some(format!("cidr {cidr:?} is no IPv4 network"))
        } else if !v6cidr.is_empty() && !is_v6_cidr(v6cidr) {
            Some(format!("v6cidr {v6cidr:?} is no IPv6 network"))
        } else {
            None
        }
    })
}

/// Whether a Service whose AviInfraSetting is of no use still gets pools.
pub(super) fn fills_pools_without_setting(world: &World<'_>) -> bool {
    world.release >= era::NAMESPACE_SETTING
}

/// What applies where a setting is of no use and AKO goes on without it.
pub(super) fn nothing<'a>() -> Applied<'a> {
    Applied { setting: None, is_named: false }
}
