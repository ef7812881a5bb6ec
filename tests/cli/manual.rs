//! The manual that the binary holds: rules, explanations, the support matrix.

use ako_gate::model::Product;
use ako_gate::{matrix, rules};

use crate::cli::run::{mistake, prints, run};

#[test]
fn rules_lists_every_rule_on_a_line_of_its_own() {
    let text = prints(&["rules"]);
    for (line, rule) in text.lines().zip(rules::all()) {
        let words: Vec<&str> = line.split_whitespace().take(2).collect();
        assert_eq!(words, [rule.action.name(), rule.name]);
        assert!(line.ends_with(rule.summary()), "{line}");
    }
    assert_eq!(text.lines().count(), rules::all().count());
    let ako = text
        .lines()
        .filter(|line| line.contains(" ako/"))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(prints(&["rules", "--product", "ako"]), ako);
    mistake(&run(&["rules", "--product", "aks"]), &["unknown product \"aks\"", "known products: ako, "]);
}

#[test]
fn explain_shows_the_page_of_a_rule() {
    for rule in rules::all() {
        let page = prints(&["explain", rule.name]);
        let first = format!("{} ({})\n\n{}\n", rule.name, rule.action.name(), rule.summary());
        assert!(page.starts_with(&first), "{page}");
        for heading in
            ["\n## Why\n", "\n## What to do instead\n", "\n## Not reported\n", "\n## Support matrix\n"]
        {
            assert!(page.contains(heading), "{heading:?} is not in {page}");
        }
        for row in rule.enforces {
            assert!(page.contains(row.source), "{page}");
        }
        let [_, reported, silent] = page.split("\n## Example that is ").collect::<Vec<_>>()[..] else {
            panic!("{page}");
        };
        let answer = |example: &str| {
            example.contains(&format!("rule: {}", rule.name)) || example.contains("Warning: ")
        };
        assert!(reported.starts_with("reported\n") && answer(reported), "{page}");
        assert!(
            silent.starts_with("not reported\n") && !silent.contains(&format!("rule: {}", rule.name)),
            "{page}"
        );
    }
}

#[test]
fn explain_helps_with_a_misspelt_name() {
    let meant = "did you mean ako/ipv6-vip-on-load-balancer?";
    for name in ["ako/ipv6-vip-on-load-balncer", "ako/ipv6-vip-on-loadbalancer", "ipv6-vip-on-load-balancer"]
    {
        mistake(&run(&["explain", name]), &[name, meant, "ako-gate rules lists them"]);
    }
    let outcome = run(&["explain", "something-else-altogether"]);
    mistake(&outcome, &["ako-gate rules lists them"]);
    assert!(!outcome.stderr.contains("did you mean"), "{}", outcome.stderr);
}

#[test]
fn matrix_shows_all_or_what_was_asked_for() {
    let all = prints(&["matrix"]);
    for row in matrix::rows() {
        assert!(all.contains(&format!("{}  {}\n", row.capability, row.title)), "{}", row.capability);
        assert!(all.contains(&format!("  source: {}\n", row.source)), "{}", row.capability);
    }
    let one = prints(&["matrix", "--capability", "l4-ipv6-vip", "--release", "1.9.3"]);
    let lines: Vec<&str> = one.lines().collect();
    assert!(lines[0].starts_with("l4-ipv6-vip  "), "{one}");
    let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(cells[1].last(), Some(&"no"), "{one}");
    assert!(lines[2].starts_with("  source: "), "one release has one cell: {one}");
    let newer = prints(&["matrix", "--capability", "l4-ipv6-vip", "--release", "1.12.1"]);
    assert!(newer.lines().nth(1).unwrap().ends_with("yes"), "{newer}");
    let ako = prints(&["matrix", "--product", "ako"]);
    for row in matrix::rows() {
        assert_eq!(ako.contains(row.title), row.product == Product::Ako, "{}", row.capability);
    }
}

/// What one release of one product supports is a table: a line for each row, its notes and its sources below.
#[test]
fn the_support_table_of_a_release_reads_like_one() {
    for (product, release, title) in [
        (Product::Kops, "1.36", "kOps 1.36"),
        (Product::AksEngine, "0.79.0", "AKS Engine 0.79.0"),
        (Product::Kubernetes, "1.36", "Kubernetes 1.36"),
        (Product::Ako, "1.11.5", "AKO 1.11.5"),
    ] {
        let table = prints(&["matrix", "--product", product.name(), "--release", release]);
        let (head, rest) = table.split_once("\n\n").unwrap();
        let (lines, _) = rest.split_once("\n\n").unwrap();
        assert_eq!(head, title);
        let rows: Vec<_> = matrix::rows().filter(|row| row.product == product).collect();
        let columns: Vec<usize> = rows
            .iter()
            .zip(lines.lines())
            .map(|(row, line)| {
                let cell = row.cell(release.parse().unwrap()).unwrap();
                let said = line.strip_prefix("  ").unwrap().strip_prefix(row.title).unwrap();
                let (support, text) = said.trim_start().split_once(' ').unwrap_or((said.trim_start(), ""));
                assert_eq!(support, cell.support.name(), "{line}");
                assert!(text.trim_start().starts_with(cell.text), "{line}");
                line.chars().count() - said.trim_start().chars().count()
            })
            .collect();
        assert_eq!((columns.len(), lines.lines().count()), (rows.len(), rows.len()), "{table}");
        assert!(columns.windows(2).all(|pair| pair[0] == pair[1]), "one column: {columns:?}");
        for row in rows {
            assert!(table.contains(row.note) && table.contains(row.source), "{}", row.capability);
        }
    }
}

#[test]
fn matrix_helps_with_what_it_does_not_know() {
    mistake(&run(&["matrix", "--capability", "l4"]), &["known capabilities: l7-ipv6-vip, l4-ipv6-vip, "]);
    mistake(&run(&["matrix", "--release", "newest"]), &["\"newest\" is not a release", "1.11.5"]);
    mistake(&run(&["matrix", "--product", "x"]), &["known products: ako"]);
}
