//! The gate's own certificate authority: made, kept as PEM, read back, and what it issues.

use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use rustls::crypto::aws_lc_rs;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::certificate::{CLOCK_SKEW, Validity, certified};

/// The common name of every CA the gate makes; a caBundle's certificates with another name are not the gate's.
const NAME: &str = "ako-gate CA";

/// How long things are good for.
#[derive(Clone, Copy, Debug)]
pub struct Lives {
    /// A CA. A new one is made after two thirds of it.
    pub authority: Duration,
    /// What it issues. A new one is issued after two thirds of it.
    pub leaf: Duration,
}

impl Default for Lives {
    fn default() -> Self {
        Self { authority: Duration::from_hours(365 * 24), leaf: Duration::from_hours(30 * 24) }
    }
}

/// A number from 0 to 1, so that replicas do not all act at once.
pub fn jitter() -> f64 {
    let mut bytes = [0; 2];
    // without randomness they do act at once, which optimistic concurrency sorts out
    let _ = aws_lc_rs::default_provider().secure_random.fill(&mut bytes);
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn set_life(params: &mut CertificateParams, validity: Validity) {
    params.not_before = validity.from.into();
    params.not_after = validity.until.into();
}

/// A certificate authority.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    validity: Validity,
}

/// A certificate ready to be served.
#[derive(Debug)]
pub struct Leaf {
    /// Chain and key.
    pub key: CertifiedKey,
    /// The CA's certificate.
    pub issuer: CertificateDer<'static>,
    /// The same as PEM.
    pub issuer_pem: String,
    /// When it is good.
    pub validity: Validity,
}

impl Authority {
    /// Makes one that is good for `life` from `now` on.
    pub fn new(now: SystemTime, life: Duration) -> anyhow::Result<Self> {
        let mut params = ca_params();
        set_life(&mut params, Validity { from: now - CLOCK_SKEW, until: now + life });
        let key = KeyPair::generate().context("failed to make a key for the CA")?;
        let certificate = params.self_signed(&key).context("failed to make the CA")?;
        Self::from_pem(&certificate.pem(), &key.serialize_pem())
    }

    /// Reads what [`Authority::certificate_pem`] and [`Authority::key_pem`] wrote. What is no CA of the gate's making,
    /// or not one whole, is refused.
    pub fn from_pem(certificate: &str, key: &str) -> anyhow::Result<Self> {
        let key = KeyPair::from_pem(key).context("the CA's key cannot be used")?;
        let der = CertificateDer::from_pem_slice(certificate.as_bytes())
            .context("the CA's certificate is no PEM certificate")?;
        ensure!(is_own(&der), "the CA's certificate is none that the gate makes");
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|error| anyhow::anyhow!("{error}"))?;
        ensure!(
            parsed.public_key().raw == key.subject_public_key_info(),
            "the CA's certificate and key do not belong together"
        );
        let validity = Validity::of(&der).context("the CA's validity cannot be read")?;
        Ok(Self {
            issuer: Issuer::new(ca_params(), key),
            certificate: der,
            certificate_pem: certificate.to_owned(),
            validity,
        })
    }

    /// The certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The certificate as PEM, for a caBundle.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key as PEM.
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// When it is good.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// When it was made.
    pub fn made(&self) -> SystemTime {
        self.validity.from + CLOCK_SKEW
    }

    /// Issues a certificate for a server of these names. It does not outlive the CA.
    pub fn issue(&self, names: &[String], now: SystemTime, life: Duration) -> anyhow::Result<Leaf> {
        let validity = Validity {
            from: (now - CLOCK_SKEW).max(self.validity.from),
            until: (now + life).min(self.validity.until),
        };
        let mut params = CertificateParams::new(names).context("a --tls-san is no name or address")?;
        let common = names.first().map_or(NAME, String::as_str);
        params.distinguished_name.push(DnType::CommonName, common);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        set_life(&mut params, validity);
        let key = KeyPair::generate().context("failed to make a key for the leaf")?;
        let leaf = params.signed_by(&key, &self.issuer).context("failed to issue the leaf")?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let key = certified(vec![leaf.der().clone()], &key)?;
        let (issuer, issuer_pem) = (self.certificate.clone(), self.certificate_pem.clone());
        Ok(Leaf { key, issuer, issuer_pem, validity })
    }
}

/// Whether a certificate is a CA's of the gate's making, by its name.
pub fn is_own(certificate: &CertificateDer<'_>) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    let mut names = certificate.subject().iter_common_name();
    certificate.is_ca() && names.next().is_some_and(|name| name.as_str().is_ok_and(|name| name == NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn what_is_written_can_be_read_back_and_issues() {
        let now = SystemTime::now();
        let made = Authority::new(now, 10 * DAY).unwrap();
        let read = Authority::from_pem(made.certificate_pem(), &made.key_pem()).unwrap();
        assert_eq!(read.certificate(), made.certificate());
        let leaf = read.issue(&["a.svc".to_owned()], now, 30 * DAY).unwrap();
        assert_eq!(leaf.validity.until, made.validity().until, "it does not outlive its CA");
        assert_eq!(&leaf.issuer, made.certificate());
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let (one, other) = (Authority::new(SystemTime::now(), DAY), Authority::new(SystemTime::now(), DAY));
        let (one, other) = (one.unwrap(), other.unwrap());
        let key = KeyPair::generate().unwrap();
        let stranger = CertificateParams::new(["ako-gate CA".to_owned()]).unwrap();
        let stranger = stranger.self_signed(&key).unwrap().pem();
        for (certificate, private) in [
            (one.certificate_pem(), other.key_pem()),
            (&stranger, key.serialize_pem()),
            ("", one.key_pem()),
            (one.certificate_pem(), String::new()),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", one.key_pem()),
        ] {
            assert!(Authority::from_pem(certificate, &private).is_err(), "{certificate}");
        }
    }

    #[test]
    fn a_successor_is_due_after_two_thirds_and_outside_of_the_validity() {
        let made = SystemTime::UNIX_EPOCH + 1000 * DAY;
        let validity = Validity { from: made - CLOCK_SKEW, until: made + 30 * DAY };
        for (day, jitter, due) in [
            (0, 1.0, false),
            (19, 0.0, false),
            (19, 1.0, true),
            (20, 0.0, true),
            (16, 1.0, false),
            (40, 0.0, true),
        ] {
            assert_eq!(validity.is_due(made + day * DAY, jitter), due, "{day} {jitter}");
        }
        assert!(validity.is_due(made - 2 * DAY, 0.0), "a clock that jumped back");
    }
}
