//! Resumable uploads, whose pieces come without an access key.
//!
//! Google answers the start of an upload with an address for the pieces, and Google's SDK for Python sends them there
//! with no credential at all: the `upload_id` in the address is the only secret. So GAP puts an address of its own in
//! its place, with an id of its own that nobody can guess, and remembers whose upload it is and which project began it,
//! since no other project could go on with it.
//!
//! ## Edges
//! Uploads are remembered in memory, for a day and a few thousand at a time; beyond that the oldest is forgotten, and
//! its client has to begin again, as after a restart. An address that GAP cannot read is not passed on as it is: it
//! would lead the client to Google, past GAP and without a key.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gap_pool::ProjectId;
use http::header::{HOST, LOCATION};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use crate::caller::Caller;
use crate::clock::Clock;
use crate::config::Settings;
use crate::secrets::random_hex;

const UPLOAD_ID: &str = "upload_id";
/// Where Google says where the pieces go. `Location` is the older protocol's.
static ADDRESSES: [HeaderName; 3] =
    [HeaderName::from_static("x-goog-upload-url"), HeaderName::from_static("x-goog-upload-control-url"), LOCATION];
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Google's own sessions live longer, but nobody uploads for a day.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// About two megabytes of memory.
const MOST: usize = 10_000;

/// The uploads under way.
#[derive(Debug)]
pub struct Uploads {
    sessions: Mutex<Sessions>,
    clock: Clock,
    /// The path of the upstream's address, which is in every address that it gives.
    base_path: String,
    house: House,
}

/// How GAP is reached from outside.
#[derive(Debug)]
struct House {
    public_url: Option<String>,
    root_path: String,
    trusted_proxies: Vec<IpNet>,
}

#[derive(Debug, Default)]
struct Sessions {
    by_id: HashMap<String, Session>,
    /// The oldest first. All live equally long.
    order: VecDeque<(Timestamp, String)>,
}

#[derive(Debug)]
struct Session {
    owner: Owner,
    upstream_id: String,
}

/// Whose upload it is, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Who began it.
    pub caller: Caller,
    /// The project whose key began it.
    pub project: ProjectId,
}

/// An upload that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// Whose it is.
    pub owner: Owner,
    /// The request's query with Google's id in the place of ours.
    pub query: String,
}

// === impl Uploads ===

impl Uploads {
    /// Nothing under way.
    pub fn new(settings: &Settings, clock: Clock) -> Self {
        let server = &settings.server;
        let base: Uri = settings.upstream.base_url.parse().unwrap_or_default();
        let house = House {
            public_url: server.public_url.clone(),
            root_path: server.root_path.clone(),
            trusted_proxies: server.trusted_proxies.clone(),
        };
        let base_path = base.path().trim_end_matches('/').to_owned();
        Self { sessions: Mutex::default(), clock, base_path, house }
    }

    /// The upload that a request with this query goes on with, if it was begun here.
    pub fn resume(&self, query: Option<&str>) -> Option<Resumed> {
        let query = query?;
        let id = value_of(query)?;
        let mut sessions = self.sessions();
        sessions.forget_old(self.clock.now());
        let session = sessions.by_id.get(id)?;
        Some(Resumed { owner: session.owner.clone(), query: with_id(query, &session.upstream_id) })
    }

    /// GAP's own address as a client at `peer` sees it, whose request has this address and these headers.
    pub fn own_address(&self, peer: SocketAddr, uri: &Uri, headers: &HeaderMap) -> String {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        // HTTP/2 has the name in the address.
        let asked = uri.authority().map(Authority::as_str).or(host);
        self.house.address(peer, asked.unwrap_or("localhost"), headers)
    }

    /// Puts GAP's own address in the place of Google's in the headers of an answer, and remembers the upload.
    pub fn take_over(&self, answer: &mut HeaderMap, owner: &Owner, own_address: &str) {
        // One upload, however many headers name it.
        let mut begun: Option<(String, String)> = None;
        for name in &ADDRESSES {
            let Some(value) = answer.get(name) else { continue };
            let address = value.to_str().unwrap_or_default().to_owned();
            let Some((path, query)) = self.place(&address) else {
                if *name != LOCATION {
                    answer.remove(name);
                }
                continue;
            };
            let Some(upstream_id) = value_of(&query).map(str::to_owned) else { continue };
            let id = match &begun {
                Some((known, id)) if *known == upstream_id => id.clone(),
                _ => self.begin(owner, &upstream_id),
            };
            let own = format!("{own_address}{path}?{}", with_id(&query, &id));
            begun = Some((upstream_id, id));
            match HeaderValue::try_from(own) {
                Ok(own) => _ = answer.insert(name.clone(), own),
                Err(_) => _ = answer.remove(name),
            }
        }
    }

    /// How many uploads are remembered.
    pub fn len(&self) -> usize {
        self.sessions().by_id.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Path and query of one of Google's addresses, as a request to GAP would name them.
    fn place(&self, address: &str) -> Option<(String, String)> {
        let parts = address.parse::<Uri>().ok()?.into_parts();
        let place: PathAndQuery = parts.path_and_query?;
        let path = place.path().strip_prefix(&self.base_path)?;
        Some((path.to_owned(), place.query()?.to_owned()))
    }

    fn begin(&self, owner: &Owner, upstream_id: &str) -> String {
        let id = random_hex::<24>();
        let now = self.clock.now();
        let mut sessions = self.sessions();
        sessions.forget_old(now);
        if sessions.by_id.len() >= MOST {
            sessions.forget_first();
        }
        let session = Session { owner: owner.clone(), upstream_id: upstream_id.to_owned() };
        sessions.by_id.insert(id.clone(), session);
        let ends = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        sessions.order.push_back((ends, id.clone()));
        id
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Sessions ===

impl Sessions {
    fn forget_old(&mut self, now: Timestamp) {
        while self.order.front().is_some_and(|(ends, _)| *ends <= now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, id)) = self.order.pop_front() {
            self.by_id.remove(&id);
        }
    }
}

// === impl House ===

impl House {
    fn address(&self, peer: SocketAddr, asked: &str, headers: &HeaderMap) -> String {
        if let Some(public_url) = &self.public_url {
            return public_url.clone();
        }
        let forwarded = self.trusted_proxies.iter().any(|network| network.contains(&peer.ip().to_canonical()));
        let said = |name: HeaderName| {
            let first = headers.get(name).filter(|_| forwarded)?.to_str().ok()?.split(',').next()?.trim();
            (!first.is_empty()).then(|| first.to_owned())
        };
        let scheme = said(X_FORWARDED_PROTO).filter(|scheme| scheme == "https").unwrap_or_else(|| "http".to_owned());
        let host = said(X_FORWARDED_HOST).unwrap_or_else(|| asked.to_owned());
        format!("{scheme}://{host}{}", self.root_path)
    }
}

/// The value of `upload_id` in a query.
fn value_of(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix(UPLOAD_ID)?.strip_prefix('='))
}

/// `query` with another `upload_id`.
fn with_id(query: &str, id: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.strip_prefix(UPLOAD_ID) {
        Some(rest) if rest.starts_with('=') => Cow::Owned(format!("{UPLOAD_ID}={id}")),
        _ => Cow::Borrowed(pair),
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests;
