//! The Services of every case, given to real API servers of each form: where one refuses, the rules of Kubernetes agree or
//! are silent; where one accepts, they deny nothing, and the families it settles on are those the gate works out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "what is left out is said aloud")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use ako_gate::decode::{manifest, yaml};
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::facts::service::resolution::{family_of, is_external_name, settle};
use ako_gate::model::{Action, Kind, Node, Object, Operation, Request, Snapshot, Source, Stated, Stored};
use ako_gate::settings::{Door, Settings};
use http::Method;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Error};
use serde_json::{Value, json};
use support::case::{self, Case};
use support::control_plane::{ControlPlane, is_left_out, root};
use support::json::value;

const RELEASE: &str = "1.36.3";
const SERVICES: &str = "/api/v1/namespaces/replay/services";

/// A Service of a case as somebody would send it.
struct Sent {
    case: String,
    old: Option<Value>,
    object: Value,
}

/// An object of a case, without what only a server writes.
fn plain(node: Node<'_>, name: &str) -> Value {
    let object = value(node);
    let given = |key: &str| object["metadata"].get(key).filter(|map| map.is_object()).cloned();
    let mut metadata = json!({"name": name, "namespace": "replay"});
    for key in ["annotations", "labels"] {
        if let Some(map) = given(key) {
            metadata[key] = map;
        }
    }
    // the cases give Services addresses of two plans; the servers have one
    let spec = object["spec"].to_string().replace("10.96.", "10.80.").replace("fd00:10:96:", "fd12:80:");
    let spec: Value = serde_json::from_str(&spec).unwrap();
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
}

/// Why an API server has nothing to say about a case, if so.
fn why_not(case: &Case) -> Option<&'static str> {
    let subject = case.subject()?;
    match case.request()?.operation {
        Operation::Delete | Operation::Connect => return Some("a deletion"),
        Operation::Create | Operation::Update => {}
    }
    if !case.subresource.is_empty() {
        return Some("a subresource");
    }
    subject.is_terminating().then_some("on its way out, which nobody can send")
}

/// The Services of all cases, each once, and how many are left out for which reason.
fn sent() -> (Vec<Sent>, BTreeMap<&'static str, Vec<String>>) {
    let (mut sent, mut left_out) = (Vec::new(), BTreeMap::<&str, Vec<String>>::new());
    let mut seen = BTreeSet::new();
    let cases = ["tests/rules", "tests/legitimate"].map(|folder| case::all(&root().join(folder)));
    for case in cases.into_iter().flatten() {
        if case.subject().and_then(Object::kind) != Some(Kind::Service) {
            continue;
        }
        let document = Node::root(&case.document);
        let (object, old) = (document.at("object"), document.at("oldObject"));
        let name = format!("s{}", seen.len());
        let service = plain(object, &name);
        let old = (!old.is_nothing()).then(|| plain(old, &name));
        if let Some(why) = why_not(&case) {
            left_out.entry(why).or_default().push(case.name.clone());
        } else if seen.insert(json!([service["spec"], old.as_ref().map(|old| &old["spec"])]).to_string()) {
            let folder = case.path.parent().unwrap().file_name().unwrap().to_string_lossy();
            sent.push(Sent { case: format!("{folder}/{}", case.name), old, object: service });
        } else {
            left_out.entry("the same Service as in another case").or_default().push(case.name.clone());
        }
    }
    (sent, left_out)
}

/// An API server of one form.
struct Server {
    ranges: &'static str,
    client: Client,
    _plane: ControlPlane,
}

/// What it answered.
enum Answer {
    Accepted(Value),
    /// Refused; the fields it blames, and what it said.
    Refused(Vec<String>, String),
}

impl Server {
    async fn start(ranges: &'static str) -> Self {
        let plane = ControlPlane::bare(RELEASE, ranges);
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig()).unwrap();
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
        let server = Self { ranges, client: Client::try_from(config).unwrap(), _plane: plane };
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "replay"}});
        let made = server.send(Method::POST, "/api/v1/namespaces", &namespace).await;
        assert!(matches!(made, Answer::Accepted(_)));
        server
    }

    async fn send(&self, method: Method, path: &str, object: &Value) -> Answer {
        let request =
            http::Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.body(object.to_string().into_bytes()).unwrap();
        match self.client.request::<Value>(request).await {
            Ok(object) => Answer::Accepted(object),
            Err(Error::Api(status)) => {
                let causes = status.details.iter().flat_map(|details| &details.causes);
                let fields = causes.map(|cause| cause.field.clone());
                Answer::Refused(fields.collect(), status.message.clone())
            }
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// What it would make of a Service, as kubectl asks; `old` is there for real. `Err` when it refuses `old`.
    async fn answer(&self, sent: &Sent) -> Result<(Option<Value>, Answer), String> {
        let options = "dryRun=All&fieldValidation=Strict";
        let Some(old) = &sent.old else {
            return Ok((None, self.send(Method::POST, &format!("{SERVICES}?{options}"), &sent.object).await));
        };
        let before = match self.send(Method::POST, SERVICES, old).await {
            Answer::Accepted(before) => before,
            Answer::Refused(_, why) => return Err(why),
        };
        let path = format!("{SERVICES}/{}", old["metadata"]["name"].as_str().unwrap());
        let answer = self.send(Method::PUT, &format!("{path}?{options}"), &sent.object).await;
        assert!(matches!(self.send(Method::DELETE, &path, &json!({})).await, Answer::Accepted(_)));
        Ok((Some(before), answer))
    }
}

/// What the gate says about a Service on a cluster of this form: the fields that rules of Kubernetes deny, and the policy
/// and families it works out.
struct Gate {
    denied: Vec<String>,
    settled: Option<(String, Vec<String>)>,
}

fn stored(object: &Value) -> Stored {
    let document = yaml::parse_one(&object.to_string()).unwrap();
    manifest::detach(&document, Node::root(&document), "").unwrap()
}

fn gate(ranges: &str, before: Option<&Value>, object: &Value) -> Gate {
    let cidrs: Vec<&str> = ranges.split(',').collect();
    let mut snapshot = Snapshot::complete();
    snapshot.insert(stored(&json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "kubernetes"},
        "spec": {"cidrs": cidrs},
    })));
    let mut stated = Stated::default();
    stated.state("kubernetes", RELEASE, Source::Flag).unwrap();
    let (subject, old) = (stored(object), before.map(stored));
    let (subject, old) = (subject.object(), old.as_ref().map(Stored::object));
    let request = old.map_or_else(|| Request::create(subject), |old| Request::update(old, subject));
    let profile = profile::resolve(&stated, &snapshot, Some(subject));
    let settings = Settings::default();
    let judge = Judge {
        snapshot: &snapshot,
        profile: &profile,
        settings: &settings,
        today: jiff::civil::date(2026, 1, 1),
        door: Door::Check,
        within_budget: &|| true,
        explain: false,
    };
    let verdict = judge.judge(&request);
    let denied = verdict
        .findings
        .iter()
        .filter(|judged| judged.action == Action::Deny && judged.finding.rule.starts_with("kubernetes/"));
    let settled = settle(subject, old, &profile.families()).map(|settled| {
        (settled.policy.to_owned(), settled.families.iter().map(ToString::to_string).collect())
    });
    assert!(settled.is_none() || !is_external_name(subject));
    Gate { denied: denied.map(|judged| judged.finding.field.to_string()).collect(), settled }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// Cases in which both refuse and blame another field each: a Service has several faults, and the server ends with the
/// first it finds. The case, the server's ranges, and what the server finds first.
const OTHER_FAULTS: [(&str, &str, &str); 1] = [(
    "inconsistent-cluster-ips/accepts-other-spelling",
    "10.80.0.0/16",
    "clusterIP and clusterIPs are compared as texts",
)];

/// A field as both write it: the server keeps `clusterIP` as the first of `clusterIPs`, and begins the name of one field
/// with a capital letter.
fn alike(field: &str) -> String {
    let field = if field == "spec.clusterIP" { "spec.clusterIPs" } else { field };
    field.split('[').next().unwrap_or(field).to_ascii_lowercase()
}

/// How the gate differs from the server.
fn difference(gate: &Gate, answer: &Answer) -> Option<String> {
    match answer {
        Answer::Refused(..) if gate.denied.is_empty() => None,
        Answer::Refused(fields, message) => {
            let fields: Vec<String> = fields.iter().map(|field| alike(field)).collect();
            // a field that it does not know stands in its message alone
            let is_blamed = |field: &String| {
                fields.contains(&alike(field)) || message.contains(&format!("unknown field \"{field}\""))
            };
            let agree = gate.denied.iter().any(is_blamed);
            (!agree).then(|| format!("the gate blames {}, the server: {message}", gate.denied.join(", ")))
        }
        Answer::Accepted(_) if !gate.denied.is_empty() => {
            Some(format!("the gate blames {}, and the server accepts it", gate.denied.join(", ")))
        }
        Answer::Accepted(object) => {
            let spec = &object["spec"];
            let families = texts(&spec["ipFamilies"]);
            let addresses = texts(&spec["clusterIPs"]);
            let of_addresses: Vec<String> =
                addresses.iter().filter_map(|address| family_of(address)).map(|f| f.to_string()).collect();
            let server = spec["ipFamilyPolicy"].as_str().map(|policy| (policy.to_owned(), families));
            if gate.settled != server {
                return Some(format!("the gate works out {:?}, the server {server:?}", gate.settled));
            }
            let is_headless = addresses.first().is_none_or(|first| first == "None");
            let same = server.is_none_or(|(_, families)| is_headless || of_addresses == families);
            (!same).then(|| format!("the server's families are not those of its addresses {addresses:?}"))
        }
    }
}

/// How a server and the gate met.
#[derive(Default)]
struct Met {
    accepted: usize,
    refused_by_both: usize,
    refused_in_silence: usize,
    without_old: Vec<String>,
    failures: Vec<String>,
}

async fn meet(server: &Server, all: &[Sent]) -> Met {
    let mut met = Met::default();
    for sent in all {
        let (before, answer) = match server.answer(sent).await {
            Ok(answered) => answered,
            Err(why) => {
                met.without_old.push(format!("{}: {why}", sent.case));
                continue;
            }
        };
        let gate = gate(server.ranges, before.as_ref(), &sent.object);
        let known = OTHER_FAULTS.iter().find(|(case, of, _)| *case == sent.case && *of == server.ranges);
        match (difference(&gate, &answer), known) {
            (Some(_), Some((case, _, why))) => println!("left out on {}, since {why}: {case}", server.ranges),
            (Some(difference), None) => {
                met.failures.push(format!("{} on {}: {difference}", sent.case, server.ranges));
            }
            (None, Some((case, ..))) => met.failures.push(format!("{case} is no exception any more")),
            (None, None) => {}
        }
        match answer {
            Answer::Accepted(_) => met.accepted += 1,
            Answer::Refused(..) if gate.denied.is_empty() => met.refused_in_silence += 1,
            Answer::Refused(..) => met.refused_by_both += 1,
        }
    }
    met
}

#[tokio::test]
async fn services_get_what_a_real_api_server_gives_them() {
    if is_left_out() {
        return;
    }
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (all, left_out) = sent();
    assert!(all.len() > 100, "{}", all.len());
    for (why, cases) in &left_out {
        println!("left out, {why}: {} ({})", cases.len(), cases.join(", "));
    }
    let mut failures = Vec::new();
    for ranges in
        ["10.80.0.0/16,fd12:80::/108", "fd12:80::/108,10.80.0.0/16", "10.80.0.0/16", "fd12:80::/108"]
    {
        let server = Server::start(ranges).await;
        let met = meet(&server, &all).await;
        let Met { accepted, refused_by_both, refused_in_silence, without_old, failures: found } = met;
        println!(
            "{ranges}: {accepted} accepted, {refused_by_both} refused by both, {refused_in_silence} by the server alone"
        );
        for case in &without_old {
            println!("left out on {ranges}, since the server refuses the object as it was: {case}");
        }
        // a server that accepts or refuses everything would prove nothing
        assert!(accepted > 20 && refused_by_both > 10, "{ranges}: {accepted}, {refused_by_both}");
        failures.extend(found);
    }
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}
