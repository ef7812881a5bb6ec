//! The checks. They know no cluster: what they look at was gathered before.

use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use serde_json::{Value, json};

use super::evidence::{Evidence, Found};
use super::{Check, State};
use crate::cli::common;
use crate::facts::profile;
use crate::model::Kind;
use crate::webhook::ca_bundle::{Configuration, certificates};
use crate::webhook::certificate::{NAMESPACE, Validity};
use crate::webhook::probe::Outcome;
use crate::webhook::secret;

/// What expires sooner should have been renewed long ago: a leaf has ten days left then, a mounted one usually more.
const SOON: Duration = Duration::from_hours(5 * 24);

const CONFIGURATION: &str = "ValidatingWebhookConfiguration";
const APPLY: &str = "install it again as it was installed: kubectl apply -k manifests/, or helm upgrade ako-gate manifests/chart";

/// Every check, in the order in which causes come before what they cause.
pub(super) fn all(evidence: &Evidence, now: SystemTime) -> anyhow::Result<Vec<Check>> {
    let shipped = evidence.shipped()?;
    let mut checks = vec![rights(evidence, &shipped), settings_check(evidence), ako(evidence)];
    checks.push(endpoints(evidence));
    checks.push(configuration(evidence, &shipped));
    checks.push(bundle(evidence, now));
    checks.push(certificate(evidence, now));
    checks.push(policy(evidence));
    checks.push(probe(evidence));
    Ok(checks)
}

fn missing(name: &'static str, found: &Found<'_>, what: &str) -> Check {
    match found {
        Found::Unknown(why) => {
            Check::of(name, State::Skipped, format!("{what}: {why}"), "run it as somebody who may read that")
        }
        _ => Check::of(name, State::Fail, format!("there is no {what}"), APPLY),
    }
}

fn rights(evidence: &Evidence, shipped: &[Value]) -> Check {
    let name = "rbac";
    let kinds = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"];
    let mut wrong = Vec::new();
    let mut unknown = Vec::new();
    let mounted = evidence.mounted().is_some();
    for wanted in shipped.iter().filter(|object| kinds.iter().any(|kind| object["kind"] == *kind)) {
        let text = |key: &str| wanted["metadata"][key].as_str().unwrap_or_default();
        // whoever mounts a certificate needs no right to keep one
        if mounted && text("name") == "ako-gate-certificate" {
            continue;
        }
        let namespace = text("namespace");
        let kind = wanted["kind"].as_str().unwrap_or_default();
        let label = format!("{kind} {namespace} {}", text("name")).replace("  ", " ");
        match evidence.find(kind, namespace, text("name")) {
            Found::Absent => wrong.push(format!("{label} is missing")),
            Found::Unknown(why) => unknown.push(format!("{label}: {why}")),
            Found::Object(found) => {
                let differs = ["rules", "roleRef", "subjects"]
                    .iter()
                    .any(|key| !wanted[key].is_null() && found[key] != wanted[key]);
                if differs {
                    wrong.push(format!("{label} is not as it is shipped"));
                }
            }
        }
    }
    if !wrong.is_empty() {
        return Check::of(name, State::Fail, wrong.join("; "), APPLY);
    }
    match unknown.first() {
        Some(first) => Check::of(name, State::Skipped, first, "run it as somebody who may read that"),
        None => Check::ok(name, "the gate has the rights it needs, and no others by its own roles"),
    }
}

fn settings_check(evidence: &Evidence) -> Check {
    let name = "settings";
    let found = evidence.find("ConfigMap", NAMESPACE, "ako-gate-settings");
    if !matches!(found, Found::Object(_)) {
        return missing(name, &found, "ConfigMap ako-gate-settings");
    }
    let settings = match evidence.settings() {
        Ok(settings) => settings.unwrap_or_default(),
        Err(mistakes) => {
            let remedy =
                "mend the ConfigMap; running gates keep the last good version, new ones do not start";
            return Check::of(name, State::Fail, mistakes.join("; "), remedy);
        }
    };
    let expired: Vec<&str> = settings.expired(common::today()).map(|e| e.rules.0.as_str()).collect();
    if !expired.is_empty() {
        let message = format!("exemptions that have expired: {}", expired.join(", "));
        return Check::of(name, State::Warn, message, "take them out, or give them another date");
    }
    let resolved = profile::resolve(&settings.stated, &evidence.snapshot, None);
    if let Some(running) = resolved.running_ako {
        let stated = &resolved.ako.text;
        let message = format!("they state AKO {stated}, and AKO {running} runs");
        return Check::of(
            name,
            State::Fail,
            message,
            "state the release that runs, or set profile.pin to true",
        );
    }
    if resolved.cloud.is_none() && resolved.ako_in_play {
        let remedy = "state profile.akoCloud, such as CLOUD_VCENTER";
        return Check::of(name, State::Warn, "the cloud is not stated: rules about clouds only warn", remedy);
    }
    Check::ok(name, "they can be used and fit what runs")
}

fn ako(evidence: &Evidence) -> Check {
    let stated = evidence.settings().ok().flatten().unwrap_or_default().stated;
    let resolved = profile::resolve(&stated, &evidence.snapshot, None);
    // AKO is known by these
    let signs = [Kind::StatefulSet, Kind::ConfigMap];
    let unseen = evidence.unseen.iter().find(|(kind, _)| signs.contains(kind));
    if let (false, Some((kind, why))) = (resolved.ako_in_play, unseen) {
        return missing("ako", &Found::Unknown(why.clone()), &format!("{}s", kind.name()));
    }
    if !resolved.ako_in_play {
        let remedy = "install AKO, or state profile.ako if it runs elsewhere";
        return Check::of("ako", State::Warn, "there is no sign of AKO: its rules are skipped", remedy);
    }
    let (release, from) = (&resolved.ako.text, resolved.ako.from);
    let namespace = &resolved.ako_namespace.text;
    if from == crate::model::Source::Default {
        let message = format!("AKO's release cannot be read; {release} is assumed");
        return Check::of("ako", State::Warn, message, "state profile.ako");
    }
    Check::ok("ako", format!("AKO {release} ({}), in {namespace}", from.name()))
}

fn endpoints(evidence: &Evidence) -> Check {
    let name = "endpoints";
    if let Found::Absent = evidence.find("Service", NAMESPACE, "ako-gate") {
        return missing(name, &Found::Absent, "Service ako-gate");
    }
    if let Some(why) = evidence.why_not("EndpointSlice") {
        return missing(name, &Found::Unknown(why), "EndpointSlices");
    }
    let of_service =
        |slice: &&Value| slice["metadata"]["labels"]["kubernetes.io/service-name"] == json!("ako-gate");
    let slices = evidence.all("EndpointSlice").filter(of_service);
    let mut ready: Vec<String> = Vec::new();
    for slice in slices {
        let family = slice["addressType"].as_str().unwrap_or_default();
        let all = slice["endpoints"].as_array().map(Vec::as_slice).unwrap_or_default();
        // an absent condition counts as ready (k8s.io/api@v0.36.3:discovery/v1/types.go)
        let count = all.iter().filter(|endpoint| endpoint["conditions"]["ready"] != json!(false)).count();
        if count > 0 {
            ready.push(format!("{count} over {family}"));
        }
    }
    if ready.is_empty() {
        let remedy = "kubectl get pods -n ako-gate-system, then the log of one; /readyz says what is missing";
        return Check::of(name, State::Fail, "no replica is ready", remedy);
    }
    Check::ok(name, format!("ready: {}", ready.join(", ")))
}

fn configuration(evidence: &Evidence, shipped: &[Value]) -> Check {
    let name = "configuration";
    let found = evidence.find(CONFIGURATION, "", "ako-gate");
    let Found::Object(found) = found else {
        return missing(name, &found, "ValidatingWebhookConfiguration ako-gate: nobody asks the gate");
    };
    let wanted = shipped.iter().find(|object| object["kind"] == CONFIGURATION).unwrap_or(&Value::Null);
    let webhooks = |object: &Value| object["webhooks"].as_array().cloned().unwrap_or_default();
    let (found, mut differs) = (webhooks(found), Vec::new());
    for own in webhooks(wanted) {
        let called = own["name"].as_str().unwrap_or_default();
        let Some(other) = found.iter().find(|webhook| webhook["name"] == own["name"]) else {
            return Check::of(name, State::Fail, format!("it has no webhook {called}"), APPLY);
        };
        // what is the gate's own to fill in is looked at elsewhere
        let left_out = ["clientConfig", "failurePolicy"];
        let fields = own.as_object().into_iter().flatten();
        let fields = fields.filter(|(key, _)| !left_out.contains(&key.as_str()));
        let changed = fields.filter(|(key, value)| other[key.as_str()] != **value);
        differs.extend(changed.map(|(key, _)| format!("{called}: {key}")));
    }
    if !differs.is_empty() {
        let message = format!("not as it is shipped: {}", differs.join(", "));
        let remedy = format!("{APPLY}, unless somebody meant it so");
        return Check::of(name, State::Warn, message, remedy);
    }
    Check::ok(name, "the API server asks about what the rules judge")
}

/// The caBundle of every webhook; `None` where there is no configuration to look at.
fn bundles(evidence: &Evidence) -> Option<Vec<String>> {
    let Found::Object(found) = evidence.find(CONFIGURATION, "", "ako-gate") else { return None };
    let webhooks = found["webhooks"].as_array()?;
    let decoded = webhooks.iter().map(|webhook| {
        let bytes = webhook["clientConfig"]["caBundle"].clone();
        let bytes: Option<k8s_openapi::ByteString> = serde_json::from_value(bytes).ok();
        bytes.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned()).unwrap_or_default()
    });
    Some(decoded.collect())
}

fn days(until: SystemTime, now: SystemTime) -> String {
    match until.duration_since(now) {
        Ok(left) => format!("expires in {} days", left.as_secs() / 86_400),
        Err(over) => format!("expired {} days ago", over.duration().as_secs() / 86_400),
    }
}

fn bundle(evidence: &Evidence, now: SystemTime) -> Check {
    let name = "ca-bundle";
    let Some(bundles) = bundles(evidence) else {
        return Check::of(name, State::Skipped, "there is no configuration to look at", APPLY);
    };
    let restart = "look into the gate's log, which fills it in every 2 seconds; with cert-manager, into its cainjector's";
    let mut soonest = None;
    for bundle in &bundles {
        let validities: Vec<Validity> =
            certificates(bundle).iter().filter_map(|(certificate, _)| Validity::of(certificate)).collect();
        let Some(longest) = validities.iter().map(|validity| validity.until).max() else {
            return Check::of(
                name,
                State::Fail,
                "it holds no certificate: the API server trusts no gate",
                restart,
            );
        };
        if !validities.iter().any(|validity| validity.holds(now)) {
            let message = format!("no certificate in it is valid now; the last one {}", days(longest, now));
            return Check::of(name, State::Fail, message, restart);
        }
        soonest = soonest.map_or(Some(longest), |known: SystemTime| Some(known.min(longest)));
    }
    let Some(until) = soonest else {
        return Check::of(name, State::Fail, "the configuration has no webhook", APPLY);
    };
    if until < now + SOON {
        return Check::of(name, State::Fail, format!("its last certificate {}", days(until, now)), restart);
    }
    Check::ok(name, format!("{} in it, the last {}", certificates(&bundles[0]).len(), days(until, now)))
}

fn certificate(evidence: &Evidence, now: SystemTime) -> Check {
    let name = "certificate";
    let Some(bundles) = bundles(evidence) else {
        return Check::of(name, State::Skipped, "there is no configuration to look at", APPLY);
    };
    let mounted = evidence.mounted();
    let (secret, file) =
        mounted.clone().unwrap_or_else(|| (secret::NAME.to_owned(), secret::CERTIFICATE.to_owned()));
    let found = evidence.find("Secret", NAMESPACE, &secret);
    let Found::Object(found) = found else {
        let remedy = "a running gate writes it within seconds; cert-manager writes its own";
        return match found {
            Found::Unknown(why) => Check::of(name, State::Skipped, format!("Secret {secret}: {why}"), remedy),
            _ => Check::of(name, State::Fail, format!("there is no Secret {secret}"), remedy),
        };
    };
    let bytes: Option<k8s_openapi::ByteString> = serde_json::from_value(found["data"][&file].clone()).ok();
    let pem = bytes.map(|bytes| bytes.0).unwrap_or_default();
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
    let Some(validity) = chain.first().and_then(Validity::of) else {
        let message = format!("Secret {secret} holds no certificate in {file}");
        return Check::of(name, State::Fail, message, "delete the Secret: it is written anew");
    };
    let trusted = if mounted.is_some() {
        accepted(evidence, &chain, now)
    } else if bundles.iter().all(|bundle| certificates(bundle).iter().any(|(known, _)| *known == chain[0])) {
        Ok(())
    } else {
        Err("the CA of the Secret is not in the caBundle".to_owned())
    };
    if let Err(why) = trusted {
        let remedy =
            "look into the log of the gate, or of cert-manager; no review reaches the gate until they agree";
        return Check::of(name, State::Fail, why, remedy);
    }
    if validity.until < now + SOON {
        let message = format!("it {} and was not renewed", days(validity.until, now));
        return Check::of(name, State::Fail, message, "look into the log of the gate, or of cert-manager");
    }
    Check::ok(name, format!("the caBundle trusts it; it {}", days(validity.until, now)))
}

/// Whether an API server would take the chain for the webhook's, as `/readyz` judges it.
fn accepted(evidence: &Evidence, chain: &[CertificateDer<'_>], now: SystemTime) -> Result<(), String> {
    let Found::Object(found) = evidence.find(CONFIGURATION, "", "ako-gate") else { return Ok(()) };
    let configuration = Configuration::of(found).map_err(|error| error.to_string())?;
    let time = UnixTime::since_unix_epoch(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    let answer = configuration.accepts(chain, time);
    answer.map_err(|error| format!("the caBundle does not trust the mounted chain: {error}"))
}

fn policy(evidence: &Evidence) -> Check {
    let name = "failure-policy";
    let Found::Object(found) = evidence.find(CONFIGURATION, "", "ako-gate") else {
        return Check::of(name, State::Skipped, "there is no configuration to look at", APPLY);
    };
    let webhooks = found["webhooks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fails = webhooks.iter().any(|webhook| webhook["failurePolicy"] != "Ignore");
    let Ok(Some(settings)) = evidence.settings() else {
        let policy = if fails { "Fail" } else { "Ignore" };
        return Check::of(
            name,
            State::Skipped,
            format!("{policy}; the settings cannot be read"),
            "mend the settings",
        );
    };
    match (fails, settings.fail) {
        (true, false) => {
            let remedy =
                "set webhook.failurePolicy: Fail in the settings, or patch the configuration to Ignore";
            Check::of(name, State::Fail, "it is Fail, and the settings do not ask for that", remedy)
        }
        (false, true) => {
            let remedy =
                "see the gate's log: its probe was not denied, or somebody took Fail back (then restart it)";
            Check::of(name, State::Fail, "it is Ignore, and the settings ask for Fail", remedy)
        }
        (true, true) => {
            Check::ok(name, "Fail, as the settings ask: what the gate guards waits while it is down")
        }
        (false, false) => Check::ok(name, "Ignore: while the gate is down, everything passes"),
    }
}

fn probe(evidence: &Evidence) -> Check {
    let name = "probe";
    match &evidence.probe {
        None => Check::of(name, State::Skipped, "files answer no probe", "run it against the cluster"),
        Some(Outcome::Denied) => Check::ok(name, "the API server asks the gate, and the gate answers"),
        Some(Outcome::Passed) => {
            let remedy = "mend what fails above; the API server's log says why it could not call the webhook";
            Check::of(
                name,
                State::Fail,
                "the API server let the probe pass without the gate's answer",
                remedy,
            )
        }
        Some(Outcome::Unanswered(why)) => {
            let remedy =
                "mend what fails above, then what lies between the API server and the Service ako-gate";
            Check::of(name, State::Fail, format!("the API server cannot ask the gate: {why}"), remedy)
        }
        Some(Outcome::Failed(why)) => {
            let remedy = "run it as somebody who may create ConfigMaps in webhook.probeNamespace";
            Check::of(name, State::Skipped, format!("the probe could not be sent: {why}"), remedy)
        }
    }
}
