//! TLS as the webhook speaks it.

use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::NoServerSessionStorage;

use super::certificate::Served;
use super::clients::Clients;

/// TLS 1.2 and 1.3, HTTP/1.1, with the certificate served at the time of each handshake.
pub fn config(served: Arc<Served>) -> anyhow::Result<ServerConfig> {
    config_for(served, None)
}

/// The same for these clients only, where it says which.
pub fn config_for(served: Arc<Served>, clients: Option<Arc<Clients>>) -> anyhow::Result<ServerConfig> {
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
