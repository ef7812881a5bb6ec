//! Where results and diagnostics go.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::time::{Duration, Instant};

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

/// How long a run goes on before its progress is shown, and how often that is renewed.
const PROGRESS: Duration = Duration::from_millis(500);

/// How far a long run has come, on standard error if that is a terminal.
pub(super) struct Progress {
    what: &'static str,
    done: usize,
    /// When it is shown next; `None` where nobody looks.
    next: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    /// Starts with nothing done. `what` is counted: `objects judged`.
    pub(super) fn start(what: &'static str, quiet: bool) -> Self {
        let next = (!quiet && io::stderr().is_terminal()).then(|| Instant::now() + PROGRESS);
        Self { what, done: 0, next, is_shown: false }
    }

    /// One more is done.
    pub(super) fn advance(&mut self) {
        self.done += 1;
        if self.next.is_some_and(|next| self.done.is_multiple_of(64) && next <= Instant::now()) {
            stderr(&format!("\r{} {}", self.done, self.what));
            self.next = Some(Instant::now() + PROGRESS);
            self.is_shown = true;
        }
    }

    /// Clears the line.
    pub(super) fn end(self) {
        if self.is_shown {
            stderr("\r\x1b[K");
        }
    }
}
