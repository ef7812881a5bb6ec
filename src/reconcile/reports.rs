//! Findings as reports, and back.
//!
//! A namespace has as many reports as its findings need; which finding goes where depends on its fingerprint alone,
//! so that one change rewrites one report.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value, json};

use super::ledger::{Entry, Standing};
use super::target::Target;
use crate::model::{Action, ObjectRef};

/// Most bytes of a report as JSON: far below what etcd takes, and little to rewrite for one change.
pub const CEILING: usize = 128 << 10;
/// Bytes of a report beside its results, with room to spare.
const HEAD: usize = 2 << 10;
/// Label by which the gate's reports are known, and its value.
pub const LABEL: (&str, &str) = ("app.kubernetes.io/managed-by", "ako-gate");
/// Who speaks, in reports and Events.
pub const SOURCE: &str = "ako-gate";

/// A report as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The namespace; empty for what lives in none.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The object.
    pub body: Value,
    /// See [`digest`].
    pub digest: u64,
}

/// The reports about the objects of a namespace, none longer than `ceiling` unless a single result is.
pub fn reports<'a>(
    target: &Target,
    namespace: &str,
    entries: impl Iterator<Item = &'a Entry>,
    ceiling: usize,
) -> Vec<Report> {
    let room = ceiling.saturating_sub(HEAD);
    let results: Vec<(u64, usize, Value)> = entries
        .map(|entry| {
            let result = result(target, entry);
            let place = u64::from_str_radix(&entry.fingerprint, 16).unwrap_or_default();
            (place, result.to_string().len() + 1, result)
        })
        .collect();
    let mut count: usize = 1;
    let fits = |count: usize| {
        let mut bytes = vec![0; count];
        for (place, size, _) in &results {
            bytes[shard(*place, count)] += size;
        }
        bytes.iter().all(|bytes| *bytes <= room)
    };
    while count < results.len() && !fits(count) {
        count *= 2;
    }
    let mut shards = vec![Vec::new(); count];
    for (place, _, result) in results {
        shards[shard(place, count)].push(result);
    }
    let shards = shards.into_iter().enumerate().filter(|(_, results)| !results.is_empty());
    shards.map(|(index, results)| report(target, namespace, index, &results)).collect()
}

fn shard(place: u64, count: usize) -> usize {
    usize::try_from(place).unwrap_or_default() % count
}

fn report(target: &Target, namespace: &str, index: usize, results: &[Value]) -> Report {
    let name = if index == 0 { SOURCE.to_owned() } else { format!("{SOURCE}-{index}") };
    let mut metadata = json!({"name": name, "labels": {LABEL.0: LABEL.1}});
    if !namespace.is_empty() {
        metadata["namespace"] = namespace.into();
    }
    let count = |wanted: &str| results.iter().filter(|result| result["result"] == wanted).count();
    let mut body = json!({
        "apiVersion": target.api_version(),
        "kind": target.kind(namespace),
        "metadata": metadata,
        "summary": {"pass": 0, "fail": count("fail"), "warn": count("warn"), "error": 0, "skip": count("skip")},
        "results": results,
    });
    if target.names_source {
        body["source"] = SOURCE.into();
    }
    let digest = digest(&body);
    Report { namespace: namespace.to_owned(), name, body, digest }
}

/// One finding. What is denied fails, what is warned about or recorded warns, what is exempt is skipped.
fn result(target: &Target, entry: &Entry) -> Value {
    let (result, severity) = match entry.standing {
        Standing::Action(Action::Deny) => ("fail", "high"),
        Standing::Action(Action::Warn) => ("warn", "medium"),
        Standing::Action(Action::Audit | Action::Off) => ("warn", "low"),
        Standing::Exempt(..) => ("skip", target.least_severity),
    };
    let ObjectRef { api_version, kind, namespace, name } = &entry.object;
    let mut object = json!({"apiVersion": api_version, "kind": kind, "name": name});
    if !namespace.is_empty() {
        object["namespace"] = namespace.as_str().into();
    }
    let mut properties = Map::new();
    let mut say = |key: &str, value: &str| {
        if !value.is_empty() {
            properties.insert(key.to_owned(), value.into());
        }
    };
    say("fingerprint", &entry.fingerprint);
    say("action", entry.standing.name());
    say("field", &entry.field);
    say("value", &entry.value);
    say("why", &entry.consequence);
    say("fix", &entry.remedy);
    if let Standing::Exempt(reason, owner) = &entry.standing {
        say("exemption", reason);
        say("owner", owner);
    }
    json!({
        "source": SOURCE,
        "policy": entry.rule.split('/').next().unwrap_or_default(),
        "rule": entry.rule,
        "category": "IPv6 and dual stack",
        "result": result,
        "severity": severity,
        "scored": result == "fail",
        "timestamp": {"seconds": entry.since, "nanos": 0},
        "message": entry.message,
        "resources": [object],
        "properties": properties,
    })
}

/// The findings a report shows; what the gate did not write is left out.
pub fn entries(report: &Value) -> Vec<Entry> {
    let results = report["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    results.iter().filter_map(entry).collect()
}

fn entry(result: &Value) -> Option<Entry> {
    let (object, properties) = (&result["resources"][0], &result["properties"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let standing = match properties["action"].as_str()? {
        "exempt" => Standing::Exempt(text(&properties["exemption"]), text(&properties["owner"])),
        action => Standing::Action(Action::parse(action)?),
    };
    Some(Entry {
        fingerprint: text(&properties["fingerprint"]),
        rule: text(&result["rule"]),
        object: ObjectRef {
            api_version: text(&object["apiVersion"]),
            kind: text(&object["kind"]),
            namespace: text(&object["namespace"]),
            name: text(&object["name"]),
        },
        field: text(&properties["field"]),
        value: text(&properties["value"]),
        message: text(&result["message"]),
        consequence: text(&properties["why"]),
        remedy: text(&properties["fix"]),
        standing,
        since: result["timestamp"]["seconds"].as_i64()?,
    })
}

/// Stands for all the gate writes of a report, to see whether one in the cluster is as it is to be.
pub fn digest(report: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    for part in
        [&report["source"], &report["summary"], &report["results"], &report["metadata"]["labels"][LABEL.0]]
    {
        part.to_string().hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::target::TARGETS;
    use super::*;

    fn entry(index: u64, standing: Standing) -> Entry {
        let object = ObjectRef {
            api_version: "v1".into(),
            kind: "Service".into(),
            namespace: "shop".into(),
            name: format!("web-{index}"),
        };
        Entry {
            // spread like a hash
            fingerprint: format!("{:016x}", index.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            rule: "ako/ipv6-vip-on-load-balancer".into(),
            object,
            field: "spec.ipFamilies[0]".into(),
            value: "IPv6".into(),
            message: "m".repeat(200),
            consequence: "c".into(),
            remedy: "r".into(),
            standing,
            since: 1_700_000_000,
        }
    }

    #[test]
    fn reports_hold_everything_and_stay_below_the_ceiling() {
        let entries: Vec<Entry> = (0..3000).map(|i| entry(i, Standing::Action(Action::Deny))).collect();
        let reports = reports(&TARGETS[0], "shop", entries.iter(), CEILING);
        assert!(reports.len() > 10 && reports.iter().all(|report| report.body.to_string().len() <= CEILING));
        let mut shown: Vec<Entry> = reports.iter().flat_map(|report| super::entries(&report.body)).collect();
        shown.sort_by_key(|entry| entry.object.name.clone());
        let mut entries = entries;
        entries.sort_by_key(|entry| entry.object.name.clone());
        assert_eq!(shown, entries);
    }

    #[test]
    fn one_change_rewrites_one_report() {
        let entries: Vec<Entry> = (0..3000).map(|i| entry(i, Standing::Action(Action::Deny))).collect();
        let digests = |entries: &[Entry]| {
            let reports = reports(&TARGETS[0], "shop", entries.iter(), CEILING);
            reports.into_iter().map(|report| (report.name, report.digest)).collect::<Vec<_>>()
        };
        let (before, after) = (digests(&entries), digests(&entries[1..]));
        assert_eq!(before.iter().zip(&after).filter(|(before, after)| before != after).count(), 1);
    }

    #[test]
    fn readers_find_what_they_count() {
        let standings = [
            Standing::Action(Action::Deny),
            Standing::Action(Action::Warn),
            Standing::Action(Action::Audit),
            Standing::Exempt("later".into(), "team".into()),
        ];
        let entries: Vec<Entry> =
            standings.into_iter().zip(0..).map(|(standing, index)| entry(index, standing)).collect();
        let kinds = [("Report", "ClusterReport"), ("PolicyReport", "ClusterPolicyReport")];
        for (target, (namespaced, clusterwide)) in TARGETS.iter().zip(kinds) {
            let all = reports(target, "shop", entries.iter(), CEILING);
            assert_eq!(all.len(), 1);
            let body = &all[0].body;
            assert_eq!(body["summary"], json!({"pass": 0, "fail": 1, "warn": 2, "error": 0, "skip": 1}));
            assert_eq!((&body["kind"], all[0].name.as_str()), (&json!(namespaced), "ako-gate"));
            assert_eq!(super::entries(body), entries);
            let mut cluster = entries[0].clone();
            cluster.object.namespace = String::new();
            let all = reports(target, "", [&cluster].into_iter(), CEILING);
            assert_eq!(all[0].body["kind"], clusterwide);
            assert_eq!(super::entries(&all[0].body), [cluster]);
        }
    }

    #[test]
    fn nothing_wrong_needs_no_report() {
        assert!(reports(&TARGETS[0], "shop", [].into_iter(), CEILING).is_empty());
    }
}
