//! Case files: a request, what surrounds it, and the verdict it must get.

use super::{SyntaxError, manifest, yaml};
use crate::model::{
    Document, Lines, Node, Object, Operation, Profile, Request, Shape, Snapshot, Source, Span, Stated,
    Stored, Verdict,
};
use crate::plan::Plan;
use crate::settings::Door;

/// What a case file may hold.
const KEYS: [&str; 9] =
    ["name", "source", "profile", "context", "operation", "subResource", "oldObject", "object", "expect"];

/// What it may say under `expect`.
const EXPECTATIONS: [&str; 5] = ["allowed", "warn", "fields", "derived", "why"];

/// The name documents without a name of their own go by.
const FILE: &str = "values.yaml";

/// One case.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The environment it states.
    pub stated: Stated,
    /// The same as `KEY=VALUE`.
    pub profile: Vec<String>,
    /// What exists beside the subject; nothing else does.
    pub context: Vec<Stored>,
    /// The operation as written, or `CHECK` for a file that is checked.
    pub operation: String,
    /// The subresource; empty for the object itself.
    pub subresource: String,
    /// The object as it was.
    pub old: Option<Stored>,
    /// The object as it would be; nothing for kinds no rule knows.
    pub object: Option<Stored>,
    /// Whether nothing may deny it.
    pub expect_allowed: bool,
    /// Whether something must warn; counts only where it is allowed.
    pub expect_warn: bool,
    /// Fields that denials must blame.
    pub expect_fields: Vec<String>,
    /// The whole document, for doors that want the objects as text.
    pub document: Document,
}

fn fault<T>(node: Node<'_>, message: impl Into<String>) -> Result<T, SyntaxError> {
    let Span { line, column, .. } = node.span().unwrap_or_default();
    Err(SyntaxError { line: line.max(1), column: column.max(1), message: message.into() })
}

/// Decodes a case file.
pub fn parse(text: &str) -> Result<Case, SyntaxError> {
    let document = yaml::parse_one(text)?;
    let root = Node::root(&document);
    only(root, &KEYS)?;
    let expect = root.at("expect");
    only(expect, &EXPECTATIONS)?;
    let flag = |key: &str| match expect.at(key).as_bool() {
        Some(flag) => Ok(flag),
        None => fault(expect.at(key), format!("expect.{key} must be true or false")),
    };
    let (expect_allowed, expect_warn) = (flag("allowed")?, flag("warn")?);
    let operation = root.at("operation");
    if operation.text() != "CHECK" && operation.text().parse::<Operation>().is_err() {
        return fault(operation, "operation must be CREATE, UPDATE, DELETE, CONNECT or CHECK");
    }
    if root.at("object").is_nothing() && root.at("oldObject").is_nothing() {
        return fault(root, "there is neither object nor oldObject");
    }
    let (stated, profile) = profile(text, root.at("profile"))?;
    let detach = |node: Node<'_>| manifest::detach(&document, node, FILE);
    let given = |key: &str| Some(root.at(key)).filter(|node| !node.is_nothing()).and_then(detach);
    Ok(Case {
        name: root.at("name").text().to_owned(),
        stated,
        profile,
        context: root.at("context").items().filter_map(detach).collect(),
        operation: operation.text().to_owned(),
        subresource: root.at("subResource").text().to_owned(),
        old: given("oldObject"),
        object: given("object"),
        expect_allowed,
        expect_warn,
        expect_fields: expect.at("fields").items().map(|field| field.text().to_owned()).collect(),
        document,
    })
}

fn only(map: Node<'_>, known: &[&str]) -> Result<(), SyntaxError> {
    if !map.is_map() {
        return fault(map, "a map is wanted here");
    }
    match map.children().find(|child| !known.contains(&child.key())) {
        Some(child) => {
            fault(child, format!("unknown key {:?}; known keys: {}", child.key(), known.join(", ")))
        }
        None => Ok(()),
    }
}

/// What the case states, with numbers as they are written: 1.30 is a release, and not 1.3.
fn profile(text: &str, profile: Node<'_>) -> Result<(Stated, Vec<String>), SyntaxError> {
    let lines = Lines::of(text);
    let (mut stated, mut pairs) = (Stated::default(), Vec::new());
    for entry in profile.children() {
        let written = entry.span().and_then(|span| lines.text().get(lines.range(span)?));
        let value = written.filter(|_| entry.shape() == Some(Shape::Number)).unwrap_or(entry.text());
        if let Err(error) = stated.state(entry.key(), value, Source::Flag) {
            return fault(entry, error.to_string());
        }
        pairs.push(format!("{}={value}", entry.key()));
    }
    Ok((stated, pairs))
}

impl Case {
    /// What exists: `surroundings`, and the context.
    pub fn snapshot(&self, surroundings: Snapshot) -> Snapshot {
        let mut snapshot = surroundings;
        self.context.iter().cloned().for_each(|stored| snapshot.insert(stored));
        snapshot
    }

    /// The subject; nothing for kinds no rule knows.
    pub fn subject(&self) -> Option<Object<'_>> {
        self.object.as_ref().or(self.old.as_ref()).map(Stored::object)
    }

    /// What is to be judged; nothing for kinds no rule knows.
    pub fn request(&self) -> Option<Request<'_>> {
        let old = self.old.as_ref().map(Stored::object);
        let checked = if old.is_some() { Operation::Update } else { Operation::Create };
        let operation = self.operation.parse::<Operation>().unwrap_or(checked);
        Some(Request { old, operation, subresource: &self.subresource, ..Request::create(self.subject()?) })
    }

    /// The door it goes through.
    pub fn door(&self) -> Door {
        if self.operation == "CHECK" { Door::Check } else { Door::Webhook }
    }

    /// How a verdict differs from what is expected, and then what was found; empty when it does not.
    pub fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut differences = Vec::new();
        if verdict.is_allowed() != self.expect_allowed {
            differences.push(format!("allowed is {}", verdict.is_allowed()));
        }
        let warned = verdict.warnings().next().is_some();
        if self.expect_allowed && warned != self.expect_warn {
            differences.push(format!("warn is {warned}"));
        }
        let blamed: Vec<&str> = verdict.denials().map(|judged| judged.finding.field.as_str()).collect();
        for field in self.expect_fields.iter().filter(|field| !blamed.contains(&field.as_str())) {
            differences.push(format!("{field} is not blamed"));
        }
        if !differences.is_empty() {
            for judged in &verdict.findings {
                let (action, finding) = (judged.action.name(), &judged.finding);
                differences.push(format!("found: {action} {} {}", finding.rule, finding.field));
            }
            let skipped = verdict.skipped.iter();
            differences.extend(skipped.map(|skipped| format!("skipped: {}: {}", skipped.rule, skipped.why)));
        }
        differences
    }

    /// How the subject's plan differs from what is expected of it.
    pub fn differences_of_plan(&self, profile: &Profile) -> Vec<String> {
        let expected = Node::root(&self.document).at("expect").at("derived");
        if expected.is_nothing() {
            return Vec::new();
        }
        match self.subject().and_then(|subject| Plan::of(subject, profile)) {
            Some(plan) => plan.derived().differences(expected),
            None => vec!["nothing is derived".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "name: a\nprofile: {ako: 1.10}\noperation: CREATE\nobject: {apiVersion: v1, kind: Service}\nexpect: {allowed: true, warn: false}\n";

    #[test]
    fn releases_are_read_as_written() {
        let case = parse(CASE).unwrap();
        assert_eq!(case.profile, ["ako=1.10"]);
        assert_eq!(case.door(), Door::Webhook);
        assert_eq!(case.request().unwrap().operation, Operation::Create);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (from, to, line, column) in [
            ("name: a", "nmae: a", 1, 7),
            ("CREATE", "PATCH", 3, 12),
            ("{ako: 1.10}", "{aok: 1.10}", 2, 16),
            ("warn: false", "worn: false", 5, 31),
            (", warn: false", "", 1, 1),
            ("object: {apiVersion: v1, kind: Service}\n", "", 1, 1),
        ] {
            let error = parse(&CASE.replace(from, to)).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{to}: {error}");
        }
    }
}
