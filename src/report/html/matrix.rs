//! The support matrix, with the cell of the cluster's own release marked.

use std::collections::BTreeMap;

use super::findings::anchor_of;
use super::writer::Html;
use crate::matrix::{self, Cell, Row, Support};
use crate::model::{Product, Profile};
use crate::report::plan::tree;

/// The matrices of these products; each of `profiles` marks a cell of each row with its word. `broken` says how many
/// findings a row has.
pub(super) fn tables(
    products: impl Iterator<Item = Product>,
    profiles: &[(&'static str, &Profile)],
    broken: &BTreeMap<(Product, &'static str), usize>,
) -> Html {
    let mut html = Html::default();
    for product in products {
        html.mark("<table class=\"matrix\"><caption>").mark(product.title());
        let marks = marks(product, profiles);
        for (word, profile) in &marks {
            html.mark(", ").mark(word).mark(": ").text(&profile.release(product).text);
        }
        html.mark("</caption>\n<thead><tr><th scope=\"col\">Capability</th>");
        html.mark("<th scope=\"col\">What holds in which release</th></tr></thead>\n<tbody>\n");
        for row in matrix::rows().filter(|row| row.product == product) {
            let count = broken.get(&(product, row.capability)).copied().unwrap_or_default();
            line(&mut html, row, &marks, count);
        }
        html.mark("</tbody></table>\n");
    }
    html
}

/// The words to mark cells with: one alone where both sides have the same release.
fn marks<'a>(product: Product, profiles: &[(&'static str, &'a Profile)]) -> Vec<(&'static str, &'a Profile)> {
    match profiles {
        [(_, before), (_, after)] if before.release(product).value == after.release(product).value => {
            vec![("this release", before)]
        }
        other => other.to_vec(),
    }
}

fn line(html: &mut Html, row: &Row, marks: &[(&'static str, &Profile)], broken: usize) {
    html.mark("<tr id=\"").add(&anchor_of(row)).mark("\"><th scope=\"row\">").text(row.title);
    if broken > 0 {
        html.mark(" <span class=\"count\">").text(&tree::count(broken, "finding")).mark("</span>");
    }
    html.mark("</th><td><ol class=\"spans\">");
    for cell in row.spans() {
        let here: Vec<&'static str> = marks
            .iter()
            .filter(|(_, profile)| cell.range.contains(profile.release(row.product).value))
            .map(|(word, _)| *word)
            .collect();
        span(html, &cell, &here);
    }
    // not in the heading of the row, which is read aloud with its cells
    html.mark("</ol><p class=\"source\"><code>").mark(row.capability).mark("</code>. Source: ");
    html.text(row.source);
    if !row.note.is_empty() {
        html.mark(". Note: ").text(row.note);
    }
    html.mark("</p></td></tr>\n");
}

fn span(html: &mut Html, cell: &Cell, here: &[&'static str]) {
    let (class, word) = match cell.support {
        Support::Yes => ("yes", "yes"),
        Support::Limited => ("limited", "limited"),
        Support::No => ("no", "no"),
        Support::Absent => ("absent", "not there"),
    };
    html.mark("<li class=\"").mark(class);
    html.mark(if here.is_empty() { "\">" } else { " here\" aria-current=\"true\">" });
    html.mark("<span class=\"range\">").text(&cell.range.to_string()).mark("</span> <strong>");
    html.mark(word).mark("</strong>");
    if !cell.text.is_empty() {
        html.mark(": ").text(cell.text);
    }
    for word in here {
        html.mark(" <em>").mark(word).mark("</em>");
    }
    html.mark("</li>");
}
