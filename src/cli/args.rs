//! What was typed.

mod operation;
mod plan;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
pub(super) use operation::{DoctorArgs, DoctorFormat, ManifestsArgs, ServeArgs};
pub(super) use plan::{PlanArgs, PlanFormat, WhatIfArgs, WhatIfFormat};

const EXAMPLES: &str = "\
Examples:
  ako-gate check --profile ako=1.9.3 --profile akoCloud=CLOUD_VCENTER deploy/
  ako-gate serve --config settings.yaml
  ako-gate review --profile ako=1.9.3 --context cluster.yaml review.json
  ako-gate plan --profile ako=1.9.3 values.yaml cluster/
  ako-gate what-if --profile ako=1.9.3 --to ako=1.12.1 values.yaml cluster/
  ako-gate explain ako/ipv6-vip-on-load-balancer
  ako-gate matrix --product ako --release 1.11.5";

/// Refuses what AKO, the Avi Kubernetes Operator, would silently get wrong about IPv6 and dual stack.
#[derive(Debug, Parser)]
#[command(name = "ako-gate", version, after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the admission webhook, judging with what it watches in the cluster
    Serve(ServeArgs),
    /// Judge files before they are applied: file, line, column, remedy
    Check(CheckArgs),
    /// Run case files: objects with the verdict they must get
    Test(TestArgs),
    /// Answer one AdmissionReview as the webhook would
    Review(ReviewArgs),
    /// Show what AKO would program, and what kOps and AKS Engine make of their documents
    Plan(PlanArgs),
    /// Show what a change of release, cloud or configuration would do
    WhatIf(WhatIfArgs),
    /// Show the manual page of a rule: why, what to do, the matrix row, examples
    Explain(ExplainArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Show the support matrix
    Matrix(MatrixArgs),
    /// Check an installation: each failure with its remedy
    Doctor(DoctorArgs),
    /// Print what an installation consists of, for given settings
    Manifests(ManifestsArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// The form results take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Source lines with the fault underlined
    Human,
    /// The JSON of ako-gate/v1
    Json,
    /// The same as YAML
    Yaml,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML: a test case for each object
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// One page that needs no network and no script, for a change ticket
    Html,
}

/// When `check` ends with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// When something is denied
    Deny,
    /// When something is denied or warned about
    Warn,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

const CHECK_HELP: &str = "\
All inputs are judged together: each is both judged and context of the others. Folders are searched for .yaml, .yml \
and .json; hidden files and what .gitignore names are left out. Without --live nothing is read from a cluster or a \
network.

Examples:
  ako-gate check --profile ako=1.11.5 --profile akoCloud=CLOUD_VCENTER deploy/
  helm template ako ako/ako -f values.yaml | ako-gate check --profile ako=1.12.1 -
  ako-gate check --old main/values.yaml values.yaml     what was wrong before is a warning
  ako-gate check --fix --diff deploy/                   what --fix would change
  ako-gate check --write-baseline known.json deploy/    from then on: --baseline known.json
  ako-gate check --live                                 what the cluster holds
  ako-gate check --live deploy/                         files, which win over the cluster

What --fix cannot mend is printed and decides the exit code. Comments, order and style stay, and nothing is taken out. \
With --diff no file changes, and the exit code is that of the files as they are. Standard input (-) is printed mended, \
and the findings go to standard error then.

Exit codes: 0 nothing denied, 1 something denied (with --fail-on warn: or warned), 2 bad usage or unreadable input, \
3 a mistake of ako-gate itself.";

#[derive(Debug, ClapArgs)]
#[command(after_help = CHECK_HELP)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) knowledge: KnowledgeArgs,
    #[command(flatten)]
    pub(super) cluster: ClusterArgs,
    /// The form of the results
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
    /// What makes the command fail
    #[arg(long, value_enum, default_value = "deny")]
    pub(super) fail_on: FailOn,
    /// What the files were before: each object that is in both is judged as a change
    #[arg(long, value_name = "PATH")]
    pub(super) old: Vec<PathBuf>,
    /// Leave out the findings this file knows
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the findings to this file; one that exists only shrinks
    #[arg(long, value_name = "FILE")]
    pub(super) write_baseline: Option<PathBuf>,
    /// Let --write-baseline add findings to a file that exists
    #[arg(long, requires = "write_baseline")]
    pub(super) grow_baseline: bool,
    /// Mend what has exactly one safe answer, in the files; standard input is printed mended
    #[arg(long, conflicts_with = "write_baseline")]
    pub(super) fix: bool,
    /// With --fix: print what would change, and change nothing
    #[arg(long, requires = "fix")]
    pub(super) diff: bool,
    /// What a document without a kind is: HelmValues
    #[arg(long = "as", value_name = "KIND")]
    pub(super) as_kind: Option<String>,
    /// Say on standard error how every rule that applies ended, and the facts it used
    #[arg(long)]
    pub(super) why: bool,
    /// When to colour
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) color: Color,
    /// Print findings only
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
}

/// The form of what `test` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    /// A line for each case that fails, and a summary
    Human,
    /// JUnit XML: a test case for each file
    Junit,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Exit codes: 0 every case gets its verdict, 1 one does not, 2 a file is no case.\n\
    What a case states about the environment wins over --profile and --config.")]
pub(super) struct TestArgs {
    #[command(flatten)]
    pub(super) knowledge: KnowledgeArgs,
    /// The form of the results
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: TestFormat,
    /// Case files, folders of such, or - for standard input
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
}

/// Options about what is known beside the input.
#[derive(Debug, ClapArgs)]
pub(super) struct KnowledgeArgs {
    /// Settings file: profile, actions of rules, exemptions
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// A fact about the environment, such as ako=1.9.3 or akoCloud=CLOUD_VCENTER; wins over the settings
    #[arg(long = "profile", value_name = "KEY=VALUE")]
    pub(super) profile: Vec<String>,
    /// File with objects that exist but are not judged
    #[arg(long = "context", value_name = "PATH")]
    pub(super) context: Vec<PathBuf>,
}

/// Options about the cluster that is looked at.
#[derive(Debug, ClapArgs)]
pub(super) struct ClusterArgs {
    /// Look at the cluster of the current kubeconfig too; without PATH, at what it holds alone
    #[arg(long)]
    pub(super) live: bool,
    /// Kubeconfig to use instead of the one kubectl would use
    #[arg(long, value_name = "FILE", requires = "live")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig to use instead of its current one
    #[arg(long, value_name = "NAME", requires = "live")]
    pub(super) kube_context: Option<String>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Exit codes: 0 allowed, 1 denied, 2 not an AdmissionReview.\n\
    What --context does not hold does not exist.")]
pub(super) struct ReviewArgs {
    #[command(flatten)]
    pub(super) knowledge: KnowledgeArgs,
    /// Say on standard error how every rule that applies ended, and the facts it used
    #[arg(long)]
    pub(super) why: bool,
    /// The AdmissionReview, v1 or v1beta1; standard input when absent or -
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ExplainArgs {
    /// Name of the rule, as printed with every finding
    #[arg(value_name = "RULE")]
    pub(super) rule: String,
}

#[derive(Debug, ClapArgs)]
pub(super) struct RulesArgs {
    /// Only the rules of this product
    #[arg(long)]
    pub(super) product: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct MatrixArgs {
    /// Only this product
    #[arg(long)]
    pub(super) product: Option<String>,
    /// What holds for one release
    #[arg(long)]
    pub(super) release: Option<String>,
    /// Only this capability
    #[arg(long)]
    pub(super) capability: Option<String>,
}
