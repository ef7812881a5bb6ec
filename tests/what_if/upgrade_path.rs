//! `what-if --upgrade-path`: each release from the one in force to the newest.

use super::{FILES, PROFILE, at, folder, of_example};

/// The releases of an upgrade path, with what is said of each.
fn steps(text: &str) -> Vec<(&str, &str)> {
    text.lines().filter_map(|line| line.strip_prefix("ako=")?.split_once(": ")).collect()
}

#[test]
fn an_upgrade_path_names_the_releases_that_change_something() {
    let ran = of_example("what-if", &["--upgrade-path"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stdout.starts_with("AKO 1.11.5 to 2.1.1: nothing gets worse\n\n"), "{}", ran.stdout);
    let steps = steps(&ran.stdout);
    let changing: Vec<&str> =
        steps.iter().filter(|(_, said)| *said != "nothing changes").map(|(release, _)| *release).collect();
    assert_eq!(changing, ["1.12.1", "1.13.1"]);
    assert_eq!((steps.len(), steps[0].0, steps[8].0), (9, "1.12.1", "2.1.1"));
    // each step is what --to prints from the release before it
    let one = at("1.12.3", &["what-if", "--to", "ako=1.13.1"]);
    assert!(ran.stdout.contains(&one.stdout), "{}\nis not in\n{}", one.stdout, ran.stdout);
}

#[test]
fn an_upgrade_path_that_makes_something_worse_ends_with_1() {
    let folder = folder();
    // from 1.12.1 on AKO dies of such a Service in NodePort mode
    let values = folder.read("values.yaml");
    folder.write("values.yaml", values.replace("serviceType: ClusterIP", "serviceType: NodePort"));
    let cluster = folder.read("cluster.yaml").replace("{service: {name: api,", "{service: {name: ext,");
    let external = "---\napiVersion: v1\nkind: Service\nmetadata: {name: ext, namespace: shop}\nspec: {type: ExternalName, \
                    externalName: db.example.com, ports: [{port: 80}]}\n";
    folder.write("cluster.yaml", cluster + external);
    let run = |format| {
        let arguments =
            ["what-if", "--upgrade-path", "--format", format].into_iter().chain(PROFILE).chain(FILES);
        folder.run(&arguments.collect::<Vec<_>>(), "")
    };
    let ran = run("human");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("AKO 1.11.5 to 2.1.1: worse at 1.12.1\n"), "{}", ran.stdout);
    let said = steps(&ran.stdout)[0].1;
    assert!(said.starts_with("worse: ") && said.contains("AKO dies"), "{said}");
    let json = run("json").json();
    assert_eq!(
        (json["from"].as_str(), json["verdict"].as_str()),
        (Some("1.11.5"), ran.stdout.lines().next())
    );
    assert_eq!(json["steps"].as_array().unwrap().len(), 9);
    assert_eq!(json["steps"][0]["to"][0], "ako=1.12.1");
    assert!(json["steps"][0]["ako"]["after"]["crash"].as_str().unwrap().contains("ExternalName"));
    assert_eq!(json["steps"][8]["verdict"], "nothing changes");
    let html = run("html");
    assert_eq!(html.code, Some(1), "{html:?}");
    assert!(html.stdout.contains("worse at 1.12.1</p>"), "{}", html.stdout);
}

#[test]
fn from_the_newest_release_there_is_nowhere_to_go() {
    let ran = at("2.1.1", &["what-if", "--upgrade-path"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), "AKO 2.1.1 is the newest release described here\n"),
        "{ran:?}"
    );
}
