//! A certificate authority, and a client that trusts one.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::aws_lc_rs;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

/// A certificate authority of the test's own.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a test's CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for the loopback addresses, and its key.
    pub fn issue(&self) -> (String, String) {
        let params = CertificateParams::new(["127.0.0.1", "::1", "localhost"].map(str::to_owned)).unwrap();
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    /// Writes `tls.crt` and `tls.key` to `folder`.
    pub fn issue_to(&self, folder: &Path) {
        let (certificate, key) = self.issue();
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("tls.crt"), certificate).unwrap();
        fs::write(folder.join("tls.key"), key).unwrap();
    }
}

/// A client that trusts the certificates of `ca` (PEM), and offers HTTP/2 before HTTP/1.1 as an API server does.
pub fn client(ca: &str, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_protocol_versions(versions).unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// The same client, which shows this certificate with this key.
pub fn client_showing(ca: &str, (certificate, key): &(String, String)) -> Arc<ClientConfig> {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = CertifiedKey::new(chain, aws_lc_rs::sign::any_supported_type(&key).unwrap());
    let mut config = ClientConfig::clone(&usual_client(ca));
    config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(key));
    Arc::new(config)
}

/// A client of the usual TLS versions.
pub fn usual_client(ca: &str) -> Arc<ClientConfig> {
    client(ca, rustls::DEFAULT_VERSIONS)
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The header lines, in lower case.
    pub head: String,
    pub body: String,
}

/// A connection to the webhook.
pub struct Connection(StreamOwned<ClientConnection, TcpStream>);

impl Connection {
    /// Connects and shakes hands with whoever is `name` at `address`.
    pub fn open(address: SocketAddr, name: &str, client: &Arc<ClientConfig>) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(20))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        // as Go does (net.TCPConn), else a head waits 40 ms for its body
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut connection = ClientConnection::new(Arc::clone(client), name).map_err(io::Error::other)?;
        let mut stream = stream;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Self(StreamOwned::new(connection, stream)))
    }

    /// What was agreed on.
    pub fn tls(&self) -> &ClientConnection {
        &self.0.conn
    }

    /// The certificate that was shown.
    pub fn certificate(&self) -> Vec<u8> {
        self.0.conn.peer_certificates().unwrap()[0].to_vec()
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
        self.0.flush().unwrap();
    }

    /// Sends bytes as they are, for as long as the other side takes them.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.sock.set_write_timeout(Some(Duration::from_millis(20)))?;
        self.0.write_all(bytes)?;
        self.0.flush()
    }

    /// The connection below.
    pub fn socket(&self) -> &TcpStream {
        &self.0.sock
    }

    /// The connection below, as it is.
    pub fn into_socket(self) -> TcpStream {
        self.0.sock
    }

    /// Reads one answer.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let mut read = Vec::new();
        let mut byte = [0];
        while !read.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte)?;
            read.push(byte[0]);
        }
        let head = String::from_utf8(read).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, head, body: String::from_utf8(body).unwrap() })
    }

    /// Posts a review, as an API server does, and reads the answer.
    pub fn review(&mut self, body: &str) -> io::Result<Answer> {
        let head = head(body.len());
        self.0.write_all(head.as_bytes())?;
        self.0.write_all(body.as_bytes())?;
        self.0.flush()?;
        self.answer()
    }

    /// Whether the other side closes without another byte, with a word of farewell or without.
    pub fn is_closed(&mut self) -> bool {
        let closed = [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset];
        self.0.read(&mut [0]).map_or_else(|error| closed.contains(&error.kind()), |read| read == 0)
    }
}

/// The head of a request that posts a review of so many bytes.
pub fn head(bytes: usize) -> String {
    format!(
        "POST /validate?timeout=5s HTTP/1.1\r\nHost: ako-gate.ako-gate-system.svc:443\r\n\
         User-Agent: kube-apiserver-admission\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\n\
         Accept: application/json, */*\r\nAccept-Encoding: gzip\r\n\r\n"
    )
}
