//! Every rule, by product.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::sync::LazyLock;

use crate::model::Kind;
use crate::rule::Rule;

pub mod ako;
pub mod aks_engine;
pub mod kops;
pub mod kubernetes;

/// Every rule of every product.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let products = [ako::ALL, kubernetes::ALL, aks_engine::ALL, kops::ALL];
    products.into_iter().flatten().copied()
}

/// The rules that judge objects of `kind`, in the order of [`all`].
pub fn of_kind(kind: Kind) -> &'static [&'static Rule] {
    static BY_KIND: LazyLock<Vec<Vec<&'static Rule>>> = LazyLock::new(|| {
        let of = |kind: &Kind| all().filter(|rule| rule.applies_to.contains(kind)).collect();
        Kind::ALL.iter().map(of).collect()
    });
    BY_KIND.get(kind.index()).map_or(&[], Vec::as_slice)
}

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}

/// The rule name nearest to a misspelt one; `None` when none is near.
pub fn nearest(text: &str) -> Option<&'static str> {
    let distances = all().map(|rule| (distance(text, rule.name), rule.name));
    distances.min().filter(|(distance, _)| *distance <= 3 + text.len() / 6).map(|(_, name)| name)
}

/// Number of letters to add, drop or change to turn one text into the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
