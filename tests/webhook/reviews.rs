//! What is asked, and of whom.

use serde_json::{Value, json};

use crate::support::door::{Reply, Webhook};
use crate::support::review;

pub(crate) const FOUNDING: &str = "profile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}\n";

pub(crate) fn webhook() -> Webhook {
    Webhook::with_settings(FOUNDING)
}

/// The review that creates `object`.
pub(crate) fn creation(object: &Value) -> Value {
    let mut review = review::numbered("26");
    review["request"]["object"] = object.clone();
    review
}

/// AKO's ConfigMap with this data.
pub(crate) fn configuration(data: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "avi-k8s-config", "namespace": "avi-system"},
        "data": data,
    })
}

/// A refusal of something that is no review: status, a line that says why, and no further request on that connection.
pub(crate) fn refused(reply: &Reply, status: u16, why: &str) {
    let text = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, status, "{text}");
    assert_eq!(reply.headers["connection"], "close");
    assert!(text.contains(why) && text.ends_with('\n'), "{text}");
}

/// A configuration with many faults: two that deny at least, and some that only warn.
pub(crate) fn faulty() -> Value {
    configuration(&json!({
        "ipFamily": "V4_V6",
        "cniPlugin": "flannel",
        "controllerIP": "2001:db8::1",
        "serviceType": "NodePortLocal",
        "vipNetworkList": r#"[{"networkName":"a","v6cidr":"2001:db8::1"},{"networkName":"b","V6Cidr":"::/64"}]"#,
    }))
}

/// A Service that only AKO's configuration can tell good from bad.
pub(crate) fn service() -> Value {
    creation(&json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"type": "ClusterIP", "ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack", "ports": [{"port": 80}]},
    }))
}
