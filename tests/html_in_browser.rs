//! The pages of `--format html` in a real headless Chromium: `make test-pages`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "what is left out is said aloud")]

mod support;

#[path = "check/folder.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod folder;

#[path = "html/pages.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod pages;

#[path = "html/browser.rs"]
mod browser;

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use browser::Browser;
use folder::Ran;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The browser that `AKO_GATE_BROWSER` names; without one the test is left out, which is said aloud.
fn browser() -> Option<Browser> {
    let Ok(program) = std::env::var("AKO_GATE_BROWSER") else {
        println!("left out, as AKO_GATE_BROWSER names no browser: pages in a real one (make test-pages)");
        return None;
    };
    Some(Browser::start(&program))
}

/// The page as a file, opened; what the browser said meanwhile.
fn open(browser: &mut Browser, folder: &TempDir, ran: &Ran) -> Vec<Value> {
    let path = folder.path().join("page.html");
    fs::write(&path, &ran.stdout).unwrap();
    browser.open(path.to_str().unwrap())
}

/// Everything the browser asked for, and everything it complained about.
fn asked_and_said(events: &[Value]) -> (Vec<String>, Vec<String>) {
    let text =
        |event: &Value, path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or("").to_owned();
    let of = |method: &'static str| events.iter().filter(move |event| event["method"] == method);
    let asked = of("Network.requestWillBeSent").map(|event| text(event, "/params/request/url"));
    let said = of("Log.entryAdded").map(|event| text(event, "/params/entry/text"));
    let alert = of("Page.javascriptDialogOpening").map(Value::to_string);
    (asked.collect(), said.chain(alert).collect())
}

#[test]
fn nothing_is_loaded_and_nothing_is_run() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    // what keeps scripts out is the page, not a setting of the browser
    browser.call("Emulation.setScriptExecutionDisabled", &json!({"value": false}));
    for (name, ran) in pages::all().into_iter().chain(pages::hostile()) {
        let (asked, said) = asked_and_said(&open(&mut browser, &folder, &ran));
        let (pages, others): (Vec<_>, Vec<_>) =
            asked.into_iter().partition(|url| url.starts_with("file:///") && url.ends_with("/page.html"));
        assert_eq!(pages.len(), 1, "{name}");
        assert!(others.iter().all(|url| url.starts_with("data:image/svg+xml;base64,")), "{name}: {others:?}");
        assert_eq!(said, [""; 0], "{name}");
        assert_eq!(
            browser.value("document.querySelectorAll('script, iframe, [onerror]').length"),
            0,
            "{name}"
        );
        let pictures = "[...document.images].every(image => image.complete && image.naturalWidth > 500)";
        assert_eq!(browser.value(pictures), true, "{name}");
        assert_eq!(browser.value("document.compatMode"), "CSS1Compat", "{name}");
    }
}

/// The policy holds even where a script got in: without this the test above would prove less.
#[test]
fn the_policy_keeps_a_script_and_an_address_out() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    browser.call("Emulation.setScriptExecutionDisabled", &json!({"value": false}));
    let mut ran = pages::check(10);
    let put = "<script>document.title = 'run'</script><img src=\"file:///etc/hostname\" onerror=\"document.title = 'run'\" \
               alt=\"\"/><p style=\"color: red\" id=\"styled\">x</p></main>";
    ran.stdout = ran.stdout.replace("</main>", put);
    let (_, said) = asked_and_said(&open(&mut browser, &folder, &ran));
    assert!(said.len() >= 3 && said.iter().all(|line| line.contains("Content Security Policy")), "{said:?}");
    assert_ne!(browser.value("document.title"), "run");
    let color = browser.value("getComputedStyle(document.querySelector('#styled')).color");
    assert_ne!(color, "rgb(255, 0, 0)");
}

const VISIBLE: &str = "[...document.querySelectorAll('article')].filter(article => article.checkVisibility()).map(article => \
    article.className.replace('finding ', ''))";

#[test]
fn the_filter_works_from_the_keyboard_without_scripts() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    open(&mut browser, &folder, &pages::check(10));
    browser.look("light", "screen");
    let all = browser.value(VISIBLE);
    assert_eq!(all, json!(["deny", "warn", "audit", "exempt"]));
    // the first stop jumps over what stands above
    browser.press("Tab", 9);
    assert_eq!(browser.value("document.activeElement.textContent"), "Skip to the sections");
    let seen = "document.activeElement.getBoundingClientRect().left >= 0";
    assert_eq!(browser.value(seen), true, "who tabs sees where");
    let mut stops = 1;
    while browser.value("document.activeElement.id") != "show-all" {
        browser.press("Tab", 9);
        stops += 1;
        assert!(stops < 10, "the filter cannot be reached");
    }
    for class in ["deny", "warn", "audit", "exempt"] {
        browser.press("ArrowDown", 40);
        assert_eq!(browser.value("document.activeElement.id"), format!("show-{class}"));
        assert_eq!(browser.value(VISIBLE), json!([class]));
        let outline = "getComputedStyle(document.activeElement).outlineStyle";
        assert_eq!(browser.value(outline), "solid", "the focus is seen");
    }
    // paper has them all
    browser.look("light", "print");
    assert_eq!(browser.value(VISIBLE), all);
    assert_eq!(browser.value("document.querySelector('.filter').checkVisibility()"), false);
}

fn images(browser: &mut Browser) -> usize {
    usize::try_from(browser.value("document.images.length").as_u64().unwrap()).unwrap()
}

/// Name and role of everything a screen reader meets.
fn heard(browser: &mut Browser) -> Vec<(String, String)> {
    let tree = browser.call("Accessibility.getFullAXTree", &json!({}));
    let text = |node: &Value, key: &str| node[key]["value"].as_str().unwrap_or_default().to_owned();
    let nodes = tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] == false);
    nodes.map(|node| (text(node, "role"), text(node, "name"))).collect()
}

#[test]
fn a_screen_reader_finds_its_way() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    for (name, ran) in pages::all() {
        open(&mut browser, &folder, &ran);
        let heard = heard(&mut browser);
        let of = |role: &str| -> Vec<&str> {
            heard.iter().filter(|(found, _)| found == role).map(|(_, name)| name.as_str()).collect()
        };
        for role in ["main", "banner", "navigation", "contentinfo"] {
            assert_eq!(of(role).len(), 1, "{name}: {role}");
        }
        for role in ["heading", "table", "link", "radio", "image", "region", "columnheader", "rowheader"] {
            assert!(of(role).iter().all(|name| !name.trim().is_empty()), "{name}: {role} without a name");
        }
        assert_eq!(images(&mut browser), of("image").len(), "{name}");
        let levels = "[...document.querySelectorAll('h1, h2, h3')].map(head => Number(head.tagName[1]))";
        let levels = browser.value(levels);
        let levels: Vec<i64> =
            levels.as_array().unwrap().iter().map(|level| level.as_i64().unwrap()).collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name}: {levels:?}");
    }
    open(&mut browser, &folder, &pages::check(10));
    let heard = heard(&mut browser);
    assert!(heard.contains(&("group".to_owned(), "Show findings".to_owned())));
    let radios = heard.iter().filter(|(role, _)| role == "radio").map(|(_, name)| name.as_str());
    let wanted = ["All (10)", "Denied (6)", "Warned (2)", "Recorded (1)", "Exempt (1)"];
    assert_eq!(radios.collect::<Vec<_>>(), wanted);
    // the heading of a row is read with each of its cells: short, and no sources in it
    assert!(heard.iter().all(|(role, name)| role != "rowheader" || name.len() < 100));
}

/// The smallest contrast of any text with what is behind it (WCAG 2.2, 1.4.3), and where.
const CONTRAST: &str = "(() => {
    const numbers = color => color.match(/[0-9.]+/g).map(Number);
    const part = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const ground = node => {
        for (; node; node = node.parentElement) {
            const found = numbers(getComputedStyle(node).backgroundColor);
            if (found.length < 4 || found[3] > 0) return found;
        }
        return [255, 255, 255];
    };
    let worst = [21, ''];
    for (const node of document.querySelectorAll('body *')) {
        const said = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
        if (!said || !node.checkVisibility()) continue;
        const [a, b] = [light(numbers(getComputedStyle(node).color)), light(ground(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < worst[0]) worst = [ratio, node.tagName + '.' + node.className + ': ' + node.textContent];
    }
    return worst;
})()";

#[test]
fn every_text_can_be_read_in_light_and_dark_and_on_paper() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    for (name, ran) in pages::all() {
        open(&mut browser, &folder, &ran);
        let mut grounds = Vec::new();
        for (scheme, media) in [("light", "screen"), ("dark", "screen"), ("dark", "print")] {
            browser.look(scheme, media);
            let worst = browser.value(CONTRAST);
            assert!(worst[0].as_f64().unwrap() >= 4.5, "{name}, {scheme}, {media}: {worst}");
            grounds.push(browser.value("getComputedStyle(document.body).backgroundColor"));
        }
        assert_eq!((&grounds[0], &grounds[2]), (&json!("rgb(255, 255, 255)"), &json!("rgb(255, 255, 255)")));
        assert_ne!(grounds[1], grounds[0], "{name}: dark is dark");
    }
}

#[test]
fn nothing_sticks_out_of_a_narrow_window() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    for (name, ran) in pages::all().into_iter().chain(pages::hostile()) {
        open(&mut browser, &folder, &ran);
        browser.look("light", "screen");
        for width in [1280, 400] {
            let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
            browser.call("Emulation.setDeviceMetricsOverride", &size);
            let found = browser.value("document.documentElement.scrollWidth");
            assert!(found.as_i64().unwrap() <= width, "{name}: {found} in {width}");
        }
    }
}

#[test]
fn it_prints() {
    let Some(mut browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    for (name, ran) in [("check of many", pages::check(1000)), ("plan", pages::plan())] {
        open(&mut browser, &folder, &ran);
        let printed =
            browser.call("Page.printToPDF", &json!({"preferCSSPageSize": false, "printBackground": true}));
        let pdf = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
        let pdf = String::from_utf8_lossy(&pdf);
        let pages = pdf.matches("/Type /Page\n").count();
        assert!(pages > 3 && pages < 100, "{name}: {pages} pages");
        // the pictures lie on their side
        let wide = pdf.matches("/MediaBox [0 0 792 612]").count();
        assert_eq!(wide > 0, name == "plan", "{name}");
    }
}
