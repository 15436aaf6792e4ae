//! A server's side of TLS.

use crate::peers;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::net::TcpStream;
use std::sync::Arc;

/// A certificate of this machine and the settings that use it.
#[derive(Clone)]
pub struct Tls {
    pub certificate: Vec<u8>,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// None where openssl isn't installed and nobody demands it.
    pub fn new() -> Option<Self> {
        peers::need("openssl")?;
        let folder = tempfile::tempdir().unwrap();
        peers::certificate(folder.path());
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        let certificate = read("cert.pem");
        let chain = vec![CertificateDer::from_pem_slice(&certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(&read("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = versions
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Some(Self {
            certificate,
            config: Arc::new(config),
        })
    }

    pub fn accept(&self, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.config)).unwrap(), stream)
    }
}
