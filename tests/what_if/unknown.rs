//! What is not given or not stated: said, and neither made up nor taken for a loss.

use super::folder::Folder;
use super::{FILES, folder};

/// The example without the documents of a kind.
fn without(kind: &str) -> Folder {
    let folder = folder();
    let (cluster, kind) = (folder.read("cluster.yaml"), format!("kind: {kind}\n"));
    let left: Vec<&str> = cluster.split("---\n").filter(|document| !document.contains(&kind)).collect();
    folder.write("cluster.yaml", left.join("---\n"));
    folder
}

#[test]
fn what_is_not_given_does_not_get_worse() {
    let of = |folder: &Folder, profile: &str, change: &[&str]| {
        let rest = ["--profile", profile, "--profile", "akoCloud=CLOUD_VCENTER", FILES[0], FILES[1]];
        folder.run(&[&["what-if"], change, &rest].concat(), "")
    };
    let slices = without("EndpointSlice");
    let ran = of(&slices, "ako=1.12.3", &["--to", "ako=1.13.1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let needs =
        "  needs EndpointSlice objects: pass a file that holds them; the servers of 3 pools are not known\n";
    assert!(ran.stdout.ends_with(&format!("\nAssumed or unknown\n{needs}")), "{}", ran.stdout);
    assert!(!ran.stdout.contains("\nPools\n"), "{}", ran.stdout);
    let path = of(&slices, "ako=1.12.3", &["--upgrade-path"]);
    assert_eq!(path.code, Some(0), "{path:?}");
    assert_eq!(path.stdout.matches(needs).count(), 1, "{}", path.stdout);
    // routes to Pods whose ranges nobody gave, which Calico keeps in objects of its own
    let ran = of(&folder(), "ako=2.1.1", &["--to", "cniPlugin=calico"]);
    let said =
        "cniPlugin=calico: nothing is known to change\n\nAssumed or unknown\n  needs BlockAffinity objects";
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with(said), "{}", ran.stdout);
    for format in ["json", "html"] {
        let ran = of(&folder(), "ako=2.1.1", &["--to", "cniPlugin=calico", "--format", format]);
        assert!(ran.stdout.contains("needs BlockAffinity objects"), "{format}: {}", ran.stdout);
    }
    let ran = of(&without("Node"), "ako=2.1.1", &["--to", "serviceType=NodePort"]);
    assert!(ran.stdout.contains("needs Node objects"), "{}", ran.stdout);
}

#[test]
fn a_plan_without_nodes_claims_no_missing_route() {
    let profile = ["--profile", "ako=2.1.1", "--profile", "akoCloud=CLOUD_VCENTER"];
    let ran = without("Node").run(&[&["plan"], &profile[..], &FILES].concat(), "");
    assert!(!ran.stdout.contains("NO ROUTE") && ran.stdout.contains("needs Node objects"), "{}", ran.stdout);
}

#[test]
fn what_is_assumed_of_a_change_is_said() {
    let folder = folder();
    let said = |files: &[&str], to: &str| folder.run(&[&["what-if", "--to", to], files].concat(), "").stdout;
    let assumed = said(&FILES, "ipFamily=V4");
    assert!(
        assumed.contains("AKO 1.11.5 is assumed") && assumed.contains("CLOUD_VCENTER assumed"),
        "{assumed}"
    );
    assert!(
        said(&["cluster.yaml"], "ako=2.1.1")
            .contains("findings are compared, VIPs, pools and routes are not")
    );
    folder.write("empty.yaml", "");
    assert!(said(&["empty.yaml"], "ako=2.1.1").contains("the inputs hold no object"));
}

#[test]
fn an_ingress_whose_class_is_not_given_says_what_to_pass() {
    let ran = without("IngressClass").run(&["plan", FILES[0], FILES[1]], "");
    let said = "x not built: nobody can tell whether AKO handles it: it needs IngressClass objects: pass a file that holds";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

#[test]
fn a_picture_tells_what_is_not_known() {
    let folder = without("EndpointSlice");
    let profile = ["--profile", "ako=2.1.1", "--profile", "akoCloud=CLOUD_VCENTER"];
    let draw =
        |files: &[&str]| folder.run(&[&["plan", "--format", "svg"], &profile[..], files].concat(), "").stdout;
    let cluster = folder.read("cluster.yaml");
    let nodeless: Vec<&str> = cluster.split("---\n").filter(|part| !part.contains("kind: Node\n")).collect();
    folder.write("nodeless.yaml", nodeless.join("---\n"));
    let few = draw(&["values.yaml", "nodeless.yaml"]);
    assert!(few.contains(">unknown<") && few.contains(">needs Node objects: pass a file that"), "{few}");
    let service = |n: usize| {
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: s{n}, namespace: shop}}, spec: {{type: LoadBalancer, ports: [{{port: 80}}]}}}}\n"
        )
    };
    folder.write("many.yaml", (0..100).map(service).collect::<String>());
    let many = draw(&["values.yaml", "cluster.yaml", "many.yaml"]);
    assert!(many.contains("the servers of 103 pools are not known<"), "{many}");
    assert!(many.contains(">Service shop/s0 and 99 more name no ipFamilies: IPv4 assumed; pass"), "{many}");
    assert!(many.contains(">unknown<") && many.contains(">103<") && !many.contains(">Servers<"), "{many}");
}
