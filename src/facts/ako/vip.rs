//! VIP networks: what a list holds, which one an object gets, and what families that gives its VIP.

use super::config::Config;
use super::era;
use crate::facts::view::{Unknown, View};
use crate::model::{Families, Kind, Node, Object, Shape};

/// How the keys of a network are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCase {
    /// By Go's JSON decoder: in any letter case, the last one wins, `null` changes nothing.
    Insensitive,
    /// By a pruning custom resource: the exact key only.
    Exact,
}

/// One VIP network.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    /// The element as a whole.
    pub node: Node<'a>,
    /// `networkName`; absent when there is none.
    pub name: Node<'a>,
    /// `networkUUID`; absent when there is none.
    pub uuid: Node<'a>,
    /// `cidr`; absent when there is none.
    pub cidr: Node<'a>,
    /// `v6cidr`; absent when there is none.
    pub v6cidr: Node<'a>,
}

impl<'a> Network<'a> {
    /// Decodes an element as AKO does: a map whose four fields are strings. `None` when it cannot be.
    fn decode(node: Node<'a>, case: KeyCase) -> Option<Self> {
        if !matches!(node.shape(), Some(Shape::Map | Shape::Null)) {
            return None;
        }
        let mut fields = ["networkName", "networkUUID", "cidr", "v6cidr"].map(|name| (name, node.absent()));
        for child in node.children() {
            let matches = |name: &str| match case {
                KeyCase::Exact => child.key() == name,
                KeyCase::Insensitive => child.key().eq_ignore_ascii_case(name),
            };
            match (fields.iter_mut().find(|(name, _)| matches(name)), child.shape()) {
                (None, _) | (Some(_), Some(Shape::Null)) => {}
                (Some((_, field)), Some(Shape::String)) => *field = child,
                (Some(_), _) => return None,
            }
        }
        let [name, uuid, cidr, v6cidr] =
            fields.map(|(_, field)| if field.text().is_empty() { node.absent() } else { field });
        Some(Self { node, name, uuid, cidr, v6cidr })
    }

    /// The families of a VIP on this network (ako.md 4.5).
    pub fn families(&self) -> Families {
        match (self.cidr.is_absent(), self.v6cidr.is_absent()) {
            (_, true) => Families::V4,
            (false, false) => Families::BOTH,
            (true, false) => Families::V6,
        }
    }
}

/// A list of VIP networks.
#[derive(Clone, Debug)]
pub enum Networks<'a> {
    /// Nobody wrote one.
    NotWritten,
    /// What is written cannot be decoded as AKO decodes it.
    Unreadable,
    /// The networks.
    List(Vec<Network<'a>>),
}

impl<'a> Networks<'a> {
    /// Decodes a list as AKO does: a list of maps whose four fields are strings.
    pub fn decode(list: Node<'a>, case: KeyCase) -> Self {
        if list.shape() != Some(Shape::List) {
            return Self::Unreadable;
        }
        let networks: Option<Vec<_>> = list.items().map(|item| Network::decode(item, case)).collect();
        networks.map_or(Self::Unreadable, Self::List)
    }

    /// The networks; none when they cannot be read.
    pub fn list(&self) -> &[Network<'a>] {
        match self {
            Self::List(list) => list,
            Self::NotWritten | Self::Unreadable => &[],
        }
    }

    /// The one AKO uses: the first, whatever follows it (ako.md section 3).
    pub fn used(&self) -> Option<&Network<'a>> {
        self.list().first()
    }
}

/// The VIP networks of an `AviInfraSetting`.
pub fn setting_networks(setting: Object<'_>) -> Networks<'_> {
    let list = setting.spec().at("network").at("vipNetworks");
    if list.is_nothing() { Networks::NotWritten } else { Networks::decode(list, KeyCase::Exact) }
}

/// Annotation by which a Service, Route or Namespace selects an `AviInfraSetting`.
pub const SETTING_ANNOTATION: &str = "aviinfrasetting.ako.vmware.com/name";

/// Controller name of AKO's `IngressClass`es and `GatewayClass`es, and its load balancer class.
pub const AVI_LB: &str = "ako.vmware.com/avi-lb";

/// An `AviInfraSetting` that an object is told to use.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The field of the object that selects it: its annotation, its class, or its namespace.
    pub field: Node<'a>,
    /// The name of the setting.
    pub name: &'a str,
    /// The setting; `None` when there is none of that name.
    pub setting: Option<Object<'a>>,
    /// Whether the object's own annotation or class selects it, as opposed to its namespace.
    pub by_object: bool,
}

impl Selection<'_> {
    /// The key that is missing below `field`: an Ingress of the default class selects by what it leaves out.
    pub fn missing_key(&self) -> Option<&'static str> {
        (self.field.key() == "spec").then_some("ingressClassName")
    }

    /// Whether AKO has rejected the setting. One without a status counts as accepted (ako.md 4.4).
    pub fn is_rejected(&self) -> bool {
        let status = self.setting.map(|setting| setting.root().at("status").at("status").text());
        status.is_some_and(|status| !status.is_empty() && status != "Accepted")
    }
}

/// Where an object's VIP comes from.
#[derive(Clone, Debug)]
pub struct VipNetwork<'a> {
    /// The families of its VIP.
    pub families: Families,
    /// The setting that supplies the network; `None` when AKO's configuration does.
    pub selection: Option<Selection<'a>>,
}

impl<'a> VipNetwork<'a> {
    /// The field of a Service to blame for its network: its own annotation where that selects the network,
    /// else its type, by which it gets a VIP at all.
    pub fn blamed_field(&self, service: Object<'a>) -> Node<'a> {
        let own = self.selection.filter(|selection| selection.by_object);
        own.map_or(service.spec().at("type"), |selection| selection.field)
    }

    /// Where the network is written, in words.
    pub fn origin(&self) -> String {
        self.selection.map_or("AKO's configuration".to_owned(), |s| format!("AviInfraSetting {}", s.name))
    }
}

impl<'a> View<'a> {
    fn setting(&self, field: Node<'a>, name: &'a str, by_object: bool) -> Result<Selection<'a>, Unknown> {
        let setting = self.find(Kind::AviInfraSetting, "", name)?;
        Ok(Selection { field, name, setting, by_object })
    }

    /// The `AviInfraSetting` an object selects by its own annotation (Service, Route) or class (Ingress), else by
    /// its Namespace's annotation from 1.11.1 on (ako.md 4.4).
    pub fn selection(&self, object: Object<'a>) -> Result<Option<Selection<'a>>, Unknown> {
        let own = if object.kind() == Some(Kind::Ingress) {
            self.class_selection(object)?
        } else {
            let annotation = object.annotation(SETTING_ANNOTATION);
            let name = annotation.as_str().filter(|name| !name.is_empty());
            name.map(|name| self.setting(annotation, name, true)).transpose()?
        };
        match own {
            Some(selection) => Ok(Some(selection)),
            None => self.namespace_selection(object),
        }
    }

    fn namespace_selection(&self, object: Object<'a>) -> Result<Option<Selection<'a>>, Unknown> {
        if self.profile.ako.value < era::NAMESPACE_SETTING {
            return Ok(None);
        }
        let Some(namespace) = self.find(Kind::Namespace, "", object.namespace())? else {
            return Ok(None);
        };
        let name = namespace.annotation(SETTING_ANNOTATION).as_str().filter(|name| !name.is_empty());
        let field = object.root().at("metadata").at("namespace");
        name.map(|name| self.setting(field, name, false)).transpose()
    }

    fn class_selection(&self, ingress: Object<'a>) -> Result<Option<Selection<'a>>, Unknown> {
        let Some(class) = self.ingress_class(ingress)? else {
            return Ok(None);
        };
        let parameters = class.spec().at("parameters");
        let is_setting = parameters.at("apiGroup").text() == "ako.vmware.com"
            && parameters.at("kind").text() == "AviInfraSetting";
        let name = parameters.at("name").as_str().filter(|_| is_setting);
        let written = ingress.spec().at("ingressClassName");
        // an Ingress of the default class selects by what it leaves out
        let field = if written.is_nothing() { ingress.spec() } else { written };
        name.map(|name| self.setting(field, name, true)).transpose()
    }

    /// The VIP network of a Service, Ingress or Route, as AKO chooses it (ako.md 4.4 and 4.5). A setting that the object
    /// itself names stands in the way of its Namespace's, even where it is missing, rejected or lists no network: then
    /// the configuration's network counts (R@2.1.1:internal/nodes/avi_model_l4_translator.go `getL4InfraSetting`).
    pub fn vip_network(&self, object: Object<'a>) -> Result<VipNetwork<'a>, Unknown> {
        let selection = self.selection(object)?;
        let usable = |s: &Selection<'a>| {
            let networks = s.setting.filter(|_| !s.is_rejected()).map(setting_networks)?;
            networks.used().map(Network::families)
        };
        match selection.as_ref().and_then(usable) {
            Some(families) => Ok(VipNetwork { families, selection }),
            None => Ok(VipNetwork { families: self.config_vip_families()?, selection: None }),
        }
    }

    /// The families of a VIP on the configuration's own network; IPv4 where nothing says otherwise.
    pub fn config_vip_families(&self) -> Result<Families, Unknown> {
        let families = |config: &Config<'a>| config.vip_networks().used().map(Network::families);
        let read = || Ok(self.config_or(None, families)?.unwrap_or(Families::V4));
        self.config_vip_families.get_or_init(read).clone()
    }
}
