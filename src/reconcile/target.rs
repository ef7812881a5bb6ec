//! Where findings can be written: two APIs of nearly the same shape.

/// An API for reports, and in what its reports differ.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Group.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// The kind of a report about a namespace.
    pub namespaced: &'static str,
    /// The kind of a report about what lives in none.
    pub clusterwide: &'static str,
    /// Whether a report as a whole names its source, beside its results.
    pub names_source: bool,
    /// The severity of what is exempt.
    pub least_severity: &'static str,
}

/// In the order of preference: findings are written to the first that is served.
pub static TARGETS: [Target; 2] = [
    // github.com/openreports/reports-api@v0.2.1:apis/openreports.io/v1alpha1
    Target {
        group: "openreports.io",
        version: "v1alpha1",
        namespaced: "Report",
        clusterwide: "ClusterReport",
        names_source: true,
        least_severity: "info",
    },
    // github.com/kyverno/kyverno@v1.13.4:config/crds/policyreport; without `info` in the CRDs of the working group
    // (kubernetes-sigs/wg-policy-prototypes@037274b4:policy-report/crd/v1alpha2)
    Target {
        group: "wgpolicyk8s.io",
        version: "v1alpha2",
        namespaced: "PolicyReport",
        clusterwide: "ClusterPolicyReport",
        names_source: false,
        least_severity: "low",
    },
];

impl Target {
    /// Group and version.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// The kind of the reports about `namespace`, which is empty for what lives in none.
    pub fn kind(&self, namespace: &str) -> &'static str {
        if namespace.is_empty() { self.clusterwide } else { self.namespaced }
    }

    /// The name of a kind in addresses.
    pub fn plural(kind: &str) -> String {
        format!("{}s", kind.to_lowercase())
    }
}
