//! The flags of a cluster's components, from whatever form they are written in (kubernetes.md 1.7).

use super::range::Ranges;
use crate::model::{IpFamily, Kind, Node, Object, Shape};

/// A component whose flags are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// kube-apiserver.
    ApiServer,
    /// kube-controller-manager.
    ControllerManager,
    /// kubelet.
    Kubelet,
    /// kube-proxy.
    Proxy,
}

impl Component {
    /// Every component.
    pub const ALL: [Self; 4] = [Self::ApiServer, Self::ControllerManager, Self::Kubelet, Self::Proxy];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Kubelet => "kubelet",
            Self::Proxy => "kube-proxy",
        }
    }
}

/// The flag for the range of Pods.
pub const CLUSTER_CIDR: &str = "cluster-cidr";
/// The flag for the range of Services.
pub const SERVICE_RANGE: &str = "service-cluster-ip-range";
/// The flag that has the controller manager hand out node ranges.
pub const ALLOCATE: &str = "allocate-node-cidrs";
/// The feature gate of dual stack.
pub const GATE: &str = "IPv6DualStack";

/// The flag for a node mask of either family.
pub fn generic() -> &'static str {
    "node-cidr-mask-size"
}

/// The flag for the node mask of one family.
pub fn per_family(family: IpFamily) -> &'static str {
    match family {
        IpFamily::V4 => "node-cidr-mask-size-ipv4",
        IpFamily::V6 => "node-cidr-mask-size-ipv6",
    }
}

/// A flag as given.
#[derive(Clone, Copy, Debug)]
pub struct Flag<'a> {
    name: &'a str,
    /// The value; `true` for a flag that stands alone.
    pub value: &'a str,
    /// Where it is written.
    pub node: Node<'a>,
    /// Whether a cluster builder derives it from another field, which rules of its own judge.
    pub implied: bool,
}

impl Flag<'_> {
    /// Whether it is the flag `name`; components take `_` for `-`.
    pub fn is(&self, name: &str) -> bool {
        self.name.len() == name.len()
            && self.name.bytes().zip(name.bytes()).all(|(a, b)| a == b || (a == b'_' && b == b'-'))
    }

    /// Whether Go reads the value as true.
    pub fn is_true(&self) -> bool {
        go_bool(self.value) == Some(true)
    }

    /// The text of its node once `value` takes the place of the value.
    pub fn with(&self, value: &str) -> String {
        self.node.text().replacen(self.value, value, 1)
    }

    /// The values of a list, given as text with commas or as a list.
    pub fn values(&self) -> Vec<String> {
        if self.node.shape() == Some(Shape::List) && self.value.is_empty() {
            return self.node.items().map(|item| item.text().to_owned()).collect();
        }
        self.value.split(',').filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }
}

/// A feature gate as given.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    name: &'a str,
    /// On or off; `None` when it is neither.
    pub on: Option<bool>,
    /// Where it is written.
    pub node: Node<'a>,
}

/// How far a feature has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Off by default.
    Alpha,
    /// Mostly on by default.
    Beta,
}

/// The flags of one component.
#[derive(Clone, Debug)]
pub struct Flags<'a> {
    /// The component.
    pub component: Component,
    /// The field to blame for a flag that is missing.
    pub owner: Node<'a>,
    given: Vec<Flag<'a>>,
    gates: Vec<Gate<'a>>,
}

fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

impl<'a> Flags<'a> {
    fn new(component: Component, owner: Node<'a>) -> Self {
        Self { component, owner, given: Vec::new(), gates: Vec::new() }
    }

    fn push(&mut self, name: &'a str, value: &'a str, node: Node<'a>, implied: bool) {
        let flag = Flag { name, value, node, implied };
        if flag.is("feature-gates") {
            for gate in value.split(',').filter(|gate| !gate.is_empty()) {
                let (name, value) = gate.split_once('=').unwrap_or((gate, ""));
                self.gates.push(Gate { name: name.trim(), on: go_bool(value.trim()), node });
            }
        } else {
            self.given.push(flag);
        }
    }

    /// Reads the arguments of a command line; what is no flag is passed over.
    fn read_arguments(&mut self, arguments: impl Iterator<Item = Node<'a>>) {
        let mut arguments = arguments.peekable();
        while let Some(node) = arguments.next() {
            let Some(text) = node.text().strip_prefix("--") else { continue };
            if text.is_empty() {
                return;
            }
            if let Some((name, value)) = text.split_once('=') {
                self.push(name, value, node, false);
                continue;
            }
            let value = if text == ALLOCATE {
                None
            } else {
                arguments.next_if(|next| !next.text().starts_with("--"))
            };
            self.push(text, value.map_or("true", Node::text), node, false);
        }
    }

    /// Reads kubeadm's extra arguments: a map, or from v1beta4 a list of names and values.
    fn read_extra_args(&mut self, extra: Node<'a>) {
        for entry in extra.children() {
            if extra.is_map() {
                self.push(entry.key(), entry.text(), entry, false);
            } else {
                let value = entry.at("value");
                let node = if value.is_absent() { entry } else { value };
                self.push(entry.at("name").text(), value.text(), node, false);
            }
        }
    }

    fn read_gates(&mut self, gates: Node<'a>) {
        for gate in gates.children() {
            self.gates.push(Gate { name: gate.key(), on: gate.as_bool(), node: gate });
        }
    }

    /// The flag `name`; of a repeated one the last.
    pub fn get(&self, name: &str) -> Option<Flag<'a>> {
        self.given.iter().rev().find(|flag| flag.is(name)).copied()
    }

    /// The flag `name` and the ranges it lists.
    pub fn ranges(&self, name: &str) -> Option<(Flag<'a>, Ranges<'a>)> {
        let flag = self.get(name)?;
        Some((flag, Ranges::read(flag.value)))
    }

    /// The feature gate `name`; of a repeated one the last.
    pub fn gate(&self, name: &str) -> Option<Gate<'a>> {
        self.gates.iter().rev().find(|gate| gate.name == name).copied()
    }

    /// Whether the feature gate `name` is on: as given, else as `AllAlpha` or `AllBeta` says, whichever is its stage, else
    /// by default.
    pub fn has_feature(&self, name: &str, stage: Stage, by_default: bool) -> bool {
        let all = match stage {
            Stage::Alpha => "AllAlpha",
            Stage::Beta => "AllBeta",
        };
        let gate = self.gate(name).or_else(|| self.gate(all));
        gate.map_or(by_default, |gate| gate.on == Some(true))
    }

    /// Whether dual stack is on for this component: as its gate says under releases that have one (1.16 to 1.22), and
    /// never before.
    pub fn has_dual_stack(&self, minor: u32) -> bool {
        let is_beta = minor >= 21;
        minor >= 16 && self.has_feature(GATE, if is_beta { Stage::Beta } else { Stage::Alpha }, is_beta)
    }

    /// Whether it hands out node ranges: the controller manager does only if told so (kubernetes.md C1).
    pub fn allocates(&self) -> bool {
        self.get(ALLOCATE).is_some_and(|flag| flag.is_true())
    }
}

/// Whether any of the ranges that these components are given is more than one.
pub fn is_dual(components: &[Flags<'_>]) -> bool {
    let ranges =
        components.iter().flat_map(|flags| [flags.ranges(CLUSTER_CIDR), flags.ranges(SERVICE_RANGE)]);
    ranges.flatten().any(|(_, ranges)| ranges.is_several())
}

/// The components that an object configures; none for most objects.
pub fn of(object: Object<'_>) -> Vec<Flags<'_>> {
    match object.kind() {
        Some(Kind::ClusterFlags) => cluster_flags(object),
        Some(Kind::Pod) => static_pod(object),
        Some(Kind::ClusterConfiguration) => cluster_configuration(object),
        Some(Kind::InitConfiguration | Kind::JoinConfiguration) => node_registration(object),
        Some(Kind::KubeProxyConfiguration) => vec![proxy_configuration(object)],
        _ => Vec::new(),
    }
}

fn cluster_flags(object: Object<'_>) -> Vec<Flags<'_>> {
    let listed = object.at_key("components");
    let components = Component::ALL.into_iter().filter_map(|component| {
        let arguments = listed.at(component.name());
        (!arguments.is_absent()).then(|| {
            let mut flags = Flags::new(component, arguments);
            flags.read_arguments(arguments.items());
            flags
        })
    });
    components.collect()
}

/// The component that a container runs.
fn program(container: Node<'_>) -> Option<Component> {
    let first = container.at("command").items().next().map_or("", Node::text);
    let base = first.rsplit('/').next().unwrap_or_default();
    Component::ALL.into_iter().find(|component| component.name() == base)
}

/// The container of a Pod that runs a component, such as those of kubeadm's static Pods.
pub fn component_container(pod: Object<'_>) -> Option<(Component, Node<'_>)> {
    let mut containers = pod.spec().at("containers").items();
    containers.find_map(|container| Some((program(container)?, container)))
}

fn static_pod(pod: Object<'_>) -> Vec<Flags<'_>> {
    let Some((component, container)) = component_container(pod) else {
        return Vec::new();
    };
    let command = container.at("command");
    let mut flags = Flags::new(component, command);
    flags.read_arguments(command.items().skip(1).chain(container.at("args").items()));
    vec![flags]
}

fn cluster_configuration(object: Object<'_>) -> Vec<Flags<'_>> {
    let networking = object.at_key("networking");
    let (pods, services) = (networking.at("podSubnet"), networking.at("serviceSubnet"));
    let section = |component: Component, key: &str| {
        let section = object.at_key(key);
        let mut flags = Flags::new(component, section.at("extraArgs"));
        if !services.text().is_empty() {
            flags.push(SERVICE_RANGE, services.text(), services, true);
        }
        if component == Component::ControllerManager && !pods.text().is_empty() {
            flags.push(CLUSTER_CIDR, pods.text(), pods, true);
            flags.push(ALLOCATE, "true", pods, true);
        }
        // kubeadm hands its own gate on
        flags.read_gates(object.at_key("featureGates"));
        flags.read_extra_args(section.at("extraArgs"));
        flags
    };
    vec![
        section(Component::ApiServer, "apiServer"),
        section(Component::ControllerManager, "controllerManager"),
    ]
}

fn node_registration(object: Object<'_>) -> Vec<Flags<'_>> {
    let extra = object.at_key("nodeRegistration").at("kubeletExtraArgs");
    let mut flags = Flags::new(Component::Kubelet, extra);
    flags.read_extra_args(extra);
    vec![flags]
}

fn proxy_configuration(object: Object<'_>) -> Flags<'_> {
    let range = object.at_key("clusterCIDR");
    let mut flags = Flags::new(Component::Proxy, range);
    let pairs = [
        ("proxy-mode", "mode"),
        (CLUSTER_CIDR, "clusterCIDR"),
        ("detect-local-mode", "detectLocalMode"),
        ("bind-address", "bindAddress"),
        ("nodeport-addresses", "nodePortAddresses"),
    ];
    for (name, key) in pairs {
        let node = object.at_key(key);
        if !node.is_nothing() {
            flags.push(name, node.text(), node, false);
        }
    }
    flags.read_gates(object.at_key("featureGates"));
    flags
}
