//! Reading settings, profile and context, as every command does.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::args::KnowledgeArgs;
use crate::decode;
use crate::model::{Product, Snapshot, Source, Stated};
use crate::settings::Settings;

/// Today, for exemptions that expire. UTC, so that every replica and every door agrees on the day.
pub(super) fn today() -> Date {
    Offset::UTC.to_datetime(Timestamp::now()).date()
}

/// Reads a file, or standard input for `-` or nothing.
pub(super) fn read_input(path: Option<&PathBuf>) -> anyhow::Result<String> {
    match path {
        Some(path) if path.as_os_str() != "-" => read_file(path),
        _ => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("failed to read standard input")?;
            Ok(text)
        }
    }
}

fn read_file(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
}

/// Reads settings; every mistake is named with file, line and column.
pub(super) fn read_settings(path: &Path) -> anyhow::Result<Settings> {
    let text = read_file(path)?;
    decode::settings::parse(&text).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("{}:{error}", path.display())).collect();
        anyhow::anyhow!("the settings cannot be used:\n{}", lines.join("\n"))
    })
}

/// What the flags state about the environment; of several values for one key the last counts.
pub(super) fn stated_by_flags(args: &KnowledgeArgs) -> anyhow::Result<Stated> {
    let mut stated = Stated::default();
    for pair in args.profile.iter().rev() {
        stated.state_pair(pair, Source::Flag).with_context(|| format!("--profile {pair}"))?;
    }
    Ok(stated)
}

/// The settings with the flags' statements in front.
pub(super) fn settings(args: &KnowledgeArgs) -> anyhow::Result<Settings> {
    let stated = stated_by_flags(args)?;
    let settings = args.config.as_deref().map(read_settings).transpose()?.unwrap_or_default();
    Ok(with_flags(settings, &stated))
}

/// Lets the flags' statements win over those of the settings.
pub(crate) fn with_flags(mut settings: Settings, flags: &Stated) -> Settings {
    settings.stated = Stated::merge(flags.clone(), settings.stated);
    settings
}

/// Puts the objects of every `--context` file into a snapshot.
pub(super) fn context(args: &KnowledgeArgs, mut snapshot: Snapshot) -> anyhow::Result<Snapshot> {
    for path in &args.context {
        let text = read_file(path)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        for document in decode::yaml::parse(&text) {
            match document {
                Ok(document) => {
                    for object in decode::manifest::objects(document, &file, None) {
                        snapshot.insert(object);
                    }
                }
                Err(error) => bail!("{}:{error}", path.display()),
            }
        }
    }
    Ok(snapshot)
}

/// The product of this name.
pub(super) fn product(name: Option<&str>) -> anyhow::Result<Option<Product>> {
    let Some(name) = name else { return Ok(None) };
    let product = Product::ALL.iter().find(|product| product.name() == name);
    let names: Vec<&str> = Product::ALL.iter().map(|product| product.name()).collect();
    let Some(product) = product else {
        bail!("unknown product {name:?}; known products: {}", names.join(", "))
    };
    Ok(Some(*product))
}
