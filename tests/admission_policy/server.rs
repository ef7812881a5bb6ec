//! An API server with the policy as it is shipped, and nobody who answers a webhook.

use std::time::{Duration, Instant};

use ako_gate::decode::yaml;
use ako_gate::model::Node;
use http::Method;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Error};
use serde_json::{Value, json};

use super::asked::{Asked, Settled};
use crate::support::control_plane::{ControlPlane, root};
use crate::support::json::value;

/// How the server calls the policy when it refuses.
pub(crate) const POLICY: &str = "ValidatingAdmissionPolicy 'ako-gate-ipv6-vip-on-load-balancer'";

const CONFIGS: &str = "/api/v1/namespaces/avi-system/configmaps";
const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

pub(crate) struct Server {
    client: Client,
    _plane: ControlPlane,
}

/// What it answered.
pub(crate) enum Answer {
    Accepted(Value),
    Refused(String),
}

impl Answer {
    fn accepted(self) -> Value {
        match self {
            Self::Accepted(object) => object,
            Self::Refused(message) => panic!("{message}"),
        }
    }
}

impl Server {
    pub(crate) async fn start(version: &str) -> Self {
        let plane = ControlPlane::bare(version, "10.96.0.0/16,fd00:10:96::/108");
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig()).unwrap();
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
        let server = Self { client: Client::try_from(config).unwrap(), _plane: plane };
        server.namespace("avi-system").await;
        server
    }

    async fn send(&self, method: Method, path: &str, object: &Value) -> Answer {
        let merge = method == Method::PATCH;
        let content = if merge { "application/merge-patch+json" } else { "application/json" };
        let request = http::Request::builder().method(method).uri(path).header("content-type", content);
        let request = request.body(object.to_string().into_bytes()).unwrap();
        match self.client.request::<Value>(request).await {
            Ok(object) => Answer::Accepted(object),
            Err(Error::Api(status)) => Answer::Refused(status.message.clone()),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Makes a namespace, unless it is there.
    pub(crate) async fn namespace(&self, name: &str) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        if let Answer::Refused(message) = self.send(Method::POST, "/api/v1/namespaces", &namespace).await {
            assert!(message.contains("already exists"), "{message}");
        }
    }

    /// Stores what a Service replaces; what the server makes of both. `None` where it refuses one of them by itself.
    pub(crate) async fn settle(&self, asked: &Asked) -> Option<Settled> {
        let path = format!("/api/v1/namespaces/{}/services", asked.namespace);
        let old = match &asked.old {
            None => None,
            Some(old) => match self.send(Method::POST, &path, old).await {
                Answer::Accepted(old) => Some(old),
                Answer::Refused(_) => return None,
            },
        };
        match self.dry_run(asked).await {
            Answer::Accepted(object) => Some(Settled { old, object }),
            Answer::Refused(_) => None,
        }
    }

    /// What it answers to a Service, as kubectl asks.
    pub(crate) async fn dry_run(&self, asked: &Asked) -> Answer {
        let services = format!("/api/v1/namespaces/{}/services", asked.namespace);
        if asked.old.is_none() {
            return self.send(Method::POST, &format!("{services}?dryRun=All"), &asked.object).await;
        }
        let name = asked.object["metadata"]["name"].as_str().unwrap();
        self.send(Method::PUT, &format!("{services}/{name}?dryRun=All"), &asked.object).await
    }

    /// What it answers when a Service on its way out is changed, which is there for real; `old` is what it was.
    pub(crate) async fn change_of_what_goes(&self, old: &Value, new: &Value) -> Answer {
        let services =
            format!("/api/v1/namespaces/{}/services", old["metadata"]["namespace"].as_str().unwrap());
        let held = |object: &Value| {
            let mut object = object.clone();
            object["metadata"]["name"] = json!("going");
            object["metadata"]["finalizers"] = json!(["example.com/held"]);
            object
        };
        self.send(Method::POST, &services, &held(old)).await.accepted();
        let path = format!("{services}/going");
        self.send(Method::DELETE, &path, &json!({})).await.accepted();
        self.send(Method::PUT, &format!("{path}?dryRun=All"), &held(new)).await
    }

    /// Installs the policy as it is shipped, and one of the test's own that tells what policies see.
    pub(crate) async fn install_policy(&self) {
        let shipped = root().join("manifests/overlays/admission-policy/policy.yaml");
        let documents = yaml::parse(&std::fs::read_to_string(shipped).unwrap());
        for document in documents {
            let object = value(Node::root(&document.unwrap()));
            let path = if object["kind"] == "ValidatingAdmissionPolicy" { POLICIES } else { BINDINGS };
            self.send(Method::POST, path, &object).await.accepted();
        }
        let seen = "params.metadata.resourceVersion + '/' + namespaceObject.metadata.resourceVersion";
        let policy = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "sight"},
            "spec": {
                "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
                "matchConstraints": {
                    "objectSelector": {"matchLabels": {"sight": "asked-for"}},
                    "resourceRules": [{
                        "operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
                        "resources": ["configmaps"],
                    }],
                },
                "validations": [{"expression": "false", "messageExpression": format!("'seen: ' + {seen} + '.'")}],
            },
        });
        let binding = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": "sight"},
            "spec": {
                "policyName": "sight", "validationActions": ["Deny"],
                "paramRef": {
                    "namespace": "avi-system", "name": "avi-k8s-config", "parameterNotFoundAction": "Deny",
                },
            },
        });
        self.send(Method::POST, POLICIES, &policy).await.accepted();
        self.send(Method::POST, BINDINGS, &binding).await.accepted();
    }

    /// Makes the surroundings those of `asked`, and waits until policies see them.
    pub(crate) async fn surround(&self, asked: &Asked) {
        let own = format!("{CONFIGS}/avi-k8s-config");
        self.send(Method::DELETE, &own, &json!({})).await;
        let seen_config = match &asked.config {
            None => None,
            Some(data) => {
                let config = json!({
                    "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "avi-k8s-config"}, "data": data,
                });
                Some(self.send(Method::POST, CONFIGS, &config).await.accepted())
            }
        };
        let path = format!("/api/v1/namespaces/{}", asked.namespace);
        let mut namespace = self.send(Method::GET, &path, &json!({})).await.accepted();
        namespace["metadata"]["labels"] = asked.labels.clone();
        let namespace = self.send(Method::PUT, &path, &namespace).await.accepted();
        let version = |object: &Value| object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        let wanted = match &seen_config {
            Some(config) => format!("seen: {}/{}.", version(config), version(&namespace)),
            None => "no params found".to_owned(),
        };
        let metadata = json!({"name": "sight", "labels": {"sight": "asked-for"}});
        let sight = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let path = format!("{path}/configmaps?dryRun=All");
            let said = match self.send(Method::POST, &path, &sight).await {
                Answer::Refused(message) if message.contains(&wanted) => return,
                Answer::Refused(message) => message,
                Answer::Accepted(_) => "accepted".to_owned(),
            };
            assert!(Instant::now() < deadline, "{wanted}: {said}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
