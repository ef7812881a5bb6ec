use crate::rule::prelude::*;

/// The Pod of AKO's StatefulSet, and the container in it.
const POD: &str = "ako-0";
const CONTAINER: &str = "ako";

rule! {
    /// A configuration that AKO has not read yet
    ///
    /// ## Why
    ///
    /// AKO reads its settings once, when its container starts. This ConfigMap was changed after that: what it says is
    /// not what AKO does, and what it says comes into force at some later restart, at a time nobody chose.
    ///
    /// ## What to do instead
    ///
    /// Restart AKO at a time that suits: `kubectl -n avi-system rollout restart statefulset ako`. Or change the
    /// ConfigMap back.
    ///
    /// ## Not reported
    ///
    /// Through the webhook, which warns about the change itself. Changes of labels and annotations. The AKOConfig:
    /// the operator restarts AKO when that changes. Objects without managed fields, which say when they changed.
    "ako/configuration-not-in-force",
    enforces: &[&matrix::ako::LIVE_CONFIG],
    applies_to: &[Kind::ConfigMap],
    reads: &[Kind::Pod],
    action: Warn,
    since: "0.1.0",
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) -> Decided {
    let namespace = &cx.profile.ako_namespace.value;
    let Some(config) = Config::of(cx.subject(), namespace).filter(|_| cx.requester.is_none()) else {
        return Ok(());
    };
    let managers = config.object.at_key("metadata").at("managedFields").items();
    let of_data = managers.filter(|manager| !manager.at("fieldsV1").at("f:data").is_absent());
    let Some(changed) = of_data.map(|manager| manager.at("time").text()).max().filter(|time| is_utc(time))
    else {
        return Ok(());
    };
    let Some(pod) = cx.find(Kind::Pod, namespace, POD)? else {
        return Ok(());
    };
    let mut containers = pod.at_key("status").at("containerStatuses").items();
    let ako = containers.find(|container| container.at("name").text() == CONTAINER);
    let started = ako.map_or("", |ako| ako.at("state").at("running").at("startedAt").text());
    // times of one form and zone compare as text
    if !is_utc(started) || changed <= started {
        return Ok(());
    }
    out.push(
        Finding::at(
            config.object,
            config.section(),
            CauseKind::Forbidden,
            format!("changed at {changed}, but AKO runs since {started} with what was here before"),
        )
        .because("AKO does not do what its configuration says, until it restarts")
        .remedy("restart AKO when that suits, or change the configuration back"),
    );
    Ok(())
}

/// Whether this is a time as the API server writes it: whole seconds, UTC.
fn is_utc(time: &str) -> bool {
    time.len() == "2026-01-01T00:00:00Z".len() && time.ends_with('Z')
}
