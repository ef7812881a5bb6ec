//! Words that very many objects hold: fields of the kinds of which a cluster has the most, their common values, and
//! labels and annotations that Kubernetes and its tools set. A packed document names them by number.

/// The words, by length and then by text; the first is the empty text.
#[rustfmt::skip]
static WORDS: [&str; 186] = [
    "", "/", "0", "1", "80", "ip", "to", "v1", "100", "443", "Pod", "TCP", "UDP", "app", "env", "tls", "web",
    "8080", "8443", "FQDN", "Helm", "IPv4", "IPv6", "Node", "None", "SCTP", "data", "fqdn", "gslb", "host",
    "http", "kind", "name", "path", "port", "rule", "spec", "team", "tier", "true", "type", "zone", "Exact",
    "Local", "Route", "amd64", "arm64", "chart", "false", "hints", "hosts", "https", "linux", "paths",
    "ports", "ready", "rules", "Prefix", "ipMode", "labels", "number", "status", "weight", "Cluster",
    "Gateway", "Ingress", "Service", "address", "backend", "default", "ingress", "k8s-app", "podCIDR",
    "release", "service", "serving", "subsets", "version", "ClientIP", "HostRule", "Hostname", "NodePort",
    "forZones", "heritage", "hostname", "metadata", "nodeName", "nodePort", "pathType", "podCIDRs",
    "protocol", "resource", "selector", "ClusterIP", "Endpoints", "Namespace", "addresses", "clusterIP",
    "component", "endpoints", "namespace", "targetRef", "ExternalIP", "InternalIP", "apiVersion",
    "clusterIPs", "conditions", "ipFamilies", "providerID", "secretName", "targetPort", "ExternalDNS",
    "InternalDNS", "SingleStack", "addressType", "annotations", "appProtocol", "environment", "externalIPs",
    "terminating", "termination", "virtualhost", "ExternalName", "IngressClass", "LoadBalancer",
    "externalName", "loadBalancer", "EndpointSlice", "helm.sh/chart", "defaultBackend", "ipFamilyPolicy",
    "loadBalancerIP", "wildcardPolicy", "PreferDualStack", "sessionAffinity", "RequireDualStack",
    "ingressClassName", "kubernetes.io/os", "deletionTimestamp", "enableVirtualHost", "loadBalancerClass",
    "notReadyAddresses", "sslKeyCertificate", "kubernetes.io/arch", "discovery.k8s.io/v1",
    "healthCheckNodePort", "trafficDistribution", "networking.k8s.io/v1", "beta.kubernetes.io/os",
    "externalTrafficPolicy", "internalTrafficPolicy", "route.openshift.io/v1", "sessionAffinityConfig",
    "ImplementationSpecific", "ako.vmware.com/v1beta1", "app.kubernetes.io/name", "kubernetes.io/hostname",
    "beta.kubernetes.io/arch", "loadBalancerSourceRanges", "publishNotReadyAddresses",
    "app.kubernetes.io/part-of", "app.kubernetes.io/version", "meta.helm.sh/release-name",
    "app.kubernetes.io/instance", "kubernetes.io/service-name", "app.kubernetes.io/component",
    "argocd.argoproj.io/instance", "kubernetes.io/ingress.class", "kubernetes.io/metadata.name",
    "topology.kubernetes.io/zone", "app.kubernetes.io/managed-by", "allocateLoadBalancerNodePorts",
    "topology.kubernetes.io/region", "argocd.argoproj.io/tracking-id", "meta.helm.sh/release-namespace",
    "service.kubernetes.io/headless", "endpointslice-controller.k8s.io", "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type", "endpoints.kubernetes.io/managed-by",
    "aviinfrasetting.ako.vmware.com/name", "endpointslice.kubernetes.io/managed-by",
    "failure-domain.beta.kubernetes.io/zone", "endpointslicemirroring-controller.k8s.io",
    "failure-domain.beta.kubernetes.io/region", "endpoints.kubernetes.io/last-change-trigger-time",
];

/// The number of a word; `None` for any other text.
pub(super) fn number(text: &str) -> Option<u16> {
    let found = WORDS.binary_search_by(|word| (word.len(), *word).cmp(&(text.len(), text)));
    found.ok().and_then(|number| u16::try_from(number).ok())
}

/// The word of a number.
#[inline]
pub(super) fn word(number: u16) -> Option<&'static str> {
    WORDS.get(usize::from(number)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_by_its_number() {
        for (index, text) in WORDS.iter().enumerate() {
            let number = number(text).unwrap();
            assert_eq!((usize::from(number), word(number)), (index, Some(*text)));
            assert!(number < super::super::packed::WORDS, "{text} is one too many");
        }
        assert_eq!((number(""), number("no word"), word(255)), (Some(0), None, None));
    }
}
