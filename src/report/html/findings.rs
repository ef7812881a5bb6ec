//! Findings by rule, and the filter that hides some of them without a script.

use std::collections::BTreeMap;

use super::writer::{Html, code, plain};
use crate::matrix::Row;
use crate::model::verdict::Lowered;
use crate::model::{Action, Judged, Product, Profile};
use crate::report::check::Checked;
use crate::report::plan::tree;
use crate::report::text::{lowered, quoted};
use crate::rule::Rule;
use crate::rules;

/// Different things said by one rule that are shown; more are counted.
const TEXTS: usize = 200;

/// A finding with the object it is about.
pub(super) type Told<'a> = (&'a Checked, &'a Judged);

/// What becomes of a finding, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Deny,
    Warn,
    Audit,
    Exempt,
}

impl Class {
    const ALL: [Self; 4] = [Self::Deny, Self::Warn, Self::Audit, Self::Exempt];

    /// Nothing for a finding that is not shown at all.
    fn of(judged: &Judged) -> Option<Self> {
        match (&judged.lowered, judged.action) {
            (_, Action::Off) => None,
            (Some(Lowered::Exempt { .. }), _) => Some(Self::Exempt),
            (_, Action::Deny) => Some(Self::Deny),
            (_, Action::Warn) => Some(Self::Warn),
            (_, Action::Audit) => Some(Self::Audit),
        }
    }

    /// The class of the elements, which the style sheet knows.
    fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Warn => "warn",
            Self::Audit => "audit",
            Self::Exempt => "exempt",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Deny => "Denied",
            Self::Warn => "Warned",
            Self::Audit => "Recorded",
            Self::Exempt => "Exempt",
        }
    }
}

/// Choices that hide findings of other classes; nothing where there is nothing to choose.
pub(super) fn filter(told: &[Told<'_>]) -> Html {
    let mut html = Html::default();
    let classes: Vec<Class> = told.iter().filter_map(|(_, judged)| Class::of(judged)).collect();
    let count = |class: Class| classes.iter().filter(|found| **found == class).count();
    let there: Vec<Class> = Class::ALL.into_iter().filter(|class| count(*class) > 0).collect();
    if there.len() < 2 {
        return html;
    }
    html.mark("<fieldset class=\"filter\"><legend>Show findings</legend>\n");
    html.mark("<label><input type=\"radio\" name=\"show\" id=\"show-all\" checked=\"checked\"/> All (");
    html.text(&classes.len().to_string()).mark(")</label>\n");
    for class in there {
        html.mark("<label><input type=\"radio\" name=\"show\" id=\"show-").mark(class.name()).mark("\"/> ");
        html.mark(class.word()).mark(" (").text(&count(class).to_string()).mark(")</label>\n");
    }
    html.mark("</fieldset>\n");
    html
}

/// How often each matrix row is broken.
pub(super) fn rows(told: &[Told<'_>]) -> BTreeMap<(Product, &'static str), usize> {
    let mut rows = BTreeMap::new();
    for (_, judged) in told {
        if let (Some(row), Some(_)) = (row(judged.finding.rule), Class::of(judged)) {
            *rows.entry((row.product, row.capability)).or_default() += 1;
        }
    }
    rows
}

fn row(rule: &str) -> Option<&'static Row> {
    rules::find(rule)?.enforces.first().copied()
}

/// The findings by rule; `side` tells their anchors from those of another list on the page.
pub(super) fn listed(side: &'static str, told: &[Told<'_>], profile: &Profile) -> Html {
    let mut groups: BTreeMap<(Class, &'static str), Vec<Told<'_>>> = BTreeMap::new();
    for told in told {
        if let Some(class) = Class::of(told.1) {
            groups.entry((class, told.1.finding.rule)).or_default().push(*told);
        }
    }
    let mut html = Html::default();
    if groups.is_empty() {
        html.paragraph("None.");
        return html;
    }
    html.mark("<table class=\"index\"><caption>By rule</caption>\n<thead><tr><th scope=\"col\">Rule</th>");
    html.mark("<th scope=\"col\">Outcome</th><th scope=\"col\">Findings</th></tr></thead>\n<tbody>\n");
    for ((class, rule), told) in &groups {
        html.mark("<tr class=\"finding ").mark(class.name()).mark("\"><th scope=\"row\"><a href=\"#");
        anchor(&mut html, side, *class, rule);
        html.mark("\"><code>").text(rule).mark("</code></a></th><td>");
        tag(&mut html, *class);
        html.mark("</td><td>").text(&told.len().to_string()).mark("</td></tr>\n");
    }
    html.mark("</tbody></table>\n");
    for ((class, rule), told) in &groups {
        html.mark("<article class=\"finding ").mark(class.name()).mark("\" id=\"");
        anchor(&mut html, side, *class, rule);
        html.mark("\">\n");
        group(&mut html, *class, rule, told, profile);
        html.mark("</article>\n");
    }
    html
}

fn anchor(html: &mut Html, side: &'static str, class: Class, rule: &str) {
    html.mark(side).mark(if side.is_empty() { "" } else { "-" }).mark(class.name()).mark("-").text(rule);
}

fn tag(html: &mut Html, class: Class) {
    html.mark("<span class=\"tag ").mark(class.name()).mark("\">").mark(class.word()).mark("</span>");
}

fn group(html: &mut Html, class: Class, rule: &'static str, told: &[Told<'_>], profile: &Profile) {
    let summary = rules::find(rule).map(Rule::summary).unwrap_or_default();
    html.mark("<h3>");
    tag(html, class);
    html.mark(" ").text(summary).mark("</h3>\n<p class=\"source\"><code>").text(rule).mark("</code>");
    if let Some(row) = row(rule) {
        let release = profile.release(row.product);
        let support = row.cell(release.value).map_or("-", |cell| cell.support.name());
        html.mark(", by the matrix row <a href=\"#").add(&anchor_of(row)).mark("\">").text(row.title);
        html.mark("</a>: ").mark(support).mark(" at ").mark(row.product.title()).mark(" ");
        html.text(&release.text);
    }
    html.mark("</p>\n");
    // what says the same of many objects is said once
    let mut texts: Vec<([&str; 3], String, Vec<Told<'_>>)> = Vec::new();
    let mut places: BTreeMap<([&str; 3], String), usize> = BTreeMap::new();
    for told in told {
        let finding = &told.1.finding;
        let text = [&*finding.message, &finding.consequence, &finding.remedy];
        let why = lowered(told.1);
        let place = *places.entry((text, why.clone())).or_insert(texts.len());
        match texts.get_mut(place) {
            Some((_, _, all)) => all.push(*told),
            None => texts.push((text, why, vec![*told])),
        }
    }
    let count = texts.len();
    for ([message, consequence, remedy], why, told) in texts.into_iter().take(TEXTS) {
        html.mark("<p class=\"message\">").text(&why).text(message).mark("</p>\n<dl>");
        for (name, text) in [("Why", consequence), ("What to do", remedy)] {
            if !text.is_empty() {
                html.mark("<dt>").mark(name).mark("</dt><dd>").text(text).mark("</dd>");
            }
        }
        html.mark("</dl>\n");
        html.table(
            &tree::count(told.len(), "place"),
            &["Object", "Field", "Value", "Place"],
            told.iter().map(cells),
        );
    }
    html.more(count, TEXTS);
}

fn cells((checked, judged): &Told<'_>) -> Vec<Html> {
    let finding = &judged.finding;
    let value = if finding.value.is_empty() { plain("none") } else { code(&quoted(&finding.value)) };
    let place = match finding.span.filter(|span| span.line > 0) {
        Some(span) => format!("{}:{}:{}", checked.file, span.line, span.column),
        None => checked.file.clone(),
    };
    vec![code(&finding.object.to_string()), code(finding.field.as_str()), value, code(&place)]
}

/// Where a matrix row stands on the page.
pub(super) fn anchor_of(row: &Row) -> Html {
    let mut html = Html::default();
    html.mark("row-").mark(row.product.name()).mark("-").mark(row.capability);
    html
}
