//! The Deployment, the Service and the settings.

use std::fs;

use ako_gate::decode;
use serde_json::json;

use super::files::{documents, list, manifest, namespace, pod, webhook, yaml_files};
use crate::support::control_plane::root;

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
