//! The node mask rule of Kubernetes against counting, and components' flags in all their spellings.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use ako_gate::decode::yaml;
use ako_gate::facts::cluster::component::{self, CLUSTER_CIDR, Component, GATE};
use ako_gate::facts::cluster::mask::{Fit, fit};
use ako_gate::facts::cluster::range::parse;
use ako_gate::model::{Kind, Object};
use proptest::prelude::*;

/// What the controller manager's allocator does with a range, by counting its pieces (kubernetes.md C4).
fn counted(prefix: u32, mask: u32, bits: u32) -> Fit {
    let addresses = 2f64.powi(i32::try_from(bits - prefix).unwrap());
    let piece = 2f64.powi(i32::try_from(bits - mask).unwrap());
    let pieces = addresses / piece;
    if pieces < 1.0 {
        Fit::RangeTooSmall
    } else if bits == 32 {
        Fit::Fits
    } else if pieces > 65536.0 {
        Fit::RangeTooLarge
    } else if pieces < 2.0 {
        Fit::OneNode
    } else {
        Fit::Fits
    }
}

#[test]
fn every_range_and_mask_is_judged_as_counting_says() {
    for (address, bits) in [("10.0.0.0", 32u8), ("fd12::", 128)] {
        for prefix in 0..=bits {
            let range = parse(&format!("{address}/{prefix}")).unwrap();
            for mask in 0..=bits {
                let wanted = counted(u32::from(prefix), u32::from(mask), u32::from(bits));
                assert_eq!(fit(range, mask), wanted, "{range} with {mask}");
            }
        }
    }
}

/// The one component of a document, asked for its flags.
fn ask(kind: Kind, text: &str) -> (Option<String>, bool, Option<bool>) {
    let document = yaml::parse_one(text).unwrap();
    let object = Object::as_kind(&document, kind, "");
    let components = component::of(object);
    let flags = components.iter().find(|flags| flags.component == Component::ControllerManager).unwrap();
    let range = flags.get(CLUSTER_CIDR).map(|flag| flag.value.to_owned());
    (range, flags.allocates(), flags.gate(GATE).and_then(|gate| gate.on))
}

#[test]
fn every_form_says_the_same() {
    let wanted = (Some("10.64.0.0/14".to_owned()), true, Some(true));
    let flags = |list: &str| format!("components: {{kube-controller-manager: [{list}]}}");
    for list in [
        "--cluster-cidr=10.64.0.0/14, --allocate-node-cidrs, --feature-gates=IPv6DualStack=true",
        "--cluster-cidr, 10.64.0.0/14, --allocate-node-cidrs=T, --feature-gates, 'A=false,IPv6DualStack=1'",
        "--cluster_cidr=x, --allocate-node-cidrs=false, --allocate_node_cidrs=1, --cluster-cidr=10.64.0.0/14, \
         --feature-gates=IPv6DualStack=false, --feature-gates=IPv6DualStack=TRUE",
    ] {
        assert_eq!(ask(Kind::ClusterFlags, &flags(list)), wanted, "{list}");
    }
    for extra in [
        "{cluster-cidr: 10.64.0.0/14, allocate-node-cidrs: 'true', feature-gates: IPv6DualStack=true}",
        "[{name: cluster-cidr, value: 10.64.0.0/14}, {name: allocate-node-cidrs, value: 'true'}, \
         {name: feature-gates, value: IPv6DualStack=true}]",
    ] {
        let text = format!("controllerManager: {{extraArgs: {extra}}}");
        assert_eq!(ask(Kind::ClusterConfiguration, &text), wanted, "{extra}");
    }
    let pod = "spec: {containers: [{command: [/bin/kube-controller-manager, --cluster-cidr=10.64.0.0/14], \
               args: [--allocate-node-cidrs, --feature-gates=IPv6DualStack=true]}]}";
    assert_eq!(ask(Kind::Pod, pod), wanted);
}

proptest! {
    /// Arguments are people's text: whatever stands there is read without a panic, and what follows is still found.
    #[test]
    fn any_argument_is_read(noise in proptest::collection::vec("[-=,a-z_0-9 ./:]{0,12}", 0..6)) {
        let noise: Vec<String> = noise.into_iter().filter(|text| text != "--").collect();
        let list = serde_json::to_string(&noise).unwrap();
        let text = format!(
            "components: {{kube-controller-manager: {}, \"--cluster-cidr=10.64.0.0/14\"]}}",
            list.trim_end_matches(']').to_owned() + if noise.is_empty() { "\"x\"" } else { "" },
        );
        let (range, _, _) = ask(Kind::ClusterFlags, &text);
        prop_assert_eq!(range, Some("10.64.0.0/14".to_owned()));
    }
}
