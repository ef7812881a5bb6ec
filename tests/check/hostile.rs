//! Files that are broken, huge, or made to break the reader.

use std::fs::File;
use std::os::unix::fs::symlink;

use super::folder::{CONFIG, FAULTY, Folder, RULE, Ran};

/// The document in the middle cannot be read; the ones around it are judged.
fn only_the_middle_is_lost(middle: &str, line: usize, column: usize, message: &str) {
    let folder = Folder::with(&[("x.yaml", &format!("{FAULTY}---\n{middle}\n---\n{FAULTY}"))]);
    let ran = folder.check_json(&["-q", "x.yaml"]);
    assert_eq!(ran.code, Some(2), "{middle:?}");
    assert_eq!(ran.places().len(), 2, "{middle:?}: {ran:?}");
    let unreadable = ran.unreadable();
    let wanted = format!("x.yaml:{}:{column} ", line + 9);
    assert_eq!(unreadable.len(), 1, "{middle:?}: {unreadable:?}");
    assert!(
        unreadable[0].starts_with(&wanted) && unreadable[0].contains(message),
        "{middle:?}: {unreadable:?}"
    );
}

#[test]
fn a_broken_document_is_reported_and_the_rest_is_judged() {
    only_the_middle_is_lost("a:\n  b: [c", 2, 6, "unclosed bracket");
    only_the_middle_is_lost("a: b\n c: d", 2, 3, "");
    only_the_middle_is_lost("a: 'b", 2, 1, "quoted scalar");
    only_the_middle_is_lost("a: *b", 1, 4, "");
    only_the_middle_is_lost("a: {{ .Values.b }}", 1, 5, "this looks like a template");
    only_the_middle_is_lost("a: b\0c", 1, 5, "unexpected character");
    only_the_middle_is_lost("a: \"\u{1b}[2J\"", 1, 5, "unexpected character");
}

#[test]
fn broken_json_is_reported_and_the_rest_is_judged() {
    let service = "{\"kind\": \"Service\", \"apiVersion\": \"v1\",\n \"spec\": {\"type\": \"LoadBalancer\", \"ipFamilies\": [\"IPv6\"]}}";
    for (broken, place) in [
        (service.replace(": [\"IPv6\"]}}", ": [\"IPv6\"}}"), "x.json:2:49 mismatched bracket"),
        (service.replace("}}", ""), "x.json:2:10 "),
        (service.replace("\"v1\",", "\"v1\""), "x.json:2:"),
    ] {
        let folder = Folder::with(&[("x.json", &broken), ("y.json", service)]);
        let ran = folder.check_json(&["-q", "."]);
        assert_eq!((ran.code, ran.places().len()), (Some(2), 1), "{broken}: {ran:?}");
        let unreadable = ran.unreadable();
        assert!(unreadable.len() == 1 && unreadable[0].contains(place), "{broken}: {unreadable:?}");
    }
}

#[test]
fn keys_written_twice_are_reported_and_the_last_counts() {
    let yaml = FAULTY.replace("[IPv6]", "[IPv4]\n  ipFamilies: [IPv6]");
    let json = "{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"spec\": {\"type\": \"ClusterIP\", \"type\": \"LoadBalancer\",\n\"ipFamilies\": [\"IPv6\"]}}";
    let folder = Folder::with(&[("x.yaml", &yaml), ("y.json", json)]);
    let ran = folder.check_json(&["x.yaml", "y.json"]);
    assert_eq!(ran.places(), [format!("x.yaml:7:16-7:20 {RULE}"), format!("y.json:2:16-2:22 {RULE}")]);
    let said = "is written twice; kubectl keeps the last one";
    let wanted = format!("x.yaml:7:15: key \"ipFamilies\" {said}\ny.json:1:79: key \"type\" {said}\n");
    assert_eq!(ran.stderr, wanted);
}

#[test]
fn scalars_are_what_kubectl_takes_them_for() {
    for (written, read) in [
        ("yes", "true"),
        ("Off", "false"),
        ("0x1F", "31"),
        ("012", "10"),
        ("1_000", "1000"),
        ("'yes'", "yes"),
        ("!!str 012", "012"),
        ("\"012\"", "012"),
        ("::1", "::1"),
    ] {
        let config = CONFIG.replace("ipFamily: V4", &format!("ipFamily: {written}"));
        let folder = Folder::with(&[("x.yaml", &config)]);
        let json = folder.check_json(&["x.yaml"]).json();
        let finding = &json["findings"][0];
        assert_eq!(
            (&finding["field"], &finding["value"]),
            (&"data.ipFamily".into(), &read.into()),
            "{written}"
        );
    }
    // a key can be one too
    let folder = Folder::with(&[(
        "x.yaml",
        "kind: Service\napiVersion: v1\nmetadata: {annotations: {y: a, 'true': b}}\n",
    )]);
    assert!(folder.check(&["x.yaml"]).stderr.starts_with("x.yaml:3:40: key \"true\" is written twice"));
}

#[test]
fn colons_that_kubectl_reads_otherwise_are_reported() {
    only_the_middle_is_lost("a: [::1]", 1, 5, "write \"::1\"");
    only_the_middle_is_lost("a: {b: ::1}", 1, 8, "write \"::1\"");
    only_the_middle_is_lost("a: [fd00::]", 1, 5, "quote it");
    only_the_middle_is_lost("a: fd00::", 1, 9, "");
    let folder = Folder::with(&[("x.yaml", "a:\n- fd00::1\n- fd00::\n- 'fd00::'\n")]);
    let ran = folder.check(&["x.yaml"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.starts_with("x.yaml:3:3: ") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
}

#[test]
fn what_is_no_text_is_reported_where_it_is() {
    let mut bytes = FAULTY.as_bytes().to_vec();
    bytes.extend(b"---\na: '\xc3\xbc\xff'\n---\n");
    bytes.extend(FAULTY.as_bytes());
    let folder = Folder::with(&[]);
    folder.write("latin.yaml", bytes);
    folder.write("image.yaml", [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d]);
    folder.write("wide.yaml", FAULTY.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let ran = folder.check_json(&["-q", "latin.yaml", "image.yaml", "wide.yaml"]);
    assert_eq!((ran.code, ran.places().len()), (Some(2), 2), "{ran:?}");
    let unreadable = ran.unreadable();
    assert_eq!(unreadable.len(), 3, "{unreadable:?}");
    assert_eq!(unreadable[0], "latin.yaml:10:6 this is not UTF-8 text");
    assert_eq!(unreadable[1], "image.yaml:1:1 this is not UTF-8 text");
}

#[test]
fn lines_may_end_as_on_windows_behind_a_byte_order_mark() {
    let folder = Folder::with(&[("x.yaml", &format!("\u{feff}{}", FAULTY.replace('\n', "\r\n")))]);
    assert_eq!(folder.check_json(&["x.yaml"]).places(), [format!("x.yaml:6:16-6:20 {RULE}")]);
    let human = folder.check(&["x.yaml"]).stdout;
    assert!(
        human.contains("\n6 |   ipFamilies: [IPv6]\n  |                ^^^^ spec.ipFamilies[0]\n"),
        "{human}"
    );
}

#[test]
fn nothing_in_a_file_reaches_the_terminal_as_it_is() {
    let name = "web\\e[2J\\n::error::x\\u202e";
    let folder = Folder::with(&[("x.yaml", &FAULTY.replace("name: web", &format!("name: \"{name}\"")))]);
    for format in ["human", "github", "junit"] {
        let ran = folder.check(&["--format", format, "x.yaml"]);
        assert!(
            !ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'),
            "{format}: {}",
            ran.stdout
        );
        assert!(!ran.stdout.contains("\n::error::x"), "{format}: {}", ran.stdout);
    }
}

#[test]
fn files_that_cannot_be_opened_or_read_are_reported() {
    let folder = Folder::with(&[("a/web.yaml", FAULTY)]);
    symlink("nowhere", folder.path("a/gone.yaml")).unwrap();
    // opens for everybody and can be read by nobody
    symlink("/proc/self/mem", folder.path("a/secret.yaml")).unwrap();
    let ran = folder.check_json(&["a"]);
    assert_eq!((ran.code, ran.places().len()), (Some(2), 1), "{ran:?}");
    let [gone, secret] = &ran.unreadable()[..] else { panic!("{ran:?}") };
    assert!(gone.starts_with("a/gone.yaml:0:0 No such file"), "{gone}");
    assert!(secret.starts_with("a/secret.yaml:0:0 Input/output error"), "{secret}");
}

#[test]
fn bombs_end_early() {
    let mut aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        aliases.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let keys: Vec<String> = (0..3000).map(|key| format!("k{key}: 1")).collect();
    let merges = format!("b: &b {{{}}}\nl:\n{}", keys.join(", "), "- {<<: *b, x: 1}\n".repeat(1000));
    let indented: Vec<String> = (0..2000).map(|depth| " ".repeat(depth) + "a:").collect();
    let folder = Folder::with(&[
        ("aliases.yaml", &aliases),
        ("merges.yaml", &merges),
        ("deep.yaml", &"[".repeat(200_000)),
        ("dashes.yaml", &format!("{}a\n", "- ".repeat(100_000))),
        ("indented.yaml", &indented.join("\n")),
    ]);
    // who reads them more than once at every level takes hours
    let ran = within(&folder, "-t 30", &["--format", "json", "."]);
    assert_eq!((ran.code, ran.unreadable().len()), (Some(2), 5), "{ran:?}");
}

#[test]
fn large_files_take_time_in_proportion() {
    let scalar = "x".repeat(20 << 20);
    let huge = FAULTY.replace("name: web", &format!("annotations: {{a: {scalar}}}, name: web"));
    // on one line, as machines write it
    let item = "{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"spec\":{\"type\":\"LoadBalancer\",\"ipFamilies\":[\"IPv6\"]}}";
    let line =
        format!("{{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{}]}}", vec![item; 3000].join(","));
    let folder = Folder::with(&[
        ("huge.yaml", &huge),
        ("line.json", &line),
        ("broken.yaml", &"a: [\n---\n".repeat(20_000)),
        ("empty.yaml", &"---\n".repeat(200_000)),
        ("many.yaml", &vec!["kind: ConfigMap\napiVersion: v1\n"; 100_000].join("---\n")),
    ]);
    let ran = within(&folder, "-t 90", &["."]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("103001 objects judged: 3001 denied"),
        "{}",
        &ran.stdout[ran.stdout.len() - 200..]
    );
    assert!(!ran.stdout.contains(&scalar), "what is too long is not shown");
}

/// Runs `check` within a limit of bash's `ulimit`: `-t` is seconds of CPU, `-v` KiB of memory.
fn within(folder: &Folder, limit: &str, arguments: &[&str]) -> Ran {
    let limited = format!("ulimit {limit}; exec \"$@\"");
    let check = [env!("CARGO_BIN_EXE_ako-gate"), "check", "--profile", "ako=1.9.3"];
    folder.run_program("bash", &[&["-c", &limited, "bash"][..], &check, arguments].concat(), "")
}

fn within_memory(folder: &Folder, mebibytes: usize, file: &str) -> Ran {
    within(folder, &format!("-v {}", mebibytes << 10), &[file])
}

#[test]
fn memory_is_bounded() {
    let folder = Folder::with(&[]);
    folder.write("huge.yaml", format!("{FAULTY}x: {}\n", "x".repeat(100 << 20)));
    let ran = within_memory(&folder, 600, "huge.yaml");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    folder.write("huge.yaml", "a: 1\n---\n".repeat(500_000) + &"---\n".repeat(500_000) + FAULTY);
    let ran = within_memory(&folder, 300, "huge.yaml");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.ends_with("1 object judged: 1 denied, 0 warned, 0 exempt\n"), "{}", ran.stdout);
    // more than anybody means is refused before it is read
    File::create(folder.path("huge.yaml")).unwrap().set_len(1 << 30).unwrap();
    let ran = within_memory(&folder, 900, "huge.yaml");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("error: cannot be read: larger than 256 MiB\n --> huge.yaml\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn notices_end_somewhere() {
    let folder = Folder::with(&[("x.yaml", &vec![FAULTY; 1000].join("---\n"))]);
    let ran = folder.check(&["x.yaml"]);
    assert_eq!(ran.stderr.lines().count(), 201, "{}", ran.stderr);
    assert!(ran.stderr.ends_with("\n... and 799 more of this kind\n"), "{}", ran.stderr);
}
