//! `ako-gate test`.

use super::folder::{FAULTY, Folder};
use crate::support::control_plane::root;

fn case(object: &str, allowed: bool) -> String {
    let object = object.lines().fold(String::new(), |text, line| text + "  " + line + "\n");
    format!(
        "name: a\nprofile: {{ako: 1.9.3}}\noperation: CREATE\nobject:\n{object}expect: {{allowed: {allowed}, warn: false, fields: []}}\n"
    )
}

#[test]
fn the_projects_own_cases_pass() {
    let folder = Folder::with(&[]);
    let cases = root().join("tests/rules/ako");
    let ran = folder.run(&["test", cases.to_str().unwrap()], "");
    let (passed, rest) = ran.stdout.split_once(' ').unwrap();
    assert_eq!((ran.code, rest, ran.stderr.as_str()), (Some(0), "passed, 0 failed\n", ""));
    assert!(passed.parse::<usize>().unwrap() > 300, "{passed}");
}

#[test]
fn says_what_differs() {
    let folder = Folder::with(&[("good.yaml", &case(FAULTY, false)), ("bad.yaml", &case(FAULTY, true))]);
    let ran = folder.run(&["test", "."], "");
    let found = "found: deny ako/ipv6-vip-on-load-balancer spec.ipFamilies[0]";
    let wanted = format!("failed ./bad.yaml: allowed is false; {found}\n1 passed, 1 failed\n");
    assert_eq!((ran.code, ran.stdout), (Some(1), wanted));
    let junit = folder.run(&["test", "--format", "junit", "."], "");
    assert_eq!(junit.code, Some(1));
    assert!(junit.stdout.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{}", junit.stdout);
    assert!(junit.stdout.contains("<failure message=\"allowed is false\""), "{}", junit.stdout);
}

#[test]
fn settings_count_and_the_cases_profile_wins() {
    let settings =
        "apiVersion: ako-gate/v1\nkind: Settings\nprofile: {ako: 2.1.1}\nrules: {\"*\": {webhook: warn}}\n";
    let check = case(FAULTY, false).replace("CREATE", "CHECK");
    let warned = case(FAULTY, true).replace("warn: false", "warn: true");
    let folder =
        Folder::with(&[("settings.yaml", settings), ("c/warned.yaml", &warned), ("c/check.yaml", &check)]);
    let ran = folder.run(&["test", "--config", "settings.yaml", "--profile", "ako=1.12.1", "c"], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "2 passed, 0 failed\n"), "{ran:?}");
}

#[test]
fn what_is_no_case_ends_with_2() {
    let folder = Folder::with(&[("good.yaml", &case(FAULTY, false)), ("service.yaml", FAULTY)]);
    let ran = folder.run(&["test", "good.yaml", "service.yaml", "nowhere.yaml"], "");
    assert_eq!(ran.code, Some(2));
    let unknown = "unreadable service.yaml: 1:13: unknown key \"apiVersion\"";
    assert!(ran.stdout.starts_with(unknown), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("1 passed, 0 failed, 2 unreadable\n"), "{}", ran.stdout);
    assert_eq!(folder.run(&["test"], "").code, Some(2));
    assert_eq!(folder.run(&["test", "-"], &case(FAULTY, false)).code, Some(0));
}
