//! AKO's configuration, whichever of its forms it comes in.

use crate::model::{FieldPath, Kind, Node, Object, Shape};

use super::vip::{KeyCase, Networks};

/// The form of a configuration (ako.md section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// ConfigMap `avi-k8s-config`, as the Helm chart or the operator writes it.
    ConfigMap,
    /// `AKOConfig`, the operator's custom resource.
    AkoConfig,
    /// The values document of the Helm chart.
    Values,
}

/// A setting that rules read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Setting {
    /// Family of the pools' servers: `ipFamily`.
    IpFamily,
    /// The CNI plug-in: `cniPlugin`.
    Cni,
    /// The VIP networks: `vipNetworkList`.
    VipNetworks,
    /// Pool mode: `serviceType`.
    ServiceType,
    /// Address of the Avi controller.
    Controller,
    /// Whether `LoadBalancer` Services are left alone: `layer7Only`.
    Layer7Only,
    /// Whether Services without a class are AKO's: `defaultLBController`.
    DefaultLbController,
    /// Label key of the namespaces AKO looks at.
    NamespaceLabelKey,
    /// Label value of the namespaces AKO looks at.
    NamespaceLabelValue,
    /// Namespaces AKO never looks at: `blockedNamespaceList`.
    BlockedNamespaces,
    /// Whether pools are filled from `EndpointSlice`s (1.13.x).
    EndpointSlices,
    /// VPC mode (1.13.3 and later).
    VpcMode,
    /// The name that every object's name begins with: `clusterName`.
    ClusterName,
    /// Number of shared virtual services: `shardVSSize`.
    ShardSize,
    /// The same for passthrough hosts: `passthroughShardSize`.
    PassthroughShardSize,
    /// Enhanced virtual hosting: `enableEVH`.
    Evh,
    /// Whether each namespace has a VIP of its own: `vipPerNamespace`.
    VipPerNamespace,
    /// Whether AKO leaves static routes alone: `disableStaticRouteSync`.
    DisableStaticRoutes,
    /// Whether this AKO is the cluster's first: `primaryInstance`.
    PrimaryInstance,
    /// The VRF, where it is named: `vrfName` (1.12.1 and later).
    Vrf,
    /// Label key of the nodes that take part in `NodePort` mode.
    NodeKey,
    /// Label value of the nodes that take part in `NodePort` mode.
    NodeValue,
    /// Whether secure hosts go without pool groups: `noPGForSNI`.
    NoPoolGroups,
    /// The tier-1 router on NSX-T: `nsxtT1LR`.
    Tier1Router,
    /// The networks of the nodes: `nodeNetworkList`.
    NodeNetworks,
}

const SETTINGS: usize = 25;

/// For each setting: the ConfigMap's data key, the path in an `AKOConfig`, the path in the chart's values.
static PATHS: [(Setting, &str, &[&str], &[&str]); SETTINGS] = [
    (Setting::IpFamily, "ipFamily", &["akoSettings", "ipFamily"], &["AKOSettings", "ipFamily"]),
    (Setting::Cni, "cniPlugin", &["akoSettings", "cniPlugin"], &["AKOSettings", "cniPlugin"]),
    (
        Setting::VipNetworks,
        "vipNetworkList",
        &["networkSettings", "vipNetworkList"],
        &["NetworkSettings", "vipNetworkList"],
    ),
    (Setting::ServiceType, "serviceType", &["l7Settings", "serviceType"], &["L7Settings", "serviceType"]),
    (
        Setting::Controller,
        "controllerIP",
        &["controllerSettings", "controllerIP"],
        &["ControllerSettings", "controllerHost"],
    ),
    (Setting::Layer7Only, "layer7Only", &["akoSettings", "layer7Only"], &["AKOSettings", "layer7Only"]),
    (
        Setting::DefaultLbController,
        "defaultLBController",
        &["l4Settings", "defaultLBController"],
        &["L4Settings", "defaultLBController"],
    ),
    (
        Setting::NamespaceLabelKey,
        "nsSyncLabelKey",
        &["akoSettings", "namespaceSelector", "labelKey"],
        &["AKOSettings", "namespaceSelector", "labelKey"],
    ),
    (
        Setting::NamespaceLabelValue,
        "nsSyncLabelValue",
        &["akoSettings", "namespaceSelector", "labelValue"],
        &["AKOSettings", "namespaceSelector", "labelValue"],
    ),
    (
        Setting::BlockedNamespaces,
        "blockedNamespaceList",
        &["akoSettings", "blockedNamespaceList"],
        &["AKOSettings", "blockedNamespaceList"],
    ),
    (
        Setting::EndpointSlices,
        "enableEndpointSlice",
        &["featureGates", "enableEndpointSlice"],
        &["featureGates", "EnableEndpointSlice"],
    ),
    // no AKOConfig version has it
    (Setting::VpcMode, "vpcMode", &["akoSettings", "vpcMode"], &["AKOSettings", "vpcMode"]),
    (Setting::ClusterName, "clusterName", &["akoSettings", "clusterName"], &["AKOSettings", "clusterName"]),
    (Setting::ShardSize, "shardVSSize", &["l7Settings", "shardVSSize"], &["L7Settings", "shardVSSize"]),
    (
        Setting::PassthroughShardSize,
        "passthroughShardSize",
        &["l7Settings", "passthroughShardSize"],
        &["L7Settings", "passthroughShardSize"],
    ),
    (Setting::Evh, "enableEVH", &["akoSettings", "enableEVH"], &["AKOSettings", "enableEVH"]),
    (
        Setting::VipPerNamespace,
        "vipPerNamespace",
        &["akoSettings", "vipPerNamespace"],
        &["AKOSettings", "vipPerNamespace"],
    ),
    (
        Setting::DisableStaticRoutes,
        "disableStaticRouteSync",
        &["akoSettings", "disableStaticRouteSync"],
        &["AKOSettings", "disableStaticRouteSync"],
    ),
    // no AKOConfig version has it
    (
        Setting::PrimaryInstance,
        "primaryInstance",
        &["akoSettings", "primaryInstance"],
        &["AKOSettings", "primaryInstance"],
    ),
    (Setting::Vrf, "vrfName", &["controllerSettings", "vrfName"], &["ControllerSettings", "vrfName"]),
    (Setting::NodeKey, "nodeKey", &["nodePortSelector", "key"], &["nodePortSelector", "key"]),
    (Setting::NodeValue, "nodeValue", &["nodePortSelector", "value"], &["nodePortSelector", "value"]),
    (Setting::NoPoolGroups, "noPGForSni", &["l7Settings", "noPGForSNI"], &["L7Settings", "noPGForSNI"]),
    (Setting::Tier1Router, "nsxtT1LR", &["networkSettings", "nsxtT1LR"], &["NetworkSettings", "nsxtT1LR"]),
    (
        Setting::NodeNetworks,
        "nodeNetworkList",
        &["networkSettings", "nodeNetworkList"],
        &["NetworkSettings", "nodeNetworkList"],
    ),
];

/// How the operator misspells `passthroughShardSize` (ako-names-and-crds.md 3.2).
const PASSTHROUGH_MISSPELT: [&str; 2] = ["passhtroughShardSize", "passhthroughShardSize"];

/// A configuration of AKO: one way to read all of its forms, each value with its own path.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// The object it is written in.
    pub object: Object<'a>,
    /// Its form.
    pub form: Form,
    /// Where the paths of its settings begin.
    settings: Node<'a>,
}

fn descend<'a>(root: Node<'a>, path: &[&str]) -> Node<'a> {
    path.iter().fold(root, |node, key| node.at(key))
}

impl<'a> Config<'a> {
    /// Name of the ConfigMap that AKO reads in its own namespace.
    pub const CONFIG_MAP: &'static str = "avi-k8s-config";

    /// Reads `object` as AKO's configuration; `None` when it is none, such as a ConfigMap of that name in a
    /// namespace that is not AKO's. One in a file may leave its namespace to whoever applies it.
    pub fn of(object: Object<'a>, ako_namespace: &str) -> Option<Self> {
        let (form, settings) = match object.kind()? {
            Kind::ConfigMap
                if object.name() == Self::CONFIG_MAP && [ako_namespace, ""].contains(&object.namespace()) =>
            {
                (Form::ConfigMap, object.root().at("data"))
            }
            Kind::AKOConfig => (Form::AkoConfig, object.spec()),
            Kind::HelmValues => (Form::Values, object.root()),
            _ => return None,
        };
        Some(Self { object, form, settings })
    }

    /// The value of a setting; absent where it is not written.
    pub fn at(&self, setting: Setting) -> Node<'a> {
        let (_, data_key, spec, values) = PATHS[setting as usize];
        match self.form {
            Form::ConfigMap if setting == Setting::PassthroughShardSize => {
                let keys = std::iter::once(data_key).chain(PASSTHROUGH_MISSPELT);
                let mut written = keys.map(|key| self.settings.at(key)).filter(|node| !node.is_absent());
                written.next().unwrap_or(self.settings.absent())
            }
            Form::ConfigMap => self.settings.at(data_key),
            Form::AkoConfig => descend(self.settings, spec),
            Form::Values => descend(self.settings, values),
        }
    }

    /// The field that stands for the configuration as a whole, blamed for facts outside of it.
    pub fn section(&self) -> Node<'a> {
        let root = self.object.root();
        match self.form {
            Form::ConfigMap => root.at("data"),
            Form::AkoConfig => root.at("spec"),
            Form::Values => root.at("AKOSettings"),
        }
    }

    /// The container and key of a setting, for blame when it is missing.
    pub fn place(&self, setting: Setting) -> (Node<'a>, &'static str) {
        let root = self.object.root();
        let (_, data_key, spec, values) = PATHS[setting as usize];
        let (root, path) = match self.form {
            Form::ConfigMap => return (root.at("data"), data_key),
            Form::AkoConfig => (root.at("spec"), spec),
            Form::Values => (root, values),
        };
        let (key, parents) = path.split_last().unwrap_or((&"", &[]));
        (descend(root, parents), key)
    }

    /// The keys that lead to a setting, whether or not it is written.
    pub fn keys(&self, setting: Setting) -> Vec<&'static str> {
        let (_, data_key, spec, values) = PATHS[setting as usize];
        match self.form {
            Form::ConfigMap => vec!["data", data_key],
            Form::AkoConfig => std::iter::once("spec").chain(spec.iter().copied()).collect(),
            Form::Values => values.to_vec(),
        }
    }

    /// The full path of a setting, whether or not it, or the section it belongs in, is written.
    pub fn path(&self, setting: Setting) -> FieldPath {
        self.keys(setting).into_iter().fold(FieldPath::default(), FieldPath::child)
    }

    /// `ipFamily` as written; empty when unset.
    pub fn ip_family(&self) -> &'a str {
        self.at(Setting::IpFamily).text()
    }

    /// Whether `ipFamily` asks for IPv6 in so many words. An empty value never counts as asking.
    pub fn asks_for_ipv6_servers(&self) -> bool {
        matches!(self.ip_family(), "V6" | "V4_V6")
    }

    /// The CNI plug-in in lower case, as AKO compares it.
    pub fn cni(&self) -> String {
        self.at(Setting::Cni).text().to_ascii_lowercase()
    }

    /// Whether the CNI implies `OpenShift` (R@2.1.1:internal/lib/lib.go `InformersToRegister`).
    pub fn implies_openshift(&self) -> bool {
        matches!(self.cni().as_str(), "openshift" | "ovn-kubernetes")
    }

    /// The pool mode as written; `ClusterIP` when unset.
    pub fn service_type(&self) -> &'a str {
        match self.at(Setting::ServiceType).text() {
            "" => "ClusterIP",
            written => written,
        }
    }

    /// Whether pools are filled from `NodePortLocal` annotations.
    pub fn is_node_port_local(&self) -> bool {
        self.service_type() == "NodePortLocal"
    }

    /// A setting that is on or off; off when it is not written or cannot be read.
    pub fn is_on(&self, setting: Setting) -> bool {
        self.at(setting).as_bool().unwrap_or(false)
    }

    /// Whether AKO leaves `LoadBalancer` Services alone.
    pub fn layer7_only(&self) -> bool {
        self.is_on(Setting::Layer7Only)
    }

    /// Whether AKO takes Services without a class; what cannot be read counts as yes.
    pub fn is_default_lb_controller(&self) -> bool {
        self.at(Setting::DefaultLbController).as_bool().unwrap_or(true)
    }

    /// Whether pools are filled from `EndpointSlice`s in releases where that can be chosen.
    pub fn endpoint_slices(&self) -> bool {
        self.at(Setting::EndpointSlices).as_bool().unwrap_or(true)
    }

    /// Whether VPC mode is on.
    pub fn vpc_mode(&self) -> bool {
        self.is_on(Setting::VpcMode)
    }

    /// The label a namespace must carry for AKO to look at it; `None` when every namespace will do, as it does where the
    /// key or the value is made of blanks (R@2.1.1:internal/lib/lib.go `GetLabelToSyncNamespace`).
    pub fn namespace_label(&self) -> Option<(&'a str, &'a str)> {
        let key = self.at(Setting::NamespaceLabelKey).text();
        let value = self.at(Setting::NamespaceLabelValue).text();
        let is_blank = |text: &str| text.trim_matches(' ').is_empty();
        (!is_blank(key) && !is_blank(value)).then_some((key, value))
    }

    /// Whether AKO is told never to look at `namespace`.
    pub fn blocks(&self, namespace: &str) -> bool {
        let list = self.list(Setting::BlockedNamespaces);
        list.items().any(|item| item.text() == namespace)
    }

    fn list(&self, setting: Setting) -> Node<'a> {
        let node = self.at(setting);
        if node.shape() == Some(Shape::String) { node.embedded() } else { node }
    }

    /// The VIP networks.
    pub fn vip_networks(&self) -> Networks<'a> {
        let node = self.at(Setting::VipNetworks);
        match self.form {
            Form::ConfigMap | Form::Values if node.is_absent() => Networks::NotWritten,
            Form::ConfigMap => Networks::decode(node.embedded(), KeyCase::Insensitive),
            Form::AkoConfig if node.is_nothing() => Networks::List(Vec::new()),
            Form::AkoConfig => Networks::decode(node, KeyCase::Exact),
            Form::Values => Networks::decode(node, KeyCase::Insensitive),
        }
    }
}
