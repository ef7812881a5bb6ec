//! The Services of all cases under releases that the policy is for, as somebody would send them.

use ako_gate::decode::{manifest, yaml};
use ako_gate::engine::Judge;
use ako_gate::facts::ako::Era;
use ako_gate::facts::profile;
use ako_gate::model::verdict::Judged;
use ako_gate::model::{
    Action, Finding, Kind, Node, Object, Operation, Request, Snapshot, Source, Stated, Stored,
};
use ako_gate::settings::{Door, Settings};
use serde_json::{Value, json};

use crate::support::case::{self, Case};
use crate::support::control_plane::root;
use crate::support::json::value;

const RULE: &str = "ako/ipv6-vip-on-load-balancer";

/// A Service, and what it replaces, in the surroundings of a case.
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) old: Option<Value>,
    pub(crate) object: Value,
    /// AKO's configuration, as the ConfigMap holds it.
    pub(crate) config: Option<Value>,
    /// The labels of the namespace.
    pub(crate) labels: Value,
    stated: Stated,
    snapshot: Snapshot,
}

/// What a server makes of it and of what it replaces.
pub(crate) struct Settled {
    pub(crate) old: Option<Value>,
    pub(crate) object: Value,
}

fn stored(object: &Value) -> Stored {
    let document = yaml::parse_one(&object.to_string()).unwrap();
    manifest::detach(&document, Node::root(&document), "").unwrap()
}

impl Asked {
    /// What the policy looks at beside the Service.
    pub(crate) fn surroundings(&self) -> (&str, Option<&Value>, &Value) {
        (&self.namespace, self.config.as_ref(), &self.labels)
    }

    /// What the rule says when it denies what the server makes of it, with settings that leave its action alone.
    pub(crate) fn denial_by_rule(&self, settled: &Settled) -> Option<Finding> {
        let (subject, old) = (stored(&settled.object), settled.old.as_ref().map(stored));
        let (subject, old) = (subject.object(), old.as_ref().map(Stored::object));
        let request = old.map_or_else(|| Request::create(subject), |old| Request::update(old, subject));
        let settings = Settings::default();
        let judge = Judge {
            snapshot: &self.snapshot,
            profile: &profile::resolve(&self.stated, &self.snapshot, Some(subject)),
            settings: &settings,
            today: jiff::civil::date(2026, 1, 1),
            door: Door::Webhook,
            within_budget: &|| true,
            explain: false,
        };
        let findings = judge.judge(&request).findings;
        let is_denial = |judged: &Judged| judged.action == Action::Deny && judged.finding.rule == RULE;
        findings.into_iter().find(is_denial).map(|judged| judged.finding)
    }
}

/// A Service without what only a server writes, under a name of its own.
fn plain(object: &Value, name: &str, namespace: &str, is_replaced: bool) -> Value {
    let mut metadata = json!({"name": name, "namespace": namespace});
    for key in ["annotations", "labels"] {
        if let Some(map) = object["metadata"].get(key).filter(|map| map.is_object()) {
            metadata[key] = map.clone();
        }
    }
    let mut spec = object["spec"].clone();
    // several of them exist at once, so that no two may have the same address; the families say what matters
    if is_replaced && spec["ipFamilies"].is_array() {
        for key in ["clusterIP", "clusterIPs"] {
            spec.as_object_mut().unwrap().remove(key);
        }
    }
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
}

/// A Service before it was a load balancer.
pub(crate) fn as_cluster_ip(object: &Value) -> Value {
    let mut object = object.clone();
    let spec = object["spec"].as_object_mut().unwrap();
    spec.retain(|key, _| {
        ["ports", "selector", "ipFamilies", "ipFamilyPolicy", "clusterIP", "clusterIPs"]
            .contains(&key.as_str())
    });
    object
}

fn with_label(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"]["labels"]["cost-center"] = json!("4711");
    object
}

/// Whether a case is about a Service under a release without IPv6 VIPs for Services.
fn is_meant(case: &Case) -> bool {
    let subject = case.subject().filter(|subject| subject.kind() == Some(Kind::Service));
    let writes = case
        .request()
        .is_some_and(|request| matches!(request.operation, Operation::Create | Operation::Update));
    let profile = profile::resolve(&case.stated, &case.snapshot(), case.subject());
    subject.is_some_and(|subject| !subject.is_terminating())
        && writes
        && case.subresource.is_empty()
        && profile.ako_in_play
        && !Era::of(profile.ako.value).has_dual_stack()
}

fn in_context<'a>(case: &'a Case, kind: Kind, namespace: &str, name: &str) -> Option<Object<'a>> {
    case.context.iter().map(Stored::object).find(|object| object.is(kind, namespace, name))
}

/// What is asked about a case: itself; an edit of it that concerns nobody; and its Service made a load balancer.
fn of_case(case: &Case, count: &mut usize) -> Vec<Asked> {
    let document = Node::root(&case.document);
    let (object, old) = (value(document.at("object")), document.at("oldObject"));
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default").to_owned();
    let old = (!old.is_nothing()).then(|| value(old));
    let folder = case.path.parent().unwrap().file_name().unwrap().to_string_lossy();
    let name = format!("{folder}/{}", case.name);
    let config = in_context(case, Kind::ConfigMap, "avi-system", "avi-k8s-config");
    let labels = in_context(case, Kind::Namespace, "", &namespace);
    let mut ask = |suffix: &str, old: Option<&Value>, object: &Value| {
        *count += 1;
        let (own, is_replaced) = (format!("s{count}"), old.is_some());
        let labels = labels.map_or(Value::Null, |object| value(object.root().at("metadata").at("labels")));
        Asked {
            name: format!("{name}{suffix}"),
            old: old.map(|old| plain(old, &own, &namespace, is_replaced)),
            object: plain(object, &own, &namespace, is_replaced),
            config: config.map(|config| value(config.root().at("data"))),
            labels: if labels.is_null() { json!({}) } else { labels },
            namespace: namespace.clone(),
            stated: case.stated.clone(),
            snapshot: case.snapshot(),
        }
    };
    let mut all = vec![ask("", old.as_ref(), &object)];
    if object["spec"]["type"] == "LoadBalancer" {
        all.push(ask(", another label", Some(&object), &with_label(&object)));
        all.push(ask(", from ClusterIP", Some(&as_cluster_ip(&object)), &object));
    }
    all
}

/// An IPv6 Service under configurations that no case has: what they say, and the labels of its namespace.
fn under_configurations() -> Vec<Asked> {
    let synced = json!({"nsSyncLabelKey": "lb", "nsSyncLabelValue": "avi"});
    let configurations = [
        ("nothing", json!({}), json!({})),
        ("layer7Only T", json!({"layer7Only": "T"}), json!({})),
        ("layer7Only False", json!({"layer7Only": "False"}), json!({})),
        ("layer7Only empty", json!({"layer7Only": ""}), json!({})),
        ("layer7Only unreadable", json!({"layer7Only": "yes"}), json!({})),
        ("blocked", json!({"blockedNamespaceList": r#"["lab", "shop"]"#}), json!({})),
        ("blocked, escaped", json!({"blockedNamespaceList": r#"["sho\u0070"]"#}), json!({})),
        ("names like it blocked", json!({"blockedNamespaceList": r#"["workshop", "shop-2"]"#}), json!({})),
        ("label", synced.clone(), json!({"lb": "avi"})),
        ("another label", synced.clone(), json!({"lb": "other"})),
        ("no label", synced, json!({})),
        ("label without a value", json!({"nsSyncLabelKey": "lb", "nsSyncLabelValue": ""}), json!({})),
        ("a key of 1.12.1", json!({"defaultLBController": "true"}), json!({})),
    ];
    let asked = |(name, data, labels): (&str, Value, Value)| {
        let mut snapshot = Snapshot::complete();
        let metadata = json!({"name": "avi-k8s-config", "namespace": "avi-system"});
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data});
        snapshot.insert(stored(&config));
        let metadata = json!({"name": "shop", "labels": labels});
        snapshot.insert(stored(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})));
        let mut stated = Stated::default();
        stated.state("ako", "1.9.3", Source::Flag).unwrap();
        let object = json!({"metadata": {}, "spec": {
            "type": "LoadBalancer", "ipFamilies": ["IPv6"], "ports": [{"port": 80}],
        }});
        Asked {
            name: format!("configured: {name}"),
            namespace: "shop".to_owned(),
            old: None,
            object: plain(&object, "configured", "shop", false),
            config: Some(data),
            labels,
            stated,
            snapshot,
        }
    };
    configurations.into_iter().map(asked).collect()
}

/// Everything that is asked.
pub(crate) fn all() -> Vec<Asked> {
    let cases = ["tests/rules", "tests/legitimate"].map(|folder| case::all(&root().join(folder)));
    let mut count = 0;
    let cases = cases.into_iter().flatten().filter(is_meant);
    let of_cases = cases.flat_map(|case| of_case(&case, &mut count));
    of_cases.chain(under_configurations()).collect()
}
