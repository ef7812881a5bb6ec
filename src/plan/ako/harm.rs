//! What of a plan does harm, most of which AKO keeps to itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    Crash, HOSTS_UNSEEN, Layer, NodePlan, Plan, Pool, Preferred, Rejection, Server, StaticRoute, VipOf,
    VirtualService,
};
use crate::model::{Families, IpFamily};

/// One thing that does harm.
#[derive(Clone, Copy, Debug)]
pub enum Harm<'p> {
    /// AKO does not start.
    Refused(&'p Rejection),
    /// AKO dies.
    Crash(&'p Crash),
    /// A pool without a server.
    EmptyPool(&'p Pool),
    /// A pool whose servers do not answer.
    Unanswered(&'p Pool, &'p str),
    /// A pool with servers of both families.
    MixedPool(&'p Pool),
    /// A server sent as of another family than it is.
    Mislabelled(&'p Pool, &'p Server),
    /// A VIP that AKO dies of at its next start.
    FatalVip(&'p VirtualService),
    /// An IPv6 VIP of a load balancer, of which only the IPv6 address is written back.
    Layer4Ipv6(&'p VirtualService),
    /// A subnet of a VIP that is no network of a family asked for.
    BadSubnet(&'p VirtualService, &'p str),
    /// A preferred address of another family than the VIP, or sent as of another than it is.
    BadPreferred(&'p VirtualService, &'p Preferred),
    /// A node that routes of a family are missing to.
    NoRoutes(&'p NodePlan, IpFamily),
    /// A route whose next hop cannot take what it leads there.
    LostRoute(&'p NodePlan, &'p StaticRoute),
    /// A node that cannot stand in the pools it is picked for.
    OutsidePools(&'p NodePlan),
}

/// Whether a text is a network that a VIP of these families can come from.
fn is_usable(subnet: &str, families: Families) -> bool {
    match subnet.parse::<IpNet>() {
        Ok(IpNet::V4(_)) => families.v4,
        Ok(IpNet::V6(net)) => families.v6 && net.addr().to_ipv4_mapped().is_none(),
        Err(_) => false,
    }
}

impl StaticRoute {
    /// Whether the next hop is an address of its family that can be reached from elsewhere.
    fn leads_somewhere(&self) -> bool {
        match self.next_hop.parse() {
            Ok(IpAddr::V4(_)) => self.family == IpFamily::V4,
            Ok(IpAddr::V6(hop)) => self.family == IpFamily::V6 && !hop.is_unicast_link_local(),
            Err(_) => false,
        }
    }
}

impl Plan {
    /// The families AKO works with.
    pub fn families(&self) -> Families {
        Families { v4: self.ip_family != "V6", v6: matches!(self.ip_family.as_str(), "V6" | "V4_V6") }
    }

    /// What does harm.
    pub fn harms(&self) -> Vec<Harm<'_>> {
        let mut harms = Vec::new();
        harms.extend(self.rejected.iter().map(Harm::Refused));
        harms.extend(self.crash.iter().map(Harm::Crash));
        self.pools.iter().for_each(|pool| of_pool(pool, &mut harms));
        self.virtual_services.iter().for_each(|service| self.of_vip(service, &mut harms));
        self.nodes.iter().for_each(|node| self.of_node(node, &mut harms));
        harms
    }

    fn of_vip<'p>(&self, service: &'p VirtualService, harms: &mut Vec<Harm<'p>>) {
        let VipOf::Own(vip) = &service.vip else { return };
        if vip.families == Families::V6 && self.dies_of_ipv6_only_vips {
            harms.push(Harm::FatalVip(service));
        }
        if service.layer == Layer::L4 && vip.families.v6 && self.one_family_in_status {
            harms.push(Harm::Layer4Ipv6(service));
        }
        let bad = vip.subnets.iter().find(|subnet| !is_usable(subnet, vip.families));
        harms.extend(bad.map(|subnet| Harm::BadSubnet(service, subnet)));
        let is_bad = |preferred: &&Preferred| {
            let real = super::family_of(&preferred.address);
            real != Some(preferred.family) || !vip.families.contains(preferred.family)
        };
        harms.extend(vip.preferred.as_ref().filter(is_bad).map(|bad| Harm::BadPreferred(service, bad)));
    }

    fn of_node<'p>(&self, node: &'p NodePlan, harms: &mut Vec<Harm<'p>>) {
        let works_with = self.families();
        let has = |family| match family {
            IpFamily::V4 => !node.v4.is_empty(),
            IpFamily::V6 => !node.v6.is_empty(),
        };
        let families =
            || [IpFamily::V4, IpFamily::V6].into_iter().filter(|family| works_with.contains(*family));
        if node.stands_in_pools && !families().any(has) {
            harms.push(Harm::OutsidePools(node));
        }
        if !self.has_known_routes() {
            return;
        }
        let routed = |family| node.routes.iter().any(|route| route.family == family);
        harms.extend(families().filter(|family| !routed(*family)).map(|family| Harm::NoRoutes(node, family)));
        let lost = node.routes.iter().find(|route| !route.leads_somewhere());
        harms.extend(lost.map(|route| Harm::LostRoute(node, route)));
    }

    /// What somebody should look at, in sentences; nodes without routes are counted.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut without = [0_usize; 2];
        for harm in self.harms() {
            notes.push(match harm {
                // the head of the plan says so
                Harm::Refused(_) => continue,
                Harm::NoRoutes(_, family) => {
                    without[usize::from(family == IpFamily::V6)] += 1;
                    continue;
                }
                Harm::Crash(Crash { object, why }) => {
                    format!("AKO dies over {object}: {why}; so again at every restart while it exists")
                }
                Harm::EmptyPool(pool) => {
                    format!("pool {} has no server; AKO says so on no object", pool.name)
                }
                Harm::Unanswered(pool, why) => format!("no server of pool {} answers: {why}", pool.name),
                Harm::MixedPool(pool) => format!("pool {} mixes IPv4 and IPv6 servers", pool.name),
                Harm::Mislabelled(pool, server) => {
                    format!("pool {} holds {} under {}", pool.name, server.address, server.family)
                }
                Harm::FatalVip(service) => {
                    format!("{} has an IPv6-only VIP, of which AKO dies when it starts again", service.name)
                }
                Harm::Layer4Ipv6(service) => {
                    format!("the load balancer {} asks for an IPv6 VIP", service.name)
                }
                Harm::BadSubnet(service, subnet) => {
                    format!("{} asks for a VIP of {subnet}, no network of its families", service.name)
                }
                Harm::BadPreferred(service, Preferred { address, family }) => {
                    let families = match &service.vip {
                        VipOf::Own(vip) => vip.families,
                        VipOf::Parent(_) => Families::NONE,
                    };
                    format!("{} prefers {address}, sent as {family}, and its VIP is {families}", service.name)
                }
                Harm::LostRoute(node, route) => {
                    let (prefix, hop) = (&route.prefix, &route.next_hop);
                    format!(
                        "the route to {prefix} on node {} leads to {hop}, which cannot take it",
                        node.name
                    )
                }
                Harm::OutsidePools(node) => {
                    format!("node {} has no address of a family AKO works with", node.name)
                }
            });
        }
        let all = self.nodes.len();
        for (family, without) in [IpFamily::V4, IpFamily::V6].into_iter().zip(without) {
            if without > 0 {
                notes.push(format!("{without} of {all} nodes have no {family} static route"));
            }
        }
        notes
    }

    /// What is assumed, and what is not known and how to supply it, of pools by their number; without what no plan
    /// ever knows.
    pub fn assumptions(&self) -> BTreeSet<String> {
        let mut pools: BTreeMap<&str, usize> = BTreeMap::new();
        for why in self.pools.iter().filter_map(|pool| pool.unknown.as_deref()) {
            *pools.entry(why).or_default() += 1;
        }
        let told = pools.into_iter().map(|(why, number)| {
            let noun = if number == 1 { "pool" } else { "pools" };
            format!("{why}; the servers of {number} {noun} are not known")
        });
        let notes = self.unknown.iter().filter(|note| *note != HOSTS_UNSEEN);
        notes.cloned().chain(told).collect()
    }

    /// Whether a static route leads to a server; `None` where none is needed, or none is known.
    pub fn is_reachable(&self, server: &Server) -> Option<bool> {
        if !self.has_known_routes() || server.node.is_empty() {
            return None;
        }
        let found = self.nodes.binary_search_by(|node| node.name.as_str().cmp(&*server.node));
        let node = found.ok().and_then(|index| self.nodes.get(index));
        Some(node.is_some_and(|node| node.routes.iter().any(|route| route.family == server.family)))
    }
}

fn of_pool<'p>(pool: &'p Pool, harms: &mut Vec<Harm<'p>>) {
    if pool.unknown.is_some() {
        return;
    }
    if pool.servers.is_empty() {
        harms.push(Harm::EmptyPool(pool));
    } else if pool.families().is_dual() {
        harms.push(Harm::MixedPool(pool));
    }
    harms.extend(pool.unanswered.as_deref().map(|why| Harm::Unanswered(pool, why)));
    let mislabelled = pool.servers.iter().find(|server| server.is_mislabelled());
    harms.extend(mislabelled.map(|server| Harm::Mislabelled(pool, server)));
}
