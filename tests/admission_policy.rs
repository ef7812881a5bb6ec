//! The policy that refuses IPv6 LoadBalancer Services while no gate answers, on real API servers, against the rule: it never
//! refuses what the rule allows, and of what the rule refuses it lets pass only what it cannot know.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "what is left out is said aloud")]

mod support;

mod admission_policy {
    pub(crate) mod asked;
    pub(crate) mod server;
}

use std::collections::{BTreeMap, BTreeSet};

use admission_policy::asked::{self, Asked};
use admission_policy::server::{Answer, POLICY, Server};
use support::control_plane::is_left_out;

/// What the rule refuses and the policy lets pass, and what the policy cannot know there.
const UNKNOWN: [(&str, &str); 4] = [
    (
        "ipv6-vip-on-load-balancer/rejects-ipv6-without-any-configuration-1105",
        "there is no configuration of AKO",
    ),
    (
        "ipv6-vip-on-load-balancer/rejects-ipv6-without-any-configuration-1105, from ClusterIP",
        "there is no configuration of AKO",
    ),
    ("configured: layer7Only unreadable", "layer7Only is neither yes nor no"),
    ("configured: a key of 1.12.1", "the configuration looks like that of a later AKO"),
];

/// Asks a server everything: before the policy is there, for what it makes of a Service; then with it.
async fn ask(version: &str) -> Vec<String> {
    let server = Server::start(version).await;
    let mut settled: Vec<(Asked, asked::Settled)> = Vec::new();
    let mut refused_anyway = Vec::new();
    for asked in asked::all() {
        server.namespace(&asked.namespace).await;
        match server.settle(&asked).await {
            Some(answer) => settled.push((asked, answer)),
            None => refused_anyway.push(asked.name),
        }
    }
    server.install_policy().await;
    let mut around: BTreeMap<String, Vec<(Asked, asked::Settled)>> = BTreeMap::new();
    for (asked, answer) in settled {
        around.entry(format!("{:?}", asked.surroundings())).or_default().push((asked, answer));
    }
    let (mut complaints, mut missed, mut counts) = (Vec::new(), BTreeSet::new(), BTreeMap::<_, usize>::new());
    for group in around.values() {
        server.surround(&group[0].0).await;
        for (asked, answer) in group {
            let denial = asked.denial_by_rule(answer);
            let refusal = match server.dry_run(asked).await {
                Answer::Accepted(_) => None,
                Answer::Refused(message) => Some(message),
            };
            if let (Some(denial), Some(message)) = (&denial, &refusal) {
                for part in [POLICY, denial.rule, &denial.consequence, &denial.remedy] {
                    assert!(message.contains(part), "{part}: {message}");
                }
            }
            let (by_rule, by_policy) = (denial.is_some(), refusal.is_some());
            *counts.entry((by_rule, by_policy)).or_default() += 1;
            if by_policy && !by_rule {
                complaints.push(format!("{}: the rule allows it: {refusal:?}", asked.name));
            }
            if by_rule && !by_policy {
                missed.insert(asked.name.clone());
            }
        }
    }
    let all = asked::all();
    let refused = all.iter().find(|asked| asked.name == "configured: nothing").unwrap();
    server.surround(refused).await;
    assert!(matches!(server.dry_run(refused).await, Answer::Refused(_)));
    let before = asked::as_cluster_ip(&refused.object);
    let going = server.change_of_what_goes(&before, &refused.object).await;
    assert!(matches!(going, Answer::Accepted(_)), "what is on its way out is never refused");
    println!("{version}: what the rule and the policy deny: {counts:?}");
    println!("left out on {version}, since the server refuses them by itself: {}", refused_anyway.join("; "));
    // a policy that never refuses, or never lets pass, would prove nothing
    assert!([(true, true), (false, false)].iter().all(|both| counts[both] > 20), "{counts:?}");
    let known: BTreeSet<String> = UNKNOWN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let differs = missed.symmetric_difference(&known);
    complaints.extend(differs.map(|name| format!("{name}: refused by the rule alone, or no longer")));
    complaints.iter().map(|complaint| format!("{version}: {complaint}")).collect()
}

#[tokio::test]
async fn the_policy_agrees_with_the_rule_on_every_case() {
    if is_left_out() {
        return;
    }
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    for (name, why) in UNKNOWN {
        println!("let pass, as {why}: {name}");
    }
    for version in ["1.36.3", "1.30.14"] {
        let complaints = ask(version).await;
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
}
