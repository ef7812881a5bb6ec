//! JSON documents inside the strings of AKO's ConfigMap.

use super::json;
use super::within::{Scalar, json_values};
use crate::facts::ako::config::Config;
use crate::model::document::{Builder, Document};
use crate::model::{Kind, Lines, Node, Object, Span};

/// Data keys of the ConfigMap that hold a JSON list (ako.md section 3).
const JSON_KEYS: [&str; 3] = ["vipNetworkList", "blockedNamespaceList", "nodeNetworkList"];

/// Decodes the JSON inside AKO's ConfigMap at `root`, so that its values have paths of their own, and places of
/// their own where `source`, the file's text, is given. Strings that hold no JSON are left as they are: whether that
/// is a fault is for a rule to say.
pub(super) fn expand(
    document: Document,
    root: fn(&Document) -> Node<'_>,
    source: Option<&Lines<'_>>,
) -> Document {
    let node = root(&document);
    let object = Object::at(node);
    if object.kind() != Some(Kind::ConfigMap) || object.name() != Config::CONFIG_MAP {
        return document;
    }
    let data = node.at("data");
    let found = JSON_KEYS.iter().map(|key| data.at(key));
    let strings: Vec<(u32, String, Option<Span>)> =
        found.filter_map(|node| Some((node.id(), node.as_str()?.to_owned(), node.span()))).collect();
    strings.into_iter().fold(document, |document, (id, text, span)| {
        let mark = document.len();
        let mut builder = Builder::embed(document, id);
        if json::append(&text, &mut builder, 0).is_err() {
            builder.rewind(mark);
        } else if let Some(span) = span {
            let places = places(&text, span, source);
            builder.place(mark, span, &places);
        }
        builder.finish()
    })
}

/// The places of the values of `text`, the content of the scalar at `span`; none where they cannot be told.
fn places(text: &str, span: Span, source: Option<&Lines<'_>>) -> Vec<Span> {
    let scalar = source.and_then(|source| Scalar::at(source, span));
    let Some((scalar, values)) = scalar.zip(json_values(text)) else { return Vec::new() };
    values.into_iter().map(|range| scalar.span(text, range).unwrap_or(span)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(list: &str) -> Document {
        let text = serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "avi-k8s-config"},
            "data": {"vipNetworkList": list, "ipFamily": "V6"},
        });
        expand(json::parse(&text.to_string()).unwrap(), |document| Node::root(document), None)
    }

    #[test]
    fn values_inside_a_string_have_the_path_of_the_string() {
        let document = expanded(r#"[{"networkName":"n","v6cidr":"2001:db8::/64"}]"#);
        let root = Node::root(&document);
        let list = root.at("data").at("vipNetworkList").embedded();
        let cidr = list.items().next().unwrap().at("v6cidr");
        assert_eq!(cidr.path_from(root).as_str(), "data.vipNetworkList[0].v6cidr");
        assert_eq!(root.at("data").at("ipFamily").text(), "V6");
    }

    #[test]
    fn what_is_no_json_stays_a_string() {
        for broken in ["[{", "not json", "", "[1] x"] {
            let document = expanded(broken);
            let list = Node::root(&document).at("data").at("vipNetworkList");
            assert_eq!(list.as_str(), Some(broken));
            assert!(list.embedded().is_absent(), "{broken}");
        }
    }
}
