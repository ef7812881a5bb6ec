//! `ako-gate matrix`.

use anyhow::bail;

use super::args::MatrixArgs;
use super::{Outcome, common, output};
use crate::matrix;
use crate::model::Release;
use crate::report::table;

pub(super) fn run(args: &MatrixArgs) -> Outcome {
    let product = common::product(args.product.as_deref())?;
    let release = args.release.as_deref().map(str::parse::<Release>).transpose()?;
    let wanted = |row: &&matrix::Row| {
        product.is_none_or(|product| row.product == product)
            && args.capability.as_deref().is_none_or(|capability| row.capability == capability)
    };
    if !matrix::rows().any(|row| wanted(&row)) {
        let names: Vec<&str> = matrix::rows().map(|row| row.capability).collect();
        bail!("no such capability; known capabilities: {}", names.join(", "));
    }
    let rows: Vec<&matrix::Row> = matrix::rows().filter(wanted).collect();
    let text = match (product, release) {
        (Some(product), Some(release)) if args.capability.is_none() => {
            table::support(product, &rows, release)
        }
        _ => table::matrix(rows.into_iter(), release),
    };
    output::stdout(&text)?;
    Ok(0)
}
