//! What of a plan does harm that AKO keeps to itself.

use super::{Layer, Plan, VipOf};
use crate::model::{Families, IpFamily};

impl Plan {
    /// What somebody should look at, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(crash) = &self.crash {
            notes.push(format!(
                "AKO dies over {}: {}; so again at every restart while it exists",
                crash.object, crash.why
            ));
        }
        for pool in self.pools.iter().filter(|pool| pool.unknown.is_none()) {
            let name = &pool.name;
            if pool.servers.is_empty() {
                notes.push(format!("pool {name} has no server; AKO says so on no object"));
            } else if pool.families().is_dual() {
                notes.push(format!("pool {name} mixes IPv4 and IPv6 servers"));
            }
            let mislabelled = pool.servers.iter().find(|server| server.is_mislabelled());
            if let Some(server) = mislabelled {
                notes.push(format!("pool {name} holds {} under {}", server.address, server.family));
            }
        }
        for virtual_service in &self.virtual_services {
            let VipOf::Own(vip) = &virtual_service.vip else { continue };
            let name = &virtual_service.name;
            if vip.families == Families::V6 && self.dies_of_ipv6_only_vips {
                notes.push(format!("{name} has an IPv6-only VIP, of which AKO dies when it starts again"));
            }
            if virtual_service.layer == Layer::L4 && vip.families.v6 {
                notes.push(format!("the load balancer {name} asks for an IPv6 VIP"));
            }
            if let Some(preferred) =
                vip.preferred.as_ref().filter(|p| !vip.families.contains(p.real_family()))
            {
                let (address, families) = (&preferred.address, vip.families);
                notes.push(format!("{name} prefers the address {address}, and its VIP is {families}"));
            }
        }
        self.note_routes(&mut notes);
        notes
    }

    fn note_routes(&self, notes: &mut Vec<String>) {
        if self.no_routes.is_some() {
            return;
        }
        for family in [IpFamily::V4, IpFamily::V6] {
            let works_with = match family {
                IpFamily::V4 => self.ip_family != "V6",
                IpFamily::V6 => self.ip_family != "V4",
            };
            let has = |node: &&super::NodePlan| node.routes.iter().any(|route| route.family == family);
            let without = self.nodes.len() - self.nodes.iter().filter(has).count();
            if works_with && without > 0 {
                let all = self.nodes.len();
                notes.push(format!("{without} of {all} nodes have no {family} static route"));
            }
        }
    }

    /// Whether a static route leads to a server; `None` where none is needed.
    pub fn is_reachable(&self, server: &super::Server) -> Option<bool> {
        if self.no_routes.is_some() || server.node.is_empty() {
            return None;
        }
        let found = self.nodes.binary_search_by(|node| node.name.as_str().cmp(&*server.node));
        let node = found.ok().and_then(|index| self.nodes.get(index));
        Some(node.is_some_and(|node| node.routes.iter().any(|route| route.family == server.family)))
    }
}
