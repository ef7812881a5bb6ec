//! What the documents among the inputs say of the cluster that they build.

use super::component::{CLUSTER_CIDR, Component, SERVICE_RANGE, of};
use super::range::{self, Ranges};
use super::release::named_by;
use crate::facts::aks_engine::model::Model;
use crate::facts::kops;
use crate::model::documented::{Documented, Said};
use crate::model::{Answer, IpFamily, Kind, Lookup, Node, Object, Release, Snapshot, Source};

/// The documents of the inputs, in the order in which they are believed (kubernetes.md 2.2).
pub struct Documents<'a> {
    /// Documents of one place must agree: one run may hold several clusters.
    places: [Vec<Object<'a>>; 5],
    /// The release of AKS Engine.
    tool: &'a Answer<Release>,
}

impl<'a> Documents<'a> {
    /// Those of `snapshot`.
    pub fn of(snapshot: &'a Snapshot, tool: &'a Answer<Release>) -> Self {
        let all = |kind| {
            let mut objects: Vec<Object<'a>> = snapshot.all(kind).collect();
            objects.sort_by_key(|object| (object.namespace(), object.name()));
            objects
        };
        // the manifests that kubeadm writes; a running cluster's have the node's name behind
        let components = [Component::ApiServer, Component::ControllerManager];
        let pods = components.map(|c| snapshot.get(Kind::Pod, "kube-system", c.name())).into_iter();
        let pods = pods.filter_map(|found| if let Lookup::Found(pod) = found { Some(pod) } else { None });
        let places = [
            all(Kind::ClusterFlags),
            pods.collect(),
            all(Kind::ClusterConfiguration),
            all(Kind::ApiModel),
            all(Kind::Cluster),
        ];
        Self { places, tool }
    }

    /// What the first place says that says anything; nothing where its documents disagree.
    fn said<T: PartialEq>(&self, say: impl Fn(Object<'a>) -> Option<T>) -> Option<Said<T>> {
        self.places.iter().find_map(|place| {
            let mut said = place.iter().filter_map(|object| Some((say(*object)?, *object)));
            let (value, object) = said.next()?;
            let agreed = said.all(|(other, _)| other == value);
            Some(agreed.then(|| Said { value, by: object.reference() }))
        })?
    }

    /// What they say of the cluster.
    pub fn cluster(&self) -> Documented {
        Documented {
            pods: self.said(|object| self.pods(object)),
            services: self.said(|object| self.services(object)),
            cnis: self.said(|object| self.cnis(object)),
        }
    }

    /// The release of Kubernetes they name.
    pub fn kubernetes(&self) -> Option<Answer<Release>> {
        let said = self.said(|object| self.kubernetes_of(object))?;
        let (value, text) = said.value;
        Some(Answer { value, text, from: Source::Objects })
    }

    fn kubernetes_of(&self, object: Object<'a>) -> Option<(Release, String)> {
        match object.kind()? {
            Kind::ApiModel => {
                let version = Model::with_tool(object, self.tool).kubernetes().ok()?;
                Some((version.release(), version.to_string()))
            }
            _ => named_by(object).map(|(release, text)| (release, text.to_owned())),
        }
    }

    fn pods(&self, object: Object<'a>) -> Option<Vec<IpFamily>> {
        match object.kind()? {
            Kind::ApiModel => families(&Model::with_tool(object, self.tool).cluster_ranges().to_string()),
            Kind::Cluster => kops::Cluster::of(object).map(|cluster| vec![cluster.pod_family()]),
            _ => {
                let manager = of(object).into_iter().find(|f| f.component == Component::ControllerManager)?;
                // what hands out no ranges does not read them
                families(manager.get(CLUSTER_CIDR).filter(|_| manager.allocates())?.value)
            }
        }
    }

    fn services(&self, object: Object<'a>) -> Option<Vec<IpFamily>> {
        match object.kind()? {
            Kind::ApiModel => families(&Model::with_tool(object, self.tool).service_ranges().to_string()),
            Kind::Cluster => kops::Cluster::of(object).map(|cluster| vec![cluster.service_family()]),
            _ => {
                let server = of(object).into_iter().find(|flags| flags.component == Component::ApiServer)?;
                families(server.get(SERVICE_RANGE)?.value)
            }
        }
    }

    fn cnis(&self, object: Object<'a>) -> Option<Vec<String>> {
        let names: Vec<&str> = match object.kind()? {
            Kind::ApiModel => {
                let model = Model::with_tool(object, self.tool);
                let policy = Some(model.policy_field().text()).filter(|policy| !policy.is_empty());
                model.network_plugin().into_iter().chain(policy).collect()
            }
            Kind::Cluster => {
                let cluster = kops::Cluster::of(object)?;
                let names: Vec<&str> = cluster.cnis().map(Node::key).collect();
                // with these two somebody else installs the plug-in
                names.into_iter().filter(|name| !matches!(*name, "cni" | "external")).collect()
            }
            _ => {
                let kubelet = of(object).into_iter().find(|flags| flags.component == Component::Kubelet)?;
                let plugin = kubelet.get("network-plugin").map(|flag| flag.value);
                plugin.filter(|plugin| *plugin == "kubenet").into_iter().collect()
            }
        };
        (!names.is_empty()).then(|| names.into_iter().map(str::to_ascii_lowercase).collect())
    }
}

/// The families of a list of ranges, each once; nothing where the list cannot be used.
fn families(list: &str) -> Option<Vec<IpFamily>> {
    let ranges = Ranges::read(list);
    ranges.fault().is_none().then(|| ranges.families())
}

impl kops::Cluster<'_> {
    /// The family of its Pods.
    fn pod_family(self) -> IpFamily {
        if self.is_ipv6() { IpFamily::V6 } else { IpFamily::V4 }
    }

    /// The family of its Services: that of the range written, else that of its Pods.
    fn service_family(self) -> IpFamily {
        let written = range::parse(self.network().at("serviceClusterIPRange").text());
        written.map_or(self.pod_family(), |net| range::family(&net))
    }
}
