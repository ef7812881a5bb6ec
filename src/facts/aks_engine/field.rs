//! Keys in any letter case, and the place of keys that nobody wrote.

use std::borrow::Cow;

use crate::model::{CauseKind, Finding, Node, Object};

/// A value by its real key names, whatever letter case it was written in.
///
/// Go's JSON decoder matches keys in any letter case (aks-engine.md section 1), so a look-up by exact names
/// would be a way around the gate. Of a key written twice the later one counts unless it is `null`, and maps
/// written twice are merged, as that decoder does.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The value; absent where nobody wrote it.
    pub node: Node<'a>,
    /// The innermost value on the way to it that was written.
    parent: Node<'a>,
    missing: &'static [&'static str],
}

impl<'a> Field<'a> {
    /// The value at `path` below `start`.
    pub fn below(start: Node<'a>, path: &'static [&'static str]) -> Self {
        let (mut nodes, mut parent) = (vec![start], start);
        for (depth, name) in path.iter().enumerate() {
            nodes = nodes.iter().flat_map(|node| node.children().filter(|c| folds(c.key(), name))).collect();
            let Some(last) = nodes.iter().rev().find(|node| !node.is_nothing()).or(nodes.last()) else {
                return Self { node: start.absent(), parent, missing: path.get(depth..).unwrap_or_default() };
            };
            parent = *last;
        }
        Self { node: parent, parent, missing: &[] }
    }

    /// The text of a scalar; empty when nobody wrote it, which for Go is the same as an empty text.
    pub fn text(self) -> &'a str {
        self.node.text()
    }

    /// Whether somebody wrote more than an empty text.
    pub fn is_written(self) -> bool {
        !self.text().is_empty()
    }

    /// A finding here, at the place the value would have if nobody wrote it.
    pub fn finding(
        self,
        object: Object<'a>,
        kind: CauseKind,
        message: impl Into<Cow<'static, str>>,
    ) -> Finding {
        if self.missing.is_empty() {
            return Finding::at(object, self.node, kind, message);
        }
        let mut finding = Finding::at(object, self.parent, CauseKind::Required, message);
        finding.field = self.missing.iter().fold(finding.field, |path, key| path.child(key));
        finding.value = String::new();
        finding
    }
}

/// Whether Go's JSON decoder takes `key` for the field `name`: letter case does not matter, and the two
/// letters outside ASCII that fold to `s` and `k` count as these.
fn folds(key: &str, name: &str) -> bool {
    let plain = |letter: char| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    key.chars().map(plain).eq(name.chars().map(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::yaml;

    #[test]
    fn letter_case_does_not_matter_and_the_last_wins() {
        let text = "{a: {ServiceCIDR: '1', b: '2'}, A: {serviceCidr: '3', SERVICECIDR: null}}";
        let documents: Vec<_> = yaml::parse(text).into_iter().filter_map(Result::ok).collect();
        let texts =
            |path| documents.iter().map(|d| Field::below(Node::root(d), path).text()).collect::<String>();
        assert_eq!(texts(&["a", "serviceCidr"]), "3");
        assert_eq!(texts(&["a", "B"]), "2");
        assert_eq!(texts(&["a", "c"]), "");
        assert!(folds("\u{17f}erviceCidr", "serviceCidr"));
    }
}
