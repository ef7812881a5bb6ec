//! `ako-gate rules`.

use super::args::RulesArgs;
use super::{Outcome, common, output};
use crate::report::table;
use crate::rules;

pub(super) fn run(args: &RulesArgs) -> Outcome {
    let product = common::product(args.product.as_deref())?;
    let rules = rules::all().filter(|rule| product.is_none_or(|product| rule.product() == product.name()));
    output::stdout(&table::rules(rules))?;
    Ok(0)
}
