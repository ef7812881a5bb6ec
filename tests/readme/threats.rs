//! SECURITY.md against the tests there are.

use std::fs;

use crate::support::control_plane::root;

/// SECURITY.md names a test for each threat: there must be one.
#[test]
fn every_threat_has_its_test() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, page) = page.split_once("## Threats").unwrap();
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat")).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let named = row.split('`').filter_map(|part| part.split_once(".rs::"));
        let named: Vec<(&str, &str)> = named.collect();
        assert!(!named.is_empty(), "no test is named: {row}");
        for (file, test) in named {
            let text = fs::read_to_string(root().join(format!("{file}.rs"))).unwrap();
            assert!(text.contains(&format!("fn {test}(")), "{file}.rs has no test {test}");
        }
    }
}
