//! The arithmetic of `/LEN#N` against plain 128-bit numbers, and what kOps makes of a cluster's subnets
//! (kops.md sections 3 and 4).

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use std::net::Ipv6Addr;

use ako_gate::decode::yaml;
use ako_gate::facts::kops::egress::{self, NatGateway, Target};
use ako_gate::facts::kops::number::{Number, NumberFault, PoolFault};
use ako_gate::facts::kops::range::{Pool, Written, ranges, share};
use ako_gate::facts::kops::{Cluster, Subnet};
use ako_gate::facts::{Unknown, View, profile};
use ako_gate::model::{Document, Kind, Object, Snapshot, Stated};
use ipnet::Ipv6Net;
use proptest::prelude::*;

const POOL: &str = "2001:db8:1200:ab00::/56";

fn net(text: &str) -> Ipv6Net {
    text.parse().unwrap()
}

/// The pool of this length that holds `address`.
fn pool(address: u128, length: u8) -> Ipv6Net {
    Ipv6Net::new(Ipv6Addr::from(address), length).unwrap().trunc()
}

#[test]
fn the_worked_table_comes_out() {
    let table = [
        (POOL, "/64#0", "2001:db8:1200:ab00::/64"),
        (POOL, "/64#a", "2001:db8:1200:ab0a::/64"),
        (POOL, "/64#10", "2001:db8:1200:ab10::/64"),
        (POOL, "/64#ff", "2001:db8:1200:abff::/64"),
        (POOL, "/64#0ff", "2001:db8:1200:abff::/64"),
        (POOL, "/064#1", "2001:db8:1200:ab01::/64"),
        (POOL, "/60#1", "2001:db8:1200:ab10::/60"),
        (POOL, "/60#f", "2001:db8:1200:abf0::/60"),
        (POOL, "/56#0", POOL),
        (POOL, "/80#1", "2001:db8:1200:ab00:1::/80"),
        ("2001:db8::/56", "/64#a", "2001:db8:0:a::/64"),
        ("2001:db8::/32", "/64#abcd", "2001:db8:0:abcd::/64"),
        ("2001:db8::/32", "/64#ffffffff", "2001:db8:ffff:ffff::/64"),
        ("::/0", "/0#0", "::/0"),
        ("::/0", "/128#7fffffffffffffff", "::7fff:ffff:ffff:ffff/128"),
    ];
    for (pool, text, wanted) in table {
        assert_eq!(Number::parse(text).unwrap().of(net(pool)), Ok(net(wanted)), "{text} of {pool}");
    }
}

#[test]
fn what_the_pool_does_not_hold_is_refused() {
    let table = [
        (POOL, "/64#100", PoolFault::Beyond),
        (POOL, "/60#10", PoolFault::Beyond),
        (POOL, "/56#1", PoolFault::Beyond),
        (POOL, "/48#0", PoolFault::Larger),
        (POOL, "/48#1", PoolFault::Larger),
        (POOL, "/52#1", PoolFault::Larger),
        ("2001:db8::/32", "/64#100000000", PoolFault::Beyond),
    ];
    for (pool, text, fault) in table {
        assert_eq!(Number::parse(text).unwrap().of(net(pool)), Err(fault), "{text} of {pool}");
    }
}

#[test]
fn what_is_no_number_is_told_apart() {
    let bare =
        ["", "/", "/64", "/64#", "#1", "64#1", "/#1", "/64##1", "/64#0x1", "/64#-1", "/+64#1", "/64#g"];
    let blank = ["/64 #1", " /64#1", "/64#1 ", "/64#1\n", "/６４#1"];
    for text in bare.into_iter().chain(blank) {
        assert_eq!(Number::parse(text), Err(NumberFault::Form), "{text:?}");
    }
    for (text, fault) in [
        ("/64#A", NumberFault::UpperCase),
        ("/129#0", NumberFault::Length),
        ("/99999999999999999999#0", NumberFault::Length),
        ("/120#8000000000000000", NumberFault::Number),
        ("/120#10000000000000000", NumberFault::Number),
    ] {
        assert_eq!(Number::parse(text), Err(fault), "{text}");
    }
}

proptest! {
    #[test]
    fn a_block_is_base_plus_number_times_size(
        address: u128,
        pool_length in 0_u8..=128,
        length in 0_u8..=128,
        number in prop_oneof![0_u64..600, 0_u64..=i64::MAX.unsigned_abs()],
    ) {
        let pool = pool(address, pool_length);
        let found = Number::parse(&format!("/{length}#{number:x}")).unwrap().of(pool);
        // the first address, counted from the start of the pool; none where 128 bits do not hold it
        let size = 1_u128.checked_shl(128 - u32::from(length));
        let offset = match size {
            Some(size) => u128::from(number).checked_mul(size),
            None => (number == 0).then_some(0),
        };
        let room = u128::from(pool.broadcast()) - u128::from(pool.network());
        let wanted = match offset {
            _ if length < pool_length => Err(PoolFault::Larger),
            Some(offset) if offset <= room => {
                let first = Ipv6Addr::from(u128::from(pool.network()) + offset);
                Ok(Ipv6Net::new(first, length).unwrap())
            }
            _ => Err(PoolFault::Beyond),
        };
        prop_assert_eq!(found, wanted);
        if let Ok(block) = found {
            prop_assert_eq!(block, block.trunc());
            prop_assert!(pool.contains(&block));
        }
    }

    #[test]
    fn numbers_overlap_as_their_blocks_do(
        address: u128,
        pool_length in 40_u8..=60,
        (a, b) in (60_u8..=72, 60_u8..=72),
        (m, n) in (0_u64..64, 0_u64..64),
    ) {
        let pool = pool(address, pool_length);
        let (a, b) = (Number { length: a, number: m }, Number { length: b, number: n });
        prop_assert_eq!(a.overlaps(b), b.overlaps(a));
        if let (Ok(x), Ok(y)) = (a.of(pool), b.of(pool)) {
            prop_assert_eq!(a.overlaps(b), share(x, y));
        }
    }

    #[test]
    fn only_the_grammar_is_read(text in "[/0-9a-fA-Fgx# +-]{0,12}|/[0-9]{1,4}#[a-f0-9]{1,18}") {
        let parts = text.strip_prefix('/').and_then(|rest| rest.split_once('#'));
        let is_form = parts.is_some_and(|(length, number)| {
            let decimal = |c: char| c.is_ascii_digit();
            let lower_hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            !length.is_empty() && length.chars().all(decimal)
                && !number.is_empty() && number.chars().all(lower_hexadecimal)
        });
        match Number::parse(&text) {
            Ok(number) => {
                prop_assert!(is_form && number.length <= 128);
                let plain = format!("/{}#{:x}", number.length, number.number);
                prop_assert_eq!(Number::parse(&plain), Ok(number));
            }
            Err(NumberFault::Length | NumberFault::Number) => prop_assert!(is_form),
            Err(NumberFault::Form | NumberFault::UpperCase) => prop_assert!(!is_form),
        }
    }

    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,20}", number in "[0-9a-f:./#]{0,20}") {
        for text in [text, number] {
            let text = text.replace(['\\', '"'], "");
            let document = cluster("::/0", &format!("{{name: a, type: Public, zone: z, ipv6CIDR: \"{text}\"}}"));
            if let Ok(document) = document {
                let cluster = Cluster::of(Object::of(&document)).unwrap();
                for pool in [Pool::Known(net(POOL)), Pool::Amazon, Pool::Unknown, Pool::None] {
                    let subnet: Vec<Subnet<'_>> = cluster.subnets().collect();
                    prop_assert_eq!(ranges(cluster, pool).len(), subnet.len());
                    let written = subnet.first().map(|subnet| Written::of(*subnet));
                    prop_assert!(written.is_none_or(|w| w.outside(pool).is_some() || w.block(pool).is_none()
                        || w.overlaps(w, pool)));
                }
            }
        }
    }
}

fn cluster(range: &str, subnets: &str) -> Result<Document, String> {
    let spec = format!("{{cloudProvider: aws, nonMasqueradeCIDR: '{range}', subnets: [{subnets}]}}");
    let text =
        format!("{{apiVersion: kops.k8s.io/v1alpha2, kind: Cluster, metadata: {{name: c}}, spec: {spec}}}");
    yaml::parse_one(&text).map_err(|error| format!("{error}"))
}

/// The zones' gateways and the subnets' routes, in words.
fn plan(range: &str, subnets: &str) -> String {
    let document = cluster(range, subnets).unwrap();
    let cluster = Cluster::of(Object::of(&document)).unwrap();
    let mut words = Vec::new();
    for zone in egress::zones(cluster) {
        words.push(match zone.nat_gateway() {
            Some(NatGateway::Created(subnet)) => format!("{}: in {}", zone.name, subnet.name()),
            Some(NatGateway::Existing(id)) => format!("{}: {id}", zone.name),
            None => format!("{}: none", zone.name),
        });
        for subnet in &zone.subnets {
            let routes = zone.routes(*subnet, cluster.is_ipv6());
            let targets = [routes.nat64, routes.ipv6, routes.ipv4].map(|target| match target {
                Target::Nowhere => "none".to_owned(),
                Target::ZoneGateway(zone) => format!("natgw:{zone}"),
                Target::Existing(id) => id.to_owned(),
                Target::Internet => "igw".to_owned(),
                Target::EgressOnly => "eigw".to_owned(),
            });
            words.push(format!("{}={}", subnet.name(), targets.join(",")));
        }
    }
    words.join(" ")
}

const PRIVATE: &str = "{name: p, type: Private, zone: z, ipv6CIDR: '/64#0'EGRESS}, \
    {name: d, type: DualStack, zone: z, ipv6CIDR: '/64#1'EGRESS}, {name: u, type: Utility, zone: z}";
const PUBLIC: &str =
    "{name: p, type: Public, zone: z, ipv6CIDR: '/64#0'EGRESS}, {name: q, type: Utility, zone: z}";

#[test]
fn gateways_and_routes_follow_the_egress() {
    let table = [
        (PRIVATE, "", "z: in u p=natgw:z,eigw,natgw:z d=natgw:z,eigw,natgw:z u=none,igw,igw"),
        (PRIVATE, "eipalloc-1", "z: in u p=natgw:z,eigw,natgw:z d=natgw:z,eigw,natgw:z u=none,igw,igw"),
        (PRIVATE, "nat-1", "z: nat-1 p=nat-1,eigw,nat-1 d=nat-1,eigw,nat-1 u=none,igw,igw"),
        (PRIVATE, "tgw-1", "z: none p=tgw-1,eigw,tgw-1 d=tgw-1,eigw,tgw-1 u=none,igw,igw"),
        (PRIVATE, "i-1", "z: none p=none,eigw,i-1 d=none,eigw,i-1 u=none,igw,igw"),
        (PRIVATE, "External", "z: none p=none,none,none d=none,none,none u=none,igw,igw"),
        (PUBLIC, "", "z: in p p=natgw:z,igw,igw q=none,igw,igw"),
        (PUBLIC, "nat-1", "z: nat-1 p=nat-1,igw,igw q=none,igw,igw"),
    ];
    for (subnets, egress, wanted) in table {
        let egress = if egress.is_empty() { String::new() } else { format!(", egress: {egress}") };
        assert_eq!(plan("::/0", &subnets.replace("EGRESS", &egress)), wanted, "{egress}");
    }
}

#[test]
fn an_ipv4_cluster_has_no_nat64() {
    let subnets = "{name: p, type: Private, zone: z}, {name: u, type: Utility, zone: z}";
    assert_eq!(plan("100.64.0.0/10", subnets), "z: in u p=none,none,natgw:z u=none,igw,igw");
}

#[test]
fn a_gateway_without_a_place_is_not_promised() {
    let lone = "{name: p, type: Private, zone: z, ipv6CIDR: '/64#0'}";
    assert!(plan("::/0", lone).starts_with("z: none"));
    let two = "{name: p, type: Public, zone: z, ipv6CIDR: '/64#0'}, {name: q, type: Public, zone: z}";
    assert!(plan("::/0", two).starts_with("z: none"));
}

#[test]
fn ranges_are_told_where_the_pool_is_known() {
    let subnets = "{name: a, ipv6CIDR: '/64#a'}, {name: b, ipv6CIDR: '2001:db8:1200:ab05::/64'}, {name: c}, \
        {name: d, ipv6CIDR: '/64#100'}";
    let document = cluster("::/0", subnets).unwrap();
    let cluster = Cluster::of(Object::of(&document)).unwrap();
    let told = |pool| -> Vec<Option<String>> {
        ranges(cluster, pool).into_iter().map(|(_, range)| range.map(|range| range.to_string())).collect()
    };
    let literal = Some("2001:db8:1200:ab05::/64".to_owned());
    let number = Some("2001:db8:1200:ab0a::/64".to_owned());
    assert_eq!(told(Pool::Known(net(POOL))), [number, literal.clone(), None, None]);
    assert_eq!(told(Pool::Amazon), [None, literal, None, None]);
}

#[test]
fn a_group_whose_cluster_nobody_looked_for_is_not_judged() {
    let text = "{apiVersion: kops.k8s.io/v1alpha2, kind: InstanceGroup, \
        metadata: {name: nodes, labels: {kops.k8s.io/cluster: c}}, spec: {}}";
    let document = yaml::parse_one(text).unwrap();
    let group = Object::of(&document);
    for (snapshot, wanted) in
        [(Snapshot::default(), Err(Unknown::kind(Kind::Cluster))), (Snapshot::complete(), Ok(false))]
    {
        let profile = profile::resolve(&Stated::default(), &snapshot, Some(group));
        let view = View::new(&snapshot, group, None, &profile, &|| true);
        assert_eq!(view.kops_cluster_of(group).map(|cluster| cluster.is_some()), wanted);
    }
}
