//! JUnit XML, which every CI system shows: a suite for each file, a test case for each object or case file.

use std::collections::BTreeMap;

use super::cases::Run;
use super::check::{Checked, Report};
use super::text::{block, is_active, lowered, shown};
use crate::model::{Judged, Verdict};

/// How a test case ended, where it did not simply pass.
struct Mark {
    /// `failure`, `error` or `skipped`.
    element: &'static str,
    kind: &'static str,
    message: String,
    text: String,
}

struct TestCase {
    name: String,
    marks: Vec<Mark>,
    output: String,
}

struct Suite<'a> {
    file: &'a str,
    cases: Vec<TestCase>,
}

/// The report of `check`.
pub fn check(report: &Report) -> String {
    let unreadable = report.unreadable.iter().map(|unreadable| {
        let mark = error("cannot be read", &unreadable.message);
        (
            unreadable.file.as_str(),
            TestCase { name: unreadable.place(), marks: vec![mark], output: String::new() },
        )
    });
    let checked = report.checked.iter().map(|checked| (checked.file.as_str(), test_case(checked)));
    let mut suites: Vec<Suite<'_>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, case) in unreadable.chain(checked) {
        let place = *places.entry(file).or_insert(suites.len());
        match suites.get_mut(place) {
            Some(suite) => suite.cases.push(case),
            None => suites.push(Suite { file, cases: vec![case] }),
        }
    }
    render(&suites)
}

/// The outcome of `test`.
pub fn cases(run: &Run) -> String {
    let unreadable = run.unreadable.iter().map(|no_case| {
        let marks = vec![error("no case", &no_case.why)];
        (no_case.file.as_str(), marks)
    });
    let ran = run.ran.iter().map(|ran| {
        let differs = !ran.differences.is_empty();
        let failure = Mark {
            element: "failure",
            kind: "verdict",
            message: ran.differences.first().cloned().unwrap_or_default(),
            text: ran.differences.join("\n"),
        };
        (ran.file.as_str(), differs.then_some(failure).into_iter().collect())
    });
    let suite = |(file, marks): (_, Vec<Mark>)| {
        let case = TestCase { name: String::from(file), marks, output: String::new() };
        Suite { file, cases: vec![case] }
    };
    render(&unreadable.chain(ran).map(suite).collect::<Vec<_>>())
}

fn error(kind: &'static str, message: &str) -> Mark {
    Mark { element: "error", kind, message: message.to_owned(), text: message.to_owned() }
}

fn test_case(checked: &Checked) -> TestCase {
    let verdict = &checked.verdict;
    let mut marks: Vec<Mark> = verdict.denials().map(|judged| failure(checked, judged)).collect();
    if marks.is_empty()
        && let Some(why) = not_judged(verdict)
    {
        marks.push(Mark { element: "skipped", kind: "", message: why.to_owned(), text: String::new() });
    }
    let mut output = String::new();
    for judged in verdict.findings.iter().filter(|judged| !verdict.denials().any(|denial| denial == *judged))
    {
        output.push_str(&format!("{}: {}\n{}", judged.action.name(), place(checked, judged), told(judged)));
    }
    for skipped in &verdict.skipped {
        output.push_str(&format!("skipped: {}: {}\n", skipped.rule, skipped.why));
    }
    TestCase { name: shown(&checked.object.to_string()), marks, output }
}

/// Why no rule judged an object at all, if so.
fn not_judged(verdict: &Verdict) -> Option<&str> {
    let whole = verdict.skipped.iter().find(|skipped| skipped.rule.ends_with("/*"));
    whole.map(|skipped| skipped.why.as_str())
}

fn failure(checked: &Checked, judged: &Judged) -> Mark {
    Mark {
        element: "failure",
        kind: judged.finding.rule,
        message: judged.finding.message.clone().into_owned(),
        text: format!("{}\n{}", place(checked, judged), told(judged)),
    }
}

fn told(judged: &Judged) -> String {
    format!("{}{}", lowered(judged), block(&judged.finding))
}

fn place(checked: &Checked, judged: &Judged) -> String {
    match judged.finding.span.filter(|span| span.line > 0) {
        Some(span) => format!("{}:{}:{}", checked.file, span.line, span.column),
        None => checked.file.clone(),
    }
}

fn render(suites: &[Suite<'_>]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    xml.push_str(&format!("<testsuites name=\"ako-gate\"{}>\n", counts(&all())));
    for suite in suites {
        let file = attribute(suite.file);
        xml.push_str(&format!("  <testsuite name=\"{file}\"{}>\n", counts(&suite.cases.iter())));
        for case in &suite.cases {
            let name = attribute(&case.name);
            xml.push_str(&format!("    <testcase name=\"{name}\" classname=\"{file}\""));
            if case.marks.is_empty() && case.output.is_empty() {
                xml.push_str("/>\n");
                continue;
            }
            xml.push_str(">\n");
            for mark in &case.marks {
                xml.push_str(&element(mark));
            }
            if !case.output.is_empty() {
                xml.push_str(&format!("      <system-out>{}</system-out>\n", escaped(&case.output)));
            }
            xml.push_str("    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn element(mark: &Mark) -> String {
    let Mark { element, kind, message, text } = mark;
    let message = attribute(message);
    if *element == "skipped" {
        return format!("      <skipped message=\"{message}\"/>\n");
    }
    format!("      <{element} message=\"{message}\" type=\"{kind}\">{}</{element}>\n", escaped(text))
}

fn counts<'a>(cases: &(impl Iterator<Item = &'a TestCase> + Clone)) -> String {
    let marked = |element: &str| {
        cases.clone().filter(|case| case.marks.iter().any(|mark| mark.element == element)).count()
    };
    let tests = cases.clone().count();
    let (failures, errors, skipped) = (marked("failure"), marked("error"), marked("skipped"));
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

/// Text inside an attribute, which would turn line breaks into blanks.
fn attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Text inside an element. What XML cannot hold at all is written as Rust would.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.extend(character.escape_unicode()),
            _ if is_active(character) => escaped.extend(character.escape_unicode()),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::cases::{NoCase, Ran};

    #[test]
    fn nothing_breaks_out_of_the_document() {
        let text = "<a b=\"1\">&\n\u{1b}[0m\0\u{ffff}";
        assert_eq!(attribute(text), "&lt;a b=&quot;1&quot;&gt;&amp;&#10;\\u{1b}[0m\\u{0}\\u{ffff}");
    }

    #[test]
    fn counts_what_failed_and_what_could_not_be_run() {
        let ran = |file: &str, difference: Option<&str>| Ran {
            file: file.to_owned(),
            differences: difference.into_iter().map(str::to_owned).collect(),
        };
        let no_case = NoCase { file: "c.yaml".to_owned(), why: "1:1: no object".to_owned() };
        let ran = vec![ran("a.yaml", Some("allowed is true")), ran("b.yaml", None)];
        let xml = cases(&Run { ran, unreadable: vec![no_case] });
        let all = "<testsuites name=\"ako-gate\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\">";
        assert!(xml.contains(all), "{xml}");
        assert!(xml.contains("<testcase name=\"b.yaml\" classname=\"b.yaml\"/>"), "{xml}");
    }
}
