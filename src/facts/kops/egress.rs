//! Where a cluster's outbound traffic goes: NAT gateways by zone, and routes by subnet (kops.md section 4).

use std::collections::BTreeMap;

use super::cluster::{Cluster, Subnet};

/// What an `egress` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Egress<'a> {
    /// Nothing: kOps makes a NAT gateway.
    Nothing,
    /// An existing NAT gateway.
    NatGateway(&'a str),
    /// An address for a NAT gateway that kOps makes.
    Address(&'a str),
    /// A transit gateway.
    TransitGateway(&'a str),
    /// A NAT instance.
    Instance(&'a str),
    /// Somebody else's affair.
    External,
    /// Nothing that kOps knows.
    Other(&'a str),
}

impl<'a> Egress<'a> {
    /// Reads the text of an `egress`.
    pub fn of(text: &'a str) -> Self {
        match text.split_once('-').map(|(kind, _)| kind) {
            _ if text.is_empty() => Self::Nothing,
            Some("nat") => Self::NatGateway(text),
            Some("eipalloc") => Self::Address(text),
            Some("tgw") => Self::TransitGateway(text),
            Some("i") => Self::Instance(text),
            None if text == "External" => Self::External,
            _ => Self::Other(text),
        }
    }
}

/// The subnets of one zone.
#[derive(Clone, Debug)]
pub struct Zone<'a> {
    /// Its name.
    pub name: &'a str,
    /// Every subnet in it, in the order written.
    pub subnets: Vec<Subnet<'a>>,
    /// Those whose traffic kOps sends out by the zone's egress.
    pub candidates: Vec<Subnet<'a>>,
}

/// Why a zone has no place for its NAT gateway. kOps looks for the place even where it does not need it.
#[derive(Clone, Copy, Debug)]
pub enum Misplacement<'a> {
    /// No Utility subnet for this private one.
    NoUtility(Subnet<'a>),
    /// A second Utility subnet.
    SecondUtility(Subnet<'a>),
    /// A second Public subnet.
    SecondPublic(Subnet<'a>),
}

/// A zone's NAT gateway.
#[derive(Clone, Copy, Debug)]
pub enum NatGateway<'a> {
    /// kOps makes it, in this subnet.
    Created(Subnet<'a>),
    /// It exists; its id.
    Existing(&'a str),
}

impl NatGateway<'_> {
    /// The gateway in words.
    pub fn describe(self) -> String {
        match self {
            Self::Created(subnet) => format!("created in {}", subnet.name()),
            Self::Existing(id) => format!("existing {id}"),
        }
    }
}

/// Where a route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// Nowhere that kOps manages.
    Nowhere,
    /// The NAT gateway that kOps makes in this zone.
    ZoneGateway(&'a str),
    /// A gateway or an instance that exists; its id.
    Existing(&'a str),
    /// The internet gateway.
    Internet,
    /// The egress-only internet gateway.
    EgressOnly,
}

/// The routes of a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routes<'a> {
    /// `64:ff9b::/96`, to IPv4 by NAT64.
    pub nat64: Target<'a>,
    /// `::/0`.
    pub ipv6: Target<'a>,
    /// `0.0.0.0/0`.
    pub ipv4: Target<'a>,
}

/// The zones of a cluster, in the order in which its subnets name them.
pub fn zones(cluster: Cluster<'_>) -> Vec<Zone<'_>> {
    let is_ipv6 = cluster.is_ipv6();
    let mut zones: Vec<Zone<'_>> = Vec::new();
    let mut known = BTreeMap::new();
    for subnet in cluster.subnets() {
        let name = subnet.zone();
        let index = *known.entry(name).or_insert(zones.len());
        if index == zones.len() {
            zones.push(Zone { name, subnets: Vec::new(), candidates: Vec::new() });
        }
        if let Some(zone) = zones.get_mut(index) {
            zone.subnets.push(subnet);
            if is_candidate(subnet, is_ipv6) {
                zone.candidates.push(subnet);
            }
        }
    }
    zones
}

fn is_candidate(subnet: Subnet<'_>, is_ipv6: bool) -> bool {
    subnet.is_managed() && (subnet.is_private() || is_ipv6 && subnet.kind() == "Public" && subnet.has_ipv6())
}

impl<'a> Zone<'a> {
    fn of_kind(&self, kind: &str) -> impl Iterator<Item = Subnet<'a>> {
        self.subnets.iter().copied().filter(move |subnet| subnet.kind() == kind)
    }

    /// The subnet a new NAT gateway is put into; none where the zone needs none.
    pub fn place(&self) -> Result<Option<Subnet<'a>>, Misplacement<'a>> {
        if self.candidates.is_empty() {
            return Ok(None);
        }
        let private = self.candidates.iter().copied().find(|subnet| subnet.is_private());
        let kind = if private.is_some() { "Utility" } else { "Public" };
        let mut places = self.of_kind(kind);
        match (places.next(), places.next(), private) {
            (_, Some(second), Some(_)) => Err(Misplacement::SecondUtility(second)),
            (_, Some(second), None) => Err(Misplacement::SecondPublic(second)),
            (None, None, Some(private)) => Err(Misplacement::NoUtility(private)),
            (place, None, _) => Ok(place),
        }
    }

    /// A managed DualStack subnet in a zone without any Private one.
    pub fn lone_dual_stack(&self) -> Option<Subnet<'a>> {
        if self.of_kind("Private").next().is_some() {
            return None;
        }
        self.candidates.iter().copied().find(|subnet| subnet.kind() == "DualStack")
    }

    /// The first candidate that goes out otherwise than the zone's first one.
    pub fn odd_one_out(&self) -> Option<Subnet<'a>> {
        let first = self.candidates.first()?;
        let same = |s: &Subnet<'a>| s.egress() == first.egress() && s.public_ip() == first.public_ip();
        self.candidates.iter().copied().find(|subnet| !same(subnet))
    }

    /// The egress of the zone; none where it has no candidates.
    pub fn egress(&self) -> Option<Egress<'a>> {
        self.candidates.first().map(|subnet| Egress::of(subnet.egress()))
    }

    /// The zone's NAT gateway; none where there is none, or no place for it.
    pub fn nat_gateway(&self) -> Option<NatGateway<'a>> {
        let place = self.place().ok()??;
        match self.egress()? {
            Egress::Nothing | Egress::Address(_) => Some(NatGateway::Created(place)),
            Egress::NatGateway(id) => Some(NatGateway::Existing(id)),
            _ => None,
        }
    }

    fn outward(&self) -> Target<'a> {
        match self.egress() {
            Some(Egress::Nothing | Egress::Address(_)) => Target::ZoneGateway(self.name),
            Some(Egress::NatGateway(id) | Egress::TransitGateway(id)) => Target::Existing(id),
            _ => Target::Nowhere,
        }
    }

    /// The routes of one of its subnets.
    pub fn routes(&self, subnet: Subnet<'a>, is_ipv6: bool) -> Routes<'a> {
        let outward = self.outward();
        let outward_v4 = match self.egress() {
            Some(Egress::Instance(id)) => Target::Existing(id),
            _ => outward,
        };
        let (nat64, ipv6, ipv4) = match subnet.kind() {
            _ if !subnet.is_managed() => (Target::Nowhere, Target::Nowhere, Target::Nowhere),
            "Private" | "DualStack" if is_ipv6 => (outward, Target::EgressOnly, outward_v4),
            "Private" | "DualStack" => (Target::Nowhere, Target::Nowhere, outward_v4),
            "Public" if is_ipv6 && subnet.has_ipv6() => (outward, Target::Internet, Target::Internet),
            "Public" | "Utility" => (Target::Nowhere, Target::Internet, Target::Internet),
            _ => (Target::Nowhere, Target::Nowhere, Target::Nowhere),
        };
        Routes { nat64, ipv6, ipv4 }
    }
}
