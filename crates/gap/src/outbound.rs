//! Calls to addresses that the operator named: webhooks of alerts, collectors of traces. Never Google, never a client's.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is read of an answer; nobody looks at it.
const MOST_READ: usize = 64 * 1024;

/// Posts JSON. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbound(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// Why a call did not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address is none.
    #[error("it is no http(s) address")]
    Address,
    /// Nobody answered.
    #[error("nobody answers there")]
    Unreachable,
    /// It took too long.
    #[error("it did not answer in time")]
    TimedOut,
    /// The answer is a refusal.
    #[error("it answered {0}")]
    Refused(StatusCode),
}

// === impl Outbound ===

impl Outbound {
    /// A client that trusts what `tls` trusts. Connects to nothing yet.
    pub fn new(tls: rustls::ClientConfig) -> Self {
        let https =
            hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(Duration::from_secs(30)).pool_max_idle_per_host(1);
        Self(builder.build(https))
    }

    /// Posts `body`. Whoever answers 2xx has it.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Bytes) -> Result<(), OutboundError> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .body(Full::new(body))
            .map_err(|_| OutboundError::Address)?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let exchange = async {
            let answer = self.0.request(request).await.map_err(|_| OutboundError::Unreachable)?;
            let status = answer.status();
            // Read to its end, so that the connection can be used again.
            let _ = Limited::new(answer.into_body(), MOST_READ).collect().await;
            if status.is_success() { Ok(()) } else { Err(OutboundError::Refused(status)) }
        };
        tokio::time::timeout(PATIENCE, exchange).await.unwrap_or(Err(OutboundError::TimedOut))
    }
}

impl OutboundError {
    /// Whether another try may work.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Address => false,
            Self::Unreachable | Self::TimedOut => true,
            Self::Refused(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
        }
    }
}
