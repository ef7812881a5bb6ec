//! What a `LoadBalancer` Service asks of AKO.

use super::era;
use super::handled::is_rejected;
use crate::facts::service::ServiceFamilies;
use crate::facts::view::{Unknown, View};
use crate::model::address::{Address, classify};
use crate::model::{IpFamily, Kind, Node, Object, Release};

/// Annotation with a preferred VIP address.
pub const ADDRESS_ANNOTATION: &str = "ako.vmware.com/load-balancer-ip";
/// Annotation that names an L4Rule.
pub const L4_RULE_ANNOTATION: &str = "ako.vmware.com/l4rule";

/// A preferred address of a Service.
#[derive(Clone, Copy, Debug)]
pub struct PreferredAddress<'a> {
    /// The field of the Service that gives it: the address itself, or the annotation that names the L4Rule.
    pub field: Node<'a>,
    /// The address as written.
    pub text: &'a str,
}

impl PreferredAddress<'_> {
    /// Whether it is a plain IPv6 address.
    pub fn is_ipv6(&self) -> bool {
        matches!(classify(self.text), Address::V6(_))
    }
}

/// Why a Service asks for an IPv6 VIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv6Request {
    /// Its first family is IPv6.
    Primary,
    /// It requires both families.
    RequireDualStack,
    /// A single-stack list names IPv6 beside another family.
    Listed,
}

/// The preferred addresses on the Service itself, in AKO's order of precedence.
fn written_addresses(service: Object<'_>) -> impl Iterator<Item = PreferredAddress<'_>> {
    let fields = [service.spec().at("loadBalancerIP"), service.annotation(ADDRESS_ANNOTATION)];
    fields.into_iter().filter_map(|field| {
        field.as_str().filter(|text| !text.is_empty()).map(|text| PreferredAddress { field, text })
    })
}

impl<'a> View<'a> {
    /// The preferred addresses in AKO's order of precedence; only the first counts (ako.md 4.6).
    pub fn preferred_addresses(&self, service: Object<'a>) -> Result<Vec<PreferredAddress<'a>>, Unknown> {
        let mut addresses: Vec<PreferredAddress<'a>> = written_addresses(service).collect();
        addresses.extend(self.l4_rule_address(service)?);
        Ok(addresses)
    }

    /// The preferred address that counts. An L4Rule is looked up only where it can be the one.
    pub fn preferred_address(&self, service: Object<'a>) -> Result<Option<PreferredAddress<'a>>, Unknown> {
        match written_addresses(service).next() {
            Some(address) => Ok(Some(address)),
            None => self.l4_rule_address(service),
        }
    }

    fn l4_rule_address(&self, service: Object<'a>) -> Result<Option<PreferredAddress<'a>>, Unknown> {
        let field = service.annotation(L4_RULE_ANNOTATION);
        let Some(name) = field.as_str().filter(|_| self.profile.ako.value >= era::L4_RULE) else {
            return Ok(None);
        };
        let (namespace, name) = named_l4_rule(service.namespace(), name, self.profile.ako.value);
        // AKO passes one over that it has rejected (R@2.1.1:internal/nodes/avi_model_l4_translator.go `getL4Rule`)
        let rule = self.find(Kind::L4Rule, namespace, name)?.filter(|rule| !is_rejected(*rule));
        let text = rule.and_then(|rule| rule.spec().at("loadBalancerIP").as_str());
        Ok(text.filter(|text| !text.is_empty()).map(|text| PreferredAddress { field, text }))
    }
}

/// Namespace and name of the L4Rule that a Service in `own` names: one of its own namespace, or from 1.12.1 on also
/// `namespace/name` (CHANGELOG 1.12.1).
fn named_l4_rule<'t>(own: &'t str, text: &'t str, ako: Release) -> (&'t str, &'t str) {
    match text.split_once('/') {
        Some(("", name)) if ako >= era::DUAL_STACK => (own, name),
        Some((namespace, name)) if ako >= era::DUAL_STACK => (namespace, name),
        _ => (own, text),
    }
}

/// Whether a Service may get its address from the L4Rule `name` of `namespace`, under some release of AKO.
pub fn may_use_l4_rule(service: Object<'_>, namespace: &str, name: &str) -> bool {
    let text = service.annotation(L4_RULE_ANNOTATION).text();
    named_l4_rule(service.namespace(), text, era::DUAL_STACK) == (namespace, name)
}

/// Why a Service asks for an IPv6 VIP in so many words; `None` when it does not, or only prefers one (row A20).
pub fn ipv6_request(service: Object<'_>, families: &ServiceFamilies<'_>) -> Option<Ipv6Request> {
    let policy = service.spec().at("ipFamilyPolicy").text();
    if families.primary() == Some(IpFamily::V6) {
        Some(Ipv6Request::Primary)
    } else if policy == "RequireDualStack" {
        Some(Ipv6Request::RequireDualStack)
    } else if families.set().v6 && policy != "PreferDualStack" {
        Some(Ipv6Request::Listed)
    } else {
        None
    }
}

/// The field to blame for what [`ipv6_request`] finds; `None` where it finds nothing.
pub fn ipv6_request_field<'a>(service: Object<'a>, families: &ServiceFamilies<'a>) -> Option<Node<'a>> {
    ipv6_request(service, families)?;
    Some(families.field_of(IpFamily::V6).unwrap_or(service.spec().at("ipFamilyPolicy")))
}
