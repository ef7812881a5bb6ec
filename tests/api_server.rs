//! kubectl against a real API server with the gate in front: exactly what people see.

mod support;

use support::control_plane::{ControlPlane, Installed, is_left_out, root};
use support::transcript::{self, Transcript};

/// Replays transcripts, with one gate for all that share a profile.
fn replay(version: &str, bless: bool, wanted: impl Fn(&Transcript) -> bool) {
    if is_left_out() {
        return;
    }
    let plane = ControlPlane::start(version);
    let mut transcripts = transcript::all(&root().join("tests/api_server"));
    transcripts.retain(wanted);
    assert!(!transcripts.is_empty());
    transcripts.sort_by(|a, b| (&a.profile, a.name()).cmp(&(&b.profile, b.name())));
    let mut failures = Vec::new();
    for same in transcripts.chunk_by(|a, b| a.profile == b.profile) {
        let installed = Installed::start(&plane, &same[0].settings());
        failures.extend(same.iter().filter_map(|transcript| transcript.replay(&plane, bless)));
        drop(installed);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn kubectl_prints_what_the_transcripts_say() {
    // AKO_GATE_BLESS=1 writes what is printed into the transcripts, for a reviewer to read
    let bless = std::env::var("AKO_GATE_BLESS").is_ok_and(|value| value == "1");
    replay("1.36.3", bless, |_| true);
}

/// Transcripts named `core-` hold on the oldest API server as well.
#[test]
fn the_core_holds_on_the_oldest_api_server() {
    replay("1.30.14", false, |transcript| transcript.name().starts_with("core-"));
}
