//! Help and completions, and readers that stop reading.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::cli::run::{prints, run, write};

#[test]
fn help_teaches_every_command_and_its_examples_work() {
    let help = prints(&["--help"]);
    for command in ["serve", "check", "review", "explain", "rules", "matrix", "completions"] {
        let line = help.lines().find(|line| line.trim_start().starts_with(&format!("{command} ")));
        assert!(
            line.is_some_and(|line| line.split_whitespace().count() > 2),
            "{command} is not described: {help}"
        );
        let own = prints(&[command, "--help"]);
        assert!(own.contains(&format!("Usage: ako-gate {command}")), "{own}");
        // every option says what it is for, beside it or below
        let lines: Vec<&str> = own.lines().collect();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with("--"))
        {
            let beside = line.trim().contains("  ");
            let below = lines.get(index + 1).is_some_and(|line| line.starts_with("          "));
            assert!(beside || below, "{command}: {line}");
        }
    }
    assert!(
        prints(&["review", "--help"]).contains("Exit codes: 0 allowed, 1 denied, 2 not an AdmissionReview")
    );
    let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  ako-gate ")).collect();
    assert!(examples.len() >= 3, "{help}");
    for example in examples {
        let arguments: Vec<&str> = example.split(' ').collect();
        // those with files would need them; their options are known, which clap checks before it looks at any file
        let outcome = run(&arguments);
        let said = format!("{}{}", outcome.stdout, outcome.stderr).to_lowercase();
        let parsed = ["failed to read ", "no such file"].iter().any(|part| said.contains(part));
        let parsed = parsed || outcome.code == Some(0);
        assert!(parsed, "{example}: {}", outcome.stderr);
    }
    assert_eq!(prints(&["--version"]), concat!("ako-gate ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for arguments in [
        &["rules"][..],
        &["matrix"],
        &["explain", "ako/unknown-ip-family"],
        &["completions", "bash"],
        &["--help"],
    ] {
        // a pipe that nobody reads from, as after `| head -1`
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_ako-gate"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(writer)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn completions_are_a_script_that_the_shell_takes() {
    let script = prints(&["completions", "bash"]);
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "ako-gate.bash", &script);
    // what bash offers behind `ako-gate rev`, by the function the script registers
    let ask = format!(
        "source {file}; f=$(complete -p ako-gate | grep -oE '_ako[a-z_-]*'); COMP_WORDS=(ako-gate rev); COMP_CWORD=1; \
         $f ako-gate rev ako-gate; echo \"${{COMPREPLY[@]}}\""
    );
    let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "review",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for shell in ["zsh", "fish"] {
        assert!(prints(&["completions", shell]).contains("ako-gate"), "{shell}");
    }
}
