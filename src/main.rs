//! The `ako-gate` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    ako_gate::cli::run(std::env::args_os())
}
