//! What differs between two plans.

use std::collections::{BTreeMap, BTreeSet};

use super::{LeftOut, Plan, Pool, Server, Vip, VipOf, VirtualService};
use crate::model::Families;

/// A thing before and after; one of them is missing where it appears or vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a, T> {
    /// As it was.
    pub before: Option<&'a T>,
    /// As it would be.
    pub after: Option<&'a T>,
}

/// What becomes of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PoolChange {
    /// It loses its last server.
    Empties,
    /// It is there no more.
    Vanishes,
    /// It loses every server of a family.
    LosesFamily,
    /// Other servers, none of a family it lost.
    Changes,
    /// It gains servers of a family it had none of.
    GainsFamily,
    /// It gets its first server.
    Fills,
    /// It is new.
    Appears,
}

impl PoolChange {
    /// One word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empties => "empties",
            Self::Vanishes => "vanishes",
            Self::LosesFamily => "losesFamily",
            Self::Changes => "changes",
            Self::GainsFamily => "gainsFamily",
            Self::Fills => "fills",
            Self::Appears => "appears",
        }
    }

    /// Whether traffic that went somewhere goes there no more.
    pub fn is_worse(self) -> bool {
        matches!(self, Self::Empties | Self::Vanishes | Self::LosesFamily)
    }
}

/// What differs between two plans, each part by name.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// The plan as it is.
    pub before: &'a Plan,
    /// The plan as it would be.
    pub after: &'a Plan,
    /// Virtual services that appear, vanish or get another VIP.
    pub virtual_services: Vec<Pair<'a, VirtualService>>,
    /// Pools that differ.
    pub pools: Vec<(PoolChange, Pair<'a, Pool>)>,
    /// Static routes that are there no more: node, prefix, next hop.
    pub routes_lost: Vec<[&'a str; 3]>,
    /// Static routes that are new.
    pub routes_gained: Vec<[&'a str; 3]>,
    /// What is left out no more.
    pub left_out_before: Vec<&'a LeftOut>,
    /// What is left out as well.
    pub left_out_after: Vec<&'a LeftOut>,
    /// Whether servers or routes are known on one side only, so that nobody can tell whether they differ.
    pub is_uncertain: bool,
}

fn pairs<'a, T: PartialEq>(before: &'a [T], after: &'a [T], name: impl Fn(&T) -> &str) -> Vec<Pair<'a, T>> {
    let mut pairs: BTreeMap<&str, Pair<'a, T>> = BTreeMap::new();
    for item in before {
        pairs.insert(name(item), Pair { before: Some(item), after: None });
    }
    for item in after {
        pairs.entry(name(item)).or_insert(Pair { before: None, after: None }).after = Some(item);
    }
    pairs.into_values().filter(|pair| pair.before != pair.after).collect()
}

fn only<T: Ord + Copy>(these: &BTreeSet<T>, not: &BTreeSet<T>) -> Vec<T> {
    these.difference(not).copied().collect()
}

/// What can be compared of a server: where it is, not what is said of it.
fn addresses(pool: &Pool) -> BTreeSet<(&str, u32)> {
    pool.servers.iter().map(|Server { address, port, .. }| (&**address, *port)).collect()
}

fn of_pool(pair: &Pair<'_, Pool>) -> Option<PoolChange> {
    let (before, after) = match (pair.before, pair.after) {
        (None, _) => return Some(PoolChange::Appears),
        (_, None) => return Some(PoolChange::Vanishes),
        // nothing is known to become of servers that nobody knows on one side
        (Some(before), Some(after)) if before.unknown.is_some() || after.unknown.is_some() => return None,
        (Some(before), Some(after)) => (before, after),
    };
    let (was, is) = (before.families(), after.families());
    let lost = Families { v4: was.v4 && !is.v4, v6: was.v6 && !is.v6 };
    if after.servers.is_empty() && !before.servers.is_empty() {
        Some(PoolChange::Empties)
    } else if before.servers.is_empty() && !after.servers.is_empty() {
        Some(PoolChange::Fills)
    } else if lost != Families::NONE {
        Some(PoolChange::LosesFamily)
    } else if was != is {
        Some(PoolChange::GainsFamily)
    } else {
        (addresses(before) != addresses(after)).then_some(PoolChange::Changes)
    }
}

/// The VIP of a virtual service, where it has one of its own.
pub fn vip(service: &VirtualService) -> Option<&Vip> {
    match &service.vip {
        VipOf::Own(vip) => Some(vip),
        VipOf::Parent(_) => None,
    }
}

impl<'a> Change<'a> {
    /// What differs between `before` and `after`.
    pub fn between(before: &'a Plan, after: &'a Plan) -> Self {
        let routes = |plan: &'a Plan| -> BTreeSet<[&'a str; 3]> {
            let routes = plan.routes();
            routes
                .map(|(node, route)| [node.name.as_str(), route.prefix.as_str(), route.next_hop.as_str()])
                .collect()
        };
        // what is not known on one side differs from nothing
        let are_known = before.routes_unknown.is_none() && after.routes_unknown.is_none();
        let (old_routes, new_routes) =
            if are_known { (routes(before), routes(after)) } else { Default::default() };
        let left_out = |plan: &'a Plan| -> BTreeSet<&'a LeftOut> { plan.left_out.iter().collect() };
        let (left, leaves) = (left_out(before), left_out(after));
        let services = pairs(&before.virtual_services, &after.virtual_services, |service| &service.name);
        let pools = pairs(&before.pools, &after.pools, |pool| &pool.name);
        let is_half_known = |pair: &Pair<'_, Pool>| {
            let both = pair.before.zip(pair.after);
            both.is_some_and(|(was, is)| was.unknown.is_some() != is.unknown.is_some())
        };
        Self {
            is_uncertain: before.routes_unknown.is_some() != after.routes_unknown.is_some()
                || pools.iter().any(is_half_known),
            before,
            after,
            virtual_services: services.into_iter().filter(is_told).collect(),
            pools: pools.into_iter().filter_map(|pair| Some((of_pool(&pair)?, pair))).collect(),
            routes_lost: only(&old_routes, &new_routes),
            routes_gained: only(&new_routes, &old_routes),
            left_out_before: only(&left, &leaves),
            left_out_after: only(&leaves, &left),
        }
    }

    /// Whether the two plans are the same.
    pub fn is_empty(&self) -> bool {
        self.before.rejected == self.after.rejected
            && self.before.crash == self.after.crash
            && self.before.ip_family == self.after.ip_family
            && self.virtual_services.is_empty()
            && self.pools.is_empty()
            && self.routes_lost.is_empty()
            && self.routes_gained.is_empty()
            && self.left_out_before.is_empty()
            && self.left_out_after.is_empty()
    }

    /// What gets worse, in words, the worst first.
    pub fn worse(&self) -> Vec<String> {
        let mut worse = Vec::new();
        if self.before.works() && !self.after.works() {
            worse.push(if self.after.crash.is_some() { "AKO dies" } else { "AKO does not start" }.to_owned());
        }
        let mut count = |number: usize, one: &str, many: &str| {
            if number > 0 {
                worse.push(format!("{number} {}", if number == 1 { one } else { many }));
            }
        };
        let gone = self.virtual_services.iter().filter(|pair| pair.after.is_none()).count();
        count(gone, "virtual service vanishes", "virtual services vanish");
        let lost = self.virtual_services.iter().filter(|pair| loses_family(pair)).count();
        count(lost, "VIP loses a family", "VIPs lose a family");
        let pools = |change: PoolChange| self.pools.iter().filter(|(found, _)| *found == change).count();
        count(pools(PoolChange::Empties), "pool empties", "pools empty");
        count(pools(PoolChange::Vanishes), "pool vanishes", "pools vanish");
        count(pools(PoolChange::LosesFamily), "pool loses a family", "pools lose a family");
        let unreachable = self.newly_unreachable();
        count(unreachable, "server is left without a route", "servers are left without a route");
        worse
    }

    /// By how many the servers that no route leads to grow, in pools that stay.
    fn newly_unreachable(&self) -> usize {
        if self.before.routes_unknown.is_some() || self.after.routes_unknown.is_some() {
            return 0;
        }
        let lost = |plan: &Plan, pool: &Pool| {
            pool.servers.iter().filter(|server| plan.is_reachable(server) == Some(false)).count()
        };
        let before: BTreeMap<&str, usize> =
            self.before.pools.iter().map(|pool| (pool.name.as_str(), lost(self.before, pool))).collect();
        let after = self.after.pools.iter();
        let grows = after.filter_map(|pool| {
            let was = before.get(pool.name.as_str())?;
            Some(lost(self.after, pool).saturating_sub(*was))
        });
        grows.sum()
    }
}

/// Whether a difference between virtual services is one of VIPs; hosts and owners come and go with objects.
fn is_told(pair: &Pair<'_, VirtualService>) -> bool {
    match (pair.before, pair.after) {
        (Some(before), Some(after)) => before.vip != after.vip,
        _ => true,
    }
}

fn loses_family(pair: &Pair<'_, VirtualService>) -> bool {
    let families = |service: Option<&VirtualService>| service.and_then(vip).map(|vip| vip.families);
    match (families(pair.before), families(pair.after)) {
        (Some(was), Some(is)) => was.v4 && !is.v4 || was.v6 && !is.v6,
        _ => false,
    }
}

impl Plan {
    /// Whether AKO starts and stays alive.
    pub fn works(&self) -> bool {
        self.rejected.is_none() && self.crash.is_none()
    }
}
