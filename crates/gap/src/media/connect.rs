//! One connection for one medium.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::FetchError;

/// Bytes both ways, protected or not.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Connects to the first address that answers, with TLS if the server has a name to prove.
pub(super) async fn open(
    addresses: &[SocketAddr],
    tls_name: Option<&str>,
    tls: &Arc<rustls::ClientConfig>,
) -> Result<Box<dyn Duplex>, FetchError> {
    let mut connected = None;
    for address in addresses {
        if let Ok(stream) = TcpStream::connect(address).await {
            connected = Some(stream);
            break;
        }
    }
    let stream = connected.ok_or(FetchError::Unreachable)?;
    let Some(name) = tls_name else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(name.to_owned()).map_err(|_| FetchError::Address)?;
    let protected =
        TlsConnector::from(Arc::clone(tls)).connect(name, stream).await.map_err(|_| FetchError::Unreachable)?;
    Ok(Box::new(protected))
}

/// Sends the one request of a connection and has the answer read by `read`. The connection is driven meanwhile, and gone
/// afterwards: nothing outlives the request that wanted the medium.
pub(super) async fn exchange<T, Read, Reading>(
    stream: Box<dyn Duplex>,
    request: Request<Empty<Bytes>>,
    read: Read,
) -> Result<T, FetchError>
where
    Read: FnOnce(Response<Incoming>) -> Reading,
    Reading: Future<Output = Result<T, FetchError>>,
{
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(64 * 1024);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| FetchError::Broken)?;
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(|_| FetchError::Broken)?;
        read(answer).await
    };
    let (mut exchange, mut connection) = (pin!(exchange), pin!(connection));
    tokio::select! {
        done = &mut exchange => done,
        // What had arrived before its end can still be read.
        _ = &mut connection => exchange.await,
    }
}
