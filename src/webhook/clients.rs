//! Who may ask, where that is narrowed: clients with a certificate that a CA of the administrator's choice issued.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::mounted::follow;

/// The CAs of a file, which can be exchanged while connections are open.
#[derive(Debug)]
pub struct Clients {
    file: PathBuf,
    verifier: ArcSwap<Arc<dyn ClientCertVerifier>>,
}

impl Clients {
    /// Reads the file; a bad one stops the start.
    pub fn read(file: &Path) -> anyhow::Result<Arc<Self>> {
        let verifier = verifier(file, &bytes(file)?)?;
        Ok(Arc::new(Self { file: file.to_owned(), verifier: ArcSwap::from_pointee(verifier) }))
    }

    /// Reads the file again now and then; one that cannot be used leaves the old CAs in force.
    pub async fn follow(self: Arc<Self>) {
        let exchange = |read: &Vec<u8>| {
            self.verifier.store(Arc::new(verifier(&self.file, read)?));
            tracing::info!("the new CAs of clients are in force");
            Ok(())
        };
        follow(|| bytes(&self.file), exchange).await;
    }
}

fn bytes(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("failed to read {}", file.display()))
}

fn verifier(file: &Path, pem: &[u8]) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let name = file.display();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.with_context(|| format!("{name} is no list of PEM certificates"))?;
        roots.add(certificate).with_context(|| format!("{name} holds a certificate that is no CA"))?;
    }
    ensure!(!roots.is_empty(), "{name} holds no certificate");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.context("failed to set up the check of clients")
}

impl ClientCertVerifier for Clients {
    // a hint of names would have to outlive an exchange; without one a client shows the only certificate it has
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verifier.load().verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.load().verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.load().verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.load().supported_verify_schemes()
    }
}
