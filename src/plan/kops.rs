//! What kOps makes of a Cluster: the ranges and routes of its subnets, and its NAT gateways (kops.md section 6).

use std::collections::BTreeMap;

use ipnet::Ipv6Net;

use super::Value;
use crate::facts::kops::egress::{NatGateway, Routes, Target, Zone, zones};
use crate::facts::kops::range::{Pool, ranges};
use crate::facts::kops::{Cluster, Subnet};
use crate::model::Profile;

/// The plan of a Cluster.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// What the subnets' IPv6 ranges are cut from.
    pub pool: Pool,
    /// The subnets, in the order written.
    pub subnets: Vec<Planned<'a>>,
    /// The zones with a NAT gateway.
    pub gateways: Vec<(&'a str, NatGateway<'a>)>,
}

/// A subnet with what is derived for it.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// The subnet.
    pub subnet: Subnet<'a>,
    /// Its IPv6 range; none where it has none, or nobody can tell before the VPC exists.
    pub ipv6: Option<Ipv6Net>,
    /// Its routes.
    pub routes: Routes<'a>,
}

impl<'a> Plan<'a> {
    /// The plan of `cluster`.
    pub fn of(cluster: Cluster<'a>, profile: &Profile) -> Self {
        let (pool, is_ipv6) = (Pool::of(cluster, profile), cluster.is_ipv6());
        let zones = zones(cluster);
        let by_name: BTreeMap<&str, &Zone<'a>> = zones.iter().map(|zone| (zone.name, zone)).collect();
        let subnets = ranges(cluster, pool).into_iter().filter_map(|(subnet, ipv6)| {
            let zone = by_name.get(subnet.zone())?;
            Some(Planned { subnet, ipv6, routes: zone.routes(subnet, is_ipv6) })
        });
        let gateways = zones.iter().filter_map(|zone| Some((zone.name, zone.nat_gateway()?)));
        Self { pool, subnets: subnets.collect(), gateways: gateways.collect() }
    }

    /// The values by the names of kops.md section 6.
    pub fn derived(&self) -> Value {
        Value::map([
            (
                "subnets",
                Value::map(self.subnets.iter().map(|planned| (planned.subnet.name(), planned.ranges()))),
            ),
            (
                "natGateways",
                Value::map(self.gateways.iter().map(|(zone, gateway)| (*zone, described(gateway)))),
            ),
            (
                "routes",
                Value::map(self.subnets.iter().map(|planned| (planned.subnet.name(), planned.targets()))),
            ),
        ])
    }
}

impl Planned<'_> {
    fn ranges(&self) -> Value {
        let cidr = Some(self.subnet.cidr()).filter(|cidr| !cidr.is_empty()).map(Value::text);
        let ranges = [("cidr", cidr), ("ipv6CIDR", self.ipv6.map(Value::text))];
        Value::map(ranges.into_iter().filter_map(|(name, range)| Some((name, range?))))
    }

    fn targets(&self) -> Value {
        let Routes { nat64, ipv6, ipv4 } = self.routes;
        let routes = [("64:ff9b::/96", nat64), ("::/0", ipv6), ("0.0.0.0/0", ipv4)];
        Value::map(routes.map(|(range, target)| (range, Value::Text(named(target)))))
    }
}

/// The name of a route's target.
pub fn named(target: Target<'_>) -> String {
    match target {
        Target::Nowhere => "none".to_owned(),
        Target::ZoneGateway(zone) => format!("natgw:{zone}"),
        Target::Existing(id) => id.to_owned(),
        Target::Internet => "igw".to_owned(),
        Target::EgressOnly => "eigw".to_owned(),
    }
}

fn described(gateway: &NatGateway<'_>) -> Value {
    let (key, value, origin) = match gateway {
        NatGateway::Created(subnet) => ("subnet", subnet.name(), "created"),
        NatGateway::Existing(id) => ("id", *id, "existing"),
    };
    Value::map([(key, Value::text(value)), ("origin", Value::text(origin))])
}
