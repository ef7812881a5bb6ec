//! YAML merges (`<<`) into the map they stand in.

use super::{Builder, NONE, Shape, Span};

impl Builder {
    /// Adds the entries of `value`, or those of each map in it, to the innermost open map: a YAML merge. They win over
    /// what was written before, and what is written after wins over them. Of a list the first map wins.
    pub(crate) fn merge(&mut self, value: u32) -> Vec<u32> {
        let maps = match self.table.data(value).map(|data| data.shape) {
            Some(Shape::Map) => vec![value],
            Some(Shape::List) => self.children(value).into_iter().rev().collect(),
            _ => Vec::new(),
        };
        let entries: Vec<u32> = maps.into_iter().flat_map(|map| self.children(map)).collect();
        let mut copies = Vec::with_capacity(entries.len());
        for entry in entries {
            self.key = self.table.data(entry).map(|data| data.key).unwrap_or_default();
            let end = self.subtree_end(entry);
            copies.push(self.copy(entry, end));
        }
        copies
    }

    /// Settles what the innermost open map holds, once all of it is there: takes out the values of merge keys
    /// (`merges`), and of entries with the same key all but the last. Tells which keys are written twice, beside what
    /// merges brought in (`brought`). Both lists are in order.
    pub(crate) fn settle(&mut self, merges: &[u32], brought: &[u32]) -> Vec<(String, Span)> {
        let map = self.open.last().map_or(NONE, |(map, _)| *map);
        let mut entries = self.children(map);
        entries.retain(|entry| merges.binary_search(entry).is_err());
        let key = |entry: u32| self.table.data(entry).map_or("", |data| self.table.key(data));
        let mut by_key: Vec<(&str, u32)> = entries.iter().map(|entry| (key(*entry), *entry)).collect();
        by_key.sort_unstable();
        let (mut shadowed, mut twice) = (Vec::new(), Vec::new());
        for pair in by_key.windows(2) {
            if let [(first_key, first), (key, second)] = *pair
                && first_key == key
            {
                shadowed.push(first);
                if brought.binary_search(&first).is_err() && brought.binary_search(&second).is_err() {
                    twice.push((key.to_owned(), self.table.span(second).unwrap_or_default()));
                }
            }
        }
        if !shadowed.is_empty() || !merges.is_empty() {
            shadowed.sort_unstable();
            entries.retain(|entry| shadowed.binary_search(entry).is_err());
            self.link(map, &entries);
        }
        twice
    }

    /// Makes `entries` the children of `parent`.
    fn link(&mut self, parent: u32, entries: &[u32]) {
        if let Some(data) = self.table.nodes.get_mut(parent as usize) {
            data.first = entries.first().copied().unwrap_or(NONE);
        }
        for (index, entry) in entries.iter().enumerate() {
            if let Some(data) = self.table.nodes.get_mut(*entry as usize) {
                data.next = entries.get(index + 1).copied().unwrap_or(NONE);
            }
        }
    }

    pub(super) fn children(&self, parent: u32) -> Vec<u32> {
        let mut next = self.table.data(parent).map_or(NONE, |data| data.first);
        let mut children = Vec::new();
        while let Some(data) = self.table.data(next) {
            children.push(next);
            next = data.next;
        }
        children
    }

    fn subtree_end(&self, id: u32) -> u32 {
        self.children(id).last().map_or(id + 1, |last| self.subtree_end(*last))
    }
}
