//! Pages of `--format html` for tests: small and large ones, and ones full of hostile names.

use std::fs;

use crate::folder::{Folder, Ran};
use crate::support::control_plane::root;

const SETTINGS: &str = "\
apiVersion: ako-gate/v1
kind: Settings
profile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}
rules: {ako/unknown-ip-family: audit}
exemptions:
- {rule: ako/*, match: {kind: Service, namespace: exempt}, reason: 'goes & <soon>', owner: team-a}
";

/// A name that tries to leave every place it can stand in.
pub(crate) const HOSTILE: &str =
    "\"'><script>alert(1)</script><img src=x onerror=alert(1)>]]>--></style></title>&lt;";

fn service(number: usize, total: usize) -> String {
    // one of each outcome, then more and more denials and warnings
    let (namespace, policy) = match number {
        0 => ("exempt", "SingleStack\n  ipFamilies: [IPv6]"),
        n if n % 4 == 1 => ("shop", "PreferDualStack\n  ipFamilies: [IPv4, IPv6]"),
        _ => ("shop", "SingleStack\n  ipFamilies: [IPv6]"),
    };
    let width = total.to_string().len();
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web-{number:0width$}, namespace: {namespace}}}\nspec:\n  \
         type: LoadBalancer\n  ipFamilyPolicy: {policy}\n  ports:\n  - {{port: 80}}\n"
    )
}

/// `check` on so many findings, of every outcome.
pub(crate) fn check_as(findings: usize, format: &str) -> Ran {
    let config = crate::folder::CONFIG.replace("V4", "V9");
    let services: Vec<String> = (0..findings - 1).map(|number| service(number, findings)).collect();
    let folder = Folder::with(&[
        ("settings.yaml", SETTINGS),
        ("deploy/config.yaml", &config),
        ("deploy/services.yaml", &services.join("---\n")),
    ]);
    folder.run(&["check", "--config", "settings.yaml", "--format", format, "deploy"], "")
}

/// The page of it.
pub(crate) fn check(findings: usize) -> Ran {
    check_as(findings, "html")
}

/// The example of the README, each of its files changed.
fn example(arguments: &[&str], change: impl Fn(&str) -> String) -> Ran {
    let folder = Folder::with(&[]);
    for file in ["values.yaml", "cluster.yaml"] {
        let text = fs::read_to_string(root().join("tests/examples/plan").join(file)).unwrap();
        folder.write(file, change(&text));
    }
    let (command, rest) = arguments.split_first().unwrap();
    let known = ["--profile", "ako=1.11.5", "--profile", "akoCloud=CLOUD_VCENTER", "--format", "html"];
    folder.run(&[&[*command][..], &known, rest, &["values.yaml", "cluster.yaml"]].concat(), "")
}

/// The page of `plan`.
pub(crate) fn plan() -> Ran {
    example(&["plan"], str::to_owned)
}

/// The page of `what-if --upgrade-path`.
pub(crate) fn path(from: &str) -> Ran {
    example(&["what-if", "--upgrade-path", "--profile", from], str::to_owned)
}

/// The page of `what-if`.
pub(crate) fn change(to: &str) -> Ran {
    example(&["what-if", "--to", to], str::to_owned)
}

fn documents() -> Ran {
    let folder = Folder::with(&[
        (
            "kops.yaml",
            "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {name: c}\nspec:\n  cloudProvider: aws\n  \
             nonMasqueradeCIDR: ::/0\n  subnets:\n  - {name: a, type: Private, zone: z, ipv6CIDR: /64#a}\n  \
             - {name: u, type: Utility, zone: z, cidr: 172.20.0.0/21, ipv6CIDR: /64#b}\n",
        ),
        (
            "apimodel.json",
            r#"{"properties": {"featureFlags": {"enableIPv6DualStack": true}, "orchestratorProfile": {}}}"#,
        ),
    ]);
    let pool = "vpcIPv6CIDR=2001:db8::/56";
    folder.run(&["plan", "--format", "html", "--profile", pool, "kops.yaml", "apimodel.json"], "")
}

/// A page of every kind.
pub(crate) fn all() -> Vec<(&'static str, Ran)> {
    let empty = Folder::with(&[("clean.yaml", &crate::folder::clean())]);
    vec![
        ("check", check(10)),
        ("check of many", check(1000)),
        ("check without a finding", empty.check(&["--format", "html", "clean.yaml"])),
        ("plan", plan()),
        ("plan of nothing", empty.run(&["plan", "--format", "html", "clean.yaml"], "")),
        ("AKO does not start", example(&["plan"], |text| text.replace("ipFamily: V6", "ipFamily: V9"))),
        ("documents", documents()),
        ("what-if, worse", change("serviceType=NodePort")),
        ("what-if, another release", change("ako=2.1.1")),
        ("what-if, nothing", change("ako=1.11.5")),
        ("upgrade path", path("ako=1.9.3")),
        ("upgrade path from the newest", path("ako=2.1.1")),
    ]
}

/// Pages of objects, hosts, nodes, addresses and reasons that are named [`HOSTILE`].
pub(crate) fn hostile() -> Vec<(&'static str, Ran)> {
    let quoted = format!("{HOSTILE:?}");
    let evil = |text: &str| {
        let text = text.replace("host: shop.example.com", &format!("host: {quoted}"));
        let text = text.replace("name: worker-2", &format!("name: {quoted}"));
        let text = text.replace("nodeName: worker-2", &format!("nodeName: {quoted}"));
        text.replace("name: dns", &format!("name: {quoted}"))
            .replace("namespace: shop", &format!("namespace: {quoted}"))
    };
    let service = crate::folder::FAULTY.replace("name: web", &format!("name: {quoted}"));
    let config = crate::folder::CONFIG.replace("V4", &quoted);
    let settings =
        SETTINGS.replace("'goes & <soon>'", &quoted).replace("namespace: exempt", "namespace: shop");
    let folder = Folder::with(&[
        ("settings.yaml", &settings),
        ("deploy/service.yaml", &service),
        ("deploy/config<b>&'\".yaml", &config),
        ("deploy/broken<i>&.yaml", "a: ["),
    ]);
    let checked = folder.run(&["check", "--config", "settings.yaml", "--format", "html", "deploy"], "");
    let kops = Folder::with(&[(
        "kops.yaml",
        &format!(
            "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {{name: {quoted}}}\nspec:\n  cloudProvider: aws\n  \
             nonMasqueradeCIDR: ::/0\n  subnets:\n  - {{name: {quoted}, type: Public, zone: {quoted}, ipv6CIDR: {quoted}}}\n"
        ),
    )]);
    vec![
        ("check", checked),
        ("plan", example(&["plan"], evil)),
        ("what-if", example(&["what-if", "--to", "serviceType=NodePort"], evil)),
        ("upgrade path", example(&["what-if", "--upgrade-path"], evil)),
        ("documents", kops.run(&["plan", "--format", "html", "kops.yaml"], "")),
    ]
}
