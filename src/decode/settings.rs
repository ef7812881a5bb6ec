//! The settings file, with the place of every mistake in it.

use jiff::civil::Date;

use super::{SyntaxError, yaml};
use crate::model::{Action, Node, Shape, Source};
use crate::rules;
use crate::settings::{
    ActionSetting, Door, EXCLUDED_NAMESPACES, Exemption, LOG_LEVELS, RulePattern, Settings,
};

/// Reads settings. Every mistake is reported, each with its line and column.
pub fn parse(text: &str) -> Result<Settings, Vec<SyntaxError>> {
    let document = yaml::parse_one(text).map_err(|error| vec![error])?;
    let mut reader = Reader::default();
    reader.settings(Node::root(&document));
    if reader.errors.is_empty() { Ok(reader.settings) } else { Err(reader.errors) }
}

/// Whether a text can be the name of a namespace (RFC 1123 label).
fn is_name(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(letters)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[derive(Default)]
struct Reader {
    settings: Settings,
    errors: Vec<SyntaxError>,
}

impl Reader {
    fn wrong(&mut self, node: Node<'_>, message: impl Into<String>) {
        let span = node.span().unwrap_or_default();
        let (line, column) = (span.line.max(1), span.column.max(1));
        self.errors.push(SyntaxError { line, column, message: message.into() });
    }

    /// Refuses keys that are not known, naming those that are.
    fn only(&mut self, node: Node<'_>, known: &[&str]) {
        if !node.is_nothing() && node.shape() != Some(Shape::Map) {
            self.wrong(node, format!("must be a map with {}", known.join(", ")));
        }
        let mut seen = Vec::new();
        for child in node.children() {
            if !known.contains(&child.key()) {
                self.wrong(child, format!("unknown key {:?}; known keys: {}", child.key(), known.join(", ")));
            }
            if seen.contains(&child.key()) {
                self.wrong(child, format!("key {:?} is written twice", child.key()));
            }
            seen.push(child.key());
        }
    }

    fn settings(&mut self, root: Node<'_>) {
        self.only(root, &["apiVersion", "kind", "profile", "rules", "exemptions", "webhook", "log"]);
        for (key, wanted) in [("apiVersion", "ako-gate/v1"), ("kind", "Settings")] {
            let node = root.at(key);
            if node.text() != wanted {
                let place = if node.is_absent() { root } else { node };
                self.wrong(place, format!("{key} must be {wanted}"));
            }
        }
        self.profile(root.at("profile"));
        if !matches!(root.at("rules").shape(), None | Some(Shape::Map | Shape::Null)) {
            self.wrong(root.at("rules"), "must be a map of rule names to actions");
        }
        for node in root.at("rules").children() {
            self.rule(node);
        }
        if !matches!(root.at("exemptions").shape(), None | Some(Shape::List | Shape::Null)) {
            self.wrong(root.at("exemptions"), "must be a list");
        }
        for node in root.at("exemptions").items() {
            self.exemption(node);
        }
        self.webhook(root.at("webhook"));
        let log = root.at("log");
        match log.text() {
            "" if log.is_nothing() => {}
            level if LOG_LEVELS.contains(&level) => self.settings.log = Some(level.to_owned()),
            other => self.wrong(log, format!("{other:?} is none of {}", LOG_LEVELS.join(", "))),
        }
    }

    fn webhook(&mut self, webhook: Node<'_>) {
        self.only(webhook, &["unknown", "probeNamespace", "failurePolicy"]);
        let unknown = webhook.at("unknown");
        match unknown.text() {
            "" if unknown.is_nothing() => {}
            "allow" => self.settings.unknown = Action::Audit,
            "warn" => self.settings.unknown = Action::Warn,
            "deny" => self.settings.unknown = Action::Deny,
            other => self.wrong(unknown, format!("{other:?} is none of allow, warn, deny")),
        }
        let policy = webhook.at("failurePolicy");
        match policy.text() {
            "" if policy.is_nothing() => {}
            "Ignore" => self.settings.fail = false,
            "Fail" => self.settings.fail = true,
            other => self.wrong(policy, format!("{other:?} is none of Ignore, Fail")),
        }
        let namespace = webhook.at("probeNamespace");
        match namespace.text() {
            "" if namespace.is_nothing() => {}
            name if EXCLUDED_NAMESPACES.contains(&name) => {
                self.wrong(namespace, format!("nothing in {name} is ever sent to the gate"));
            }
            name if is_name(name) => name.clone_into(&mut self.settings.probe_namespace),
            other => self.wrong(namespace, format!("{other:?} is no name of a namespace")),
        }
    }

    fn profile(&mut self, profile: Node<'_>) {
        if !matches!(profile.shape(), None | Some(Shape::Map | Shape::Null)) {
            self.wrong(profile, "must be a map");
        }
        for entry in profile.children() {
            if entry.key() == "pin" {
                match entry.as_bool() {
                    Some(pin) => self.settings.stated.pin = pin,
                    None => self.wrong(entry, "pin must be true or false"),
                }
                continue;
            }
            // an unquoted 1.30 is a number for YAML; its text would be lost, so say it
            if entry.shape() != Some(Shape::String) {
                self.wrong(entry, format!("the value of {} must be text; put it in quotes", entry.key()));
                continue;
            }
            if let Err(error) = self.settings.stated.state(entry.key(), entry.text(), Source::Settings) {
                self.wrong(entry, error.to_string());
            }
        }
    }

    fn pattern(&mut self, node: Node<'_>, text: &str) -> Option<RulePattern> {
        let known = match text.strip_suffix('*') {
            Some(prefix) => prefix.is_empty() || rules::all().any(|r| format!("{}/", r.product()) == prefix),
            None => rules::find(text).is_some(),
        };
        if known {
            return Some(RulePattern(text.to_owned()));
        }
        let nearest = rules::nearest(text).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        self.wrong(node, format!("unknown rule {text:?}{nearest}"));
        None
    }

    fn action(&mut self, node: Node<'_>) -> Option<Action> {
        // YAML 1.1 reads a bare off as false
        let text =
            if node.shape() == Some(Shape::Bool) && node.text() == "false" { "off" } else { node.text() };
        let action = Action::parse(text);
        if action.is_none() {
            self.wrong(node, format!("{text:?} is none of deny, warn, audit, off"));
        }
        action
    }

    fn rule(&mut self, node: Node<'_>) {
        let Some(rules) = self.pattern(node, node.key()) else {
            return;
        };
        if self.settings.actions.iter().any(|setting| setting.rules == rules) {
            return self.wrong(node, format!("{} is set twice", node.key()));
        }
        let actions = if node.shape() == Some(Shape::Map) {
            self.only(node, &Door::ALL.map(|(_, name)| name));
            Door::ALL.map(|(_, name)| {
                let action = node.at(name);
                if action.is_absent() { None } else { self.action(action) }
            })
        } else {
            [self.action(node); 3]
        };
        self.settings.actions.push(ActionSetting { rules, actions });
    }

    fn text(&mut self, node: Node<'_>, parent: Node<'_>, key: &str) -> String {
        if node.as_str().is_none_or(str::is_empty) {
            let place = if node.is_absent() { parent } else { node };
            self.wrong(place, format!("an exemption must say its {key}"));
        }
        node.text().to_owned()
    }

    fn exemption(&mut self, node: Node<'_>) {
        self.only(node, &["rule", "match", "reason", "owner", "expires"]);
        let matched = node.at("match");
        self.only(matched, &["kind", "namespace", "name"]);
        if matched.children().next().is_none() {
            self.wrong(node, "an exemption must say what it matches: kind, namespace, name");
        }
        let rule = self.text(node.at("rule"), node, "rule");
        let rules = if rule.is_empty() { None } else { self.pattern(node.at("rule"), &rule) };
        let part = |key: &str| match matched.at(key).text() {
            "" => "*".to_owned(),
            text => text.to_owned(),
        };
        let reason = self.text(node.at("reason"), node, "reason");
        let owner = self.text(node.at("owner"), node, "owner");
        let expires = node.at("expires");
        let date = expires.as_str().map(str::parse::<Date>).transpose();
        if date.is_err() || (expires.as_str().is_none() && !expires.is_nothing()) {
            self.wrong(expires, format!("{:?} is no date; write it as 2027-03-31", expires.text()));
        }
        let Some(rules) = rules else { return };
        let (kind, namespace, name) = (part("kind"), part("namespace"), part("name"));
        let expires = date.unwrap_or_default();
        let exemption = Exemption { rules, kind, namespace, name, reason, owner, expires };
        let same = |other: &Exemption| {
            other.rules == exemption.rules
                && (&other.kind, &other.namespace, &other.name)
                    == (&exemption.kind, &exemption.namespace, &exemption.name)
        };
        if self.settings.exemptions.iter().any(same) {
            return self.wrong(node, "another exemption has the same rule and match");
        }
        self.settings.exemptions.push(exemption);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: ako-gate/v1\nkind: Settings\n";

    fn errors(body: &str) -> Vec<String> {
        parse(&format!("{HEAD}{body}")).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn reads_actions_exemptions_and_the_profile() {
        let body = "profile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER, pin: true}\nrules:\n  ako/ipv6-vip-on-load-balancer: {webhook: warn}\n  '*': off\nexemptions:\n- {rule: ako/*, match: {namespace: legacy-*}, reason: r, owner: o, expires: 2027-03-31}\nwebhook: {unknown: deny}\n";
        let settings = parse(&format!("{HEAD}{body}")).unwrap();
        let rule = rules::find("ako/ipv6-vip-on-load-balancer").unwrap();
        assert_eq!(settings.action(rule, Door::Webhook), Action::Warn);
        assert_eq!(settings.action(rule, Door::Check), Action::Off);
        assert!(settings.exemptions[0].is_expired("2027-04-01".parse().unwrap()));
        assert!(!settings.exemptions[0].is_expired("2027-03-31".parse().unwrap()));
        assert_eq!(settings.unknown, Action::Deny);
    }

    #[test]
    fn says_where_each_mistake_is() {
        let found =
            errors("rules:\n  ako/ipv6-vip-on-load-balncer: warn\nprofil: {}\nwebhook: {unknown: no}\n");
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found
                .iter()
                .any(|e| e.starts_with("4:") && e.contains("did you mean ako/ipv6-vip-on-load-balancer?"))
        );
        assert!(found.iter().any(|e| e.starts_with("5:") && e.contains("profil")));
    }

    #[test]
    fn reads_what_the_webhook_is_to_do() {
        let body = "webhook: {unknown: allow, probeNamespace: gate-probe, failurePolicy: Fail}\nlog: debug\n";
        let settings = parse(&format!("{HEAD}{body}")).unwrap();
        assert_eq!((settings.unknown, settings.fail), (Action::Audit, true));
        assert_eq!(
            (settings.probe_namespace.as_str(), settings.log.as_deref()),
            ("gate-probe", Some("debug"))
        );
        for wrong in ["kube-system", "ako-gate-system", "Upper", "-x", "a.b", "[]"] {
            let found = errors(&format!("webhook: {{probeNamespace: {wrong}}}\n"));
            assert_eq!(found.len(), 1, "{wrong}: {found:?}");
        }
        assert_eq!(errors("webhook: {failurePolicy: fail}\nlog: loud\n").len(), 2);
    }

    #[test]
    fn refuses_two_exemptions_for_the_same_objects() {
        let one = "- {rule: ako/*, match: {name: a}, reason: r, owner: o, expires: 2027-03-31}\n";
        let two = "- {rule: ako/*, match: {name: a}, reason: r, owner: o, expires: 2028-03-31}\n";
        assert_eq!(errors(&format!("exemptions:\n{one}{two}")).len(), 1);
        assert_eq!(
            errors("exemptions:\n- {rule: ako/*, match: {name: a}, reason: r, owner: o, expires: soon}\n")
                .len(),
            1
        );
    }
}
