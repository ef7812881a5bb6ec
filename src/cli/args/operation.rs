//! What was typed after the commands that run, install and check the gate in a cluster.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::KnowledgeArgs;

/// The form of what `doctor` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DoctorFormat {
    /// A line for each check, with its remedy below
    Human,
    /// The JSON of ako-gate/v1
    Json,
}

const DOCTOR_HELP: &str = "\
It looks at the webhook configuration, its caBundle and failure policy, certificate, endpoints,
rights, settings and AKO, and asks for a ConfigMap ako-gate-probe, as a dry run a working gate denies.

Saved objects are looked at without a cluster; what is not among them is skipped:
  kubectl get validatingwebhookconfigurations,clusterroles,clusterrolebindings -o yaml > all.yaml
  kubectl get deployments,services,endpointslices,configmaps -A -o yaml > objects.yaml
  kubectl get serviceaccounts,roles,rolebindings,statefulsets -A -o yaml > rights.yaml
  ako-gate doctor --from all.yaml --from objects.yaml --from rights.yaml

Exit codes: 0 nothing failed, 1 a check failed, 2 bad usage, or nothing could be asked.";

#[derive(Debug, ClapArgs)]
#[command(after_help = DOCTOR_HELP)]
pub(in crate::cli) struct DoctorArgs {
    /// Look at objects saved in this file instead of a cluster
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kubeconfig", "kube_context"])]
    pub(in crate::cli) from: Vec<PathBuf>,
    /// Kubeconfig to use instead of the one kubectl would use
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig to use instead of its current one
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) kube_context: Option<String>,
    /// The form of the results
    #[arg(long, value_enum, default_value = "human")]
    pub(in crate::cli) format: DoctorFormat,
}

const MANIFESTS_HELP: &str = "\
What is printed equals what kubectl apply -k manifests/ and the chart install. Settings that state a Kubernetes release
below 1.28, which has no matchConditions, get webhooks that select by namespace and label instead.

Examples:
  ako-gate manifests --config settings.yaml --image registry.example.com/ako-gate:0.1.0 | kubectl apply -f -
  ako-gate manifests --schema";

#[derive(Debug, ClapArgs)]
#[command(after_help = MANIFESTS_HELP)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct ManifestsArgs {
    /// Settings file to install
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Image of the gate
    #[arg(long, value_name = "IMAGE")]
    pub(in crate::cli) image: Option<String>,
    /// Three replicas on different nodes
    #[arg(long)]
    pub(in crate::cli) high_availability: bool,
    /// Let cert-manager issue the certificate
    #[arg(long)]
    pub(in crate::cli) cert_manager: bool,
    /// Answer only API servers that show a certificate of a CA in the ConfigMap ako-gate-clients
    #[arg(long)]
    pub(in crate::cli) client_certificates: bool,
    /// A ServiceMonitor and alert rules for the Prometheus operator
    #[arg(long)]
    pub(in crate::cli) monitoring: bool,
    /// A dashboard for Grafana, in a ConfigMap that its sidecar finds
    #[arg(long)]
    pub(in crate::cli) dashboard: bool,
    /// A policy that refuses IPv6 LoadBalancer Services while no gate answers; for AKO before 1.12.1
    #[arg(long)]
    pub(in crate::cli) admission_policy: bool,
    /// Print the JSON Schema of the settings instead
    #[arg(long)]
    pub(in crate::cli) schema: bool,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Without --standalone the gate watches the cluster it runs in, or that of --kubeconfig."
)]
pub(in crate::cli) struct ServeArgs {
    #[command(flatten)]
    pub(in crate::cli) knowledge: KnowledgeArgs,
    /// Address of the webhook (HTTPS)
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:8443")]
    pub(in crate::cli) listen: SocketAddr,
    /// Address of /livez, /readyz and /metrics (plain HTTP)
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:9443")]
    pub(in crate::cli) admin_listen: SocketAddr,
    /// Need no cluster: judge with the objects of --context alone
    #[arg(long, conflicts_with_all = ["kubeconfig", "webhook_configuration"])]
    pub(in crate::cli) standalone: bool,
    /// Kubeconfig of the cluster to watch
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) kubeconfig: Option<PathBuf>,
    /// Serve this certificate chain (PEM), re-read when it changes, instead of a self-issued one
    #[arg(long, value_name = "FILE", requires = "tls_key_file")]
    pub(in crate::cli) tls_cert_file: Option<PathBuf>,
    /// Private key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert_file")]
    pub(in crate::cli) tls_key_file: Option<PathBuf>,
    /// Answer only clients with a certificate that a CA of this file (PEM) issued; re-read when it changes
    #[arg(long, value_name = "FILE", env = "AKO_GATE_CLIENT_CA_FILE")]
    pub(in crate::cli) client_ca_file: Option<PathBuf>,
    /// A further name or address the self-issued certificate is for
    #[arg(long = "tls-san", value_name = "NAME")]
    pub(in crate::cli) tls_san: Vec<String>,
    /// ValidatingWebhookConfiguration whose caBundle the gate fills in with its self-issued CA
    #[arg(long, value_name = "NAME", default_value = "ako-gate")]
    pub(in crate::cli) webhook_configuration: String,
    /// Namespace the gate is installed in: its Lease is there, and its reports go with it
    #[arg(long, value_name = "NAME", default_value = "ako-gate-system")]
    pub(in crate::cli) namespace: String,
    /// How long to keep serving after the first signal, while endpoints are withdrawn
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(in crate::cli) grace: u64,
    /// Write log lines as JSON
    #[arg(long)]
    pub(in crate::cli) log_json: bool,
}
