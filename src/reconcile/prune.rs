//! What of an object is kept: only what rules read. Changes of anything else are no changes at all.
//!
//! `tests/doors.rs` judges every case with objects pruned like this and demands the same findings.

use crate::model::document::Span;
use crate::model::{Builder, Document, Kind, Node, Shape};

/// Labels of an `EndpointSlice` that rules read.
const SLICE_LABELS: [&str; 2] = ["kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"];

/// The object without what no rule reads of its kind.
pub fn prune(document: &Document, kind: Kind) -> Document {
    let mut copy = Copy { builder: Builder::default(), path: Vec::new(), kind };
    copy.add(Node::root(document));
    copy.builder.finish()
}

struct Copy<'a> {
    builder: Builder,
    /// The keys down to where the copy stands; list items have none.
    path: Vec<&'a str>,
    kind: Kind,
}

impl<'a> Copy<'a> {
    fn add(&mut self, node: Node<'a>) {
        let shape = node.shape().unwrap_or(Shape::Null);
        if !matches!(shape, Shape::List | Shape::Map) {
            self.builder.scalar(shape, node.text(), Span::default());
            return;
        }
        self.builder.open(shape, Span::default());
        for child in node.children() {
            if shape == Shape::List {
                self.add(child);
                continue;
            }
            self.path.push(child.key());
            if is_read(self.kind, &self.path) {
                self.builder.key(child.key());
                self.add(child);
            }
            self.path.pop();
        }
        self.builder.close();
    }
}

/// Whether a rule may read the value at `path` in an object of `kind`, or something below it.
fn is_read(kind: Kind, path: &[&str]) -> bool {
    match (kind, path) {
        // that a reference is there is read, not what it refers to
        (Kind::EndpointSlice, ["metadata", "annotations"] | ["endpoints", "targetRef", _])
        | (Kind::Ingress, ["spec", "tls"])
        | (Kind::Namespace, ["spec"]) => false,
        (Kind::EndpointSlice, ["metadata", "labels", key]) => SLICE_LABELS.contains(key),
        // when it was changed, and what of it
        (Kind::ConfigMap, ["metadata", "managedFields", rest @ ..]) => {
            matches!(rest, [] | ["time" | "fieldsV1"] | ["fieldsV1", "f:data"])
        }
        (_, ["metadata", key]) => {
            ["name", "namespace", "labels", "annotations", "deletionTimestamp"].contains(key)
        }
        (Kind::EndpointSlice, [key]) => {
            ["apiVersion", "kind", "metadata", "addressType", "endpoints"].contains(key)
        }
        (Kind::EndpointSlice, ["endpoints", key]) => ["addresses", "targetRef"].contains(key),
        (Kind::Node, ["status", key]) => *key == "addresses",
        // whether AKO accepted it
        (Kind::AviInfraSetting | Kind::L4Rule, ["status", key]) => *key == "status",
        (_, ["status"]) => matches!(kind, Kind::Node | Kind::AviInfraSetting | Kind::L4Rule | Kind::Pod),
        (Kind::Pod, ["status", key]) => ["phase", "podIPs", "hostIPs", "containerStatuses"].contains(key),
        (Kind::Node, ["spec", key]) => ["podCIDR", "podCIDRs"].contains(key),
        (Kind::Service, ["spec", key]) => !SERVICE_TRAFFIC.contains(key),
        _ => true,
    }
}

/// Fields of a Service that say how its traffic flows, not over which addresses.
const SERVICE_TRAFFIC: [&str; 7] = [
    "allocateLoadBalancerNodePorts",
    "healthCheckNodePort",
    "internalTrafficPolicy",
    "ports",
    "publishNotReadyAddresses",
    "sessionAffinityConfig",
    "trafficDistribution",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json;

    #[test]
    fn keeps_what_rules_read_and_the_places_in_lists() {
        let slice = r#"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",
            "metadata":{"name":"a-1","namespace":"a","resourceVersion":"7","annotations":{"x":"y"},
                        "labels":{"kubernetes.io/service-name":"a","app":"a"}},
            "addressType":"IPv6","ports":[{"port":80}],
            "endpoints":[{"addresses":["::1"],"conditions":{"ready":true}},{"nodeName":"n"},
                {"addresses":["::2"],"targetRef":{"kind":"Pod","name":"a-1"}}]}"#;
        let slice = prune(&json::parse(slice).unwrap(), Kind::EndpointSlice);
        let wanted = r#"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",
            "metadata":{"name":"a-1","namespace":"a","labels":{"kubernetes.io/service-name":"a"}},
            "addressType":"IPv6","endpoints":[{"addresses":["::1"]},{},{"addresses":["::2"],"targetRef":{}}]}"#;
        assert!(Node::root(&slice).same_as(Node::root(&json::parse(wanted).unwrap())));
    }

    #[test]
    fn a_heartbeat_is_no_change() {
        let node = |time: &str| {
            let text = format!(
                r#"{{"metadata":{{"name":"n","resourceVersion":"{time}"}},"spec":{{"podCIDR":"10.0.0.0/24"}},
                "status":{{"addresses":[{{"type":"InternalIP","address":"10.1.0.1"}}],
                           "conditions":[{{"type":"Ready","lastHeartbeatTime":"{time}"}}]}}}}"#
            );
            prune(&json::parse(&text).unwrap(), Kind::Node)
        };
        let (before, after) = (node("1"), node("2"));
        assert!(Node::root(&before).same_as(Node::root(&after)));
        assert_eq!(Node::root(&after).at("status").at("addresses").items().count(), 1);
    }
}
