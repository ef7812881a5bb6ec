//! What a `LoadBalancer` Service asks of AKO.

use super::era;
use crate::facts::service::ServiceFamilies;
use crate::facts::view::{Unknown, View};
use crate::model::address::{Address, classify};
use crate::model::{IpFamily, Kind, Node, Object};

/// Annotation with a preferred VIP address.
pub const ADDRESS_ANNOTATION: &str = "ako.vmware.com/load-balancer-ip";
/// Annotation that names an L4Rule in the Service's namespace.
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
        let rule = self.find(Kind::L4Rule, service.namespace(), name)?;
        let text = rule.and_then(|rule| rule.spec().at("loadBalancerIP").as_str());
        Ok(text.filter(|text| !text.is_empty()).map(|text| PreferredAddress { field, text }))
    }
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
