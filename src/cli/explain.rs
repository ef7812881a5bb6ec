//! `ako-gate explain RULE`.

use anyhow::bail;

use super::args::ExplainArgs;
use super::{Outcome, output};
use crate::report::page;
use crate::rules;

pub(super) fn run(args: &ExplainArgs) -> Outcome {
    let Some(rule) = rules::find(&args.rule) else {
        let nearest =
            rules::nearest(&args.rule).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        bail!("there is no rule {:?}{nearest} (ako-gate rules lists them)", args.rule);
    };
    output::stdout(&format!("{}{}", page::rule(rule), page::examples(rule)))?;
    Ok(0)
}
