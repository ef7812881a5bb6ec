//! A cluster to audit: control plane, CRDs for reports, gates, and what they have published.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use serde_json::Value;

use crate::support::control_plane::{ControlPlane, Served, open_reports, policy_reports};

/// Settings under which an IPv6 VIP is refused.
pub(crate) const SETTINGS: &str =
    "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}\n";

/// Three objects with one fault each (a Service, an `AviInfraSetting`, a Node), and three sound ones beside them.
pub(crate) const OBJECTS: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: broken, namespace: shop}
spec: {type: LoadBalancer, ipFamilies: [IPv6], ipFamilyPolicy: SingleStack, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: sound, namespace: shop}
spec: {type: LoadBalancer, ipFamilies: [IPv4], ipFamilyPolicy: SingleStack, ports: [{port: 80}]}
---
apiVersion: ako.vmware.com/v1beta1
kind: AviInfraSetting
metadata: {name: broken}
spec: {network: {vipNetworks: [{networkName: a, v6cidr: "2001:db8::/64"}]}}
---
apiVersion: ako.vmware.com/v1beta1
kind: AviInfraSetting
metadata: {name: sound}
spec: {network: {vipNetworks: [{networkName: a, cidr: 10.0.0.0/24}]}}
---
apiVersion: v1
kind: Node
metadata: {name: broken}
spec: {podCIDR: 10.9.1.0/24, podCIDRs: [10.9.1.0/24]}
---
apiVersion: v1
kind: Node
metadata: {name: sound}
spec: {podCIDR: 10.9.2.0/24, podCIDRs: [10.9.2.0/24, "fd00:9:2::/64"]}
"#;

/// A report that a gate of an earlier time has left behind.
pub(crate) const LEFT_BEHIND: &str = r#"
apiVersion: openreports.io/v1alpha1
kind: Report
metadata: {name: ako-gate-7, namespace: default, labels: {app.kubernetes.io/managed-by: ako-gate}}
source: ako-gate
summary: {fail: 1}
results:
- policy: ako
  rule: ako/some-retired-rule
  result: fail
  resources: [{apiVersion: v1, kind: Service, namespace: default, name: gone}]
  timestamp: {seconds: 1, nanos: 0}
  properties: {fingerprint: "0000000000000001", action: deny, field: spec}
"#;

/// What is wrong with [`OBJECTS`]: kind, object and rule.
pub(crate) const FAULTS: [(&str, &str, &str); 3] = [
    ("AviInfraSetting", "broken", "ako/ipv6-only-vip-network"),
    ("Node", "broken", "kubernetes/incomplete-dual-stack-node"),
    ("Service", "shop/broken", "ako/ipv6-vip-on-load-balancer"),
];

/// A finding as a report shows it: kind, object, rule and result.
pub(crate) type Shown = (String, String, String);

/// Clusters that may be up at once: more would only wait for one another, and miss what must happen in time.
const AT_ONCE: usize = 2;
static UP: Mutex<usize> = Mutex::new(0);
static DOWN: Condvar = Condvar::new();

/// One of the clusters that may be up.
struct Turn;

impl Turn {
    fn take() -> Self {
        let up = UP.lock().unwrap_or_else(PoisonError::into_inner);
        let mut up = DOWN.wait_while(up, |up| *up >= AT_ONCE).unwrap_or_else(PoisonError::into_inner);
        *up += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *UP.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        DOWN.notify_one();
    }
}

/// A control plane to audit.
pub(crate) struct Cluster {
    pub(crate) plane: ControlPlane,
    /// Whether it has ever served PolicyReports.
    policy: AtomicBool,
    _turn: Turn,
}

impl Cluster {
    /// A cluster that holds nothing; it serves no reports yet.
    pub(crate) fn start() -> Self {
        Self::start_release("1.36.3")
    }

    /// The same, of another release of Kubernetes.
    pub(crate) fn start_release(version: &str) -> Self {
        let turn = Turn::take();
        Self { plane: ControlPlane::start(version), policy: AtomicBool::new(false), _turn: turn }
    }

    /// The same, with reports served and [`OBJECTS`] in it.
    pub(crate) fn with_objects() -> Self {
        let cluster = Self::start();
        cluster.serve_reports();
        cluster.fill();
        cluster
    }

    /// Puts [`OBJECTS`] in.
    pub(crate) fn fill(&self) {
        self.plane.must_with(&["apply", "-f", "-"], OBJECTS);
    }

    fn serve(&self, crds: &Path) {
        self.plane.must(&["apply", "--server-side", "-f", crds.to_str().unwrap()]);
        self.plane.must(&["wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"]);
    }

    fn serve_no(&self, crds: &Path) {
        self.plane.must(&["delete", "--wait=true", "-f", crds.to_str().unwrap()]);
    }

    /// Serves reports as `OpenReports` defines them.
    pub(crate) fn serve_reports(&self) {
        self.serve(&open_reports());
    }

    pub(crate) fn serve_no_reports(&self) {
        self.serve_no(&open_reports());
    }

    /// Serves `PolicyReport`s.
    pub(crate) fn serve_policy_reports(&self) {
        self.policy.store(true, Ordering::Relaxed);
        self.serve(&policy_reports());
    }

    pub(crate) fn serve_no_policy_reports(&self) {
        self.serve_no(&policy_reports());
    }

    /// Starts a gate with the rights an installed one has, and waits until it is ready.
    pub(crate) fn gate(&self) -> Served {
        let gate = self.starting_gate();
        gate.wait();
        gate
    }

    /// The same, without waiting.
    pub(crate) fn starting_gate(&self) -> Served {
        self.starting_gate_of("ako-gate")
    }

    /// The same, with the rights of another account.
    pub(crate) fn starting_gate_of(&self, account: &str) -> Served {
        let kubeconfig = self.plane.kubeconfig_of(account);
        Served::start(SETTINGS, &["--kubeconfig", kubeconfig.to_str().unwrap()])
    }

    /// Gives Service shop/broken another type: as a load balancer it is at fault, as anything else it is not.
    pub(crate) fn set_type(&self, kind: &str) {
        let patch = format!(r#"{{"spec":{{"type":"{kind}"}}}}"#);
        self.plane.must(&["patch", "service", "-n", "shop", "broken", "--type=merge", "-p", &patch]);
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.plane.must(&[arguments, &["-o", "json"]].concat());
        serde_json::from_str(&text).unwrap()
    }

    /// The reports there are, namespaced or not.
    pub(crate) fn reports(&self) -> Vec<Value> {
        let mut reports = self.listed("reports,clusterreports");
        if self.policy.load(Ordering::Relaxed) {
            reports.extend(self.listed("policyreports,clusterpolicyreports"));
        }
        reports
    }

    fn listed(&self, kinds: &str) -> Vec<Value> {
        let output = self.plane.kubectl(&["get", kinds, "-A", "-o", "json"], "");
        let list: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// What the reports show, sorted.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        for result in self.reports().iter().filter_map(|report| report["results"].as_array()).flatten() {
            let object = &result["resources"][0];
            let name = format!("{}/{}", text(&object["namespace"]), text(&object["name"]));
            let name = name.trim_start_matches('/').to_owned();
            shown.push((text(&object["kind"]), name, text(&result["rule"])));
        }
        shown.sort();
        shown
    }

    /// Whether the reports show exactly these.
    pub(crate) fn shows(&self, faults: &[(&str, &str, &str)]) -> bool {
        let wanted = faults
            .iter()
            .map(|(kind, name, rule)| ((*kind).to_owned(), (*name).to_owned(), (*rule).to_owned()));
        self.shown() == wanted.collect::<Vec<_>>()
    }

    /// Every report with the version it is stored in.
    pub(crate) fn versions(&self) -> BTreeMap<String, String> {
        let version = |report: &Value| {
            let metadata = &report["metadata"];
            let name = format!("{} {}/{}", report["kind"], metadata["namespace"], metadata["name"]);
            (name, metadata["resourceVersion"].to_string())
        };
        self.reports().iter().map(version).collect()
    }

    /// The gate's Events: reason, object and how often, sorted.
    pub(crate) fn events(&self) -> Vec<(String, String, i64)> {
        let list = self.json(&["get", "events", "-A"]);
        let own = list["items"].as_array().unwrap().iter();
        let own = own.filter(|event| event["source"]["component"] == "ako-gate");
        let mut events: Vec<_> = own
            .map(|event| {
                let object = &event["involvedObject"];
                let name =
                    format!("{} {}", object["kind"].as_str().unwrap(), object["name"].as_str().unwrap());
                (event["reason"].as_str().unwrap().to_owned(), name, event["count"].as_i64().unwrap())
            })
            .collect();
        events.sort();
        events
    }
}

/// A string of an answer; empty when it is not there.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The value of a metric of a gate, by its name and labels as printed; nothing when it is not there.
pub(crate) fn metric(gate: &Served, name: &str) -> Option<f64> {
    let (_, text) = gate.admin_get("/metrics")?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?.parse().ok()
}

/// The findings a gate counts: rule, namespace and number.
pub(crate) fn standing(gate: &Served) -> Vec<(String, String, String)> {
    let (_, text) = gate.admin_get("/metrics").unwrap();
    let label = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let lines = text.lines().filter(|line| line.starts_with("ako_gate_standing_findings{"));
    let mut found: Vec<_> = lines
        .map(|line| {
            (label(line, "rule"), label(line, "namespace"), line.rsplit(' ').next().unwrap().to_owned())
        })
        .collect();
    found.sort();
    found
}
