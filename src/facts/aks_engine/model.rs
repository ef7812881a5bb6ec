//! A cluster definition with its defaults filled in.

use super::field::Field;
use super::ranges::Ranges;
use super::version::{Version, newest_of};
use crate::facts::Unknown;
use crate::model::{Answer, Node, Object, Profile, Release, Shape};

/// The families a model's cluster is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// Neither feature flag is set.
    Single,
    /// `enableIPv6DualStack`.
    Dual,
    /// `enableIPv6Only` alone.
    Ipv6Only,
}

/// A cluster definition.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// The document.
    pub object: Object<'a>,
    /// The families.
    pub stack: Stack,
    root: Node<'a>,
    tool: &'a Answer<Release>,
}

/// The flag that gives the node mask of one family.
pub const IPV6_MASK_FLAG: &str = "--node-cidr-mask-size-ipv6";
/// The flag that gives the node mask of a controller manager with a single range.
pub const MASK_FLAG: &str = "--node-cidr-mask-size";

/// The length of the range each node gets.
#[derive(Clone, Copy, Debug)]
pub struct NodeMask<'a> {
    /// The length; `None` when the flag's value is none.
    pub length: Option<u8>,
    /// The flag it was read from; `None` for the default.
    pub flag: Option<Node<'a>>,
}

macro_rules! config {
    ($($key:literal),*) => { &["properties", "orchestratorProfile", "kubernetesConfig" $(, $key)*] };
}

impl<'a> Model<'a> {
    /// Reads a model, which may stand in a wrapper's `apiModel`.
    pub fn of(object: Object<'a>, profile: &'a Profile) -> Self {
        Self::with_tool(object, &profile.aks_engine)
    }

    /// Reads a model as this release of the tool does.
    pub fn with_tool(object: Object<'a>, tool: &'a Answer<Release>) -> Self {
        let wrapped = Field::below(object.root(), &["apiModel"]).node;
        let is_bare = !Field::below(object.root(), &["properties"]).node.is_absent();
        let root = if is_bare || !wrapped.is_map() { object.root() } else { wrapped };
        let mut model = Self { object, stack: Stack::Single, root, tool };
        if is_set(model.dual_stack_flag()) {
            model.stack = Stack::Dual;
        } else if model.has_ipv6_only_flag() {
            model.stack = Stack::Ipv6Only;
        }
        model
    }

    /// A dual-stack cluster's model; nothing for any other, of which most rules do not speak.
    pub fn dual_stack(object: Object<'a>, profile: &'a Profile) -> Option<Self> {
        Some(Self::of(object, profile)).filter(|model| model.stack == Stack::Dual)
    }

    /// A dual-stack cluster's model if its pods are networked by the Azure plug-in.
    pub fn dual_stack_azure(object: Object<'a>, profile: &'a Profile) -> Option<Self> {
        Self::dual_stack(object, profile).filter(Self::is_azure_cni)
    }

    /// The value at `path`.
    pub fn field(&self, path: &'static [&'static str]) -> Field<'a> {
        Field::below(self.root, path)
    }

    /// `enableIPv6DualStack`.
    pub fn dual_stack_flag(&self) -> Field<'a> {
        self.field(&["properties", "featureFlags", "enableIPv6DualStack"])
    }

    /// `enableIPv6Only`.
    pub fn ipv6_only_flag(&self) -> Field<'a> {
        self.field(&["properties", "featureFlags", "enableIPv6Only"])
    }

    /// Whether `enableIPv6Only` is set, whatever else is.
    pub fn has_ipv6_only_flag(&self) -> bool {
        is_set(self.ipv6_only_flag())
    }

    /// `orchestratorVersion`.
    pub fn version_field(&self) -> Field<'a> {
        self.field(&["properties", "orchestratorProfile", "orchestratorVersion"])
    }

    /// `networkPlugin`.
    pub fn plugin_field(&self) -> Field<'a> {
        self.field(config!("networkPlugin"))
    }

    /// `networkMode`.
    pub fn mode_field(&self) -> Field<'a> {
        self.field(config!("networkMode"))
    }

    /// `networkPolicy`.
    pub fn policy_field(&self) -> Field<'a> {
        self.field(config!("networkPolicy"))
    }

    /// `kubeProxyMode`.
    pub fn proxy_field(&self) -> Field<'a> {
        self.field(config!("kubeProxyMode"))
    }

    /// `clusterSubnet`.
    pub fn subnet_field(&self) -> Field<'a> {
        self.field(config!("clusterSubnet"))
    }

    /// `serviceCidr`.
    pub fn service_field(&self) -> Field<'a> {
        self.field(config!("serviceCidr"))
    }

    /// `dnsServiceIP`.
    pub fn dns_field(&self) -> Field<'a> {
        self.field(config!("dnsServiceIP"))
    }

    /// `loadBalancerSku`.
    pub fn sku_field(&self) -> Field<'a> {
        self.field(config!("loadBalancerSku"))
    }

    /// A flag of the controller manager. Flags are the keys of a Go map: their letter case matters.
    pub fn controller_manager_flag(&self, flag: &str) -> Option<Node<'a>> {
        let node = self.field(config!("controllerManagerConfig")).node.at(flag);
        (!node.is_nothing()).then_some(node)
    }

    /// The text of the tool's release.
    pub fn tool(&self) -> &'a str {
        &self.tool.text
    }

    /// Whether the tool is release 0.`minor` or later.
    pub fn tool_is_at_least(&self, minor: u32) -> bool {
        (self.tool.value.major, self.tool.value.minor) >= (0, minor)
    }

    /// The version of Kubernetes: the one written, else the newest of the release line, else the tool's
    /// default, which is known of the last release only.
    pub fn kubernetes(&self) -> Result<Version, Unknown> {
        let written = self.version_field().text();
        let line = self.field(&["properties", "orchestratorProfile", "orchestratorRelease"]).text();
        let version = match (written, line) {
            ("", "") if self.tool_is_at_least(79) => Version::parse("1.23.17"),
            ("", line) => newest_of(line),
            (written, _) => Version::parse(written),
        };
        version.ok_or_else(|| Unknown("needs a readable orchestratorVersion in the model".to_owned()))
    }

    /// The network plug-in: `azure` without any `kubernetesConfig`; nothing where there is one that names
    /// none, which the tool refuses for a dual-stack cluster.
    pub fn network_plugin(&self) -> Option<&'a str> {
        match self.plugin_field().text() {
            "" if self.field(config!()).node.is_nothing() => Some("azure"),
            "" => None,
            written => Some(written),
        }
    }

    /// Whether the plug-in is Azure's.
    pub fn is_azure_cni(&self) -> bool {
        self.network_plugin() == Some("azure")
    }

    /// The mode of Azure's plug-in; nothing where the tool has no default.
    pub fn network_mode(&self) -> Option<&'a str> {
        match self.mode_field().text() {
            "" => (self.is_azure_cni() && self.tool_is_at_least(68)).then_some("transparent"),
            written => Some(written),
        }
    }

    /// The mode of kube-proxy.
    pub fn proxy_mode(&self) -> &'a str {
        let written = self.proxy_field().text();
        if written.is_empty() { "iptables" } else { written }
    }

    /// The load balancer's SKU, whose letter case does not matter.
    pub fn load_balancer_sku(&self) -> &'a str {
        match self.sku_field().text() {
            _ if self.is_azure_stack_hub() => "Basic",
            written if written.eq_ignore_ascii_case("basic") => "Basic",
            written if written.is_empty() || written.eq_ignore_ascii_case("standard") => "Standard",
            written => written,
        }
    }

    /// The number of IPv6 frontends its load balancer may have.
    pub fn max_ipv6_frontends(&self) -> usize {
        if self.load_balancer_sku() == "Basic" { 1 } else { 600 }
    }

    /// Whether the cluster is on Azure Stack Hub rather than on Azure or another custom cloud.
    pub fn is_azure_stack_hub(&self) -> bool {
        let custom = self.field(&["properties", "customCloudProfile"]).node;
        let name = Field::below(custom, &["environment", "name"]).text();
        !custom.is_nothing() && (name.is_empty() || name.eq_ignore_ascii_case("AzureStackCloud"))
    }

    /// The pod ranges.
    pub fn cluster_ranges(&self) -> Ranges {
        let written = Ranges::split(self.subnet_field().text());
        let v4 = if self.is_azure_cni() { "10.240.0.0/12" } else { "10.244.0.0/16" };
        let is_wide = self.kubernetes().is_ok_and(|version| version.is_of(16));
        self.fill_in(written, v4, if is_wide { "fc00::/8" } else { "fc00::/48" })
    }

    /// The Service ranges.
    pub fn service_ranges(&self) -> Ranges {
        self.fill_in(Ranges::split(self.service_field().text()), "10.0.0.0/16", "fd00::/108")
    }

    fn fill_in(&self, written: Ranges, v4: &str, v6: &str) -> Ranges {
        match self.stack {
            Stack::Dual => written.complete(v4, v6),
            _ if !written.0.is_empty() => written,
            Stack::Single => Ranges::split(v4),
            Stack::Ipv6Only => Ranges::split(v6),
        }
    }

    /// The address of the cluster's DNS.
    pub fn dns_service_ip(&self) -> &'a str {
        match self.dns_field().text() {
            "" if self.stack == Stack::Ipv6Only => "fd00::10",
            "" => "10.0.0.10",
            written => written,
        }
    }

    /// The length of each node's IPv6 range (aks-engine.md section 2 and rows A15-A17): fixed on 1.16, else
    /// that of the flag which the controller manager takes. With Azure's plug-in it is given the IPv6 range
    /// alone, and from 1.20 on it then takes the flag without a family.
    pub fn ipv6_node_mask(&self) -> Result<NodeMask<'a>, Unknown> {
        let version = self.kubernetes()?;
        if !version.is_at_least(17) {
            return Ok(NodeMask { length: Some(24), flag: None });
        }
        let alone = self.is_azure_cni() && version.is_at_least(20);
        let flag = self.controller_manager_flag(if alone { MASK_FLAG } else { IPV6_MASK_FLAG });
        // 0 says that none is given (K@1.22.17:cmd/kube-controller-manager/app/core.go, `setNodeCIDRMaskSizesDualStack`)
        let flag = flag.filter(|flag| flag.text() != "0");
        let length = flag.map_or(Some(64), |flag| flag.text().parse().ok().filter(|length| *length <= 128));
        Ok(NodeMask { length, flag })
    }

    /// The agent pools.
    pub fn pools(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.field(&["properties", "agentPoolProfiles"]).node.items()
    }

    /// `osType` of every Windows pool.
    pub fn windows_pools(&self) -> Vec<Field<'a>> {
        let systems = self.pools().map(|pool| Field::below(pool, &["osType"]));
        systems.filter(|system| system.text() == "Windows").collect()
    }

    /// `distro` of every Flatcar pool.
    pub fn flatcar_pools(&self) -> Vec<Field<'a>> {
        let systems = self.pools().map(|pool| Field::below(pool, &["distro"]));
        systems.filter(|distro| distro.text() == "flatcar").collect()
    }

    /// `windowsSku`.
    pub fn windows_sku_field(&self) -> Field<'a> {
        self.field(&["properties", "windowsProfile", "windowsSku"])
    }

    /// The field that gives Windows nodes an image of the user's own, which nothing is known about.
    pub fn custom_windows_image(&self) -> Option<Field<'a>> {
        let url = self.field(&["properties", "windowsProfile", "windowsImageSourceUrl"]);
        let image = self.field(&["properties", "windowsProfile", "imageReference"]);
        Some(url).filter(|url| url.is_written()).or(Some(image).filter(|image| !image.node.is_nothing()))
    }
}

/// Whether a feature flag is set; only a real boolean loads.
fn is_set(flag: Field<'_>) -> bool {
    flag.node.shape() == Some(Shape::Bool) && flag.node.as_bool() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::yaml;
    use crate::facts::profile::resolve;
    use crate::model::{CauseKind, Kind, Snapshot, Stated};

    #[test]
    fn reads_a_wrapped_model_and_names_fields_as_written() {
        let text = "APIModel: {properties: {FeatureFlags: {EnableIPv6DualStack: true}}}";
        let profile = resolve(&Stated::default(), &Snapshot::complete(), None);
        let documents: Vec<_> = yaml::parse(text).into_iter().filter_map(Result::ok).collect();
        let objects =
            documents.iter().map(|document| Object::as_kind(document, Kind::ApiModel, "model.json"));
        let models: Vec<_> = objects.map(|object| Model::of(object, &profile)).collect();
        assert!(models.iter().all(|model| model.stack == Stack::Dual && !model.is_azure_stack_hub()));
        let fields = models.iter().flat_map(|model| {
            let fields = [model.dual_stack_flag(), model.version_field()];
            fields.map(|field| field.finding(model.object, CauseKind::Invalid, "").field.to_string())
        });
        assert_eq!(
            fields.collect::<Vec<_>>(),
            [
                "APIModel.properties.FeatureFlags.EnableIPv6DualStack",
                "APIModel.properties.orchestratorProfile.orchestratorVersion"
            ]
        );
    }

    #[test]
    fn a_quoted_flag_is_none() {
        let text = "properties: {featureFlags: {enableIPv6DualStack: 'true', enableIPv6Only: true}}";
        let profile = resolve(&Stated::default(), &Snapshot::complete(), None);
        let documents: Vec<_> = yaml::parse(text).into_iter().filter_map(Result::ok).collect();
        let objects =
            documents.iter().map(|document| Object::as_kind(document, Kind::ApiModel, "model.json"));
        let stacks: Vec<_> = objects.map(|object| Model::of(object, &profile).stack).collect();
        assert_eq!(stacks, [Stack::Ipv6Only]);
    }
}
