//! The one client to Google.
//!
//! It is built on bare hyper: there is no redirect to follow and no proxy from the environment, because none is there, and
//! no byte changes but where an answer comes packed although nobody asked for it (`unpacking.rs`). One HTTP/2 connection carries about 100 streams at Google, so there are
//! several clients ("shards"), each with a connection of its own; another shard is used when the ones before it carry
//! 80 streams. Against a plain-http upstream (the simulator) the first shard's pool serves everything.
//!
//! An upstream key exists here, as a header value that no `Debug` prints, and nowhere else.

mod answer;
pub mod headers;
pub mod redact;
mod unpacking;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gap_pool::verdict::TransportFault;
use http::header::{ACCEPT_ENCODING, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body::Body as HttpBody;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::{ExposeSecret, SecretString};
use tracing::debug;

use self::answer::Flight;
pub use self::answer::{Answer, AnswerBroken};
use crate::body::SendBody;
use crate::config::Upstream as Settings;

const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// An upstream key: a Gemini API key of some project. `Debug` prints nothing of it. Clones share the one copy in memory.
#[derive(Clone)]
pub struct Secret(Arc<Forms>);

/// A key in each form that it is used in.
struct Forms {
    text: SecretString,
    header: HeaderValue,
    masked: String,
    /// `masked` as a header value in ASCII, which not every client looks beyond.
    shown: HeaderValue,
}

/// The text cannot be sent as a header value.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("an upstream key may hold only visible ASCII characters")]
pub struct UnsendableKey;

impl Secret {
    /// Takes a key of any pattern that can stand in a header.
    pub fn new(text: &SecretString) -> Result<Self, UnsendableKey> {
        let plain = text.expose_secret();
        let visible = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_graphic());
        let mut header = visible.then(|| HeaderValue::from_str(plain).ok()).flatten().ok_or(UnsendableKey)?;
        header.set_sensitive(true);
        let masked = match plain.len() {
            0..16 => format!("…{}", &plain[plain.len() - plain.len().min(2)..]),
            length => format!("{}…{}", &plain[..4], &plain[length - 4..]),
        };
        let shown = HeaderValue::try_from(masked.replace('…', "...")).map_err(|_| UnsendableKey)?;
        Ok(Self(Arc::new(Forms { text: text.clone(), header, masked, shown })))
    }

    /// The key as it may be shown: first four and last four characters of a long one, nothing of a short one.
    pub fn masked(&self) -> &str {
        &self.0.masked
    }

    /// [`Secret::masked`] as a header value.
    pub fn masked_header(&self) -> HeaderValue {
        self.0.shown.clone()
    }

    /// `said` (an error of Google's) without this key and without anything like it.
    pub fn redact<'a>(&self, said: &'a str) -> std::borrow::Cow<'a, str> {
        redact::text(said, self.0.text.expose_secret())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What to send, apart from the key.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The HTTP verb.
    pub verb: &'a Method,
    /// The path at Google, beginning with `/`.
    pub path: &'a str,
    /// The query without credentials.
    pub query: Option<&'a str>,
    /// Headers that passed [`headers::for_upstream`].
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: SendBody,
    /// How long the first byte of the answer may take, at most.
    pub patience: Duration,
}

/// Sends requests to Google.
#[derive(Debug)]
pub struct Upstream {
    base: Base,
    shards: Vec<Shard>,
    streams_per_connection: usize,
    first_byte_timeout: Duration,
}

/// The upstream address, taken apart once.
#[derive(Debug)]
struct Base {
    scheme: http::uri::Scheme,
    authority: http::uri::Authority,
    host: HeaderValue,
    /// Without a trailing slash; mostly empty.
    path: String,
}

#[derive(Debug)]
struct Shard {
    client: Client<HttpsConnector<HttpConnector>, SendBody>,
    in_flight: Arc<AtomicUsize>,
}

/// Why the client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// `upstream.base_url` is no usable address.
    #[error("upstream.base_url {0} is not an http(s) address")]
    Address(String),
    /// `upstream.ca_file` cannot be used.
    #[error("upstream.ca_file {path}: {reason}")]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Whom GAP trusts when it connects to somebody.
pub fn trusted(settings: &Settings) -> Result<rustls::ClientConfig, UpstreamError> {
    tls::client_config(settings.ca_file.as_deref())
}

// === impl Upstream ===

impl Upstream {
    /// Builds the client; connects to nothing yet.
    pub fn new(settings: &Settings) -> Result<Self, UpstreamError> {
        let base = Base::parse(&settings.base_url)?;
        let tls = tls::client_config(settings.ca_file.as_deref())?;
        // Plain http has no streams to count: one pool serves.
        let shards = if base.scheme == http::uri::Scheme::HTTPS { settings.max_connections.max(1) } else { 1 };
        let shards = (0..shards).map(|_| Shard::new(settings, tls.clone())).collect();
        Ok(Self {
            base,
            shards,
            streams_per_connection: settings.streams_per_connection.max(1),
            first_byte_timeout: settings.first_byte_timeout,
        })
    }

    /// Sends one request with one key and waits for the head of the answer.
    ///
    /// The one redirect that Google is known to use (a file's download moves to `/download/…` on the same origin) is
    /// followed here, since the client has no key to follow it with.
    pub async fn send(&self, key: &Secret, outgoing: Outgoing<'_>) -> Result<Response<Answer>, TransportFault> {
        let (verb, headers, patience) = (outgoing.verb, outgoing.headers, outgoing.patience);
        let answer = self.send_once(key, outgoing).await?;
        let Some((path, query)) = self.base.download_redirect(verb, &answer) else { return Ok(answer) };
        drop(answer);
        let body = SendBody::Kept { chunks: Arc::default(), next: 0, left: 0 };
        self.send_once(key, Outgoing { verb, path: &path, query: query.as_deref(), headers, body, patience }).await
    }

    async fn send_once(&self, key: &Secret, outgoing: Outgoing<'_>) -> Result<Response<Answer>, TransportFault> {
        let patience = outgoing.patience.min(self.first_byte_timeout);
        let request = self.request(key, outgoing).map_err(|error| {
            debug!(%error, "A request could not be put into HTTP: {error}");
            TransportFault::Connect
        })?;
        let shard = self.pick_shard();
        let flight = Flight::begin(&shard.in_flight);
        match tokio::time::timeout(patience, shard.client.request(request)).await {
            Err(_) => Err(TransportFault::Timeout),
            Ok(Ok(answer)) => Ok(Answer::of(answer, flight)),
            Ok(Err(error)) => {
                // The address is not printed: it is in the configuration, and a query might hold a token.
                debug!(error = %root_cause(&error), "The upstream did not answer: {}", root_cause(&error));
                Err(if error.is_connect() { TransportFault::Connect } else { TransportFault::Reset })
            }
        }
    }

    fn request(&self, key: &Secret, outgoing: Outgoing<'_>) -> Result<Request<SendBody>, http::Error> {
        let mut path_and_query = String::with_capacity(self.base.path.len() + outgoing.path.len() + 32);
        path_and_query.push_str(&self.base.path);
        path_and_query.push_str(outgoing.path);
        if let Some(query) = outgoing.query.filter(|query| !query.is_empty()) {
            path_and_query.push('?');
            path_and_query.push_str(query);
        }
        let uri = Uri::builder()
            .scheme(self.base.scheme.clone())
            .authority(self.base.authority.clone())
            .path_and_query(path_and_query)
            .build()?;
        let empty = outgoing.body.is_end_stream();
        let mut request = Request::builder().method(outgoing.verb.clone()).uri(uri).body(outgoing.body)?;
        let headers = request.headers_mut();
        headers.clone_from(outgoing.headers);
        if self.base.scheme == http::uri::Scheme::HTTP {
            // Over TLS it may be HTTP/2, where the name is part of the address; the client adds what is missing.
            headers.insert(HOST, self.base.host.clone());
        }
        if outgoing.verb == Method::POST || outgoing.verb == Method::PUT || outgoing.verb == Method::PATCH {
            // Google's front asks for a length even of nothing (411).
            if empty {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
        }
        headers.insert(X_GOOG_API_KEY, key.0.header.clone());
        // The bytes are read as they pass, so nothing may lie in between.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Ok(request)
    }

    /// The first shard with room, so that few connections stay warm; the least busy one when all are full.
    fn pick_shard(&self) -> &Shard {
        let load = |shard: &&Shard| shard.in_flight.load(Ordering::Relaxed);
        let with_room = self.shards.iter().find(|shard| load(shard) < self.streams_per_connection);
        with_room.or_else(|| self.shards.iter().min_by_key(load)).unwrap_or(&self.shards[0])
    }
}

impl Shard {
    fn new(settings: &Settings, tls: rustls::ClientConfig) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(settings.connect_timeout));
        tcp.set_keepalive(Some(Duration::from_mins(1)));
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(settings.pool_idle)
            .http2_adaptive_window(true)
            // A connection that a middlebox dropped in silence is found by its missing pong.
            .http2_keep_alive_interval(Duration::from_secs(30))
            .http2_keep_alive_timeout(Duration::from_secs(15))
            .build(https);
        Self { client, in_flight: Arc::default() }
    }
}

// === impl Base ===

impl Base {
    fn parse(url: &str) -> Result<Self, UpstreamError> {
        let wrong = || UpstreamError::Address(url.to_owned());
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| wrong())?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else { return Err(wrong()) };
        if scheme != http::uri::Scheme::HTTP && scheme != http::uri::Scheme::HTTPS {
            return Err(wrong());
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?;
        let path = parts.path_and_query.map(|path| path.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        Ok(Self { scheme, authority, host, path })
    }

    /// Where `answer` sends a download, if it does and stays on this origin.
    fn download_redirect<B>(&self, verb: &Method, answer: &Response<B>) -> Option<(String, Option<String>)> {
        if answer.status() != StatusCode::FOUND || (verb != Method::GET && verb != Method::HEAD) {
            return None;
        }
        let location: Uri = answer.headers().get(header::LOCATION)?.to_str().ok()?.parse().ok()?;
        let same_origin = location.authority().is_none_or(|authority| *authority == self.authority)
            && location.scheme().is_none_or(|scheme| *scheme == self.scheme);
        let path = location.path().strip_prefix(self.path.as_str())?;
        let followed = same_origin && path.starts_with("/download/");
        followed.then(|| (path.to_owned(), location.query().map(str::to_owned)))
    }
}

/// The innermost error says what happened; the outer ones say that it happened.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

mod tls {
    //! Whom to trust.

    use std::path::Path;
    use std::sync::Arc;

    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::{ConfigBuilderExt, UpstreamError};

    /// Trusts what the system trusts (so a company's own authority works), Mozilla's roots where the system has none
    /// (`FROM scratch`), or exactly what `ca_file` holds.
    pub(super) fn client_config(ca_file: Option<&Path>) -> Result<rustls::ClientConfig, UpstreamError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| UpstreamError::Certificates {
            path: "built-in TLS".to_owned(),
            reason: error.to_string(),
        })?;
        if let Some(path) = ca_file {
            return Ok(builder.with_root_certificates(roots_from(path)?).with_no_client_auth());
        }
        match builder.clone().try_with_platform_verifier() {
            Ok(platform) => Ok(platform.with_no_client_auth()),
            Err(_) => Ok(builder.with_webpki_roots().with_no_client_auth()),
        }
    }

    fn roots_from(path: &Path) -> Result<rustls::RootCertStore, UpstreamError> {
        let wrong = |reason: String| UpstreamError::Certificates { path: path.display().to_string(), reason };
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("holds no certificate in PEM form".to_owned()));
        }
        Ok(roots)
    }
}

#[cfg(test)]
mod tests;
