//! Where results and diagnostics go.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::Context;

use super::args::Color;

/// Prints results. A reader that has seen enough (`ako-gate rules | head`) is no error.
pub(super) fn stdout(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("failed to write the results")
        }
        _ => Ok(()),
    }
}

/// Whether results are coloured.
pub(super) fn is_coloured(color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}

/// Prints diagnostics; where they cannot be printed there is nobody to tell.
pub(super) fn stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
