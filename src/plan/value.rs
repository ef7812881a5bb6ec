//! Derived values by name.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::Node;

/// A derived value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// Values by name, in the order in which people want to read them.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A map. Of a name given twice the later value counts, as in the documents these values come from.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        let mut map: Vec<(String, Value)> = Vec::new();
        let mut known = BTreeMap::new();
        for (name, value) in entries {
            let name = name.into();
            let index = *known.entry(name.clone()).or_insert(map.len());
            match map.get_mut(index) {
                Some((_, earlier)) => *earlier = value,
                None => map.push((name, value)),
            }
        }
        Self::Map(map)
    }

    /// A text.
    pub fn text(text: impl fmt::Display) -> Self {
        Self::Text(text.to_string())
    }

    /// The value of this name; nothing where there is none.
    pub fn at(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Map(entries) => entries.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            Self::Text(_) | Self::Number(_) => None,
        }
    }

    /// Where this is not what `expected` says: its maps name a part of what is there, an empty one that there is
    /// nothing; `null` says that a value is not there.
    pub fn differences(&self, expected: Node<'_>) -> Vec<String> {
        let mut differences = Vec::new();
        compare(Some(self), expected, "", &mut differences);
        differences
    }
}

fn compare(found: Option<&Value>, expected: Node<'_>, path: &str, differences: &mut Vec<String>) {
    if expected.is_map() && expected.children().next().is_some() {
        for child in expected.children() {
            let separator = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{separator}{}", child.key());
            compare(found.and_then(|found| found.at(child.key())), child, &path, differences);
        }
        return;
    }
    let found = found.map_or("absent".to_owned(), ToString::to_string);
    let expected = match expected.text() {
        _ if expected.is_map() => "{}",
        _ if expected.is_nothing() => "absent",
        text => text,
    };
    if found != expected {
        differences.push(format!("{path} is {found}, not {expected}"));
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                write!(f, "{{{}}}", entries.join(", "))
            }
        }
    }
}
