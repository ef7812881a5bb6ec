//! `--baseline` and `--write-baseline`.

use serde_json::Value;

use super::folder::{FAULTY, Folder, clean};

const WRITE: &[&str] = &["--write-baseline", "known.json"];
const KNOWN: &[&str] = &["--baseline", "known.json"];

fn known(folder: &Folder) -> usize {
    let baseline: Value = serde_json::from_str(&folder.read("known.json")).unwrap();
    assert_eq!((&baseline["apiVersion"], &baseline["kind"]), (&"ako-gate/v1".into(), &"Baseline".into()));
    baseline["findings"].as_object().unwrap().len()
}

#[test]
fn what_is_known_does_not_count_again() {
    let folder = Folder::with(&[("a.yaml", FAULTY)]);
    let written = folder.check(&[WRITE, &["a.yaml"]].concat());
    assert_eq!((written.code, known(&folder)), (Some(0), 1), "{written:?}");
    let again = folder.check_json(&[KNOWN, &["a.yaml"]].concat());
    assert_eq!((again.code, again.places().len()), (Some(0), 0));
    // lines may move and files may be renamed
    folder.write("b.yaml", format!("# a comment\n---\n{}", FAULTY.replace("[IPv6]", "\n  - IPv6")));
    assert_eq!(folder.check(&[KNOWN, &["b.yaml"]].concat()).code, Some(0));
    // another fault is new
    folder.write("c.yaml", FAULTY.replace("name: web", "name: other"));
    assert_eq!(folder.check_json(&[KNOWN, &["b.yaml", "c.yaml"]].concat()).places().len(), 1);
}

#[test]
fn a_baseline_shrinks_by_itself_and_grows_when_told_to() {
    let other = FAULTY.replace("name: web", "name: other");
    let folder = Folder::with(&[("a.yaml", FAULTY), ("b.yaml", &other)]);
    folder.check(&[WRITE, &["a.yaml"]].concat());
    let ran = folder.check(&[WRITE, &["a.yaml", "b.yaml"]].concat());
    assert_eq!((ran.code, known(&folder)), (Some(1), 1), "a new finding stays one");
    let ran = folder.check(&[WRITE, &["--grow-baseline", "a.yaml", "b.yaml"]].concat());
    assert_eq!((ran.code, known(&folder)), (Some(0), 2));
    folder.write("a.yaml", clean());
    let ran = folder.check(&[WRITE, &["a.yaml", "b.yaml"]].concat());
    assert_eq!((ran.code, known(&folder)), (Some(0), 1), "what is mended is forgotten");
}

#[test]
fn a_file_that_is_no_baseline_is_refused() {
    let folder = Folder::with(&[("a.yaml", FAULTY)]);
    for text in ["", "[]", "{\"apiVersion\": \"ako-gate/v2\", \"kind\": \"Baseline\", \"findings\": {}}"] {
        folder.write("known.json", text);
        for arguments in [KNOWN, WRITE] {
            let ran = folder.check(&[arguments, &["a.yaml"]].concat());
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
            assert_eq!(folder.read("known.json"), text, "it is left as it is");
        }
    }
}
