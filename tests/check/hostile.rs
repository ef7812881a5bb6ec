//! Files that are broken, huge, or made to break the reader.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use super::folder::{FAULTY, Folder, RULE};

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
fn files_that_cannot_be_opened_are_reported() {
    let folder = Folder::with(&[("a/secret.yaml", FAULTY), ("a/web.yaml", FAULTY)]);
    fs::set_permissions(folder.path("a/secret.yaml"), Permissions::from_mode(0o000)).unwrap();
    let ran = folder.check_json(&["a"]);
    // whoever may read everything reads this too
    if fs::read(folder.path("a/secret.yaml")).is_err() {
        assert_eq!((ran.code, ran.places().len()), (Some(2), 1), "{ran:?}");
        assert!(ran.unreadable()[0].starts_with("a/secret.yaml:0:0 "), "{ran:?}");
    }
    std::os::unix::fs::symlink("nowhere", folder.path("a/gone.yaml")).unwrap();
    let ran = folder.check_json(&["a"]);
    assert!(ran.code == Some(2) && ran.unreadable().iter().any(|line| line.starts_with("a/gone.yaml:0:0 ")));
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
    let start = Instant::now();
    let ran = folder.check_json(&["."]);
    assert_eq!((ran.code, ran.unreadable().len()), (Some(2), 5), "{ran:?}");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
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
    let start = Instant::now();
    let ran = folder.check(&["."]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stdout.contains("103001 objects judged: 3001 denied"),
        "{}",
        &ran.stdout[ran.stdout.len() - 200..]
    );
    assert!(!ran.stdout.contains(&scalar), "what is too long is not shown");
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
