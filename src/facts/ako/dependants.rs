//! What depends on a VIP network.

use std::cell::Cell;
use std::fmt;

use super::handled::Handled;
use crate::facts::view::{Unknown, View};
use crate::model::Kind;

/// How many of them are named.
const NAMED: usize = 3;

/// `LoadBalancer` Services that share a VIP network; printed as a count and the first few names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependants {
    count: usize,
    named: Vec<String>,
    cut_short: bool,
}

impl Dependants {
    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Dependants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cut_short {
            f.write_str("at least ")?;
        }
        let plural = if self.count == 1 { "" } else { "s" };
        let more = if self.count > self.named.len() { ", ..." } else { "" };
        write!(f, "{} LoadBalancer Service{plural} ({}{more})", self.count, self.named.join(", "))
    }
}

impl View<'_> {
    /// The `LoadBalancer` Services AKO handles whose VIP network is that of the `AviInfraSetting` of this name, or
    /// that of AKO's configuration.
    pub fn load_balancers_on(&self, setting: Option<&str>) -> Result<Dependants, Unknown> {
        self.require(Kind::Service)?;
        let cut_short = Cell::new(false);
        let mut found = Dependants::default();
        for service in self.load_balancers(&cut_short) {
            if self.handles_service(service)? != Handled::Yes {
                continue;
            }
            let network = self.vip_network(service)?;
            if network.selection.map(|selection| selection.name) != setting {
                continue;
            }
            found.count += 1;
            if found.named.len() < NAMED {
                found.named.push(format!("{}/{}", service.namespace(), service.name()));
            }
        }
        found.cut_short = cut_short.get();
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::Dependants;

    #[test]
    fn says_how_many_and_names_a_few() {
        let named = |count, names: &[&str], cut_short| Dependants {
            count,
            named: names.iter().map(|name| (*name).to_owned()).collect(),
            cut_short,
        };
        assert_eq!(named(1, &["shop/web"], false).to_string(), "1 LoadBalancer Service (shop/web)");
        assert_eq!(
            named(5, &["a/a", "a/b", "b/a"], true).to_string(),
            "at least 5 LoadBalancer Services (a/a, a/b, b/a, ...)"
        );
    }
}
