//! Which objects AKO handles at all.

use std::collections::BTreeSet;

use super::config::Config;
use super::vip::AVI_LB;
use crate::facts::view::{Unknown, View};
use crate::model::{Kind, Object, Platform};

/// Whether AKO handles an object, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It does.
    Yes,
    /// It does, although the object is meant for another load balancer (before 1.12.1).
    DespiteClass,
    /// It does not, for this reason.
    No(&'static str),
}

/// Whether AKO has rejected an object of its own kinds that it then passes over, an L4Rule or a HostRule; one without a
/// status counts as accepted.
pub fn is_rejected(rule: Object<'_>) -> bool {
    rule.root().at("status").at("status").text() == "Rejected"
}

impl<'a> View<'a> {
    /// Why AKO does not look at `namespace`; `None` when it does.
    fn namespace_filter(&self, namespace: &str) -> Result<Option<&'static str>, Unknown> {
        let Some(config) = self.config()? else {
            return Ok(None);
        };
        if config.blocks(namespace) {
            return Ok(Some("its namespace is in blockedNamespaceList"));
        }
        let Some((key, value)) = config.namespace_label() else {
            return Ok(None);
        };
        let object = self.find(Kind::Namespace, "", namespace)?;
        let selected = object.is_some_and(|object| object.label(key).text() == value);
        Ok((!selected).then_some("its namespace lacks the label AKO selects by"))
    }

    /// Whether AKO gives this Service a virtual service of its own (ako.md 4.2).
    pub fn handles_service(&self, service: Object<'a>) -> Result<Handled, Unknown> {
        if service.root().is_identical(self.subject().root()) {
            return self.handled.get_or_init(|| self.decide_service(service)).clone();
        }
        self.decide_service(service)
    }

    fn decide_service(&self, service: Object<'a>) -> Result<Handled, Unknown> {
        if service.spec().at("type").text() != "LoadBalancer" {
            return Ok(Handled::No("it is no LoadBalancer Service"));
        }
        if self.config_or(false, Config::layer7_only)? {
            return Ok(Handled::No("layer7Only is set"));
        }
        if let Some(reason) = self.namespace_filter(service.namespace())? {
            return Ok(Handled::No(reason));
        }
        let class = service.spec().at("loadBalancerClass").text();
        if class == AVI_LB {
            return Ok(Handled::Yes);
        }
        if !self.era().has_dual_stack() {
            return Ok(if class.is_empty() { Handled::Yes } else { Handled::DespiteClass });
        }
        if !class.is_empty() {
            return Ok(Handled::No("its loadBalancerClass names another load balancer"));
        }
        if self.config_or(true, Config::is_default_lb_controller)? {
            Ok(Handled::Yes)
        } else {
            Ok(Handled::No("it names no loadBalancerClass and defaultLBController is off"))
        }
    }

    /// Whether AKO builds a virtual service for this Ingress (ako.md 4.3). One rule without paths is the end of them all
    /// (R@2.1.1:internal/nodes/validator.go `validateSpecFromHostnameCache`).
    pub fn handles_ingress(&self, ingress: Object<'a>) -> Result<Handled, Unknown> {
        if self.profile.platform.value == Platform::OpenShift || self.is_openshift()? {
            return Ok(Handled::No("on OpenShift AKO watches Routes only"));
        }
        if let Some(reason) = self.namespace_filter(ingress.namespace())? {
            return Ok(Handled::No(reason));
        }
        match self.ingress_class(ingress)? {
            Some(class) if class.spec().at("controller").text() == AVI_LB => {}
            _ => return Ok(Handled::No("its IngressClass is not AKO's")),
        }
        if ingress.spec().at("rules").items().any(|rule| rule.at("http").is_nothing()) {
            return Ok(Handled::No("one of its rules has no http, and AKO then takes none of them"));
        }
        Ok(Handled::Yes)
    }

    /// Whether AKO builds a virtual service for this Route (R@2.1.1:internal/lib/lib.go `HasValidBackends`).
    pub fn handles_route(&self, route: Object<'a>) -> Result<Handled, Unknown> {
        if !self.is_openshift()? {
            return Ok(Handled::No("AKO watches Routes on OpenShift only"));
        }
        if let Some(reason) = self.namespace_filter(route.namespace())? {
            return Ok(Handled::No(reason));
        }
        let others = route.spec().at("alternateBackends").items();
        let mut named = BTreeSet::new();
        let mut backends = std::iter::once(route.spec().at("to")).chain(others);
        if !backends.all(|backend| named.insert(backend.at("name").text())) {
            return Ok(Handled::No("it names the same Service twice"));
        }
        Ok(Handled::Yes)
    }

    /// The `IngressClass` of an Ingress: the one it names, else AKO's if it is the default. The old annotation is
    /// not read, as AKO does not read it.
    pub fn ingress_class(&self, ingress: Object<'a>) -> Result<Option<Object<'a>>, Unknown> {
        let name = ingress.spec().at("ingressClassName");
        if let Some(name) = name.as_str() {
            return self.find(Kind::IngressClass, "", name);
        }
        let is_default = |class: &Object<'a>| {
            let default = class.annotation("ingressclass.kubernetes.io/is-default-class").text();
            class.spec().at("controller").text() == AVI_LB && default == "true"
        };
        let class = self.all(Kind::IngressClass).into_iter().find(is_default);
        if class.is_none() {
            self.require(Kind::IngressClass)?;
        }
        Ok(class)
    }

    /// Whether AKO fills a pool from this Service: it handles it as a load balancer, or an Ingress it handles
    /// has it as a backend. The Ingress is returned in the latter case.
    pub fn uses_service(&self, service: Object<'a>) -> Result<Option<Option<Object<'a>>>, Unknown> {
        if self.handles_service(service)? == Handled::Yes {
            return Ok(Some(None));
        }
        Ok(self.handled_ingress_of(service)?.map(Some))
    }

    /// The first Ingress, by name, that AKO handles and that has this Service as a backend.
    pub fn handled_ingress_of(&self, service: Object<'a>) -> Result<Option<Object<'a>>, Unknown> {
        // where AKO looks at no Ingress of this namespace, none has to be known
        if matches!(self.is_openshift(), Ok(true))
            || matches!(self.namespace_filter(service.namespace()), Ok(Some(_)))
        {
            return Ok(None);
        }
        for ingress in self.ingresses_of(service) {
            if self.handles_ingress(ingress)? == Handled::Yes {
                return Ok(Some(ingress));
            }
        }
        self.require(Kind::Ingress)?;
        Ok(None)
    }
}
