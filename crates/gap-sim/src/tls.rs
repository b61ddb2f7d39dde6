//! TLS with a certificate that nobody has signed.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;

/// What a TLS connection is accepted with. HTTP/2 and HTTP/1.1 are offered.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// A new certificate for `localhost` and both loopback addresses, and the same as PEM, so that clients can trust it.
    pub fn self_signed() -> io::Result<(Self, String)> {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let certified = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der())
            .map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().and_then(
                |builder| builder.with_no_client_auth().with_single_cert(vec![certified.cert.der().clone()], key),
            );
        let mut config = config.map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok((Self(TlsAcceptor::from(Arc::new(config))), certified.cert.pem()))
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.0
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tls")
    }
}
