//! Nothing that works on files asks the network: every socket ends the process.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use crate::support::control_plane::root;

/// Runs the binary where whoever opens a socket is killed. The filter is of the thread, and what it starts inherits it.
fn run(arguments: &'static [&'static str]) -> ExitStatus {
    let run = move || {
        let forbidden = [libc::SYS_socket, libc::SYS_io_uring_setup].map(|call| (call, Vec::new()));
        let architecture = std::env::consts::ARCH.try_into().unwrap();
        let (others, sockets) = (SeccompAction::Allow, SeccompAction::KillProcess);
        let filter = SeccompFilter::new(forbidden.into(), others, sockets, architecture).unwrap();
        seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ako-gate"));
        command.args(arguments).current_dir(root()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
    };
    thread::spawn(run).join().unwrap()
}

#[test]
fn files_are_judged_without_the_network() {
    for (arguments, code) in [
        (&["check", "--why", "tests/rules", "tests/examples"][..], 1),
        (&["check", "--format", "sarif", "--old", "tests/examples", "tests/examples"], 1),
        (&["check", "--format", "human", "--context", "tests/examples", "tests/examples/refused"], 1),
        (&["check", "--fix", "--diff", "tests/examples"], 1),
        (&["check", "tests/examples/nowhere.yaml"], 2),
        (&["test", "tests/rules/ako"], 0),
        (&["review", "tests/reviews/24-ingress-create.json"], 0),
        (&["explain", "ako/unknown-ip-family"], 0),
        (&["matrix"], 0),
    ] {
        assert_eq!(run(arguments).code(), Some(code), "{arguments:?}: {:?}", run(arguments));
    }
}

/// The filter works: whoever needs a socket is killed.
#[test]
fn the_webhook_needs_the_network() {
    let status = run(&["serve", "--standalone", "--listen", "[::1]:0", "--admin-listen", "[::1]:0"]);
    assert_eq!(status.signal(), Some(libc::SIGSYS), "{status:?}");
}
