//! The Secret that holds the gate's CA. Replicas agree on it by optimistic concurrency: the first writer wins, and
//! the others read what it wrote.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, PostParams};

use super::authority::Authority;
use super::certificate::NAMESPACE;

/// Its name.
pub const NAME: &str = "ako-gate-ca";
/// The key of the certificate.
pub const CERTIFICATE: &str = "ca.crt";
/// The key of the private key.
const KEY: &str = "ca.key";

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// There is no Secret.
    Missing,
    /// It holds no CA that can be used; why.
    Damaged(Version, String),
    /// It holds this CA.
    Good(Version, Box<Authority>),
}

/// The version of the Secret that was read.
#[derive(Clone, Debug)]
pub struct Version(Option<String>);

/// Reads it.
pub async fn read(api: &Api<Secret>) -> kube::Result<Found> {
    let Some(secret) = api.get_opt(NAME).await? else { return Ok(Found::Missing) };
    let version = Version(secret.metadata.resource_version);
    let data = secret.data.unwrap_or_default();
    let text = |key: &str| data.get(key).map(|bytes| String::from_utf8_lossy(&bytes.0)).unwrap_or_default();
    Ok(match Authority::from_pem(&text(CERTIFICATE), &text(KEY)) {
        Ok(authority) => Found::Good(version, Box::new(authority)),
        Err(error) => Found::Damaged(version, format!("{error:#}")),
    })
}

/// Writes `authority` where `version` was read, or where nothing was. `false` when somebody else was faster.
pub async fn write(api: &Api<Secret>, authority: &Authority, version: Option<Version>) -> kube::Result<bool> {
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    let data = BTreeMap::from([
        (CERTIFICATE.to_owned(), bytes(authority.certificate_pem())),
        (KEY.to_owned(), bytes(&authority.key_pem())),
    ]);
    let labels = BTreeMap::from([("app.kubernetes.io/name".to_owned(), "ako-gate".to_owned())]);
    let metadata = ObjectMeta {
        name: Some(NAME.to_owned()),
        namespace: Some(NAMESPACE.to_owned()),
        labels: Some(labels),
        resource_version: version.as_ref().and_then(|version| version.0.clone()),
        ..ObjectMeta::default()
    };
    let secret = Secret { metadata, data: Some(data), ..Secret::default() };
    let written = match version {
        Some(_) => api.replace(NAME, &PostParams::default(), &secret).await,
        None => api.create(&PostParams::default(), &secret).await,
    };
    match written {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 409 || status.code == 404 => Ok(false),
        Err(error) => Err(error),
    }
}
