//! What one object itself writes about IPv6: AKO's configuration in any form, or an `AviInfraSetting`.

use super::config::{Config, Setting};
use super::vip::{Networks, setting_networks};
use crate::facts::view::View;
use crate::model::{Kind, Node, Object};

/// The IPv6 related fields of an object.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    /// The list of VIP networks as a whole.
    pub list: Node<'a>,
    /// What the list holds.
    pub networks: Networks<'a>,
    /// `ipFamily`, where it asks for IPv6 in so many words.
    pub ip_family: Option<Node<'a>>,
}

impl<'a> Written<'a> {
    /// Reads `object`; `None` when it is neither AKO's configuration nor an `AviInfraSetting`.
    pub fn of(object: Object<'a>, ako_namespace: &str) -> Option<Self> {
        if object.kind() == Some(Kind::AviInfraSetting) {
            let list = object.spec().at("network").at("vipNetworks");
            return Some(Self { list, networks: setting_networks(object), ip_family: None });
        }
        let config = Config::of(object, ako_namespace)?;
        Some(Self {
            list: config.at(Setting::VipNetworks),
            networks: config.vip_networks(),
            ip_family: config.asks_for_ipv6_servers().then(|| config.at(Setting::IpFamily)),
        })
    }

    /// The `v6cidr` of every network, used or not.
    pub fn v6cidrs(&self) -> impl Iterator<Item = Node<'a>> {
        let networks = self.networks.list().iter();
        networks.map(|network| network.v6cidr).filter(|v6cidr| !v6cidr.is_absent())
    }

    /// Every field that asks for IPv6: `ipFamily`, then each `v6cidr`.
    pub fn ipv6_fields(&self) -> impl Iterator<Item = Node<'a>> {
        self.ip_family.into_iter().chain(self.v6cidrs())
    }
}

impl<'a> View<'a> {
    /// What the subject writes about IPv6.
    pub fn written(&self) -> Option<&Written<'a>> {
        let read = || Written::of(self.subject(), &self.profile.ako_namespace.value);
        self.written.get_or_init(read).as_ref()
    }
}
