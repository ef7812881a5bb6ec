//! AKO's configuration with one value changed, as if somebody had written it so.

use super::{json, manifest};
use crate::facts::ako::config::{Config, Form, Setting};
use crate::model::document::{Builder, Document};
use crate::model::{Kind, Node, Object, Shape, Span, Stored};

/// The settings that can be tried out, by the names they go by.
pub const SETTINGS: [(&str, Setting); 5] = [
    ("ipFamily", Setting::IpFamily),
    ("cniPlugin", Setting::Cni),
    ("serviceType", Setting::ServiceType),
    ("layer7Only", Setting::Layer7Only),
    ("vipNetworkList", Setting::VipNetworks),
];

/// What `serviceType` can be, spelt as AKO compares it (ako.md section 3).
const POOL_MODES: [&str; 3] = ["ClusterIP", "NodePort", "NodePortLocal"];

/// A value that cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no value for {key}: {expected}")]
pub struct Unusable {
    key: &'static str,
    text: String,
    expected: &'static str,
}

/// A setting with the value it is to have.
#[derive(Debug)]
pub struct Overlay {
    setting: Setting,
    text: String,
    /// The value where it is a list.
    list: Option<Document>,
}

impl Overlay {
    /// The overlay that sets the setting called `key`; `None` where there is no such setting.
    pub fn of(key: &str, text: &str) -> Option<Result<Self, Unusable>> {
        let (key, setting) = SETTINGS.into_iter().find(|(name, _)| *name == key)?;
        let unusable = |expected| Err(Unusable { key, text: text.to_owned(), expected });
        let list = json::parse(text).ok().filter(|list| Node::root(list).shape() == Some(Shape::List));
        Some(match setting {
            Setting::VipNetworks if list.is_none() => unusable("a JSON list of networks"),
            Setting::Layer7Only if !["true", "false"].contains(&text) => unusable("true or false"),
            // AKO takes anything else for ClusterIP, without a word
            Setting::ServiceType if !POOL_MODES.contains(&text) => {
                unusable("one of ClusterIP, NodePort, NodePortLocal")
            }
            _ => {
                let list = list.filter(|_| setting == Setting::VipNetworks);
                Ok(Self { setting, text: text.to_owned(), list })
            }
        })
    }

    /// `stored` with the value set; `None` where it is no configuration of AKO.
    pub fn apply(&self, stored: &Stored, ako_namespace: &str) -> Option<Stored> {
        let object = stored.object();
        let config = Config::of(object, ako_namespace)?;
        let mut builder = Builder::located();
        // in the ConfigMap the list is text
        let list = self.list.as_ref().filter(|_| config.form != Form::ConfigMap);
        let value = Value { text: &self.text, list: list.map(Node::root) };
        copy(object.root(), Some(&config.keys(self.setting)), &value, &mut builder);
        let document = builder.finish();
        match object.kind() {
            Some(Kind::HelmValues) => {
                Some(Stored::as_kind(document, Kind::HelmValues, Object::name(object).to_owned()))
            }
            _ => manifest::object(document, "", None),
        }
    }
}

struct Value<'a> {
    text: &'a str,
    list: Option<Node<'a>>,
}

impl Value<'_> {
    fn write(&self, builder: &mut Builder, span: Span) {
        match self.list {
            Some(list) => copy(list, None, self, builder),
            None => {
                builder.scalar(Shape::String, self.text, span);
            }
        }
    }
}

/// Copies a tree; what stands at `path` below it becomes `value`, and is added where nothing stands there.
fn copy(node: Node<'_>, path: Option<&[&str]>, value: &Value<'_>, builder: &mut Builder) {
    let span = node.span().unwrap_or_default();
    let next = match path {
        Some([]) => return value.write(builder, span),
        Some([key, rest @ ..]) => Some((*key, rest)),
        None => None,
    };
    match node.shape() {
        Some(shape @ (Shape::List | Shape::Map)) => {
            builder.open(shape, span);
            let mut found = false;
            for child in node.children() {
                if shape == Shape::Map {
                    builder.key(child.key());
                }
                let below = next.filter(|(key, _)| child.key() == *key).map(|(_, rest)| rest);
                found |= below.is_some();
                copy(child, below, value, builder);
            }
            if let Some((key, rest)) = next.filter(|_| !found && shape == Shape::Map) {
                add(key, rest, value, builder, span);
            }
            builder.close();
        }
        shape if next.is_none() => {
            builder.scalar(shape.unwrap_or(Shape::Null), node.text(), span);
        }
        _ => {
            builder.open(Shape::Map, span);
            if let Some((key, rest)) = next {
                add(key, rest, value, builder, span);
            }
            builder.close();
        }
    }
}

fn add(key: &str, rest: &[&str], value: &Value<'_>, builder: &mut Builder, span: Span) {
    builder.key(key);
    match rest {
        [] => value.write(builder, span),
        [next, rest @ ..] => {
            builder.open(Shape::Map, span);
            add(next, rest, value, builder, span);
            builder.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::yaml;

    fn applied(document: &str, key: &str, text: &str) -> Option<Stored> {
        let document = yaml::parse(document).into_iter().find_map(Result::ok)?;
        let stored = manifest::object(document, "values.yaml", None)?;
        Overlay::of(key, text)?.ok()?.apply(&stored, "avi-system")
    }

    #[test]
    fn sets_what_is_there_and_what_is_not() {
        let values = "AKOSettings: {ipFamily: V4, cniPlugin: calico}\nL7Settings: {}\n";
        let changed = applied(values, "ipFamily", "V6").unwrap();
        let config = Config::of(changed.object(), "avi-system").unwrap();
        assert_eq!((config.ip_family(), config.cni().as_str()), ("V6", "calico"));
        assert_eq!(changed.object().name(), "values.yaml");
        let changed = applied(values, "serviceType", "NodePort").unwrap();
        assert_eq!(Config::of(changed.object(), "avi-system").unwrap().service_type(), "NodePort");
        let changed =
            applied("AKOSettings: {}\n", "vipNetworkList", r#"[{"v6cidr":"2001:db8::/64"}]"#).unwrap();
        let config = Config::of(changed.object(), "avi-system").unwrap();
        assert_eq!(config.vip_networks().list()[0].v6cidr.text(), "2001:db8::/64");
    }

    #[test]
    fn writes_a_list_into_the_config_map_as_text() {
        let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: avi-k8s-config, namespace: avi-system}, data: {a: b}}";
        let changed = applied(map, "vipNetworkList", r#"[{"cidr":"10.0.0.0/24"}]"#).unwrap();
        let config = Config::of(changed.object(), "avi-system").unwrap();
        assert_eq!(config.vip_networks().list()[0].cidr.text(), "10.0.0.0/24");
        assert_eq!(changed.object().root().at("data").at("a").text(), "b");
    }

    #[test]
    fn refuses_what_it_cannot_set() {
        assert!(Overlay::of("colour", "red").is_none());
        assert!(Overlay::of("layer7Only", "maybe").unwrap().is_err());
        assert!(Overlay::of("vipNetworkList", "net1").unwrap().is_err());
        assert!(Overlay::of("serviceType", "Nodeport").unwrap().is_err());
        assert!(applied("{apiVersion: v1, kind: Service, metadata: {name: a}}", "ipFamily", "V6").is_none());
    }
}
