//! What AKS Engine makes of a cluster definition: the defaults it fills in, the ranges it completes, and what its
//! nodes get of them (aks-engine.md section 5).

use super::Value;
use crate::facts::aks_engine::model::Model;
use crate::model::IpFamily;

/// The plan of a cluster definition.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The values, in the order of aks-engine.md section 5. What is not known, or is none of the model's, is left out.
    pub values: Vec<(&'static str, Value)>,
    /// The number of nodes that the IPv6 pod range has room for, as a power of two; none where it cannot be told.
    pub node_bits: Option<u8>,
}

impl Plan {
    /// The plan of `model`.
    pub fn of(model: &Model<'_>) -> Self {
        let text = |value: &str| Some(Value::text(value));
        let ranges = model.cluster_ranges();
        let ipv6 = ranges.of(IpFamily::V6);
        let mask = ipv6.and_then(|_| model.ipv6_node_mask().ok()).and_then(|mask| mask.length);
        let lengths = mask.zip(ipv6.and_then(|range| range.net).map(|net| net.prefix_len()));
        let difference = lengths.map(|(mask, range)| Value::Number(i64::from(mask) - i64::from(range)));
        let frontends = ipv6.and_then(|_| i64::try_from(model.max_ipv6_frontends()).ok());
        // with Azure's plug-in the controller manager is given the IPv6 range alone
        let manager = if model.is_azure_cni() && ranges.is_pair() {
            ipv6.and_then(|range| text(&range.text))
        } else {
            text(&ranges.to_string())
        };
        let values = [
            ("kubernetesVersion", model.kubernetes().ok().map(Value::text)),
            ("networkPlugin", model.network_plugin().and_then(text)),
            ("networkMode", model.network_mode().and_then(text)),
            ("kubeProxyMode", text(model.proxy_mode())),
            ("clusterSubnet", text(&ranges.to_string())),
            ("serviceCidr", text(&model.service_ranges().to_string())),
            ("dnsServiceIP", text(model.dns_service_ip())),
            ("loadBalancerSku", text(model.load_balancer_sku())),
            ("nodeCIDRMaskIPv6", mask.map(|mask| Value::Number(i64::from(mask)))),
            ("maskDifferenceIPv6", difference),
            ("maxIPv6Frontends", frontends.map(Value::Number)),
            ("controllerManagerClusterCIDR", manager),
        ];
        let values = values.into_iter().filter_map(|(name, value)| Some((name, value?)));
        // beyond 16 bits the allocator gives up (row A15)
        let node_bits = lengths.and_then(|(mask, range)| mask.checked_sub(range)).filter(|bits| *bits <= 16);
        Self { values: values.collect(), node_bits }
    }

    /// The values by name.
    pub fn derived(&self) -> Value {
        Value::map(self.values.iter().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::yaml;
    use crate::facts::profile::resolve;
    use crate::model::{Kind, Object, Snapshot, Source, Stated};

    fn derive(text: &str, tool: &str) -> Vec<(&'static str, Value)> {
        let mut stated = Stated::default();
        assert_eq!(stated.state("aksEngine", tool, Source::Flag), Ok(()));
        let profile = resolve(&stated, &Snapshot::complete(), None);
        let documents: Vec<_> = yaml::parse(text).into_iter().filter_map(Result::ok).collect();
        let objects =
            documents.iter().map(|document| Object::as_kind(document, Kind::ApiModel, "model.json"));
        objects.flat_map(|object| Plan::of(&Model::of(object, &profile)).values).collect()
    }

    fn has(values: &[(&'static str, Value)], name: &str, value: &str) -> bool {
        values.iter().any(|(key, found)| *key == name && found.to_string() == value)
    }

    #[test]
    fn fills_in_the_defaults_of_azure_cni() {
        let model = "properties: {featureFlags: {enableIPv6DualStack: true}, orchestratorProfile: {}}";
        let values = derive(model, "0.79.0");
        for (name, value) in [
            ("kubernetesVersion", "1.23.17"),
            ("networkPlugin", "azure"),
            ("networkMode", "transparent"),
            ("kubeProxyMode", "iptables"),
            ("clusterSubnet", "10.240.0.0/12,fc00::/48"),
            ("serviceCidr", "10.0.0.0/16,fd00::/108"),
            ("dnsServiceIP", "10.0.0.10"),
            ("loadBalancerSku", "Standard"),
            ("nodeCIDRMaskIPv6", "64"),
            ("maskDifferenceIPv6", "16"),
            ("maxIPv6Frontends", "600"),
            ("controllerManagerClusterCIDR", "fc00::/48"),
        ] {
            assert!(has(&values, name, value), "{name}: {values:?}");
        }
    }

    #[test]
    fn fills_in_the_wide_range_on_1_16() {
        let model = "properties: {featureFlags: {enableIPv6DualStack: true}, orchestratorProfile: \
                     {orchestratorVersion: 1.16.15, kubernetesConfig: {networkPlugin: kubenet, loadBalancerSku: BASIC}}}";
        let values = derive(model, "0.47.0");
        for (name, value) in [
            ("clusterSubnet", "10.244.0.0/16,fc00::/8"),
            ("controllerManagerClusterCIDR", "10.244.0.0/16,fc00::/8"),
            ("nodeCIDRMaskIPv6", "24"),
            ("maskDifferenceIPv6", "16"),
            ("maxIPv6Frontends", "1"),
        ] {
            assert!(has(&values, name, value), "{name}: {values:?}");
        }
        assert!(!values.iter().any(|(name, _)| *name == "networkMode"));
    }
}
