//! `ako-gate manifests`: what `kubectl apply -k` installs, for given settings; or the settings' JSON Schema.

pub(super) mod build;
mod schema;

use anyhow::Context;
use serde_json::Value;

use super::args::ManifestsArgs;
use super::{Outcome, common, output};

pub(super) fn run(args: &ManifestsArgs) -> Outcome {
    if args.schema {
        let schema =
            serde_json::to_string_pretty(&schema::settings()).context("failed to print the schema")?;
        return output::stdout(&format!("{schema}\n")).map(|()| 0);
    }
    let text = args.config.as_deref().map(|path| {
        // an invalid file stops here, with its mistakes
        let settings = common::read_settings(path)?;
        anyhow::Ok((common::read_input(Some(&path.to_owned()))?, settings))
    });
    let (text, settings) = match text.transpose()? {
        Some((text, settings)) => (Some(text), settings),
        None => (None, crate::settings::Settings::default()),
    };
    let choice = build::Choice {
        high_availability: args.high_availability,
        cert_manager: args.cert_manager,
        client_certificates: args.client_certificates,
        monitoring: args.monitoring,
        dashboard: args.dashboard,
        admission_policy: args.admission_policy,
        image: args.image.clone(),
        text,
        settings,
    };
    let objects = build::objects(&choice)?;
    let documents: Vec<String> = objects.iter().map(yaml).collect::<anyhow::Result<_>>()?;
    output::stdout(&documents.join("---\n")).map(|()| 0)
}

fn yaml(object: &Value) -> anyhow::Result<String> {
    serde_saphyr::to_string(object).context("failed to print a manifest")
}
