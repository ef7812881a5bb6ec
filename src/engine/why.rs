//! The facts behind a verdict, in words, for `--why`.

use crate::facts::ako::handled::Handled;
use crate::facts::{Unknown, View};
use crate::model::Kind;

/// The facts that rules about the subject of `view` use.
pub fn facts(view: &View<'_>) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut say = |name: &str, fact: Result<String, Unknown>| {
        let text = fact.unwrap_or_else(|unknown| format!("unknown: {}", unknown.0));
        facts.push((name.to_owned(), text));
    };
    let release = &view.profile.ako;
    say("release", Ok(format!("AKO {} (era {}), from {}", release.text, view.era(), release.from.name())));
    say(
        "configuration",
        view.config()
            .map(|config| config.map_or("none".to_owned(), |config| config.object.reference().to_string())),
    );
    say("families of pool servers", view.effective_families().map(|families| families.to_string()));
    let subject = view.subject();
    let handled = match subject.kind() {
        Some(Kind::Service) => Some(view.handles_service(subject)),
        Some(Kind::Ingress) => Some(view.handles_ingress(subject)),
        Some(Kind::Route) => Some(view.handles_route(subject)),
        _ => None,
    };
    if let Some(handled) = handled {
        say(
            "handled by AKO",
            handled.map(|handled| match handled {
                Handled::Yes => "yes".to_owned(),
                Handled::DespiteClass => {
                    "yes, although its loadBalancerClass names another load balancer".to_owned()
                }
                Handled::No(reason) => format!("no: {reason}"),
            }),
        );
        say(
            "VIP network",
            view.vip_network(subject).map(|network| {
                let from = network.selection.map_or("AKO's configuration".to_owned(), |selection| {
                    format!("AviInfraSetting {}", selection.name)
                });
                format!("{}, from {from}", network.families)
            }),
        );
    }
    facts
}
