//! Media that a client names by address.
//!
//! Gemini takes bytes, OpenAI's clients send links. Fetching what strangers name is how servers are made to attack their
//! own networks, so: a name is resolved once, every address is checked, and the connection goes to the address that was
//! checked (a second look-up could answer otherwise). A redirect is a new address and is checked like the first. No
//! proxy, no cookie, no credential. Sizes, times and numbers are limited, and `media.fetch = false` turns it all off.

mod address;
mod connect;

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, StreamExt};
use gap_protocol::call::{Fetched, Pending};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// An address may lead to another this often.
const MAX_REDIRECTS: usize = 3;
/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 3;

/// What may be fetched.
#[derive(Clone, Debug)]
pub struct MediaPolicy {
    /// Whether anything is.
    pub fetch: bool,
    /// The largest medium, in bytes.
    pub limit: usize,
    /// How long one medium may take, from the look-up of its name to its last byte.
    pub timeout: Duration,
    /// Media of one request.
    pub per_request: usize,
    /// Media that are fetched at a time, for all requests together.
    pub at_once: usize,
    /// Hosts that may lie at private addresses, as `host` or `host:port`: the operator's own.
    pub allow_hosts: HashSet<String>,
}

/// Fetches media. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MediaFetcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    policy: MediaPolicy,
    resolver: Resolver,
    places: Semaphore,
    tls: Arc<rustls::ClientConfig>,
}

/// A medium could not be had; the client's request is at fault.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct MediaError {
    /// The path of the field that holds the address.
    pub field: String,
    /// What is wrong.
    pub reason: FetchError,
}

/// Why a medium could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The operator does not want it.
    #[error("fetching media by address is switched off here (media.fetch); send the bytes as a data URL")]
    Off,
    /// More than [`MediaPolicy::per_request`].
    #[error("a request may name {0} media by address at most (media.per_request)")]
    TooMany(usize),
    /// Not an address that can be fetched.
    #[error("is no http(s) address that can be fetched")]
    Address,
    /// The name does not resolve.
    #[error("the host of the address cannot be found")]
    UnknownHost,
    /// It resolves to the inside of some network.
    #[error("the address does not lead to the public internet (media.allow_hosts names exceptions)")]
    Private,
    /// Nobody answered.
    #[error("the address cannot be reached")]
    Unreachable,
    /// The server answered with something else than the medium.
    #[error("the address answered with status {0}")]
    Status(u16),
    /// It leads on and on.
    #[error("the address redirects more than {MAX_REDIRECTS} times")]
    Redirects,
    /// The answer is compressed although nobody asked for that.
    #[error("the address answered in a content coding that was not asked for")]
    Encoded,
    /// Over [`MediaPolicy::limit`].
    #[error("the medium is larger than {0} bytes (media.limit)")]
    TooLarge(usize),
    /// The answer broke off.
    #[error("the medium broke off")]
    Broken,
    /// Over [`MediaPolicy::timeout`].
    #[error("the medium took longer than {0:?} (media.timeout)")]
    TimedOut(Duration),
}

/// What came of asking one address.
enum Step {
    /// The medium.
    Arrived(Fetched),
    /// Another address.
    Redirected(Place),
}

/// Answers the addresses of a name.
type LookUp = dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

/// Finds the addresses of a name.
#[derive(Clone)]
struct Resolver(Arc<LookUp>);

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

impl Resolver {
    fn system() -> Self {
        Self(Arc::new(|host, port| {
            Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect()) })
        }))
    }
}

// === impl MediaFetcher ===

impl MediaFetcher {
    /// A fetcher that trusts the certificates that `tls` trusts.
    pub fn new(policy: MediaPolicy, tls: rustls::ClientConfig) -> Self {
        Self::with_resolver(policy, tls, Resolver::system())
    }

    fn with_resolver(policy: MediaPolicy, mut tls: rustls::ClientConfig, resolver: Resolver) -> Self {
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let places = Semaphore::new(policy.at_once);
        Self(Arc::new(Inner { policy, resolver, places, tls: Arc::new(tls) }))
    }

    /// Fetches everything that a request waits for, side by side, in the order in which it is wanted.
    ///
    /// Errors: the first medium that cannot be had, with the field that names it.
    pub async fn fetch_all(&self, pending: &[Pending]) -> Result<Vec<Fetched>, MediaError> {
        let policy = &self.0.policy;
        let refuse = |at: usize, reason| {
            let field = pending.get(at).map(|medium| medium.field.clone()).unwrap_or_default();
            Err(MediaError { field, reason })
        };
        if !policy.fetch && !pending.is_empty() {
            return refuse(0, FetchError::Off);
        }
        if pending.len() > policy.per_request {
            return refuse(policy.per_request, FetchError::TooMany(policy.per_request));
        }
        let mut fetching: FuturesOrdered<_> = pending.iter().map(|medium| self.fetch(&medium.url)).collect();
        let mut fetched = Vec::with_capacity(pending.len());
        while let Some(medium) = fetching.next().await {
            match medium {
                Ok(medium) => fetched.push(medium),
                Err(reason) => return refuse(fetched.len(), reason),
            }
        }
        Ok(fetched)
    }

    /// Fetches one medium.
    async fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        let timeout = self.0.policy.timeout;
        let until = Instant::now() + timeout;
        match timeout_at(until, self.follow(url)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(FetchError::TimedOut(timeout)),
        }
    }

    async fn follow(&self, url: &str) -> Result<Fetched, FetchError> {
        // A closed semaphore cannot be: nobody closes it.
        let _place = self.0.places.acquire().await.map_err(|_| FetchError::Unreachable)?;
        let mut place = Place::parse(url)?;
        for _ in 0..=MAX_REDIRECTS {
            match self.ask(&place).await? {
                Step::Arrived(medium) => return Ok(medium),
                Step::Redirected(next) => place = next,
            }
        }
        Err(FetchError::Redirects)
    }

    async fn ask(&self, place: &Place) -> Result<Step, FetchError> {
        let addresses = self.addresses(place).await?;
        let mut request = Request::get(place.path()).body(Empty::<Bytes>::new()).map_err(|_| FetchError::Address)?;
        let headers = request.headers_mut();
        headers.insert(HOST, place.authority.as_str().parse().map_err(|_| FetchError::Address)?);
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("gap/", env!("CARGO_PKG_VERSION"))));
        let stream = connect::open(&addresses, place.tls_name(), &self.0.tls).await?;
        connect::exchange(stream, request, |answer| self.take(place, answer)).await
    }

    async fn take(&self, place: &Place, answer: Response<Incoming>) -> Result<Step, FetchError> {
        let (head, body) = answer.into_parts();
        if head.status.is_redirection() {
            return Ok(Step::Redirected(place.redirected(&head.headers)?));
        }
        if head.status != StatusCode::OK {
            return Err(FetchError::Status(head.status.as_u16()));
        }
        let coding = head.headers.get(CONTENT_ENCODING);
        if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(FetchError::Encoded);
        }
        let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Step::Arrived(Fetched::Bytes { data: self.read(body).await?, content_type }))
    }

    /// The addresses of a place that may be asked.
    async fn addresses(&self, place: &Place) -> Result<Vec<SocketAddr>, FetchError> {
        let allowed = self.allows(place);
        let found = if let Ok(address) = place.host().parse::<IpAddr>() {
            vec![SocketAddr::new(address, place.port)]
        } else {
            let found = (self.0.resolver.0)(place.host().to_owned(), place.port).await;
            found.map_err(|_| FetchError::UnknownHost)?
        };
        if found.is_empty() {
            return Err(FetchError::UnknownHost);
        }
        let mut usable: Vec<_> = found.into_iter().filter(|found| allowed || address::is_public(found.ip())).collect();
        usable.truncate(MAX_ADDRESSES);
        if usable.is_empty() { Err(FetchError::Private) } else { Ok(usable) }
    }

    fn allows(&self, place: &Place) -> bool {
        let allowed = &self.0.policy.allow_hosts;
        let host = place.host().to_ascii_lowercase();
        allowed.contains(&format!("{host}:{}", place.port)) || allowed.contains(&host)
    }

    async fn read(&self, mut body: Incoming) -> Result<Bytes, FetchError> {
        let limit = self.0.policy.limit;
        let announced = body.size_hint().lower();
        if announced > limit as u64 {
            return Err(FetchError::TooLarge(limit));
        }
        let mut data = BytesMut::with_capacity(usize::try_from(announced).unwrap_or_default());
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame.map_err(|_| FetchError::Broken)?.into_data() else { continue };
            if data.len() + piece.len() > limit {
                return Err(FetchError::TooLarge(limit));
            }
            data.extend_from_slice(&piece);
        }
        Ok(data.freeze())
    }
}

// === Place ===

/// An address, taken apart.
#[derive(Clone, Debug)]
struct Place {
    secure: bool,
    authority: Authority,
    port: u16,
    uri: Uri,
}

impl Place {
    fn parse(url: &str) -> Result<Self, FetchError> {
        // Fragments stay with whoever has them; spaces and other letters must travel encoded.
        let url = url.split('#').next().unwrap_or_default().trim();
        let encoded = percent_encoding::utf8_percent_encode(url, UNSENDABLE).to_string();
        let uri: Uri = encoded.parse().map_err(|_| FetchError::Address)?;
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(FetchError::Address),
        };
        let authority = uri.authority().cloned().ok_or(FetchError::Address)?;
        // Credentials in an address are somebody's mistake, or a trick with what looks like a host.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(FetchError::Address);
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { secure, authority, port, uri })
    }

    /// The host without the brackets of an IPv6 address.
    fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }

    fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
    }

    /// The name that the server's certificate must have.
    fn tls_name(&self) -> Option<&str> {
        self.secure.then(|| self.host())
    }

    /// Where a redirect leads.
    fn redirected(&self, headers: &HeaderMap) -> Result<Self, FetchError> {
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).ok_or(FetchError::Address)?.trim();
        let scheme = if self.secure { "https" } else { "http" };
        let next = if location.contains("://") {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{scheme}:{location}")
        } else if location.starts_with('/') {
            format!("{scheme}://{}{location}", self.authority)
        } else {
            let folder = self.uri.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{scheme}://{}{folder}/{location}", self.authority)
        };
        let next = Self::parse(&next)?;
        // From a protected connection to an open one is a step that nobody asked for.
        if self.secure && !next.secure { Err(FetchError::Address) } else { Ok(next) }
    }
}

/// What may not stand in a request line; everything else is left as it was written.
const UNSENDABLE: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[cfg(test)]
mod tests;
