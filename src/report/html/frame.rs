//! What surrounds the sections of a page: the policy, the style, the verdict, the environment, the way around.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::writer::{Html, code, plain};
use crate::model::Profile;
use crate::report::check::Unreadable;

/// The style sheet. It holds no address, and neither `<` nor `&`.
const STYLE: &str = include_str!("page.css");

/// How a verdict looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Care,
    Bad,
}

/// What stands above the sections.
pub(super) struct Head<'a> {
    pub(super) title: &'static str,
    /// The outcome in one line.
    pub(super) verdict: String,
    pub(super) mood: Mood,
    /// The environments, each with what tells it from the other.
    pub(super) profiles: Vec<(&'static str, &'a Profile)>,
    /// What is assumed, what is not known, and what else is worth knowing.
    pub(super) notes: Vec<String>,
    pub(super) unreadable: &'a [Unreadable],
}

/// A part of the page that can be jumped to; one without a body is left out.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) body: Html,
}

/// The whole page. `filter` stands above the sections and hides findings in all of them.
pub(super) fn document(head: &Head<'_>, filter: &Html, sections: &[Section]) -> String {
    let sections: Vec<&Section> = sections.iter().filter(|section| !section.body.is_empty()).collect();
    let mut html = Html::default();
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    html.mark("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    html.mark(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-",
    );
    html.text(&hash).mark("'; img-src data:; base-uri 'none'; form-action 'none'\"/>\n");
    html.mark("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    html.mark("<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>").mark(head.title).mark(": ");
    html.text(&head.verdict).mark("</title>\n<style>").mark(STYLE).mark("</style>\n</head>\n<body>\n");
    html.mark("<a class=\"skip\" href=\"#main\">Skip to the sections</a>\n<header>\n<h1>");
    html.mark(head.title).mark("</h1>\n").mark(match head.mood {
        Mood::Good => "<p class=\"verdict good\">",
        Mood::Care => "<p class=\"verdict care\">",
        Mood::Bad => "<p class=\"verdict bad\">",
    });
    html.text(&head.verdict).mark("</p>\n");
    for unreadable in head.unreadable {
        html.mark("<p class=\"unreadable\"><strong>cannot be read:</strong> <code>");
        html.text(&unreadable.place()).mark("</code>: ").text(&unreadable.message).mark("</p>\n");
    }
    environment(&mut html, &head.profiles);
    if !head.notes.is_empty() {
        html.mark("<h2>Notes</h2>\n").list(&head.notes);
    }
    html.mark("</header>\n<nav aria-label=\"Sections\"><ul>");
    for section in &sections {
        html.mark("<li><a href=\"#").mark(section.id).mark("\">").mark(section.title).mark("</a></li>");
    }
    html.mark("</ul></nav>\n").add(filter).mark("<main id=\"main\">\n");
    for section in sections {
        html.mark("<section id=\"").mark(section.id).mark("\">\n<h2>").mark(section.title).mark("</h2>\n");
        html.add(&section.body).mark("</section>\n");
    }
    html.mark("</main>\n<footer><p>ako-gate ").mark(env!("CARGO_PKG_VERSION"));
    html.mark("</p></footer>\n</body>\n</html>\n");
    html.into_text()
}

/// What is known beside the input, and from where.
fn environment(html: &mut Html, profiles: &[(&'static str, &Profile)]) {
    let mut rows = Vec::new();
    for (index, (side, profile)) in profiles.iter().enumerate() {
        for entry in profile.entries() {
            let is_shared = profiles.iter().all(|(_, other)| other.entries().contains(&entry));
            // what both sides have in common is said once
            if is_shared && index > 0 {
                continue;
            }
            let (key, value, from) = entry;
            let mut name = code(key);
            if !is_shared {
                name.mark(" ").mark(side);
            }
            rows.push((key, vec![name, code(value), plain(from.name())]));
        }
    }
    rows.sort_by_key(|(key, _)| *key);
    html.table("Environment", &["Key", "Value", "From"], rows.into_iter().map(|(_, row)| row));
}
