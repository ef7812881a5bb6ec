//! What the objects say about the AKO that runs (ako-names-and-crds.md section 4).

use crate::model::{Kind, Object, Release};

/// Whether a StatefulSet is AKO's: named `ako`, or labelled as the chart labels it under another name.
pub fn is_ako(stateful_set: Object<'_>) -> bool {
    stateful_set.kind() == Some(Kind::StatefulSet)
        && (stateful_set.name() == "ako" || stateful_set.label("app.kubernetes.io/name").text() == "ako")
}

/// The release a StatefulSet of AKO runs: the tag of its image, else the version label, else unknown.
///
/// Only the last path segment and the tag of the image count; a registry may be a mirror, and its port is no tag.
pub fn running_release(stateful_set: Object<'_>) -> Option<(Release, String)> {
    let containers = stateful_set.spec().at("template").at("spec").at("containers");
    let mut tag = None;
    for container in containers.items() {
        let image = container.at("image").text();
        let (name, image_tag) = split_image(image);
        if container.at("name").text() == "ako" || name == "ako" {
            tag = image_tag;
            break;
        }
    }
    let label = stateful_set.label("app.kubernetes.io/version").as_str();
    let texts = tag.into_iter().chain(label);
    texts.into_iter().find_map(|text| Some((text.parse().ok()?, text.to_owned())))
}

fn split_image(image: &str) -> (&str, Option<&str>) {
    let last = image.rsplit('/').next().unwrap_or_default();
    let last = last.split('@').next().unwrap_or_default();
    last.split_once(':').map_or((last, None), |(name, tag)| (name, Some(tag)))
}

#[cfg(test)]
mod tests {
    use super::split_image;

    #[test]
    fn a_registry_port_is_no_tag() {
        assert_eq!(split_image("registry:5000/ako/ako"), ("ako", None));
        assert_eq!(split_image("registry:5000/ako/ako:1.9.3"), ("ako", Some("1.9.3")));
        assert_eq!(split_image("r/ako@sha256:00"), ("ako", None));
        assert_eq!(split_image("r/ako:2.1.1@sha256:00"), ("ako", Some("2.1.1")));
    }
}
