//! The names AKO gives to what it makes (ako-names-and-crds.md section 1).

use sha1::{Digest, Sha1};

use crate::facts::ako::config::{Config, Form, Setting};

/// Longest name the controller takes, in bytes; AKO leaves out what has a longer one.
pub(super) const LONGEST: usize = 255;

/// What the chart calls a cluster that nobody named.
const CHART_CLUSTER: &str = "my-cluster";

/// How many shared virtual services there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shards {
    /// So many, one for each value of a host's hash.
    Shared(u32),
    /// One for each host.
    Dedicated,
}

impl Shards {
    /// Reads a shard size; exact spelling, and what is none counts as SMALL.
    fn of(text: &str) -> Self {
        match text {
            "LARGE" => Self::Shared(8),
            "MEDIUM" => Self::Shared(4),
            "DEDICATED" => Self::Dedicated,
            _ => Self::Shared(1),
        }
    }
}

/// Makes names.
#[derive(Clone, Debug)]
pub(super) struct Names {
    cluster: String,
    /// Stands in the names shared by all namespaces where this AKO is not the cluster's first.
    instance: String,
    pub(super) evh: bool,
    vip_per_namespace: bool,
    no_pool_groups: bool,
    shards: Shards,
    passthrough: Shards,
}

/// A host of an Ingress or Route, for names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The part of the name an AviInfraSetting adds: empty, or its name and a hyphen.
    pub(super) setting: &'a str,
    pub(super) namespace: &'a str,
    /// The Ingress or Route.
    pub(super) owner: &'a str,
    pub(super) host: &'a str,
}

/// 32 bit FNV-1a, by which AKO tells hosts apart (R@2.1.1:pkg/utils/utils.go `Hash`).
fn hash(text: &str) -> u32 {
    text.bytes().fold(2_166_136_261, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619))
}

impl Names {
    pub(super) fn of(config: &Config<'_>, ako_namespace: &str) -> Self {
        let from_chart = config.form == Form::Values;
        // what nobody wrote into the chart's values is filled in by the chart
        let text = |setting: Setting, chart: &'static str| match config.at(setting) {
            node if node.is_nothing() && from_chart => chart,
            node => node.text(),
        };
        let primary = config.at(Setting::PrimaryInstance).as_bool() != Some(false);
        Self {
            cluster: text(Setting::ClusterName, CHART_CLUSTER).to_owned(),
            instance: if primary { String::new() } else { format!("{ako_namespace}-") },
            evh: config.is_on(Setting::Evh),
            vip_per_namespace: config.is_on(Setting::VipPerNamespace),
            no_pool_groups: config.is_on(Setting::NoPoolGroups),
            shards: Shards::of(text(Setting::ShardSize, "LARGE")),
            passthrough: Shards::of(text(Setting::PassthroughShardSize, "SMALL")),
        }
    }

    /// Whether AKO accepts the cluster's name: letters, digits, `-` and `_`.
    pub(super) fn is_valid(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !self.cluster.is_empty() && self.cluster.bytes().all(plain)
    }

    pub(super) fn cluster(&self) -> &str {
        &self.cluster
    }

    /// How the hosts that use an AviInfraSetting with this shard size are spread; the setting's counts where it has one.
    pub(super) fn shards(&self, setting: Option<&str>) -> Shards {
        setting.map_or(self.shards, Shards::of)
    }

    fn prefixed(&self, rest: &str) -> String {
        format!("{}--{rest}", self.cluster)
    }

    /// The hash that enhanced virtual hosting puts in the place of a name.
    fn encoded(&self, name: String) -> String {
        if self.evh { self.hashed(&name) } else { name }
    }

    fn hashed(&self, name: &str) -> String {
        let digest = Sha1::digest(name.as_bytes());
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let hex: String = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect();
        self.prefixed(&hex)
    }

    /// The virtual service of a LoadBalancer Service, or of the Services that share a VIP under this key.
    pub(super) fn layer4(&self, namespace: &str, key: &str) -> String {
        self.encoded(self.prefixed(&format!("{namespace}-{key}")))
    }

    /// The pool of one port of a LoadBalancer Service.
    pub(super) fn layer4_pool(&self, namespace: &str, service: &str, port: &Port<'_>) -> String {
        let shared = port.shared_vip.map_or(String::new(), |key| format!("-{key}"));
        let Port { protocol, number, .. } = port;
        self.encoded(self.prefixed(&format!("{namespace}-{service}{shared}-{protocol}-{number}")))
    }

    /// The virtual service that has the VIP of a host.
    pub(super) fn parent(&self, place: &Place<'_>, shards: Shards) -> String {
        let Place { setting, namespace, host, .. } = *place;
        let Shards::Shared(count) = shards else {
            let name = self.encoded(self.prefixed(&format!("{setting}{host}-L7-dedicated")));
            return if self.evh { format!("{name}-EVH") } else { name };
        };
        let shard = hash(host) & (count - 1);
        let instance = &self.instance;
        match (self.evh, self.vip_per_namespace) {
            (false, _) => self.prefixed(&format!("{instance}Shared-L7-{setting}{shard}")),
            (true, false) => self.prefixed(&format!("{instance}Shared-L7-EVH-{setting}{shard}")),
            (true, true) => self.prefixed(&format!("{instance}Shared-L7-EVH-{setting}NS-{namespace}")),
        }
    }

    /// The virtual service of a host below its parent.
    pub(super) fn child(&self, place: &Place<'_>) -> String {
        self.encoded(self.prefixed(&format!("{}{}", place.setting, place.host)))
    }

    /// The virtual service of passthrough hosts. `setting` is the shard size of an AviInfraSetting, which counts here
    /// too, although a dedicated one leaves the whole hash as the number.
    pub(super) fn passthrough(&self, place: &Place<'_>, setting: Option<&str>) -> String {
        let number = match setting.map_or(self.passthrough, Shards::of) {
            Shards::Shared(count) => hash(place.host) & (count - 1),
            Shards::Dedicated => hash(place.host),
        };
        self.prefixed(&format!("{}Shared-Passthrough-{}{number}", self.instance, place.setting))
    }

    /// The pool of a passthrough host.
    pub(super) fn passthrough_pool(&self, place: &Place<'_>, service: &str) -> String {
        self.prefixed(&format!("{}{}-{service}", place.setting, place.host))
    }

    /// The pool of a path. `service` is the Service of a Route, whose name is part of the pool's; an Ingress has it
    /// there with enhanced virtual hosting only.
    pub(super) fn pool(&self, place: &Place<'_>, path: &str, form: PoolForm<'_>) -> String {
        let name = self.readable_pool(place, path, form);
        if self.evh || form.regex { self.hashed(&name) } else { name }
    }

    fn readable_pool(&self, place: &Place<'_>, path: &str, form: PoolForm<'_>) -> String {
        let Place { setting, namespace, owner, host } = *place;
        let path = path.replace('/', "_");
        let secure = format!("{setting}{namespace}-{host}{path}-{owner}");
        let of_route = form.route.map_or(String::new(), |service| format!("-{service}"));
        let dedicated = if form.dedicated { "-L7-dedicated" } else { "" };
        if self.evh {
            return self.prefixed(&format!("{secure}-{}{dedicated}", form.service));
        }
        if !form.secure && !form.dedicated {
            return self.prefixed(&format!("{setting}{host}{path}-{namespace}-{owner}{of_route}"));
        }
        let policy = if self.no_pool_groups && form.route.is_none() { "--policy-to-pool" } else { "" };
        self.prefixed(&format!("{secure}{of_route}{policy}{dedicated}"))
    }
}

/// A port of a LoadBalancer Service, for names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port<'a> {
    pub(super) protocol: &'a str,
    pub(super) number: &'a str,
    /// The key of the VIP that is shared with other Services.
    pub(super) shared_vip: Option<&'a str>,
}

/// What decides about the form of a pool's name.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolForm<'a> {
    /// The backend.
    pub(super) service: &'a str,
    /// The backend again, where a Route names it.
    pub(super) route: Option<&'a str>,
    pub(super) secure: bool,
    pub(super) dedicated: bool,
    /// Whether paths of the host are regular expressions, which no name may hold.
    pub(super) regex: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(evh: bool, shards: Shards) -> Names {
        Names {
            cluster: "my-cluster".to_owned(),
            instance: String::new(),
            evh,
            vip_per_namespace: false,
            no_pool_groups: false,
            shards,
            passthrough: Shards::Shared(8),
        }
    }

    fn at<'a>(owner: &'a str, host: &'a str) -> Place<'a> {
        Place { setting: "", namespace: "shop", owner, host }
    }

    const LARGE: Shards = Shards::Shared(8);

    #[test]
    fn names_virtual_services_as_the_run_saw_them() {
        let plain = names(false, LARGE);
        assert_eq!(plain.parent(&at("i", "foo.com"), LARGE), "my-cluster--Shared-L7-0");
        assert_eq!(plain.parent(&at("i", "web.avi.internal"), LARGE), "my-cluster--Shared-L7-4");
        let gold = Place { setting: "gold-", ..at("i", "bar.com") };
        assert_eq!(plain.parent(&gold, LARGE), "my-cluster--Shared-L7-gold-1");
        let dedicated = plain.parent(&at("i", "foo.com"), Shards::Dedicated);
        assert_eq!(dedicated, "my-cluster--foo.com-L7-dedicated");
        assert_eq!(plain.layer4("shop", "lb"), "my-cluster--shop-lb");
        assert_eq!(plain.passthrough(&at("i", "pt.avi.internal"), None), "my-cluster--Shared-Passthrough-4");
        let evh = names(true, LARGE);
        assert_eq!(evh.parent(&at("i", "web.avi.internal"), LARGE), "my-cluster--Shared-L7-EVH-4");
        assert_eq!(
            evh.parent(&at("i", "foo.com"), Shards::Dedicated),
            "my-cluster--b38db6f9b18c66c9dbb842951364aeef3be51eb0-EVH"
        );
        assert_eq!(
            evh.child(&at("i", "web.avi.internal")),
            "my-cluster--75a2bee1cd03f9b21f5377ea4bb3b5832000be81"
        );
        assert_eq!(evh.layer4("shop", "lb"), "my-cluster--20f9d4f095ac68ac15b584062338d279d09063da");
    }

    #[test]
    fn names_pools_as_the_run_saw_them() {
        let form = PoolForm { service: "web", route: None, secure: false, dedicated: false, regex: false };
        let plain = names(false, LARGE);
        let pool = |place: Place<'_>, path: &str, form: PoolForm<'_>| plain.pool(&place, path, form);
        assert_eq!(
            pool(at("front", "web.avi.internal"), "/", form),
            "my-cluster--web.avi.internal_-shop-front"
        );
        let regex = pool(at("front", "foo.com"), "/a/b", PoolForm { regex: true, ..form });
        assert_eq!(regex, "my-cluster--080b891b2266320c532f1704026b1a517eb01882");
        assert_eq!(pool(at("front", "foo.com"), "/a/b", form), "my-cluster--foo.com_a_b-shop-front");
        assert_eq!(
            pool(at("nop", "nopath.avi.internal"), "", form),
            "my-cluster--nopath.avi.internal-shop-nop"
        );
        let secure = PoolForm { secure: true, ..form };
        assert_eq!(
            pool(at("sec", "tls.avi.internal"), "/x", secure),
            "my-cluster--shop-tls.avi.internal_x-sec"
        );
        let dedicated = PoolForm { dedicated: true, ..form };
        assert_eq!(
            pool(at("front", "foo.com"), "/", dedicated),
            "my-cluster--shop-foo.com_-front-L7-dedicated"
        );
        let route = PoolForm { service: "api", route: Some("api"), ..form };
        assert_eq!(pool(at("r1", "foo.com"), "/", route), "my-cluster--foo.com_-shop-r1-api");
        assert_eq!(
            plain.passthrough_pool(&at("i", "pt.avi.internal"), "web"),
            "my-cluster--pt.avi.internal-web"
        );
        let evh = names(true, LARGE);
        assert_eq!(
            evh.pool(&at("front", "web.avi.internal"), "/", form),
            "my-cluster--d9a17d82d9c676950e8b151b9df7e701a532b9cd"
        );
        let port = Port { protocol: "TCP", number: "80", shared_vip: None };
        assert_eq!(
            evh.layer4_pool("shop", "lb", &port),
            "my-cluster--8210ca1046898c82c20dffe2269aef85651a1305"
        );
        let shared = Port { shared_vip: Some("grp"), ..port };
        assert_eq!(plain.layer4_pool("shop", "s1", &shared), "my-cluster--shop-s1-grp-TCP-80");
    }
}
