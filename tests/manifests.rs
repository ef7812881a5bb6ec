//! What is installed: neither more nor less than the rules need.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use ako_gate::decode::{self, yaml};
use ako_gate::facts::ako::controllers::is_cluster_controller;
use ako_gate::model::{Kind, Node};
use ako_gate::reconcile::watch;
use ako_gate::rules;
use ako_gate::webhook::secret;
use serde_json::{Value, json};
use support::control_plane::root;
use support::json;

/// A resource as RBAC and webhook rules name it: group and plural.
type Resource = (String, String);

/// The names of the YAML files of a folder, sorted.
fn yaml_files(folder: &str) -> Vec<String> {
    let paths = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut names: Vec<String> =
        yaml.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The documents of a file below the project's folder.
fn documents(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let documents = yaml::parse(&text).into_iter().map(|document| {
        let document = document.unwrap_or_else(|error| panic!("{file}:{error}"));
        json::value(Node::root(&document))
    });
    documents.collect()
}

/// The only document of a file in `manifests/base/`.
fn manifest(file: &str) -> Value {
    let mut documents = documents(&format!("manifests/base/{file}"));
    assert_eq!(documents.len(), 1, "manifests/base/{file} holds one document");
    documents.remove(0)
}

fn list(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn resource(kind: Kind) -> Resource {
    (kind.group().to_owned(), kind.plural().to_owned())
}

/// The resources of a rule of RBAC or of a webhook.
fn resources(rule: &Value) -> Vec<Resource> {
    let groups = list(&rule["apiGroups"]);
    let pairs = groups.iter().flat_map(|group| {
        list(&rule["resources"]).into_iter().map(|resource| ((*group).to_owned(), resource.to_owned()))
    });
    pairs.collect()
}

fn difference(wanted: &BTreeSet<Resource>, found: &BTreeSet<Resource>) -> String {
    let name = |(group, plural): &Resource| format!("{plural}.{group}").trim_end_matches('.').to_owned();
    let missing: Vec<String> = wanted.difference(found).map(name).collect();
    let extra: Vec<String> = found.difference(wanted).map(name).collect();
    format!("add {missing:?}, take out {extra:?}")
}

fn webhook() -> Value {
    let configuration = manifest("webhook.yaml");
    assert_eq!(configuration["kind"], "ValidatingWebhookConfiguration");
    assert_eq!(configuration["webhooks"].as_array().map(Vec::len), Some(1));
    configuration["webhooks"][0].clone()
}

fn webhook_rules() -> Vec<Value> {
    webhook()["rules"].as_array().cloned().unwrap()
}

#[test]
fn the_webhook_is_called_for_what_rules_judge_and_nothing_else() {
    // there are too many of these, and they change too often: `check` judges them
    let elsewhere = [Kind::Node, Kind::Pod, Kind::EndpointSlice];
    let judged = rules::all().flat_map(|rule| rule.applies_to.iter().copied());
    let judged = judged.filter(|kind| kind.is_served() && !elsewhere.contains(kind));
    let wanted: BTreeSet<Resource> = judged.map(resource).collect();
    let registered: Vec<Resource> = webhook_rules().iter().flat_map(resources).collect();
    let found: BTreeSet<Resource> = registered.iter().cloned().collect();
    assert_eq!(
        found.len(),
        registered.len(),
        "manifests/webhook.yaml names a resource twice: {registered:?}"
    );
    assert!(found == wanted, "in the rules of manifests/webhook.yaml: {}", difference(&wanted, &found));
}

#[test]
fn the_webhook_sees_creations_and_updates_of_whole_objects() {
    for rule in webhook_rules() {
        assert_eq!(rule["operations"], json!(["CREATE", "UPDATE"]), "a deletion is never refused: {rule}");
        let names = ["apiGroups", "apiVersions", "resources"].map(|key| list(&rule[key]));
        for name in names.iter().flatten() {
            assert!(!name.contains(['*', '/']), "write out what is meant, without subresources: {rule}");
        }
    }
}

#[test]
fn the_webhook_names_versions_that_are_served() {
    let mut served: BTreeMap<Resource, BTreeSet<String>> = BTreeMap::new();
    for folder in ["tests/crds", "tests/crds/openshift"] {
        for name in yaml_files(folder) {
            for crd in documents(&format!("{folder}/{name}")) {
                let spec = &crd["spec"];
                let key = ["group", "plural"].map(|key| {
                    let value = if key == "plural" { &spec["names"][key] } else { &spec[key] };
                    value.as_str().unwrap().to_owned()
                });
                let versions = spec["versions"].as_array().unwrap().iter();
                let versions = versions.filter(|version| version["served"] == true);
                let names = versions.map(|version| version["name"].as_str().unwrap().to_owned());
                served.insert(key.into(), names.collect());
            }
        }
    }
    for rule in webhook_rules() {
        let named: BTreeSet<String> = list(&rule["apiVersions"]).into_iter().map(str::to_owned).collect();
        for resource in resources(&rule) {
            let built_in: BTreeSet<String> = BTreeSet::from(["v1".to_owned()]);
            let wanted = served.get(&resource).unwrap_or(&built_in);
            assert!(
                &named == wanted,
                "{resource:?} is served as {wanted:?}: give it a rule with these versions"
            );
        }
    }
}

#[test]
fn the_webhook_can_neither_stop_nor_slow_the_cluster() {
    let webhook = webhook();
    assert_eq!(webhook["name"], "validate.ako-gate.svc");
    assert_eq!(webhook["failurePolicy"], "Ignore", "a gate that is down must not stop the cluster");
    let seconds = webhook["timeoutSeconds"].as_u64().unwrap();
    assert!((1..=3).contains(&seconds), "timeoutSeconds must be 3 or less");
    assert_eq!(webhook["sideEffects"], "None", "otherwise dry runs are refused");
    assert_eq!(webhook["matchPolicy"], "Equivalent", "otherwise another version of an API slips through");
    assert_eq!(webhook["admissionReviewVersions"], json!(["v1", "v1beta1"]));
    assert_eq!(webhook["clientConfig"].get("caBundle"), None, "the gate fills it in");
    let excluded = json!([{
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": ["kube-system", namespace()],
    }]);
    assert_eq!(webhook["namespaceSelector"]["matchExpressions"], excluded);
}

/// Each condition lets every other resource pass, and names users that the gate itself lets pass.
#[test]
fn the_match_conditions_are_those_the_gate_repeats() {
    let conditions = webhook()["matchConditions"].as_array().cloned().unwrap();
    let expression = |name: &str| {
        let found = conditions.iter().find(|condition| condition["name"] == name);
        let found = found.unwrap_or_else(|| panic!("manifests/webhook.yaml: add the condition {name}"));
        found["expression"].as_str().unwrap().to_owned()
    };
    let narrowed = [
        ("only-ako-configmap", Kind::ConfigMap),
        ("only-ako-statefulset", Kind::StatefulSet),
        ("only-hand-made-endpoints", Kind::Endpoints),
    ];
    for (name, kind) in narrowed {
        let others = format!(
            "request.resource.group != '{}' || request.resource.resource != '{}' ||",
            kind.group(),
            kind.plural()
        );
        assert!(expression(name).starts_with(&others), "{name}: begin it with {others}");
    }
    assert_eq!(
        conditions.len(),
        narrowed.len(),
        "repeat a new condition in src/webhook/conditions.rs, and here"
    );
    let endpoints = expression("only-hand-made-endpoints");
    let users: Vec<&str> = endpoints.split('\'').filter(|part| part.starts_with("system:")).collect();
    assert!(!users.is_empty());
    for user in users {
        assert!(
            is_cluster_controller(user),
            "{user} is none of the controllers in src/facts/ako/controllers.rs"
        );
    }
}

fn rbac(kind: &str) -> Value {
    let documents = documents("manifests/base/rbac.yaml");
    let kinds: Vec<&str> = documents.iter().filter_map(|document| document["kind"].as_str()).collect();
    assert_eq!(
        kinds,
        ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        "the gate needs no other right"
    );
    documents.into_iter().find(|document| document["kind"] == kind).unwrap()
}

/// What the gate writes about what it finds, and what it may do there.
fn published() -> BTreeMap<Resource, Value> {
    let report = |plural: &str| {
        (("openreports.io".to_owned(), plural.to_owned()), json!(["list", "create", "patch", "delete"]))
    };
    let event = ((String::new(), "events".to_owned()), json!(["get", "create", "patch"]));
    BTreeMap::from([report("reports"), report("clusterreports"), event])
}

/// The one resource of which the gate changes an object that is there: its own webhook configuration.
fn own_configuration() -> Resource {
    ("admissionregistration.k8s.io".to_owned(), "validatingwebhookconfigurations".to_owned())
}

#[test]
fn the_gate_may_read_what_it_watches_and_nothing_else() {
    let wanted: BTreeSet<Resource> = watch::kinds().into_iter().map(resource).collect();
    let mut found = BTreeSet::new();
    for rule in rbac("ClusterRole")["rules"].as_array().unwrap() {
        let resources = resources(rule);
        if resources.contains(&own_configuration()) || published().contains_key(&resources[0]) {
            continue;
        }
        assert_eq!(rule["verbs"], json!(["get", "list", "watch"]), "read-only: {rule}");
        for resource in resources {
            let only = match resource.1.as_str() {
                "configmaps" => json!(["avi-k8s-config"]),
                "pods" => json!(["ako-0"]),
                "statefulsets" => json!(["ako"]),
                _ => Value::Null,
            };
            assert_eq!(rule["resourceNames"], only, "{resource:?}: of these the gate watches only some");
            assert!(found.insert(resource.clone()), "{resource:?} is granted twice");
        }
    }
    assert!(found == wanted, "in the ClusterRole of manifests/rbac.yaml: {}", difference(&wanted, &found));
}

#[test]
fn the_gate_may_write_its_own_configuration_and_what_it_finds() {
    let role = rbac("ClusterRole");
    let (mut own, mut written) = (0, BTreeMap::new());
    for rule in role["rules"].as_array().unwrap() {
        let all = ["apiGroups", "resources", "verbs", "resourceNames"].map(|key| list(&rule[key]));
        assert!(!all.iter().flatten().any(|name| name.contains('*')), "write out what is meant: {rule}");
        assert_eq!(rule.get("nonResourceURLs"), None);
        assert!(!all[1].iter().any(|name| name.contains('/') || *name == "secrets"), "not needed: {rule}");
        if resources(rule).iter().any(|resource| published().contains_key(resource)) {
            assert_eq!(rule.get("resourceNames"), None, "reports and Events are created: {rule}");
            written.extend(resources(rule).into_iter().map(|resource| (resource, rule["verbs"].clone())));
            continue;
        }
        let writes = all[2].iter().any(|verb| !["get", "list", "watch"].contains(verb));
        if writes || resources(rule).contains(&own_configuration()) {
            own += 1;
            assert_eq!(resources(rule), [own_configuration()], "only its own configuration: {rule}");
            assert_eq!(rule["resourceNames"], json!(["ako-gate"]), "only its own configuration: {rule}");
            assert_eq!(rule["verbs"], json!(["get", "patch"]), "it neither creates nor deletes one: {rule}");
        }
    }
    assert_eq!(written, published(), "reports and Events");
    assert_eq!(own, 1, "one rule lets the gate write the caBundle of its configuration");
}

/// Everything that `src/reconcile/lease.rs` does: look at one Lease, create it, update it.
#[test]
fn the_gate_may_hold_its_own_lease() {
    let wanted = json!([
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
        {
            "apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
            "resourceNames": ["ako-gate"], "verbs": ["get", "update"],
        },
    ]);
    assert_eq!(
        (&rbac("Role")["rules"], &rbac("Role")["metadata"]["namespace"]),
        (&wanted, &json!(namespace()))
    );
}

/// Of Secrets its own alone, and in one namespace a ConfigMap that is never stored.
#[test]
fn the_gate_may_keep_its_certificate_and_send_its_probe() {
    let role = |file: &str, namespace: &str| {
        let documents = documents(&format!("manifests/base/{file}"));
        let [role, binding] = &documents[..] else { panic!("{file} holds a Role and its binding") };
        for document in [role, binding] {
            assert_eq!(document["metadata"]["namespace"], namespace);
        }
        assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
        assert_eq!(binding["roleRef"]["kind"], "Role");
        assert_eq!(binding["subjects"], rbac("ClusterRoleBinding")["subjects"]);
        role["rules"].clone()
    };
    let secrets = json!([
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [secret::NAME], "verbs": ["get", "update"]},
    ]);
    assert_eq!(role("rbac-certificate.yaml", &namespace()), secrets);
    let probe = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}]);
    assert_eq!(role("rbac-probe.yaml", "default"), probe);
}

#[test]
fn the_rights_are_bound_to_the_account_the_gate_runs_as() {
    let account = rbac("ServiceAccount");
    let metadata = &account["metadata"];
    for role in ["ClusterRole", "Role"] {
        let binding = rbac(&format!("{role}Binding"));
        let wanted = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": "ako-gate"});
        assert_eq!((&binding["roleRef"], &rbac(role)["metadata"]["name"]), (&wanted, &wanted["name"]));
        let subject =
            json!([{"kind": "ServiceAccount", "name": metadata["name"], "namespace": metadata["namespace"]}]);
        assert_eq!(binding["subjects"], subject);
        assert_eq!(binding["metadata"]["namespace"], rbac(role)["metadata"]["namespace"]);
    }
    assert_eq!(pod()["serviceAccountName"], metadata["name"]);
}

fn namespace() -> String {
    manifest("namespace.yaml")["metadata"]["name"].as_str().unwrap().to_owned()
}

fn pod() -> Value {
    manifest("deployment.yaml")["spec"]["template"]["spec"].clone()
}

#[test]
fn the_gate_runs_with_as_few_rights_as_the_strictest_namespace_demands() {
    let enforced = &manifest("namespace.yaml")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"];
    assert_eq!(enforced, "restricted");
    let pod = pod();
    let security = &pod["securityContext"];
    assert_eq!(security["runAsNonRoot"], true);
    assert!(security["runAsUser"].as_u64().is_some_and(|user| user > 0));
    assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault");
    let none = ["hostNetwork", "hostPID", "hostIPC", "initContainers"];
    assert!(none.iter().all(|key| pod.get(*key).is_none()), "take out what is one of {none:?}");
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    let container = &containers[0];
    let wanted = json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "capabilities": {"drop": ["ALL"]},
    });
    assert_eq!(container["securityContext"], wanted);
    assert!(container["resources"]["limits"]["memory"].is_string(), "a leak must end the gate, not the node");
}

#[test]
fn the_gate_is_reached_where_it_listens() {
    let (service, pod) = (manifest("service.yaml"), pod());
    let deployment = manifest("deployment.yaml");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(
        (&service["spec"]["selector"], &deployment["spec"]["selector"]["matchLabels"]),
        (labels, labels)
    );
    assert_eq!(service["spec"]["ipFamilyPolicy"], "PreferDualStack", "the API server may have either family");
    let port = &service["spec"]["ports"][0];
    let metadata = &service["metadata"];
    let wanted = json!({
        "name": metadata["name"], "namespace": metadata["namespace"], "path": "/validate", "port": port["port"],
    });
    assert_eq!(webhook()["clientConfig"], json!({"service": wanted}));
    let container = &pod["containers"][0];
    let ports = json!([{"name": port["targetPort"], "containerPort": 8443}, {"name": "admin", "containerPort": 9443}]);
    assert_eq!(container["ports"], ports, "the defaults of --listen and --admin-listen");
    for (probe, path) in [("readinessProbe", "/readyz"), ("livenessProbe", "/livez")] {
        assert_eq!(container[probe]["httpGet"], json!({"path": path, "port": "admin"}));
    }
}

#[test]
fn the_gate_reads_the_settings_that_are_installed() {
    let (settings, pod) = (manifest("settings.yaml"), pod());
    let (file, text) = settings["data"].as_object().unwrap().iter().next().unwrap();
    let parsed = decode::settings::parse(text.as_str().unwrap());
    assert_eq!(parsed, Ok(ako_gate::settings::Settings::default()), "they are where everybody starts");
    let container = &pod["containers"][0];
    let mount = &container["volumeMounts"][0];
    let path = format!("{}/{file}", mount["mountPath"].as_str().unwrap());
    assert_eq!(container["args"], json!(["serve", "--config", path, "--log-json"]));
    assert_eq!(mount.get("subPath"), None, "a file mounted by subPath never changes");
    let volume = json!([{"name": mount["name"], "configMap": {"name": settings["metadata"]["name"]}}]);
    assert_eq!(pod["volumes"], volume);
}

/// What a comment proposes must work when somebody takes the comment sign away.
#[test]
fn the_settings_that_comments_propose_can_be_used() {
    let text = fs::read_to_string(root().join("manifests/base/settings.yaml")).unwrap();
    let proposed = text.lines().filter_map(|line| line.trim_start().strip_prefix("#   "));
    let proposed: Vec<&str> = proposed.collect();
    assert!(proposed.iter().any(|line| line.starts_with("profile:")), "{proposed:?}");
    let whole = format!("apiVersion: ako-gate/v1\nkind: Settings\n{}\n", proposed.join("\n"));
    let parsed = decode::settings::parse(&whole);
    assert!(parsed.is_ok(), "{parsed:?}\n{whole}");
}

#[test]
fn one_command_applies_every_file_in_an_order_that_works() {
    let kustomization = manifest("kustomization.yaml");
    let listed = list(&kustomization["resources"]);
    let mut files = yaml_files("manifests/base");
    files.retain(|name| name != "kustomization.yaml");
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, files, "let manifests/base/kustomization.yaml list every file");
    // kubectl deletes in this order: the webhook must go before what answers it, and what is in a namespace needs that
    assert_eq!(listed[..2], ["webhook.yaml", "namespace.yaml"]);
    assert_eq!(kustomization["sortOptions"], json!({"order": "fifo"}));
    for file in listed {
        for document in documents(&format!("manifests/base/{file}")) {
            let placed = document["metadata"]["namespace"].as_str();
            let is_namespaced =
                !["Namespace", "ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration"]
                    .contains(&document["kind"].as_str().unwrap());
            // the probe alone is made elsewhere
            let own = if file == "rbac-probe.yaml" { "default".to_owned() } else { namespace() };
            assert_eq!(placed, is_namespaced.then_some(own).as_deref(), "{file}: {}", document["kind"]);
        }
    }
}
