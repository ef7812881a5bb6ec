//! The command line: what was typed, carried out.

mod args;
mod baseline;
mod check;
mod cluster;
mod common;
mod doctor;
mod explain;
mod fix;
mod input;
mod judged;
mod manifests;
mod matrix;
mod output;
mod plan;
mod review;
mod rules;
mod serve;
mod test;
mod what_if;

use std::ffi::OsString;
use std::panic;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Args, Command};

/// How a command that could do its work ended: its exit code.
type Outcome = anyhow::Result<u8>;

/// The name under which kubectl finds this program as `kubectl ako-gate`.
const PLUGIN: &str = "kubectl-ako_gate";

/// The command and those below it with examples as users of kubectl type them.
fn as_plugin(command: clap::Command) -> clap::Command {
    let help =
        command.get_after_help().map(|help| help.to_string().replace("ako-gate ", "kubectl ako-gate "));
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    let command = match help {
        Some(help) => command.after_help(help),
        None => command,
    };
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, as_plugin))
}

/// Parses the arguments, carries the command out, and turns the outcome into the process's exit code.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let command = match arguments.first() {
        Some(name) if Path::new(name).file_stem().is_some_and(|name| name == PLUGIN) => {
            as_plugin(Args::command()).bin_name("kubectl ako-gate")
        }
        _ => Args::command(),
    };
    let parsed = command.try_get_matches_from(arguments).and_then(|m| Args::from_arg_matches(&m));
    let args = match parsed {
        Ok(args) => args,
        Err(error) => {
            // --help and --version are no mistakes: they go to stdout and end with 0
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()) * 2);
        }
    };
    // what a mistake of this program leaves behind is said by the panic itself
    let Ok(outcome) = panic::catch_unwind(|| carry_out(&args.command)) else {
        return ExitCode::from(3);
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::stderr(&format!("error: {error:#}\n"));
            ExitCode::from(2)
        }
    }
}

fn carry_out(command: &Command) -> Outcome {
    match command {
        Command::Check(args) => check::run(args),
        Command::Test(args) => test::run(args),
        Command::Review(args) => review::run(args),
        Command::Plan(args) => plan::run(args),
        Command::WhatIf(args) => what_if::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Matrix(args) => matrix::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Manifests(args) => manifests::run(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "ako-gate", &mut script);
            output::stdout(&String::from_utf8_lossy(&script)).map(|()| 0)
        }
    }
}
