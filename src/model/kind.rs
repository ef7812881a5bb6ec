//! The kinds of object that rules and plans read.

macro_rules! kinds {
    ($($variant:ident $group:literal $plural:literal $scope:ident;)*) => {
        /// A kind of object, whatever version of its API it came in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Kind {
            $(
                #[doc = concat!("`", stringify!($variant), "` of API group `", $group, "`.")]
                $variant,
            )*
        }

        impl Kind {
            /// Every kind, in declaration order.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),*];

            /// The name as in an object's `kind`.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$variant => stringify!($variant)),* }
            }

            /// The API group; empty for the core group.
            pub fn group(self) -> &'static str {
                match self { $(Kind::$variant => $group),* }
            }

            /// The resource name, as in RBAC and webhook rules.
            pub fn plural(self) -> &'static str {
                match self { $(Kind::$variant => $plural),* }
            }

            /// Whether objects of this kind live in a namespace.
            pub fn is_namespaced(self) -> bool {
                match self { $(Kind::$variant => kinds!(@scope $scope)),* }
            }

            /// The kind of an object with this `apiVersion` and `kind`; `None` when no rule knows it.
            pub fn of(api_version: &str, kind: &str) -> Option<Kind> {
                let group = api_version.split_once('/').map_or("", |(group, _)| group);
                match kind {
                    $(stringify!($variant) if group == $group => Some(Kind::$variant),)*
                    _ => None,
                }
            }
        }
    };
    (@scope namespaced) => { true };
    (@scope cluster) => { false };
}

kinds! {
    ApiModel "ako-gate" "apimodels" namespaced;
    AKOConfig "ako.vmware.com" "akoconfigs" namespaced;
    AviInfraSetting "ako.vmware.com" "aviinfrasettings" cluster;
    BlockAffinity "crd.projectcalico.org" "blockaffinities" cluster;
    CiliumNode "cilium.io" "ciliumnodes" cluster;
    Cluster "kops.k8s.io" "clusters" namespaced;
    ClusterConfiguration "kubeadm.k8s.io" "clusterconfigurations" namespaced;
    ClusterFlags "ako-gate" "clusterflags" namespaced;
    ConfigMap "" "configmaps" namespaced;
    EndpointSlice "discovery.k8s.io" "endpointslices" namespaced;
    Endpoints "" "endpoints" namespaced;
    Gateway "gateway.networking.k8s.io" "gateways" namespaced;
    GatewayClass "gateway.networking.k8s.io" "gatewayclasses" cluster;
    HelmValues "ako-gate" "helmvalues" namespaced;
    HostRule "ako.vmware.com" "hostrules" namespaced;
    HostSubnet "network.openshift.io" "hostsubnets" cluster;
    Ingress "networking.k8s.io" "ingresses" namespaced;
    InitConfiguration "kubeadm.k8s.io" "initconfigurations" namespaced;
    InstanceGroup "kops.k8s.io" "instancegroups" namespaced;
    IngressClass "networking.k8s.io" "ingressclasses" cluster;
    JoinConfiguration "kubeadm.k8s.io" "joinconfigurations" namespaced;
    KubeProxyConfiguration "kubeproxy.config.k8s.io" "kubeproxyconfigurations" namespaced;
    KubeletConfiguration "kubelet.config.k8s.io" "kubeletconfigurations" namespaced;
    L4Rule "ako.vmware.com" "l4rules" namespaced;
    Namespace "" "namespaces" cluster;
    Node "" "nodes" cluster;
    Pod "" "pods" namespaced;
    Route "route.openshift.io" "routes" namespaced;
    Secret "" "secrets" namespaced;
    Service "" "services" namespaced;
    ServiceCIDR "networking.k8s.io" "servicecidrs" cluster;
    ServiceImport "ako.vmware.com" "serviceimports" namespaced;
    StatefulSet "apps" "statefulsets" namespaced;
}

impl Kind {
    /// Number of kinds.
    pub const COUNT: usize = Self::ALL.len();

    /// Whether it is a document of its own kind, named after its file, and no object of a cluster.
    pub fn is_document(self) -> bool {
        matches!(self, Self::HelmValues | Self::ApiModel)
    }

    /// Whether a cluster can serve it: configuration of components and of cluster builders lives in files only.
    pub fn is_served(self) -> bool {
        let groups =
            ["ako-gate", "kops.k8s.io", "kubeadm.k8s.io", "kubeproxy.config.k8s.io", "kubelet.config.k8s.io"];
        !groups.contains(&self.group())
    }

    /// Position in [`Kind::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_kind_is_known_by_group_not_version() {
        assert_eq!(Kind::of("v1", "Service"), Some(Kind::Service));
        assert_eq!(Kind::of("serving.knative.dev/v1", "Service"), None);
        assert_eq!(Kind::of("ako.vmware.com/v1alpha1", "AviInfraSetting"), Some(Kind::AviInfraSetting));
    }
}
