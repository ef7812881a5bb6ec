//! The JSON Schema of the settings, for editors and for the values of the chart.

use serde_json::{Map, Value, json};

use crate::model::profile;
use crate::rules;
use crate::settings::{EXCLUDED_NAMESPACES, LOG_LEVELS};

/// The schema. What it lets pass the gate may still refuse (an exemption given twice); what it refuses the gate does.
pub(super) fn settings() -> Value {
    let mut products: Vec<String> = rules::all().map(|rule| format!("{}/*", rule.product())).collect();
    products.dedup();
    let patterns = || {
        let names = rules::all().map(|rule| rule.name.to_owned());
        names.chain(products.iter().cloned()).chain(["*".to_owned()])
    };
    let described: Map<String, Value> = patterns()
        .map(|name| {
            let about = rules::find(&name).map_or("every rule it covers", |rule| rule.summary());
            (name, json!({"$ref": "#/$defs/setting", "description": about}))
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of ako-gate",
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"const": "ako-gate/v1"},
            "kind": {"const": "Settings"},
            "profile": {"$ref": "#/$defs/profile"},
            "rules": {
                "description": "What is done about the findings of a rule, of a product's rules, or of all",
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": described,
            },
            "exemptions": {
                "description": "Objects that a rule must not refuse, for a while",
                "type": ["array", "null"],
                "items": {"$ref": "#/$defs/exemption"},
            },
            "webhook": {"$ref": "#/$defs/webhook"},
            "log": {"description": "How much is logged; a change needs no restart", "enum": LOG_LEVELS},
        },
        "$defs": {
            "profile": profile(),
            "action": {"enum": ["deny", "warn", "audit", "off", false]},
            "setting": {"anyOf": [
                {"$ref": "#/$defs/action"},
                {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "webhook": {"$ref": "#/$defs/action"},
                        "check": {"$ref": "#/$defs/action"},
                        "reconcile": {"$ref": "#/$defs/action"},
                    },
                },
            ]},
            "exemption": {
                "type": "object",
                "additionalProperties": false,
                "required": ["rule", "match", "reason", "owner"],
                "properties": {
                    "rule": {"enum": patterns().collect::<Vec<_>>()},
                    "match": {
                        "description": "Kind, namespace and name; * stands for any characters",
                        "type": "object",
                        "additionalProperties": false,
                        "minProperties": 1,
                        "properties": {
                            "kind": {"type": "string"},
                            "namespace": {"type": "string"},
                            "name": {"type": "string"},
                        },
                    },
                    "reason": {"type": "string", "minLength": 1},
                    "owner": {"type": "string", "minLength": 1},
                    "expires": {
                        "description": "The last day it counts",
                        "type": "string",
                        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                    },
                },
            },
            "webhook": {
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": {
                    "unknown": {
                        "description": "What is done with what cannot be decided or decoded",
                        "enum": ["allow", "warn", "deny"],
                    },
                    "probeNamespace": {
                        "description": "Where the gate asks for the ConfigMap with which it proves that it is asked",
                        "type": "string",
                        "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
                        "not": {"enum": EXCLUDED_NAMESPACES},
                    },
                    "failurePolicy": {
                        "description": "Fail: once proven, the API server refuses what no gate answers",
                        "enum": ["Ignore", "Fail"],
                    },
                },
            },
        },
    })
}

fn profile() -> Value {
    let clouds: Vec<&str> = profile::Cloud::NAMES.iter().map(|(_, name)| *name).collect();
    let mut properties: Map<String, Value> =
        profile::KEYS.iter().map(|key| ((*key).to_owned(), json!({"type": "string"}))).collect();
    // what `Release` reads
    let release = json!({"type": "string", "pattern": r"^v?[0-9]+\.[0-9]+(\.[0-9]+)?([-_+][\s\S]*)?$"});
    for key in ["ako", "kubernetes", "aksEngine", "kops"] {
        properties.insert(key.to_owned(), release.clone());
    }
    properties.insert("akoNamespace".to_owned(), json!({"type": "string", "minLength": 1}));
    properties.insert("akoCloud".to_owned(), json!({"enum": clouds}));
    properties.insert("platform".to_owned(), json!({"enum": ["kubernetes", "openshift"]}));
    properties
        .insert("clusterFamilies".to_owned(), json!({"enum": ["IPv4", "IPv6", "IPv4,IPv6", "IPv6,IPv4"]}));
    properties.insert("transportZone".to_owned(), json!({"enum": ["OVERLAY", "VLAN"]}));
    properties.insert("pin".to_owned(), json!({"type": "boolean"}));
    json!({
        "description": "What no object in the cluster says; values are text, so put releases in quotes",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
    })
}
