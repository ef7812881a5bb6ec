use crate::model::Shape;
use crate::rule::prelude::*;

/// Settings AKO takes over while it runs (ako.md section 6).
const LIVE: [&str; 3] = ["deleteConfig", "logLevel", "enableEvents"];

/// How many changed settings are named.
const NAMED: usize = 5;

rule! {
    /// A configuration change that has no effect until AKO restarts
    ///
    /// ## Why
    ///
    /// AKO reads its settings once, when its Pod starts. A change of the ConfigMap is stored and then ignored, until
    /// some later restart brings it into force at a time nobody chose; the Helm chart does not restart AKO either.
    /// The operator does restart AKO when its AKOConfig changes, so that the change takes effect at once.
    ///
    /// ## What to do instead
    ///
    /// Restart AKO after the change, at a time that suits: `kubectl -n avi-system rollout restart statefulset ako`.
    ///
    /// ## Not reported
    ///
    /// `deleteConfig`, `logLevel` and `enableEvents`, which take effect at once. JSON in the ConfigMap that is only
    /// laid out differently. A change that is refused for another reason.
    "ako/config-change-without-restart",
    enforces: &[&matrix::ako::LIVE_CONFIG],
    applies_to: &[Kind::ConfigMap, Kind::AKOConfig],
    reads: &[],
    action: Warn,
    since: "0.1.0",
    only_if_allowed: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let (Operation::Update, Some(old)) = (cx.operation, cx.old) else {
        return Ok(());
    };
    let Some(config) = Config::of(cx.subject(), &cx.profile.ako_namespace.value) else {
        return Ok(());
    };
    let is_operator = config.form == Form::AkoConfig;
    let old = if is_operator { old.spec() } else { old.at_key("data") };
    let mut changes = Changes::default();
    changes.compare("", old, config.section(), config.object.root());
    let Some(field) = changes.first else { return Ok(()) };
    let more = match changes.names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    changes.names.truncate(NAMED);
    let names = changes.names.join(", ");
    let message = format!("a change of {names}{more} takes effect when AKO starts, not before");
    let finding = Finding::at(config.object, field, CauseKind::Forbidden, message);
    out.push(if is_operator {
        finding
            .because("the operator would restart AKO now, and the new settings would take effect")
            .remedy("make the change when a restart of AKO suits")
    } else {
        finding
            .because("AKO would go on with the old settings until its next restart, whenever that is")
            .remedy("restart AKO after the change")
    });
    Ok(())
}

/// The settings that differ, and the field of the first one.
#[derive(Default)]
struct Changes<'a> {
    names: Vec<String>,
    first: Option<Node<'a>>,
}

impl<'a> Changes<'a> {
    /// Compares the setting or section called `name`; `within` is the nearest section that still exists.
    fn compare(&mut self, name: &str, old: Node<'_>, new: Node<'a>, within: Node<'a>) {
        if LIVE.contains(&name.strip_prefix("akoSettings.").unwrap_or(name)) {
            return;
        }
        let is_section = |node: Node<'_>| node.is_nothing() || node.shape() == Some(Shape::Map);
        if is_section(old) && is_section(new) {
            let within = if new.is_nothing() { within } else { new };
            let path = |key: &str| {
                if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
            };
            for entry in new.children() {
                self.compare(&path(entry.key()), old.at(entry.key()), entry, within);
            }
            for entry in old.children().filter(|entry| new.at(entry.key()).is_absent()) {
                self.compare(&path(entry.key()), entry, new.absent(), within);
            }
        } else if !is_same(old, new) {
            self.names.push(name.to_owned());
            self.first.get_or_insert(if new.is_absent() { within } else { new });
        }
    }
}

fn is_same(old: Node<'_>, new: Node<'_>) -> bool {
    let (old_json, new_json) = (old.embedded(), new.embedded());
    if old_json.is_absent() || new_json.is_absent() { old.same_as(new) } else { old_json.same_as(new_json) }
}
