//! The certificate the webhook serves, and those that are mounted and re-read when they change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use arc_swap::ArcSwapOption;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::mounted::follow;

/// The namespace the gate is installed in.
pub const NAMESPACE: &str = "ako-gate-system";

/// Names the API server may call the webhook by.
pub const NAMES: [&str; 3] = [
    "ako-gate.ako-gate-system.svc",
    "ako-gate.ako-gate-system",
    "ako-gate.ako-gate-system.svc.cluster.local",
];

/// How far validity starts in the past, for clocks that disagree.
pub(super) const CLOCK_SKEW: Duration = Duration::from_hours(24);

/// From when to when a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub from: SystemTime,
    /// The last moment.
    pub until: SystemTime,
}

impl Validity {
    /// That of a certificate; `None` where the bytes are no certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let validity = certificate.validity();
        let at = |seconds: i64| {
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
        };
        Some(Self { from: at(validity.not_before.timestamp())?, until: at(validity.not_after.timestamp())? })
    }

    /// Whether `now` lies in it.
    pub fn holds(&self, now: SystemTime) -> bool {
        (self.from..=self.until).contains(&now)
    }

    /// Whether it is time for a successor: two thirds are over, less `jitter` (0 to 1) of a tenth, or the clock has
    /// jumped out of it. The time before the making, kept for clocks that disagree, does not count.
    pub fn is_due(&self, now: SystemTime, jitter: f64) -> bool {
        let made = (self.from + CLOCK_SKEW).min(self.until);
        let life = self.until.duration_since(made).unwrap_or_default();
        let due = made + life.mul_f64(2.0 / 3.0 - jitter.clamp(0.0, 1.0) / 10.0);
        !self.holds(now) || now >= due
    }
}

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
