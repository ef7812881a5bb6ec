//! What was typed after `plan` and `what-if`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::{ClusterArgs, KnowledgeArgs};

/// The form of what `plan` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PlanFormat {
    /// Tables
    Human,
    /// The JSON of ako-gate/v1
    Json,
    /// A picture of what AKO would program
    Svg,
    /// One page that needs no network and no script, for a change ticket
    Html,
}

const PLAN_HELP: &str = "\
Of AKO's configuration and the objects of a cluster: whether AKO starts, its virtual services and their VIPs, its pools
with every server, the static routes, and what AKO leaves out without saying so, for the release of --profile. Of a
kOps Cluster: the subnets' ranges and routes, and the NAT gateways. Of an AKS Engine model: the defaults filled in, the
ranges completed, and how many nodes they have room for. Unique local IPv6 ranges of Pods that nothing among the inputs
masquerades for get a remark. Where the pools have more than 250,000 servers together, JSON lists the first of each and
counts the others in moreServers. Without --live nothing is read from a cluster or a network.

Examples:
  ako-gate plan --profile ako=1.11.5 --profile akoCloud=CLOUD_VCENTER values.yaml cluster/
  ako-gate plan --profile ako=2.1.1 --service shop/web --format json values.yaml cluster/
  ako-gate plan --profile ako=2.1.1 --format svg values.yaml cluster/ > plan.svg
  ako-gate plan --live --profile akoCloud=CLOUD_VCENTER      what AKO makes of the current kubeconfig's cluster
  ako-gate plan --profile vpcIPv6CIDR=2001:db8:1200:ab00::/56 cluster.yaml

Exit codes: 0, or 2 for bad usage or unreadable input.";

#[derive(Debug, ClapArgs)]
#[command(after_help = PLAN_HELP)]
pub(in crate::cli) struct PlanArgs {
    #[command(flatten)]
    pub(in crate::cli) knowledge: KnowledgeArgs,
    #[command(flatten)]
    pub(in crate::cli) cluster: ClusterArgs,
    /// The form of the results
    #[arg(long, value_enum, default_value = "human")]
    pub(in crate::cli) format: PlanFormat,
    /// Only what AKO would program for this Service
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub(in crate::cli) service: Option<String>,
    /// Files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
}

/// The form of what `what-if` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum WhatIfFormat {
    /// The verdict, and what differs
    Human,
    /// The JSON of ako-gate/v1
    Json,
    /// One page that needs no network and no script, for a change ticket
    Html,
}

const WHAT_IF_HELP: &str = "\
Judges and plans the files twice, as they are and with the change, and prints only what differs. KEY is a key of
--profile, or ipFamily, cniPlugin, serviceType, layer7Only or vipNetworkList (a JSON list), which are set in every
configuration of AKO among the files.

Examples:
  ako-gate what-if --profile ako=1.11.5 --to ako=1.12.1 cluster/
  ako-gate what-if --profile ako=2.1.1 --to ipFamily=V6 --to serviceType=NodePort values.yaml cluster.yaml
  ako-gate what-if --live --to ako=2.1.1                     before the release of a running AKO is changed
  ako-gate what-if --profile ako=1.9.3 --upgrade-path cluster/     which release on the way changes what

Exit codes: 0 nothing gets worse, 1 something does, 2 bad usage or unreadable input.";

#[derive(Debug, ClapArgs)]
#[command(after_help = WHAT_IF_HELP)]
pub(in crate::cli) struct WhatIfArgs {
    #[command(flatten)]
    pub(in crate::cli) knowledge: KnowledgeArgs,
    #[command(flatten)]
    pub(in crate::cli) cluster: ClusterArgs,
    /// What is changed
    #[arg(long = "to", value_name = "KEY=VALUE", required_unless_present = "upgrade_path")]
    pub(in crate::cli) to: Vec<String>,
    /// Each release of AKO from the one in force to the newest, with what changes at each
    #[arg(long, conflicts_with = "to")]
    pub(in crate::cli) upgrade_path: bool,
    /// The form of the results
    #[arg(long, value_enum, default_value = "human")]
    pub(in crate::cli) format: WhatIfFormat,
    /// Files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
}
