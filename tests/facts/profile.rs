//! The environment: stated, else read from objects, else a default; and the release that runs
//! (ako-names-and-crds.md section 4).

use ako_gate::facts::profile;
use ako_gate::model::{IpFamily, Kind, Source, Stated};

use super::world::{Table, World, config, namespace, service, stated};

const DIGEST: &str = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// AKO's `StatefulSet` with this image and version label.
fn stateful_set(image: &str, label: &str) -> String {
    stateful_set_of("ako", "avi-system", &format!("app.kubernetes.io/version: '{label}'"), "ako", image)
}

fn stateful_set_of(name: &str, namespace: &str, labels: &str, container: &str, image: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: StatefulSet, \
         metadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}, \
         spec: {{template: {{spec: {{containers: [{{name: side, image: 'side:9.9.9'}}, \
         {{name: {container}, image: '{image}'}}]}}}}}}}}"
    )
}

fn release(world: &World) -> String {
    let profile = world.profile();
    format!("{} {}", profile.ako.value, profile.ako.from.name())
}

#[test]
fn the_release_is_read_from_the_image_tag() {
    let mut table = Table::default();
    let mut row = |image: &str, label: &str, wanted: &str| {
        let set = stateful_set(image, label);
        let world = World::new("", &[&service("", ""), &set]);
        table.row(&format!("{image} labelled {label:?}"), wanted, &release(&world));
    };
    for (tag, wanted) in [
        ("2.1.1", "2.1.1"),
        ("2.1.1-5123", "2.1.1"),
        ("v1.12.1_vmware.1", "1.12.1"),
        ("v1.12.1", "1.12.1"),
        ("1.12.1-tkg", "1.12.1"),
        ("1.9.3-20230217.123456", "1.9.3"),
    ] {
        let wanted = format!("{wanted} objects");
        for path in
            ["ako", "avi-buildops/ako", "projects.packages.broadcom.com/ako/ako", "mirror:5000/a/b/ako/ako"]
        {
            row(&format!("{path}:{tag}"), "", &wanted);
            row(&format!("{path}:{tag}{DIGEST}"), "", &wanted);
        }
    }
    // what cannot be read: the label, which Helm writes beside it, then the default
    for image in ["r/ako/ako:latest", "r/ako/ako", "mirror:5000/ako/ako", &format!("r/ako/ako{DIGEST}"), ""] {
        row(image, "1.9.3", "1.9.3 objects");
        row(image, "1.9.3-5123", "1.9.3 objects");
        row(image, "latest", "1.11.5 default");
        row(image, "", "1.11.5 default");
    }
    // the image comes before the label, which goes stale
    row("r/ako/ako:2.1.1", "1.9.3", "2.1.1 objects");
    table.check();
}

#[test]
fn the_stateful_set_is_known_by_name_or_label() {
    let image = "r/ako/ako:1.9.3";
    let label = "app.kubernetes.io/name: ako";
    let mut table = Table::default();
    let mut row = |set: &str, wanted: &str| {
        let world = World::new("", &[&service("", ""), set]);
        let profile = world.profile();
        table.row(set, wanted, &format!("{} in {}", release(&world), profile.ako_namespace.value));
    };
    row(&stateful_set_of("ako", "avi-system", "", "ako", image), "1.9.3 objects in avi-system");
    row(&stateful_set_of("ako", "lb", "", "ako", image), "1.9.3 objects in lb");
    row(&stateful_set_of("my-ako", "lb", label, "ako", image), "1.9.3 objects in lb");
    // the container by its image where it has another name
    row(&stateful_set_of("ako", "lb", "", "controller", image), "1.9.3 objects in lb");
    row(&stateful_set_of("ako", "lb", "", "controller", "r/other:1.9.3"), "1.11.5 default in lb");
    row(&stateful_set_of("my-ako", "lb", "", "ako", image), "1.11.5 default in avi-system");
    // the operator's own workload says nothing about AKO's release
    row(&stateful_set_of("ako-operator", "lb", "", "ako", image), "1.11.5 default in avi-system");
    table.check();
    let deployment = stateful_set("r/ako/ako:1.9.3", "").replace("StatefulSet", "Deployment");
    assert_eq!(release(&World::new("", &[&service("", ""), &deployment])), "1.11.5 default");
    // the subject stands for what is stored, and of two the first by namespace and name counts
    let (old, new) = (stateful_set("r/ako:1.9.3", ""), stateful_set("r/ako:2.1.1", ""));
    assert_eq!(release(&World::new("", &[&new, &old])), "2.1.1 objects");
    let elsewhere = old.replace("avi-system", "ako-system");
    assert_eq!(release(&World::new("", &[&service("", ""), &new, &elsewhere])), "1.9.3 objects");
}

#[test]
fn the_first_source_that_answers_wins() {
    let set = stateful_set("r/ako/ako:2.1.1", "");
    let flag = stated("ako=1.9.3 akoCloud=CLOUD_NSXT akoNamespace=flag platform=openshift", Source::Flag);
    let settings = stated("ako=1.12.1 akoNamespace=settings platform=kubernetes", Source::Settings);
    let mut world = World::new("", &[&service("", ""), &set]);
    let mut answers = |stated: Stated| {
        world.stated = stated;
        let profile = world.profile();
        let cloud = profile.cloud.map_or("none".to_owned(), |cloud| cloud.text);
        format!(
            "{} {cloud} {} {} {}",
            release(&world),
            profile.ako_namespace.value,
            profile.platform.value,
            profile.platform.from.name()
        )
    };
    let both = Stated::merge(flag, settings.clone());
    assert_eq!(answers(both), "1.9.3 --profile CLOUD_NSXT flag openshift --profile");
    assert_eq!(answers(settings), "1.12.1 settings none settings kubernetes settings");
    assert_eq!(answers(Stated::default()), "2.1.1 objects none avi-system kubernetes default");
    let bare = World::new("", &[&service("", "")]);
    assert_eq!(release(&bare), "1.11.5 default");
    assert_eq!(bare.profile().ako_namespace.from, Source::Default);
}

#[test]
fn a_statement_of_another_era_than_what_runs_is_noticed() {
    let running = |pairs: &str, image: &str, pin: bool| {
        let mut world = World::new(pairs, &[&service("", ""), &stateful_set(image, "")]);
        world.stated.pin = pin;
        world.profile().running_ako.map(|release| release.to_string())
    };
    assert_eq!(running("ako=1.9.3", "r/ako:2.1.1", false), Some("2.1.1".to_owned()));
    assert_eq!(running("ako=1.9.3", "r/ako:2.1.1", true), None);
    assert_eq!(running("ako=1.9.3", "r/ako:1.11.5", false), None);
    assert_eq!(running("ako=2.1.1", "r/ako:latest", false), None);
    assert_eq!(running("", "r/ako:2.1.1", false), None);
}

#[test]
fn ako_is_in_play_when_something_says_so() {
    let values = "AKOSettings: {ipFamily: V4}";
    let akoconfig =
        "{apiVersion: ako.vmware.com/v1alpha1, kind: AKOConfig, metadata: {name: a, namespace: b}}";
    let config = config("");
    let elsewhere = config.replace("avi-system", "other");
    let set = stateful_set("r/ako:latest", "");
    let service = service("", "");
    let mut table = Table::default();
    let mut row = |pairs: &str, from_cluster: bool, texts: &[&str], wanted: bool| {
        let mut world = World::new(pairs, texts);
        world.snapshot.from_cluster = from_cluster;
        let found = world.profile().ako_in_play;
        table.row(&format!("{pairs} {from_cluster} {texts:?}"), &wanted.to_string(), &found.to_string());
    };
    // a bare file, and nothing said about anything
    row("", false, &[&service], true);
    row("platform=kubernetes clusterFamilies=IPv4", false, &[&service], true);
    for said in ["kubernetes=1.30", "aksEngine=0.79.0", "kops=1.30"] {
        row(said, false, &[&service], false);
        row(&format!("{said} ako=1.9.3"), false, &[&service], true);
        row(said, false, &[values], true);
    }
    // a cluster that AKS Engine or kOps builds has the load balancers of its cloud
    let model = model("enableIPv6DualStack: true", "orchestratorVersion: 1.23.17,");
    for built in [&model, &kops("c", "1.30.1", "cloudProvider: aws")] {
        row("", false, &[&service, built], false);
        row("ako=1.9.3", false, &[&service, built], true);
        row("", false, &[&service, built, values], true);
    }
    row("", false, &[&service, &kubeadm("v1.30.1", "")], true);
    row("", true, &[&service], false);
    row("", true, &[&service, &elsewhere], false);
    row("ako=2.1.1", true, &[&service], true);
    let anywhere = config.replace(", namespace: avi-system", "");
    assert_ne!(anywhere, config);
    for sign in [values, akoconfig, &config, &anywhere, &set] {
        row("", true, &[&service, sign], true);
        row("", true, &[sign], true);
    }
    // the namespace that is stated decides whose ConfigMap it is
    row("akoNamespace=other", true, &[&service, &elsewhere], true);
    row("akoNamespace=other", true, &[&service, &config], false);
    table.check();
}

#[test]
fn routes_show_openshift() {
    let route = "{apiVersion: route.openshift.io/v1, kind: Route, metadata: {name: web, namespace: shop}}";
    let platform = |pairs: &str, texts: &[&str], serves_routes: Option<bool>| {
        let mut world = World::new(pairs, texts);
        world.snapshot.serves_routes = serves_routes;
        let platform = world.profile().platform;
        format!("{} {}", platform.value, platform.from.name())
    };
    let namespace = namespace("");
    assert_eq!(platform("", &[&namespace], None), "kubernetes default");
    assert_eq!(platform("", &[route], None), "openshift objects");
    assert_eq!(platform("", &[&namespace, route], None), "openshift objects");
    assert_eq!(platform("platform=kubernetes", &[route], None), "kubernetes --profile");
    // a cluster knows for itself, without a Route in it
    assert_eq!(platform("", &[&namespace], Some(true)), "openshift objects");
    assert_eq!(platform("", &[&namespace], Some(false)), "kubernetes objects");
}

#[test]
fn without_a_subject_the_snapshot_decides_alone() {
    let world = World::new("", &[&service("", ""), &stateful_set("r/ako:1.12.1", "")]);
    let profile = profile::resolve(&world.stated, &world.snapshot, None);
    assert_eq!((profile.ako.value.to_string(), profile.ako_in_play), ("1.12.1".to_owned(), true));
    assert_eq!(world.snapshot.count(Kind::StatefulSet), 1);
}

#[test]
fn an_api_server_tells_its_release() {
    let kubernetes = |pairs: &str, version: &str, texts: &[&str]| {
        let mut world = World::new(pairs, texts);
        world.snapshot.server_version = Some(version.to_owned()).filter(|version| !version.is_empty());
        let kubernetes = world.profile().kubernetes;
        format!("{} {}", kubernetes.value, kubernetes.from.name())
    };
    let service = service("", "");
    assert_eq!(kubernetes("", "", &[&service]), "1.36 default");
    assert_eq!(kubernetes("", "v1.30.14-gke.100", &[&service]), "1.30.14 objects");
    assert_eq!(kubernetes("", "unknown", &[&service]), "1.36 default");
    assert_eq!(kubernetes("kubernetes=1.29", "v1.30.14", &[&service]), "1.29 --profile");
}

fn flags(version: &str, pods: &str, services: &str) -> String {
    format!(
        "{{apiVersion: ako-gate/v1, kind: ClusterFlags, kubernetesVersion: {version}, components: {{\
         kube-apiserver: [--service-cluster-ip-range={services}], \
         kube-controller-manager: [--allocate-node-cidrs=true, --cluster-cidr={pods}]}}}}"
    )
}

fn kubeadm(version: &str, networking: &str) -> String {
    format!(
        "{{apiVersion: kubeadm.k8s.io/v1beta3, kind: ClusterConfiguration, kubernetesVersion: {version}, \
         networking: {{{networking}}}}}"
    )
}

fn model(flags: &str, version: &str) -> String {
    format!(
        "{{properties: {{featureFlags: {{{flags}}}, orchestratorProfile: {{{version} \
         kubernetesConfig: {{networkPlugin: kubenet}}}}}}}}"
    )
}

fn kops(name: &str, version: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: kops.k8s.io/v1alpha2, kind: Cluster, metadata: {{name: {name}}}, \
         spec: {{kubernetesVersion: {version}, networking: {{cilium: {{}}}}, {spec}}}}}"
    )
}

const FIRST_RANGE: &str = "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: kubernetes}, \
    spec: {cidrs: ['fd00::/108', 10.96.0.0/16]}}";

/// Flags before kubeadm before AKS Engine before kOps (kubernetes.md 2.2); documents of one kind that disagree say
/// nothing.
#[test]
fn release_and_families_are_read_from_the_documents_of_a_cluster() {
    let (v6, v4) = ("nonMasqueradeCIDR: '::/0'", "nonMasqueradeCIDR: 100.64.0.0/10");
    let dual = "podSubnet: '10.1.0.0/16,fd01::/48', serviceSubnet: 'fd02::/112,10.2.0.0/16'";
    let old_flags = flags("1.18.20", "10.1.0.0/16", "10.2.0.0/16");
    let no_release = flags("new", "10.1.0.0/33", "10.2.0.0");
    let (kubeadm, bare) = (kubeadm("v1.30.1", dual), kubeadm("v1.29.3", ""));
    let dual_model = model("enableIPv6DualStack: true", "orchestratorRelease: '1.22',");
    let (single, v6_only) = (model("", ""), model("enableIPv6Only: true", "orchestratorVersion: 1.20.15,"));
    let (new, old) = (kops("a", "v1.34.2", v6), kops("b", "1.33.1", v4));
    let twin = kops("c", "1.34.2", v6);
    let mixed = kops("a", "1.34.2", "nonMasqueradeCIDR: '::/0', serviceClusterIPRange: 10.2.0.0/16");
    let mut table = Table::default();
    let mut row = |texts: &[&str], stated: &str, wanted: &str| {
        let service = service("", "");
        let world = World::new(stated, &[&[service.as_str()], texts].concat());
        let profile = world.profile();
        let families = profile.cluster_families.map_or("-".to_owned(), |families| families.text);
        let said = |said: Option<String>| said.unwrap_or("-".to_owned());
        let pods = profile.documented.pods.map(|said| format!("{:?}", said.value));
        let cnis = profile.documented.cnis.map(|said| said.value.join("+"));
        let found = [profile.kubernetes.text, families, said(pods), said(cnis)].join(" ");
        table.row(&texts.join(" "), wanted, &found);
    };
    row(&[], "", "1.36 - - -");
    row(&[&old_flags], "", "1.18.20 IPv4 [V4] -");
    row(&[&no_release], "", "1.36 - - -");
    row(&[&kubeadm, &old_flags], "", "1.18.20 IPv4 [V4] -");
    row(&[&kubeadm], "", "1.30.1 IPv6,IPv4 [V4, V6] -");
    row(&[&bare, &single], "", "1.29.3 IPv4 [V4] kubenet");
    row(&[&dual_model, &new], "", "1.22.17 IPv4,IPv6 [V4, V6] kubenet");
    row(&[&v6_only], "", "1.20.15 IPv6 [V6] kubenet");
    row(&[&single], "", "1.23.17 IPv4 [V4] kubenet");
    row(&[&new], "", "1.34.2 IPv6 [V6] cilium");
    row(&[&mixed], "", "1.34.2 IPv4 [V6] cilium");
    row(&[&old], "", "1.33.1 IPv4 [V4] cilium");
    row(&[&new, &twin], "", "1.34.2 IPv6 [V6] cilium");
    row(&[&new, &old], "", "1.36 - - cilium");
    row(&[&old, FIRST_RANGE], "", "1.33.1 IPv6,IPv4 [V4] cilium");
    row(&[&old, FIRST_RANGE], "kubernetes=1.30 clusterFamilies=IPv4", "1.30 IPv4 [V4] cilium");
    table.check();
}

#[test]
fn the_service_of_the_api_server_tells_the_first_family_and_no_more() {
    let told = |pairs: &str, spec: &str| {
        let metadata = "{name: kubernetes, namespace: default}";
        let own = format!("{{apiVersion: v1, kind: Service, metadata: {metadata}, spec: {{{spec}}}}}");
        let profile = World::new(pairs, &[&service("", ""), &own]).profile();
        (profile.primary_family(), profile.cluster_families.is_some())
    };
    assert_eq!(told("", "ipFamilies: [IPv6], clusterIP: 'fd00::1'"), (Some(IpFamily::V6), false));
    assert_eq!(told("", "clusterIP: 'fd00::1'"), (Some(IpFamily::V6), false));
    assert_eq!(told("", ""), (None, false));
    assert_eq!(told("clusterFamilies=IPv4", "clusterIP: 'fd00::1'"), (Some(IpFamily::V4), true));
}
