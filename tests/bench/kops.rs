//! What a large kOps specification costs: reading, judging and planning a Cluster with 1,000 subnets, in milliseconds.
//! Once with blocks of their own, once with every block asked for twice, once with a zone for each subnet.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first surprise and prints"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use ako_gate::decode::{manifest, yaml};
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::{Request, Snapshot, Source, Stated, Stored};
use ako_gate::plan::Plan;
use ako_gate::settings::{Door, Settings};
use jiff::civil::date;

const SUBNETS: usize = 1000;
/// What judging and planning may take together.
const GOAL: Duration = Duration::from_millis(50);
const SAMPLES: usize = 21;

fn main() {
    println!(
        "kops: {SUBNETS} subnets, median of {SAMPLES} samples, ms; goal for judge and plan: {}",
        GOAL.as_millis()
    );
    println!("{:<28}{:>8}{:>8}{:>8}{:>10}", "Cluster", "read", "judge", "plan", "findings");
    for (name, zones, block) in [
        ("blocks of their own", 3, own as fn(usize) -> usize),
        ("every block twice", 3, twice as fn(usize) -> usize),
        ("a zone for each subnet", SUBNETS, own as fn(usize) -> usize),
    ] {
        measure(name, &cluster(zones, block));
    }
}

fn own(subnet: usize) -> usize {
    subnet
}

fn twice(subnet: usize) -> usize {
    subnet / 2
}

/// A Cluster whose subnets are spread over so many zones, each with this block of the VPC's range.
fn cluster(zones: usize, block: fn(usize) -> usize) -> String {
    let subnet = |i: usize| {
        let kind = if i < zones { "Utility" } else { ["Private", "DualStack"][i % 2] };
        let cidr = if kind == "Private" {
            String::new()
        } else {
            format!("cidr: 10.{}.{}.0/24, ", i / 256, i % 256)
        };
        format!(
            "  - {{name: s{i}, type: {kind}, zone: z{}, {cidr}ipv6CIDR: /64#{:x}}}\n",
            i % zones,
            block(i)
        )
    };
    let subnets: String = (0..SUBNETS).map(subnet).collect();
    format!(
        "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {{name: large.example.com}}\nspec:\n  \
         cloudProvider: aws\n  kubernetesVersion: 1.34.2\n  networkCIDR: 10.0.0.0/8\n  nonMasqueradeCIDR: ::/0\n  \
         networking: {{cilium: {{}}}}\n  subnets:\n{subnets}"
    )
}

fn read(text: &str) -> Stored {
    manifest::object(yaml::parse_one(text).unwrap(), "", None).unwrap()
}

fn measure(name: &str, text: &str) {
    let (snapshot, settings) = (Snapshot::complete(), Settings::default());
    let mut stated = Stated::default();
    for pair in ["kops=1.36", "vpcIPv6CIDR=2001:db8:1200::/48"] {
        stated.state_pair(pair, Source::Flag).unwrap();
    }
    let stored = read(text);
    let profile = profile::resolve(&stated, &snapshot, Some(stored.object()));
    let judge = Judge {
        snapshot: &snapshot,
        profile: &profile,
        settings: &settings,
        today: date(2026, 1, 1),
        door: Door::Check,
        within_budget: &|| true,
        explain: false,
    };
    let request = Request::create(stored.object());
    let findings = judge.judge(&request).findings.len();
    let reading = median(|| drop(black_box(read(black_box(text)))));
    let judging = median(|| drop(black_box(judge.judge(black_box(&request)))));
    let planning = median(|| {
        let plan = Plan::of(black_box(stored.object()), &profile).unwrap();
        drop(black_box(plan.derived()));
    });
    let [read, judged, planned] = [reading, judging, planning].map(|time| time.as_secs_f64() * 1000.0);
    let over = if judging + planning > GOAL { "  over the goal" } else { "" };
    println!("{name:<28}{read:>8.1}{judged:>8.1}{planned:>8.1}{findings:>10}{over}");
}

fn median(mut call: impl FnMut()) -> Duration {
    let sample = |_| {
        let start = Instant::now();
        call();
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..SAMPLES).map(sample).collect();
    times.sort_unstable();
    times[times.len() / 2]
}
