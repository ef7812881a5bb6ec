//! Plan and rules tell the same of the same cluster: what a plan shows to do harm has a finding, and what a rule finds
//! about pools, VIPs, routes and nodes does harm in the plan. Every scenario that the real AKO was run on, and every case
//! that holds a configuration of AKO, goes through both.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;
#[path = "plan_and_rules/table.rs"]
mod table;

use std::collections::{BTreeMap, BTreeSet};

use ako_gate::decode::{json, manifest};
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::facts::service::ServiceFamilies;
use ako_gate::model::{Action, IpFamily, Kind, Lookup, ObjectRef, Profile, Request, Snapshot};
use ako_gate::plan::ako::harm::Harm;
use ako_gate::plan::ako::{Only, Plan, Pool, VipOf, VirtualService};
use ako_gate::rules;
use ako_gate::settings::{Door, Settings};
use serde_json::{Value, json};
use support::control_plane::root;
use support::json::value;
use support::{case, scenario};
use table::{EXCEPTIONS, HARMS, NO_RULE_NEEDED, RULES};

/// A cluster, what is planned for it, and what is said about it.
struct World {
    name: String,
    snapshot: Snapshot,
    plan: Plan,
    said: Vec<Said>,
}

/// A finding, or a rule that says what it lacks.
struct Said {
    rule: &'static str,
    object: ObjectRef,
    found: bool,
}

impl World {
    fn new(name: String, profile: &Profile, snapshot: Snapshot) -> Option<Self> {
        let plan = Plan::of(&snapshot, profile, Only::default())?;
        Some(Self { name, said: said(&snapshot, profile), snapshot, plan })
    }
}

fn said(snapshot: &Snapshot, profile: &Profile) -> Vec<Said> {
    let settings = Settings::default();
    let today = jiff::civil::date(2026, 1, 1);
    let (door, within_budget) = (Door::Check, &|| true);
    let judge = Judge { snapshot, profile, settings: &settings, today, door, within_budget, explain: false };
    let mut said = Vec::new();
    for object in Kind::ALL.iter().flat_map(|kind| snapshot.all(*kind)) {
        let verdict = judge.judge(&Request::create(object));
        let heard = verdict.findings.into_iter().filter(|judged| judged.action >= Action::Warn);
        said.extend(heard.map(|j| Said { rule: j.finding.rule, object: j.finding.object, found: true }));
        let skipped = verdict.skipped.into_iter();
        said.extend(skipped.map(|skip| Said { rule: skip.rule, object: skip.object, found: false }));
    }
    said
}

fn worlds() -> Vec<World> {
    let scenarios = scenario::all().into_iter();
    let mut worlds: Vec<World> =
        scenarios.filter_map(|s| World::new(s.name, &s.profile, s.snapshot)).collect();
    for (folder, has_config) in [
        ("tests/rules/ako", true),
        ("tests/rules/kubernetes", false),
        ("tests/rules/kops", false),
        ("tests/rules/aks-engine", false),
        ("tests/legitimate", true),
    ] {
        for case in case::all(&root().join(folder)) {
            let object =
                case.object.clone().filter(|_| case.operation != "DELETE" && case.subresource.is_empty());
            let Some(object) = object.filter(|object| !object.object().is_terminating()) else { continue };
            let mut snapshot = case.snapshot();
            snapshot.insert(object);
            complete(&mut snapshot, has_config);
            let profile = profile::resolve(&case.stated, &snapshot, case.subject());
            populate(&mut snapshot, &profile);
            worlds.extend(World::new(case.name.clone(), &profile, snapshot));
        }
    }
    worlds
}

/// What the cluster's own controllers write for each Service whose endpoints a case leaves out, and a Node that has
/// everything, where a case in NodePort mode has none.
fn populate(snapshot: &mut Snapshot, profile: &Profile) {
    let mut written = Vec::new();
    for service in snapshot.all(Kind::Service) {
        let (namespace, name) = (service.namespace(), service.name());
        let has_endpoints = matches!(snapshot.get(Kind::Endpoints, namespace, name), Lookup::Found(_));
        let is_external = service.spec().at("type").text() == "ExternalName";
        if is_external || has_endpoints || snapshot.slices_of(namespace, name).next().is_some() {
            continue;
        }
        let ports = service.spec().at("ports").items();
        let ports: Vec<Value> = ports
            .map(|port| json!({"name": port.at("name").text(), "port": 8080, "protocol": "TCP"}))
            .collect();
        let families = ServiceFamilies::of(service, profile);
        let address = |family| if family == IpFamily::V6 { "2001:db8:50::7" } else { "10.244.1.7" };
        if let Some(primary) = families.primary() {
            written.push(json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"namespace": namespace, "name": name},
                "subsets": [{"addresses": [{"ip": address(primary)}], "ports": ports}]}));
        }
        let set = families.set();
        for family in [IpFamily::V4, IpFamily::V6].into_iter().filter(|family| set.contains(*family)) {
            let labels = json!({"kubernetes.io/service-name": name,
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"});
            written.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"namespace": namespace, "name": format!("{name}-{family}"), "labels": labels},
                "addressType": family.to_string(), "ports": ports,
                "endpoints": [{"addresses": [address(family)], "conditions": {"ready": true},
                    "targetRef": {"kind": "Pod", "name": name}}]}));
        }
    }
    if snapshot.count(Kind::Node) == 0
        && snapshot.all(Kind::ConfigMap).any(|map| map.at_key("data").at("serviceType").text() == "NodePort")
    {
        let addresses =
            ["10.10.0.11", "2001:db8:10::11"].map(|a| json!({"type": "InternalIP", "address": a}));
        written.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-1"},
            "status": {"addresses": addresses}}));
    }
    // Calico keeps the ranges of nodes in objects of its own
    if snapshot.count(Kind::BlockAffinity) == 0 {
        for node in snapshot.all(Kind::Node) {
            for cidr in ["10.244.1.0/26", "fd00:10:244:1::/122"] {
                let name = format!("{}-{}", node.name(), cidr.replace(['.', ':', '/'], "-"));
                written.push(json!({"apiVersion": "crd.projectcalico.org/v1", "kind": "BlockAffinity",
                    "metadata": {"name": name}, "spec": {"node": node.name(), "cidr": cidr}}));
            }
        }
    }
    for object in &written {
        put(snapshot, object);
    }
}

/// The configuration of a case says what the case is about; this adds what AKO does not start without, and a whole one
/// where the case is about AKO and has none.
fn complete(snapshot: &mut Snapshot, has_config: bool) {
    let network = json!([{"networkName": "net1", "cidr": "192.0.2.0/24"}]);
    let forms = [Kind::ConfigMap, Kind::AKOConfig, Kind::HelmValues];
    if has_config && forms.iter().all(|kind| snapshot.count(*kind) == 0) {
        put(
            snapshot,
            &json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"namespace": "avi-system", "name": "avi-k8s-config"}, "data": {}}),
        );
    }
    let (name, in_string) = (json!("my-cluster"), json!(network.to_string()));
    for (kind, additions) in [
        (Kind::ConfigMap, [("data/clusterName", &name), ("data/vipNetworkList", &in_string)]),
        (
            Kind::AKOConfig,
            [("spec/akoSettings/clusterName", &name), ("spec/networkSettings/vipNetworkList", &network)],
        ),
        (
            Kind::HelmValues,
            [("AKOSettings/clusterName", &name), ("NetworkSettings/vipNetworkList", &network)],
        ),
    ] {
        let mut completed: Vec<Value> = snapshot.all(kind).map(|object| value(object.root())).collect();
        completed.retain(|map| kind != Kind::ConfigMap || map["metadata"]["name"] == "avi-k8s-config");
        for mut config in completed {
            for (path, addition) in &additions {
                add(&mut config, path, addition);
            }
            put(snapshot, &config);
        }
    }
}

fn put(snapshot: &mut Snapshot, object: &Value) {
    let document = json::parse(&object.to_string()).unwrap();
    snapshot.insert(manifest::object(document, "values.yaml", None).unwrap());
}

fn add(value: &mut Value, path: &str, addition: &Value) {
    let (key, rest) = path.split_once('/').unwrap_or((path, ""));
    let Some(map) = value.as_object_mut() else { return };
    if rest.is_empty() {
        map.entry(key).or_insert(addition.clone());
    } else {
        add(map.entry(key).or_insert(json!({})), rest, addition);
    }
}

/// A harm as the table knows it: its name, what it is, and the objects whose finding tells of it.
struct Told<'w> {
    harm: &'static str,
    what: String,
    objects: BTreeSet<&'w ObjectRef>,
}

/// Every harm of a plan that some object can be blamed for.
fn told(world: &World) -> Vec<Told<'_>> {
    let told = world.plan.harms().into_iter().filter_map(|harm| tell(world, harm));
    let left_out = world.plan.left_out.iter();
    let unusable = left_out.filter(|left| left.why.contains("AviInfraSetting")).map(|left| Told {
        harm: "unusable setting",
        what: format!("{} {}", left.object, left.why),
        objects: with_kind(world, &left.object, "AviInfraSetting"),
    });
    told.chain(unusable).collect()
}

fn tell<'w>(world: &'w World, harm: Harm<'w>) -> Option<Told<'w>> {
    let plan = &world.plan;
    let of_pool = |harm, pool: &'w Pool| {
        let why: Vec<String> = pool.dropped.iter().map(|d| format!("{}: {}", d.what, d.why)).collect();
        Some(Told { harm, what: format!("{} [{}]", pool.name, why.join(", ")), objects: around(world, pool) })
    };
    let of_vip = |harm, service: &'w VirtualService| {
        let objects = service.owners.iter().chain(network(world, service)).collect();
        Some(Told { harm, what: format!("{:?}", service.vip), objects })
    };
    let of_node = |harm, name: &str, what: String| {
        let objects = world
            .said
            .iter()
            .map(|said| &said.object)
            .filter(|object| object.kind == "Node" && object.name == name);
        Some(Told { harm, what, objects: objects.chain([&plan.config]).collect() })
    };
    match harm {
        Harm::Refused(why) => {
            Some(Told { harm: "refused", what: why.why.clone(), objects: [&plan.config].into() })
        }
        Harm::Crash(crash) => {
            let objects = world.said.iter().map(|said| &said.object).collect();
            Some(Told { harm: "crash", what: format!("{}: {}", crash.object, crash.why), objects })
        }
        Harm::EmptyPool(pool) if is_plain(pool) => None,
        Harm::EmptyPool(pool) => of_pool("empty pool", pool),
        Harm::Unanswered(pool, _) => of_pool("pool without answer", pool),
        // from 1.12.1 on both families may stand in one pool
        Harm::MixedPool(pool) => plan.one_family_in_status.then(|| of_pool("mixed pool", pool)).flatten(),
        Harm::Mislabelled(pool, _) => of_pool("wrong label", pool),
        Harm::FatalVip(service) => of_vip("fatal VIP", service),
        Harm::Layer4Ipv6(service) => of_vip("IPv6 VIP on layer 4", service),
        Harm::BadSubnet(service, _) => of_vip("bad subnet", service),
        Harm::BadPreferred(service, _) => of_vip("bad preferred address", service),
        Harm::NoRoutes(node, family) => {
            let is_missing = node.routes.is_empty()
                || node.dropped.iter().any(|dropped| dropped.why.contains(&format!("no {family} ")));
            let reported = has_reported(world, &node.name);
            let what = format!("{family} to {}: {:?}", node.name, node.dropped);
            (is_missing && reported).then(|| of_node("no route", &node.name, what)).flatten()
        }
        Harm::LostRoute(node, route) => of_node("lost route", &node.name, format!("{route:?}")),
        Harm::OutsidePools(node) if has_reported(world, &node.name) => {
            of_node("node outside pools", &node.name, format!("{} {}", node.v4, node.v6))
        }
        Harm::OutsidePools(_) => None,
    }
}

/// Whether a pool is empty for reasons that no rule has to do with.
fn is_plain(pool: &Pool) -> bool {
    pool.dropped.iter().all(|dropped| NO_RULE_NEEDED.iter().any(|reason| dropped.why.contains(reason)))
}

/// Whether a Node has an address at all: without one it is not in use yet.
fn has_reported(world: &World, name: &str) -> bool {
    let Lookup::Found(node) = world.snapshot.get(Kind::Node, "", name) else { return false };
    let mut addresses = node.at_key("status").at("addresses").items();
    addresses.any(|address| address.at("type").text() == "InternalIP")
}

/// The objects that have to do with a pool: who it is for, its Service and endpoints, the nodes, the configuration.
fn around<'w>(world: &'w World, pool: &'w Pool) -> BTreeSet<&'w ObjectRef> {
    let (namespace, service) = pool.service.split_once('/').unwrap();
    let is_near = |object: &&ObjectRef| match object.kind.as_str() {
        "Node" => true,
        "Service" | "Endpoints" => object.namespace == namespace && object.name == service,
        "EndpointSlice" => {
            let mut slices = world.snapshot.slices_of(namespace, service);
            slices.any(|slice| slice.reference() == **object)
        }
        _ => **object == world.plan.config,
    };
    let near = world.said.iter().map(|said| &said.object).filter(is_near);
    near.chain([&pool.owner]).collect()
}

/// Where the network of a VIP is written: the setting, or the configuration.
fn network<'w>(world: &'w World, service: &'w VirtualService) -> impl Iterator<Item = &'w ObjectRef> {
    let VipOf::Own(vip) = &service.vip else { panic!("{} has no VIP of its own", service.name) };
    let setting = vip.origin.strip_prefix("AviInfraSetting ");
    world.said.iter().map(|said| &said.object).filter(move |object| match setting {
        Some(name) => object.kind == "AviInfraSetting" && object.name == name,
        None => **object == world.plan.config,
    })
}

fn with_kind<'w>(world: &'w World, object: &'w ObjectRef, kind: &str) -> BTreeSet<&'w ObjectRef> {
    let said = world.said.iter().map(|said| &said.object);
    said.filter(|object| object.kind == kind).chain([object]).collect()
}

fn is_excepted(world: &World, about: &str) -> bool {
    EXCEPTIONS.iter().any(|(names, what, _)| names.contains(&world.name.as_str()) && *what == about)
}

#[test]
fn what_a_plan_shows_to_do_harm_has_its_finding() {
    let (mut failures, mut seen) = (Vec::new(), BTreeMap::new());
    for world in worlds() {
        for told in told(&world) {
            let (_, rules) = HARMS.iter().find(|(harm, _)| *harm == told.harm).unwrap();
            let tells = |said: &&Said| rules.contains(&said.rule) && told.objects.contains(&said.object);
            *seen.entry(told.harm).or_insert(0) += 1;
            if !world.said.iter().any(|said| tells(&said)) && !is_excepted(&world, told.harm) {
                failures.push(format!("{}: {}: {}", world.name, told.harm, told.what));
            }
        }
    }
    assert!(failures.is_empty(), "{} harms without a finding:\n{}", failures.len(), failures.join("\n"));
    for (harm, _) in HARMS.iter().filter(|(harm, _)| *harm != "mixed pool") {
        assert!(seen.contains_key(harm), "nothing shows {harm}");
    }
}

#[test]
fn what_a_rule_finds_does_harm_in_the_plan() {
    let (mut failures, mut seen) = (Vec::new(), BTreeSet::new());
    for world in worlds() {
        let harms = told(&world);
        // of what is not built there is no telling what would become of it
        let is_built = world.plan.works();
        for said in world.said.iter().filter(|said| said.found) {
            let Some((_, wanted)) = RULES.iter().find(|(rule, _)| *rule == said.rule) else { continue };
            let harmed = |told: &Told<'_>| wanted.contains(&told.harm) && told.objects.contains(&said.object);
            let is_used = world.plan.virtual_services.iter().any(|service| {
                matches!(service.vip, VipOf::Own(_)) && network(&world, service).any(|at| *at == said.object)
            });
            let is_idle = said.rule == "ako/malformed-vip-network" && !is_used
                || said.object.kind == "Node" && !has_reported(&world, &said.object.name);
            if harms.iter().any(harmed) {
                seen.insert(said.rule);
            } else if is_built && !is_idle && !is_excepted(&world, said.rule) {
                failures.push(format!("{}: {} at {}", world.name, said.rule, said.object));
            }
        }
    }
    failures.dedup();
    assert!(failures.is_empty(), "{} findings without harm:\n{}", failures.len(), failures.join("\n"));
    for (rule, _) in RULES {
        assert!(seen.contains(rule), "nothing shows the harm {rule} speaks of");
    }
}

#[test]
fn the_table_is_up_to_date() {
    let named = HARMS.iter().flat_map(|(_, rules)| rules.iter()).chain(RULES.iter().map(|(rule, _)| rule));
    for rule in named {
        assert!(rules::find(rule).is_some(), "there is no rule {rule}");
    }
    for harm in RULES.iter().flat_map(|(_, harms)| harms.iter()) {
        assert!(HARMS.iter().any(|(known, _)| known == harm), "there is no harm {harm}");
    }
    let worlds = worlds();
    for (names, what, reason) in EXCEPTIONS {
        assert!(!reason.is_empty());
        for name in *names {
            let world = worlds.iter().find(|world| world.name == *name);
            let world = world.unwrap_or_else(|| panic!("there is no {name}"));
            let is_harm = told(world).iter().any(|told| told.harm == *what);
            assert!(
                is_harm || world.said.iter().any(|said| said.rule == *what),
                "{name}: {what} is none any more"
            );
        }
    }
}
