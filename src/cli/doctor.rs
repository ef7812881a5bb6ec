//! `ako-gate doctor`: whether an installation works, check by check, each failure with its remedy.

mod checks;
mod evidence;

use std::time::SystemTime;

use anyhow::Context;
use serde::Serialize;

use super::args::{DoctorArgs, DoctorFormat};
use super::{Outcome, output};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should look.
    Warn,
    /// It does not work.
    Fail,
    /// It could not be looked at.
    Skipped,
}

/// One check.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Check {
    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, state: State::Ok, message: message.into(), remedy: None }
    }

    fn of(name: &'static str, state: State, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, state, message: message.into(), remedy: Some(remedy.into()) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    summary: Summary,
    checks: &'a [Check],
}

#[derive(Serialize)]
struct Summary {
    ok: usize,
    warn: usize,
    fail: usize,
    skipped: usize,
}

pub(super) fn run(args: &DoctorArgs) -> Outcome {
    // kube would install its own choice behind our back; a second installation is refused, and that is fine
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let evidence = if args.from.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.context("failed to start the runtime")?.block_on(evidence::live(args))?
    } else {
        evidence::saved(&args.from)?
    };
    let checks = checks::all(&evidence, SystemTime::now())?;
    let count = |state: State| checks.iter().filter(|check| check.state == state).count();
    let summary = Summary {
        ok: count(State::Ok),
        warn: count(State::Warn),
        fail: count(State::Fail),
        skipped: count(State::Skipped),
    };
    let failed = summary.fail > 0;
    let text = match args.format {
        DoctorFormat::Human => human(&checks, &summary),
        DoctorFormat::Json => {
            let document = Document { api_version: "ako-gate/v1", summary, checks: &checks };
            let text = serde_json::to_string_pretty(&document).context("failed to print the checks")?;
            format!("{text}\n")
        }
    };
    output::stdout(&text)?;
    Ok(u8::from(failed))
}

fn human(checks: &[Check], summary: &Summary) -> String {
    let mut text = String::new();
    for check in checks {
        let state = match check.state {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "FAIL",
            State::Skipped => "skip",
        };
        text.push_str(&format!("{state:<5} {:<15} {}\n", check.name, check.message));
        if let Some(remedy) = &check.remedy {
            text.push_str(&format!("{:<21} fix: {remedy}\n", ""));
        }
    }
    let Summary { ok, warn, fail, skipped } = summary;
    text.push_str(&format!("{ok} ok, {warn} to look at, {fail} failed, {skipped} skipped\n"));
    text
}
