//! The certificate the webhook serves, and those that are mounted and re-read when they change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use arc_swap::ArcSwapOption;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::authority::Validity;
use super::clients::Clients;

/// The namespace the gate is installed in.
pub const NAMESPACE: &str = "ako-gate-system";

/// Names the API server may call the webhook by.
pub const NAMES: [&str; 3] = [
    "ako-gate.ako-gate-system.svc",
    "ako-gate.ako-gate-system",
    "ako-gate.ako-gate-system.svc.cluster.local",
];

/// How often mounted files are read again. Secret volumes are swapped by symlink, which file watchers miss.
const REREAD: Duration = Duration::from_secs(10);

/// The certificate in use; it can be exchanged while connections are open. Without one every handshake fails.
#[derive(Debug, Default)]
pub struct Served(ArcSwapOption<CertifiedKey>);

impl Served {
    /// Serves a certificate.
    pub fn new(key: CertifiedKey) -> Arc<Self> {
        Arc::new(Self(ArcSwapOption::from_pointee(key)))
    }

    /// When the certificate in use is good.
    pub fn validity(&self) -> Option<Validity> {
        Validity::of(self.0.load().as_ref()?.cert.first()?)
    }

    /// The chain in use, the gate's own certificate first.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.0.load().as_ref().map(|key| key.cert.clone()).unwrap_or_default()
    }

    /// Serves another certificate from the next handshake on.
    pub fn exchange(&self, key: CertifiedKey) {
        self.0.store(Some(Arc::new(key)));
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.load_full()
    }
}

/// TLS 1.2 and 1.3, HTTP/1.1, with the certificate served at the time of each handshake.
pub fn tls_config(served: Arc<Served>) -> anyhow::Result<ServerConfig> {
    tls_config_for(served, None)
}

/// The same for these clients only, where it says which.
pub fn tls_config_for(served: Arc<Served>, clients: Option<Arc<Clients>>) -> anyhow::Result<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("failed to set up TLS")?;
    let mut config = if let Some(clients) = clients {
        let mut config = config.with_client_cert_verifier(clients).with_cert_resolver(served);
        // a session that is taken up again would not be checked against the CAs there are then
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config
    } else {
        config.with_no_client_auth().with_cert_resolver(served)
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Chain and key as rustls serves them; a pair that does not belong together is refused.
pub(super) fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: &PrivateKeyDer<'static>,
) -> anyhow::Result<CertifiedKey> {
    let key = aws_lc_rs::sign::any_supported_type(key).context("the private key cannot be used")?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().context("the certificate and the private key do not belong together")?;
    Ok(certified)
}

/// A certificate and key in files.
pub struct Mounted {
    certificate: PathBuf,
    key: PathBuf,
}

impl Mounted {
    /// The files' paths.
    pub fn new(certificate: &Path, key: &Path) -> Self {
        Self { certificate: certificate.to_owned(), key: key.to_owned() }
    }

    fn bytes(&self) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
        let read = |path: &Path| fs::read(path).with_context(|| format!("failed to read {}", path.display()));
        Ok((read(&self.certificate)?, read(&self.key)?))
    }

    fn parse(&self, certificate: &[u8], key: &[u8]) -> anyhow::Result<CertifiedKey> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            .with_context(|| format!("{} is no PEM certificate chain", self.certificate.display()))?;
        ensure!(!chain.is_empty(), "{} holds no certificate", self.certificate.display());
        let key = PrivateKeyDer::from_pem_slice(key)
            .with_context(|| format!("{} is no PEM private key", self.key.display()))?;
        certified(chain, &key)
    }

    /// The certificate, ready to be served; a bad file stops the start.
    pub fn serve(&self) -> anyhow::Result<Arc<Served>> {
        let (certificate, key) = self.bytes()?;
        Ok(Served::new(self.parse(&certificate, &key)?))
    }

    /// Reads the files again now and then; a pair that cannot be used leaves the old one in service.
    pub async fn follow(&self, served: &Served) {
        let exchange = |read: &(Vec<u8>, Vec<u8>)| {
            served.exchange(self.parse(&read.0, &read.1)?);
            tracing::info!("serving the new certificate");
            Ok(())
        };
        follow(|| self.bytes(), exchange).await;
    }
}

/// Reads mounted files again now and then, and hands what changed to `exchange`.
pub(super) async fn follow<T: PartialEq>(
    read: impl Fn() -> anyhow::Result<T>,
    exchange: impl Fn(&T) -> anyhow::Result<()>,
) {
    let mut last = read().ok();
    loop {
        tokio::time::sleep(REREAD).await;
        let found = match read() {
            Ok(found) if last.as_ref() != Some(&found) => found,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "failed to read the certificate again");
                continue;
            }
        };
        if let Err(error) = exchange(&found) {
            tracing::error!(error = format!("{error:#}"), "the new certificate cannot be used");
        }
        last = Some(found);
    }
}
