//! What generated input is made of.

use proptest::num;
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Pieces put one behind the other without any sense.
pub(crate) fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![6 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

pub(crate) const JSON_PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"request\"",
    "\"uid\":\"u\",",
    "\"object\":",
    "\"metadata\":{",
    "\"annotations\":{",
    "\"managedFields\":",
    "null",
    "true",
    "-1.5e3",
    "1e999",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"",
    "\\",
    " ",
    "\n",
    "0",
];

pub(crate) const YAML_PIECES: &[&str] = &[
    "a: ",
    "b:",
    "- ",
    "? ",
    "  ",
    "\n",
    "\n  ",
    "---\n",
    "...\n",
    "&x ",
    "*x",
    "*x ",
    "<<: ",
    "<<: *x\n",
    "<<: [*x, *y]\n",
    "&y ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "!!str ",
    "!!map ",
    "!x ",
    "# c\n",
    "\t",
    "%YAML 1.1\n",
    "yes",
    "~",
    "0x1F",
    "1e3",
    "1_0",
    "\u{feff}",
    "\r\n",
    "\u{85}",
];

pub(crate) const SETTINGS_PIECES: &[&str] = &[
    "profile: ",
    "{ako: 1.9.3}\n",
    "{ako: x, pin: 3}\n",
    "rules:\n",
    "  '*': ",
    "  ako/*: warn\n",
    "  ako/unknown-ip-family: ",
    "deny\n",
    "off\n",
    "{webhook: warn}\n",
    "{webhook: [x]}\n",
    "exemptions:\n",
    "- ",
    "rule: ako/*\n",
    "  match: {name: a*}\n",
    "  match: x\n",
    "  reason: r\n",
    "  owner: o\n",
    "  expires: 2027-03-31\n",
    "  expires: 2027-02-31\n",
    "webhook: ",
    "{unknown: deny}\n",
    "\n",
    "[",
    "]",
    "{",
    "}",
    "x: y\n",
    "~\n",
    "&a ",
    "*a\n",
];

/// Keys of objects and of settings, and some that YAML would like to be something else.
const KEYS: &[&str] = &[
    "spec",
    "data",
    "type",
    "ipFamilies",
    "kind",
    "y",
    "1",
    "<<",
    "items",
    "ako",
    "pin",
    "ako/*",
    "*",
    "webhook",
    "check",
    "rule",
    "match",
    "name",
    "reason",
    "owner",
    "expires",
    "unknown",
];

/// Any JSON, with keys that mean something to the gate.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // what is smaller still is not read exactly by anybody here
        (num::f64::NORMAL | num::f64::POSITIVE | num::f64::NEGATIVE).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(&["CREATE", "v1", "Service", "V6", "2001:db8::/64", "~", "yes", "1.30"][..])
            .prop_map(Value::from),
    ];
    let key = prop_oneof![any::<String>(), prop::sample::select(KEYS).prop_map(str::to_owned),];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}
