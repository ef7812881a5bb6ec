//! The gate's webhook configuration: the certificates each webhook trusts, and its failure policy.
//!
//! The gate owns nothing of the configuration but these two fields, by server-side apply under its own field manager.
//! It never creates a configuration: what it applies carries the uid and the version of the one it saw.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use axum::http::Uri;
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{ValidatingWebhook, ValidatingWebhookConfiguration};
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::{Value, json};

use super::authority::{Authority, Leaf, is_own};
use super::certificate::Validity;

/// The field manager, as `kubectl get --show-managed-fields` shows it.
const MANAGER: &str = "ako-gate";
const END: &str = "-----END CERTIFICATE-----";
/// Most certificates of a caBundle; in a change there are two.
const MOST: usize = 8;

/// A webhook configuration as it was read.
#[derive(Clone, Debug)]
pub struct Configuration(ValidatingWebhookConfiguration);

/// Reads the configuration; `None` where there is none.
pub async fn read(
    api: &Api<ValidatingWebhookConfiguration>,
    name: &str,
) -> kube::Result<Option<Configuration>> {
    Ok(api.get_opt(name).await?.map(Configuration))
}

/// The certificates of a bundle, each with its PEM. What is none is left out.
pub fn certificates(bundle: &str) -> Vec<(CertificateDer<'static>, String)> {
    let blocks = bundle.split_inclusive(END).filter_map(|block| {
        let certificate = CertificateDer::from_pem_slice(block.as_bytes()).ok()?;
        Some((certificate, format!("{}\n", block.trim())))
    });
    blocks.collect()
}

impl Configuration {
    /// The configuration that an object is.
    pub fn of(object: &Value) -> serde_json::Result<Self> {
        serde_json::from_value(object.clone()).map(Self)
    }

    fn webhooks(&self) -> &[ValidatingWebhook] {
        self.0.webhooks.as_deref().unwrap_or_default()
    }

    /// The uid: another one is another configuration of the same name.
    pub fn uid(&self) -> Option<String> {
        self.0.uid()
    }

    fn bundles(&self) -> impl Iterator<Item = String> {
        self.webhooks().iter().map(|webhook| {
            let bundle = webhook.client_config.ca_bundle.as_ref();
            bundle.map(|bundle| String::from_utf8_lossy(&bundle.0).into_owned()).unwrap_or_default()
        })
    }

    /// Whether every webhook trusts `issuer`.
    pub fn trusts(&self, issuer: &CertificateDer<'_>) -> bool {
        self.bundles().all(|bundle| certificates(&bundle).iter().any(|(known, _)| known == issuer))
    }

    /// Whether every webhook's API server would accept `chain`: what is wrong with it, where one would not.
    pub fn accepts(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<(), String> {
        let (leaf, others) = chain.split_first().ok_or("no certificate is served")?;
        for (webhook, bundle) in self.webhooks().iter().zip(self.bundles()) {
            let known: Vec<CertificateDer<'_>> =
                certificates(&bundle).into_iter().map(|(certificate, _)| certificate).collect();
            // Go trusts what is in the bundle itself, whoever issued it (go@1.26:src/crypto/x509/verify.go `Verify`)
            if known.contains(leaf) {
                continue;
            }
            let name = called(webhook).ok_or_else(|| format!("{} has no address", webhook.name))?;
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(known);
            let provider = Arc::new(aws_lc_rs::default_provider());
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|_| format!("{} has no CA in its caBundle", webhook.name))?
                .verify_server_cert(leaf, others, &name, &[], now)
                .map_err(|error| format!("{}: {error}", webhook.name))?;
        }
        Ok(())
    }

    /// The bundle that every webhook should have: the CA, and those before it that may still be served somewhere,
    /// which is until whatever they issued has expired.
    pub fn bundle(
        &self,
        authority: &Authority,
        serving: Option<&Leaf>,
        overlap_ends: SystemTime,
        now: SystemTime,
    ) -> String {
        let known = self.bundles().flat_map(|bundle| certificates(&bundle));
        let serving = serving.map(|leaf| (leaf.issuer.clone(), format!("{}\n", leaf.issuer_pem.trim())));
        let others: BTreeMap<Vec<u8>, (SystemTime, String)> = known
            .filter(|(certificate, _)| now < overlap_ends && is_own(certificate))
            .chain(serving)
            .filter(|(certificate, _)| certificate != authority.certificate())
            .filter_map(|(certificate, pem)| Some((Validity::of(&certificate)?, certificate, pem)))
            .filter(|(validity, ..)| now <= validity.until)
            .map(|(validity, certificate, pem)| (certificate.to_vec(), (validity.from, pem)))
            .collect();
        // the same certificates give every replica the same text
        let mut others: Vec<(SystemTime, String)> = others.into_values().collect();
        others.sort_by(|a, b| b.cmp(a));
        let first = format!("{}\n", authority.certificate_pem().trim());
        std::iter::once(first).chain(others.into_iter().map(|(_, pem)| pem)).take(MOST).collect()
    }

    /// Whether every webhook has exactly this bundle.
    pub fn has(&self, bundle: &str) -> bool {
        self.bundles().all(|found| found == bundle)
    }

    /// Whether every webhook refuses what it guards while no gate answers.
    pub fn fails(&self) -> bool {
        !self.webhooks().is_empty() && self.webhooks().iter().all(is_fail)
    }

    /// Whether the gate itself has set the failure policy of this webhook, and nobody has changed it since.
    fn owns_policy(&self, webhook: &ValidatingWebhook) -> bool {
        let key = format!("k:{}", json!({"name": webhook.name}));
        let entries = self.0.metadata.managed_fields.iter().flatten();
        let mut own = entries.filter(|entry| entry.manager.as_deref() == Some(MANAGER));
        own.any(|entry| {
            let fields = entry.fields_v1.as_ref().map(|fields| &fields.0["f:webhooks"][&key]);
            fields.is_some_and(|fields| fields.get("f:failurePolicy").is_some())
        })
    }

    /// What the configuration asks of the API server, without the bundles: webhook and field to value.
    fn outline(&self) -> BTreeMap<String, Value> {
        let mut outline = BTreeMap::new();
        for webhook in self.webhooks() {
            let mut fields = serde_json::to_value(webhook).unwrap_or_default();
            if let Some(client) = fields["clientConfig"].as_object_mut() {
                client.remove("caBundle");
            }
            for (key, value) in fields.as_object().into_iter().flatten() {
                outline.insert(format!("{}: {key}", webhook.name), value.clone());
            }
        }
        outline
    }

    /// The fields that are not as they were in `before`, bundles left out.
    pub fn changed(&self, before: &Self) -> BTreeSet<String> {
        let (now, before) = (self.outline(), before.outline());
        let names = now.keys().chain(before.keys());
        names.filter(|name| now.get(*name) != before.get(*name)).cloned().collect()
    }

    /// Applies the bundle (`None` where it is somebody else's), and `Fail` if it says so; refused by the API server
    /// when the configuration has changed since it was read. Answers with the configuration as it is then.
    pub async fn apply(
        &self,
        api: &Api<ValidatingWebhookConfiguration>,
        bundle: Option<&str>,
        fail: bool,
    ) -> kube::Result<Self> {
        let name = self.0.name_any();
        let entries: Vec<Value> = self
            .webhooks()
            .iter()
            .map(|webhook| {
                let mut entry = json!({"name": webhook.name});
                if let Some(bundle) = bundle {
                    let bundle = ByteString(bundle.as_bytes().to_vec());
                    entry["clientConfig"] = json!({"caBundle": bundle});
                }
                // a field left out is given up, and would fall back to a default
                if fail || (is_fail(webhook) && self.owns_policy(webhook)) {
                    entry["failurePolicy"] = json!("Fail");
                }
                entry
            })
            .collect();
        let patch = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name, "uid": self.uid(), "resourceVersion": self.0.resource_version()},
            "webhooks": entries,
        });
        api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(patch)).await.map(Self)
    }
}

/// The name an API server calls a webhook by.
fn called(webhook: &ValidatingWebhook) -> Option<ServerName<'static>> {
    let client = &webhook.client_config;
    let host = match (&client.service, &client.url) {
        (Some(service), _) => format!("{}.{}.svc", service.name, service.namespace),
        (None, url) => url.as_ref()?.parse::<Uri>().ok()?.host()?.trim_matches(['[', ']']).to_owned(),
    };
    ServerName::try_from(host).ok()
}

fn is_fail(webhook: &ValidatingWebhook) -> bool {
    // an absent policy means Fail (k8s.io/api@v0.36.3:admissionregistration/v1/types.go)
    webhook.failure_policy.as_deref() != Some("Ignore")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn configuration(bundle: &str) -> Configuration {
        let bundle = ByteString(bundle.as_bytes().to_vec());
        let webhook = json!({
            "name": "w", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"caBundle": bundle},
        });
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "ako-gate"}, "webhooks": [webhook],
        });
        Configuration(serde_json::from_value(configuration).unwrap())
    }

    #[test]
    fn old_authorities_stay_until_what_they_issued_has_expired() {
        let now = SystemTime::now();
        let (old, new) =
            (Authority::new(now - DAY, 30 * DAY).unwrap(), Authority::new(now, 30 * DAY).unwrap());
        let before = configuration(old.certificate_pem());
        let both = before.bundle(&new, None, now + DAY, now);
        assert_eq!(certificates(&both).len(), 2);
        let during = configuration(&both);
        assert!(during.trusts(old.certificate()) && during.trusts(new.certificate()));
        assert!(during.has(&during.bundle(&new, None, now + DAY, now)), "every replica writes the same");
        let after = configuration(&during.bundle(&new, None, now - DAY, now));
        assert!(!after.trusts(old.certificate()) && after.trusts(new.certificate()));
        // an expired one goes at once, and what is being served stays whatever happens
        assert_eq!(certificates(&before.bundle(&new, None, now + 90 * DAY, now + 40 * DAY)).len(), 1);
        let serving = old.issue(&["a".to_owned()], now, DAY).unwrap();
        assert_eq!(certificates(&configuration("").bundle(&new, Some(&serving), now - DAY, now)).len(), 2);
    }

    #[test]
    fn what_is_no_certificate_of_the_gates_is_left_out() {
        let now = SystemTime::now();
        let own = Authority::new(now, DAY).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["x".to_owned()]).unwrap();
        let stranger = params.self_signed(&key).unwrap().pem();
        for bundle in
            ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", &stranger]
        {
            let found = configuration(bundle).bundle(&own, None, now + DAY, now);
            assert_eq!(certificates(&found).len(), 1, "{bundle}");
        }
    }
}
