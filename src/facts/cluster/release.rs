//! The release of Kubernetes an object is judged by.

use std::str::FromStr;

use super::component::{Component, Flags, component_container, of};
use crate::facts::view::View;
use crate::model::{Kind, Object, Release, Source};

/// The release that an object names itself: `kubernetesVersion`, or the tag of a static Pod's image.
pub fn named_by(object: Object<'_>) -> Option<(Release, &str)> {
    let text = match object.kind()? {
        Kind::ClusterFlags | Kind::ClusterConfiguration => object.at_key("kubernetesVersion").text(),
        Kind::Cluster => object.spec().at("kubernetesVersion").text(),
        Kind::Pod => {
            let (_, container) = component_container(object)?;
            // a digest may stand behind the tag
            let image = container.at("image").text();
            image.split('@').next().unwrap_or_default().rsplit_once(':')?.1
        }
        _ => return None,
    };
    let release = Release::from_str(text).ok()?;
    Some((release, text.strip_prefix('v').unwrap_or(text)))
}

/// A release of Kubernetes as rules compare and print it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kubernetes<'a> {
    /// The second number; all lines described are 1.x.
    pub minor: u32,
    /// The text as written.
    pub text: &'a str,
}

impl<'a> View<'a> {
    /// The release that the subject is judged by: the one stated, else the one it names, else that of the cluster.
    pub fn kubernetes(&self) -> Kubernetes<'a> {
        let answer = &self.profile.kubernetes;
        let stated = matches!(answer.from, Source::Flag | Source::Settings);
        let own = if stated { None } else { named_by(self.subject()) };
        let (release, text) = own.unwrap_or((answer.value, answer.text.as_str()));
        let minor = match release.major {
            0 => 0,
            1 => release.minor,
            _ => u32::MAX,
        };
        Kubernetes { minor, text }
    }

    /// The components that the subject configures.
    pub fn components(&self) -> Vec<Flags<'a>> {
        of(self.subject())
    }

    /// The flags of `component`, if the subject configures it.
    pub fn component(&self, component: Component) -> Option<Flags<'a>> {
        self.components().into_iter().find(|flags| flags.component == component)
    }
}
