//! `--format html`, read by a strict parser: one page, nothing loaded, nothing run, every text in its place.
//! `tests/html_in_browser.rs` looks at the same pages in a real browser.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

#[path = "check/folder.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod folder;

#[path = "html/pages.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod pages;

use std::collections::BTreeSet;

use ako_gate::matrix;
use ako_gate::model::{Product, Release};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use folder::{Folder, Ran};
use pages::HOSTILE;
use roxmltree::{Document, Node, ParsingOptions};
use sha2::{Digest, Sha256};

fn parsed(page: &str) -> Document<'_> {
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{}", &page[..200]);
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}\n{page}"))
}

fn named<'a>(page: &'a Document<'_>, name: &str) -> Vec<Node<'a, 'a>> {
    page.descendants().filter(|node| node.has_tag_name(name)).collect()
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

/// The words of a class attribute.
fn has_class(node: &Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|found| found == class))
}

/// Everything a page may be made of. A script, a frame, a form, an address to load: none of it is here.
const ELEMENTS: &str = "a article b body br caption code dd div dl dt em fieldset figcaption figure footer h1 h2 h3 head \
    header html img input label legend li main meta nav ol p section span strong style table tbody td th thead title tr \
    ul";
const ATTRIBUTES: &str = "alt aria-current aria-label charset checked class content href http-equiv id lang name role \
    scope src tabindex type";

/// What is wrong with a page, whatever it shows.
fn faults(page: &str) -> Vec<String> {
    let document = parsed(page);
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    let is_any = |words: &str, word: &str| words.split_whitespace().any(|known| known == word);
    for node in document.descendants().filter(Node::is_element) {
        if !is_any(ELEMENTS, node.tag_name().name()) {
            faults.push(format!("element {}", node.tag_name().name()));
        }
        for attribute in node.attributes().filter(|attribute| !is_any(ATTRIBUTES, attribute.name())) {
            faults.push(format!("attribute {}", attribute.name()));
        }
        if let Some(id) = node.attribute("id").filter(|id| !ids.insert(id.to_string())) {
            faults.push(format!("id {id} twice"));
        }
        if let Some(src) = node.attribute("src") {
            let picture = src.strip_prefix("data:image/svg+xml;base64,");
            let picture = picture.and_then(|data| STANDARD.decode(data).ok());
            let picture = String::from_utf8(picture.unwrap_or_default()).unwrap();
            if !Document::parse(&picture)
                .is_ok_and(|svg| svg.root_element().has_tag_name(("http://www.w3.org/2000/svg", "svg")))
            {
                faults.push("a picture is none".to_owned());
            }
            if node.attribute("alt").is_none_or(|alt| alt.len() < 20) {
                faults.push("a picture without words".to_owned());
            }
        }
    }
    for link in named(&document, "a") {
        let target = link.attribute("href").and_then(|href| href.strip_prefix('#'));
        if !target.is_some_and(|target| ids.contains(target)) {
            faults.push(format!("{:?} leads nowhere", link.attribute("href")));
        }
    }
    let style = text(named(&document, "style")[0]);
    if named(&document, "style").len() != 1 || style.contains("url(") || style.contains("@import") {
        faults.push("the style loads something".to_owned());
    }
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        STANDARD.encode(Sha256::digest(style.as_bytes()))
    );
    // before anything it could be about
    let second = named(&document, "meta")[1];
    if (second.attribute("http-equiv"), second.attribute("content"))
        != (Some("Content-Security-Policy"), Some(policy.as_str()))
    {
        faults.push(format!("the policy is {second:?}"));
    }
    if let Some(character) =
        page.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c))
    {
        faults.push(format!("{character:?} in it"));
    }
    faults
}

fn page(ran: &Ran) -> &str {
    assert!(matches!(ran.code, Some(0..=2)), "{ran:?}");
    &ran.stdout
}

#[test]
fn every_page_is_well_formed_and_loads_nothing() {
    for (name, ran) in pages::all() {
        assert_eq!(faults(page(&ran)), [""; 0], "{name}");
    }
}

/// A test of pages that accepts every page would prove nothing.
#[test]
fn a_faulty_page_is_told() {
    let whole = pages::check(10).stdout;
    for (what, put) in [
        ("</main>", "<script>1</script></main>"),
        ("<h1>", "<h1 onclick=\"x()\">"),
        ("href=\"#main\"", "href=\"https://example.com\""),
        ("href=\"#main\"", "href=\"#nowhere\""),
        (
            "<main id=\"main\">",
            "<main id=\"main\"><img src=\"https://example.com/x.png\" alt=\"a picture of something\"/>",
        ),
        ("margin: 0 auto;", "margin: 1px auto;"),
        ("img-src data:", "img-src *"),
        ("</h1>", "\u{202e}</h1>"),
    ] {
        assert!(whole.contains(what), "{what}");
        assert_ne!(faults(&whole.replacen(what, put, 1)), [""; 0], "{put}");
    }
}

#[test]
fn no_name_gets_out_of_its_place() {
    for (name, ran) in pages::hostile() {
        let page = page(&ran);
        assert_eq!(faults(page), [""; 0], "{name}");
        let document = parsed(page);
        let body = text(named(&document, "body")[0]);
        assert!(body.contains(HOSTILE), "{name}: {HOSTILE} is not shown as it is written\n{body}");
    }
}

/// The rows of all tables of the articles of findings.
fn rows(document: &Document<'_>) -> Vec<(String, Vec<String>)> {
    let articles = named(document, "article").into_iter();
    articles
        .flat_map(|article| {
            let rule = article.descendants().find(|node| has_class(node, "source")).unwrap();
            let rule = text(rule.descendants().find(|node| node.has_tag_name("code")).unwrap());
            let bodies = article.descendants().filter(|node| node.has_tag_name("tbody"));
            let rows = bodies.flat_map(|body| body.children().filter(Node::is_element).collect::<Vec<_>>());
            let cells = |row: Node<'_, '_>| row.children().filter(Node::is_element).map(text).collect();
            rows.map(|row| (rule.clone(), cells(row))).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_page_has_every_finding_of_the_json() {
    let ran = pages::check(10);
    let document = parsed(&ran.stdout);
    let mut shown = rows(&document);
    let json = pages::check_as(10, "json").json();
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 10);
    for finding in findings {
        let said = |key: &str| finding[key].as_str().unwrap();
        let (object, source) = (&finding["object"], &finding["source"]);
        let object =
            [&object["kind"], &object["namespace"], &object["name"]].map(|part| part.as_str().unwrap());
        let place = format!("{}:{}:{}", source["file"].as_str().unwrap(), source["line"], source["column"]);
        let row = vec![
            format!("{} {}/{}", object[0], object[1], object[2]),
            said("field").to_owned(),
            format!("{:?}", said("value")),
            place,
        ];
        let wanted = (said("rule").to_owned(), row);
        let at =
            shown.iter().position(|row| *row == wanted).unwrap_or_else(|| panic!("{wanted:?}: {shown:?}"));
        shown.remove(at);
        let body = text(named(&document, "main")[0]);
        for part in ["message", "consequence", "remedy"] {
            assert!(body.contains(said(part)), "{}", said(part));
        }
    }
    assert_eq!(shown, [], "nothing is shown that was not found");
}

/// Every choice hides what it says, by a rule of the style sheet, and no finding is of a class that no choice shows.
#[test]
fn the_filter_has_a_choice_for_every_finding() {
    let ran = pages::check(10);
    let document = parsed(&ran.stdout);
    let radios = named(&document, "input").into_iter().map(|input| input.attribute("id").unwrap());
    assert_eq!(
        radios.collect::<Vec<_>>(),
        ["show-all", "show-deny", "show-warn", "show-audit", "show-exempt"]
    );
    let style = text(named(&document, "style")[0]);
    let articles = named(&document, "article");
    for class in ["deny", "warn", "audit", "exempt"] {
        assert!(
            style.contains(&format!("body:has(#show-{class}:checked) .finding:not(.{class})")),
            "{class}"
        );
        assert!(articles.iter().any(|article| has_class(article, class)), "{class}");
    }
    assert!(articles.iter().all(|article| has_class(article, "finding")));
}

/// The cells marked as the cluster's own, by row: what the cell says, and the word that marks it.
fn marked(page: &str, product: Product) -> Vec<(String, Vec<(String, String)>)> {
    let document = parsed(page);
    let prefix = format!("row-{}-", product.name());
    let rows =
        document.descendants().filter_map(|row| Some((row, row.attribute("id")?.strip_prefix(&prefix)?)));
    let of_row = |row: Node<'_, '_>| {
        let here = row.descendants().filter(|node| node.attribute("aria-current") == Some("true"));
        let words = |cell: Node<'_, '_>| {
            let marks: Vec<String> =
                cell.descendants().filter(|node| node.has_tag_name("em")).map(text).collect();
            let range = text(cell.descendants().find(|node| has_class(node, "range")).unwrap());
            (range, marks.join(" "))
        };
        here.map(words).collect()
    };
    rows.map(|(row, capability)| (capability.to_owned(), of_row(row))).collect()
}

#[test]
fn the_matrix_marks_the_cell_of_the_release() {
    let marked = marked(&pages::check(10).stdout, Product::Ako);
    let rows: Vec<&matrix::Row> = matrix::rows().filter(|row| row.product == Product::Ako).collect();
    assert_eq!(marked.len(), rows.len());
    let release = Release::new(1, 9, 3);
    for (row, (capability, cells)) in rows.into_iter().zip(marked) {
        assert_eq!(row.capability, capability);
        let spans = row.spans();
        let own = spans.iter().find(|cell| cell.range.contains(release)).unwrap();
        assert_eq!(cells, [(own.range.to_string(), "this release".to_owned())], "{capability}");
    }
}

#[test]
fn a_change_of_release_marks_both_cells() {
    let marked = marked(&pages::change("ako=2.1.1").stdout, Product::Ako);
    let (_, cells) = marked.iter().find(|(capability, _)| capability == "l4-ipv6-vip").unwrap();
    let cell = |range: &str, word: &str| (range.to_owned(), word.to_owned());
    assert_eq!(cells, &[cell("before 1.12.0", "before"), cell("1.12.0 and later", "after")]);
    let (_, cells) = marked.iter().find(|(capability, _)| capability == "ipv6-openshift").unwrap();
    assert_eq!(cells, &[cell("all releases", "before after")]);
}

#[test]
fn a_plan_has_its_tables_and_its_picture() {
    let ran = pages::plan();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let document = parsed(&ran.stdout);
    let captions: Vec<String> = named(&document, "caption").into_iter().map(text).collect();
    for caption in
        ["Virtual services and their VIPs", "Pools and their servers", "Nodes and the routes to their Pods"]
    {
        assert!(captions.iter().any(|found| found == caption), "{captions:?}");
    }
    let body = text(named(&document, "main")[0]);
    for part in [
        "demo--shop.example.com_api-shop-front",
        "no server",
        "[fd00:10:244:2::21]:8080 on worker-2 no route",
        "every range: the node has no IPv6 address that AKO reads",
        "1 of 2 nodes have no IPv6 static route",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert_eq!(named(&document, "img").len(), 1);
}

#[test]
fn what_tools_derive_of_documents_is_shown() {
    let (_, ran) = pages::all().into_iter().find(|(name, _)| *name == "documents").unwrap();
    let document = parsed(&ran.stdout);
    let body = text(named(&document, "main")[0]);
    for part in
        ["Cluster c", "ipv6CIDR: 2001:db8:0:a::/64", "64:ff9b::/96: natgw:z", "ApiModel apimodel.json"]
    {
        assert!(body.contains(part), "{part}: {body}");
    }
}

#[test]
fn a_change_has_its_differences_and_two_pictures() {
    let ran = pages::change("serviceType=NodePort");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let document = parsed(&ran.stdout);
    let verdict = document.descendants().find(|node| has_class(node, "verdict")).unwrap();
    assert_eq!(text(verdict), "serviceType=NodePort: worse: 2 pools empty");
    assert!(has_class(&verdict, "bad"));
    let body = text(named(&document, "main")[0]);
    for part in
        ["loses its last server", "[fd00:10:244:1::53]:5353", "2001:db8:10::11", "Findings that vanish"]
    {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert_eq!(named(&document, "img").len(), 2);
    // no change, no difference
    let ran = pages::change("ako=1.11.5");
    let document = parsed(&ran.stdout);
    assert!(text(named(&document, "body")[0]).contains("ako=1.11.5: nothing changes"), "{}", ran.stdout);
    assert_eq!(named(&document, "section").len(), 1, "the matrix alone");
}

#[test]
fn an_upgrade_path_has_every_release_and_what_differs_at_it() {
    let ran = pages::path("ako=1.11.5");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let document = parsed(&ran.stdout);
    let verdict = document.descendants().find(|node| has_class(node, "verdict")).unwrap();
    assert_eq!(text(verdict), "AKO 1.11.5 to 2.1.1: nothing gets worse");
    assert!(has_class(&verdict, "good"));
    let rows: Vec<String> = named(&document, "tr").into_iter().map(text).collect();
    let articles: Vec<Node<'_, '_>> = named(&document, "article");
    // every release after it is told, those at which something changes in full
    let steps: Vec<String> = rows.iter().filter(|row| row.contains("nothing")).cloned().collect();
    assert!(steps.len() > articles.len() && !articles.is_empty(), "{rows:?}");
    let first = text(articles[0]);
    assert!(first.starts_with("\nAKO 1.12.1\n"), "{first}");
    for part in ["Findings that vanish", "ako/ipv6-vip-on-load-balancer deny", "spec.ipFamilies[0]"] {
        assert!(first.contains(part), "{part}: {first}");
    }
}

#[test]
fn what_is_too_much_for_a_page_is_counted() {
    let ran = pages::check(3000);
    let document = parsed(&ran.stdout);
    assert!(text(named(&document, "main")[0]).contains("more; --format json has them all"));
    assert!(ran.stdout.len() < 1_000_000, "{}", ran.stdout.len());
    let verdict = document.descendants().find(|node| has_class(node, "verdict")).unwrap();
    assert!(text(verdict).starts_with("3000 objects judged"), "{}", text(verdict));
}

#[test]
fn what_cannot_be_read_stands_at_the_top() {
    let folder = Folder::with(&[("bad<.yaml", "a: ["), ("good.yaml", folder::FAULTY)]);
    let ran = folder.check(&["--format", "html", "bad<.yaml", "good.yaml"]);
    assert_eq!(ran.code, Some(2));
    let document = parsed(&ran.stdout);
    let header = text(named(&document, "header")[0]);
    assert!(header.contains("cannot be read: bad<.yaml:1:4: unclosed bracket '['"), "{header}");
}
