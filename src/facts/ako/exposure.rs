//! The VIP and the pools that AKO gives one object, as far as families go, and what a change does to them.

use std::fmt;

use super::handled::Handled;
use super::pool::can_fill_pool;
use crate::facts::service::ServiceFamilies;
use crate::facts::view::{Unknown, View};
use crate::model::{Families, Kind, Object};

/// The VIP and the pools of a `LoadBalancer` Service or an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// The families of its VIP; nothing where AKO gives it none.
    pub vip: Option<Families>,
    /// The families that reach its pools, in the order of its paths.
    pub pools: Vec<Families>,
}

impl<'a> View<'a> {
    /// The VIP and the pools that AKO gives `object`.
    pub fn exposure(&self, object: Object<'a>) -> Result<Exposure, Unknown> {
        let is_service = object.kind() == Some(Kind::Service);
        let handled = if is_service { self.handles_service(object)? } else { self.handles_ingress(object)? };
        if matches!(handled, Handled::No(_)) {
            return Ok(Exposure::default());
        }
        let vip = Some(self.vip_network(object)?.families);
        if is_service {
            let pool = self.pool_families(&ServiceFamilies::of(object, self.profile))?;
            return Ok(Exposure { vip, pools: vec![pool] });
        }
        let mut pools = Vec::new();
        for name in object.backends() {
            let service = self.find(Kind::Service, object.namespace(), name.text())?;
            pools.push(match service.filter(|service| can_fill_pool(*service)) {
                Some(service) => self.pool_families(&ServiceFamilies::of(service, self.profile))?,
                None => Families::NONE,
            });
        }
        Ok(Exposure { vip, pools })
    }
}

/// What a change does to the VIPs and pools of many objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Objects whose VIP gets other families, or goes, or is new.
    pub vips: usize,
    /// Pools that lose every family.
    pub emptied: usize,
    /// Pools that lose one of two.
    pub lessened: usize,
    /// Pools that gain a family.
    pub enlarged: usize,
}

impl Effects {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Counts what becomes of one object.
    pub fn add(&mut self, before: &Exposure, after: &Exposure) {
        self.vips += usize::from(before.vip != after.vip);
        let none = [Families::NONE];
        let count = before.pools.len().max(after.pools.len());
        let padded = |pools: &[Families]| -> Vec<Families> {
            pools.iter().chain(none.iter().cycle()).take(count).copied().collect()
        };
        for (was, is) in padded(&before.pools).into_iter().zip(padded(&after.pools)) {
            let loses = was.v4 && !is.v4 || was.v6 && !is.v6;
            self.emptied += usize::from(loses && is == Families::NONE);
            self.lessened += usize::from(loses && is != Families::NONE);
            self.enlarged += usize::from(!loses && was != is);
        }
    }
}

/// Short enough for a warning of an admission answer, also where every number has five digits.
impl fmt::Display for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vips = match self.vips {
            0 => String::new(),
            1 => "1 VIP changes".to_owned(),
            vips => format!("{vips} VIPs change"),
        };
        let parts = [(self.emptied, "empty"), (self.lessened, "lose"), (self.enlarged, "gain")];
        let told = parts.into_iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told.map(|(count, what)| format!("{count} {what}")).collect();
        let a_family = if self.lessened + self.enlarged > 0 { " a family" } else { "" };
        match (vips.is_empty(), told.is_empty()) {
            (_, true) => f.write_str(&vips),
            (true, false) => write!(f, "pools: {}{a_family}", told.join(", ")),
            (false, false) => write!(f, "{vips}; pools: {}{a_family}", told.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_becomes_of_vips_and_pools() {
        let exposure = |vip, pools: &[Families]| Exposure { vip, pools: pools.to_vec() };
        let mut effects = Effects::default();
        let before =
            exposure(Some(Families::V4), &[Families::V4, Families::BOTH, Families::V6, Families::V6]);
        effects.add(&before, &before);
        assert!(effects.is_empty());
        let after =
            exposure(Some(Families::BOTH), &[Families::NONE, Families::V6, Families::BOTH, Families::V4]);
        effects.add(&before, &after);
        assert_eq!(effects.to_string(), "1 VIP changes; pools: 1 empty, 2 lose, 1 gain a family");
        // what AKO gives up altogether
        effects.add(&before, &Exposure::default());
        assert_eq!((effects.vips, effects.emptied), (2, 5));
    }
}
