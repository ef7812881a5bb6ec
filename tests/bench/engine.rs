//! What deciding costs by itself: decoding and judging each recorded Service CREATE, in nanoseconds, with a small
//! and with a large cluster known. The second must not cost more than the first.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first surprise and prints"
)]

mod support;

use std::hint::black_box;
use std::time::Instant;

use ako_gate::decode::review::Review;
use ako_gate::decode::{json, manifest};
use ako_gate::engine::Judge;
use ako_gate::facts::profile;
use ako_gate::model::Snapshot;
use ako_gate::settings::Door;
use jiff::civil::date;
use support::{reviews, settings, snapshot};

const SIZES: [usize; 2] = [100, 100_000];
/// Median time of a judgement that nobody would notice.
const GOAL_NS: u128 = 3000;
const SAMPLES: usize = 2001;
/// Calls per sample, so that reading the clock does not count.
const CALLS: u32 = 20;

fn main() {
    let clusters = SIZES.map(cluster);
    let settings = settings();
    println!("engine: median of {SAMPLES} samples, ns; goal for judging: {GOAL_NS}");
    println!("{:<34}{:>8}{:>16}{:>20}", "Service CREATE", "decode", "judge, 100", "judge, 100,000");
    let mut all = [Vec::new(), Vec::new()];
    for body in reviews("CREATE", Some("Service")) {
        let decode = median(|| drop(black_box(Review::parse(black_box(&body)).unwrap())));
        let review = Review::parse(&body).unwrap();
        let request = review.request().unwrap();
        let profiles = clusters.each_ref().map(|cluster| profile::resolve(&settings.stated, cluster, None));
        let judges = [0, 1].map(|i| Judge {
            snapshot: &clusters[i],
            profile: &profiles[i],
            settings: &settings,
            today: date(2026, 1, 1),
            door: Door::Webhook,
            within_budget: &|| true,
            explain: false,
        });
        let times = judges.map(|judge| median(|| drop(black_box(judge.judge(black_box(&request))))));
        let verdict = judges[0].judge(&request);
        let name = format!("{} ({})", review.name(), if verdict.is_allowed() { "allowed" } else { "denied" });
        println!("{name:<34}{decode:>8}{:>16}{:>20}", times[0], times[1]);
        all.iter_mut().zip(times).for_each(|(all, time)| all.push(time));
    }
    let [small, large] = all.map(|mut times| middle(&mut times));
    println!("{:<34}{:>8}{small:>16}{large:>20}", "median", "");
}

/// The small cluster with `count` more Services, half of them load balancers, and an Ingress for every tenth.
fn cluster(count: usize) -> Snapshot {
    let mut snapshot = snapshot();
    let mut insert =
        |text: &str| snapshot.insert(manifest::object(json::parse(text).unwrap(), "", None).unwrap());
    for i in 0..count {
        let (namespace, kind) = (i / 50, if i % 2 == 0 { "LoadBalancer" } else { "ClusterIP" });
        insert(&format!(
            r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"service-{i}","namespace":"team-{namespace}"}},
            "spec":{{"type":"{kind}","ipFamilies":["IPv4"],"ports":[{{"port":80}}]}}}}"#
        ));
        if i % 10 == 0 {
            insert(&format!(
                r#"{{"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
                "metadata":{{"name":"ingress-{i}","namespace":"team-{namespace}"}},
                "spec":{{"ingressClassName":"avi-lb","rules":[{{"host":"h","http":{{"paths":[{{"path":"/",
                "backend":{{"service":{{"name":"service-{i}","port":{{"number":80}}}}}}}}]}}}}]}}}}"#
            ));
        }
    }
    snapshot
}

/// The median time of one call, in nanoseconds.
fn median(mut call: impl FnMut()) -> u128 {
    let sample = |_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed().as_nanos() / u128::from(CALLS)
    };
    middle(&mut (0..SAMPLES).map(sample).collect::<Vec<_>>())
}

fn middle(times: &mut [u128]) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}
