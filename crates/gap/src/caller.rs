//! Who asks, and where they say so.
//!
//! Clients put their access key in six places, depending on which SDK they use. All are read, an empty one counts as
//! absent (gemini-cli in gateway mode sends an empty `x-goog-api-key`), and several must agree: two different keys
//! mean that somebody's configuration is wrong, and picking one would hide it. [`crate::access`] says whose key it is.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};
use percent_encoding::percent_decode_str;

use crate::access::policy::Policy;
use crate::admission::meter::Meter;
use crate::error::Failure;

const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// What a caller may do beyond calling models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sees and changes everything.
    Administrator,
    /// Sees their own.
    User,
}

/// Somebody whose access key is known. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Names the access key for good: `env:password-1` for one of the environment, a UUID for one that is stored.
    pub id: Arc<str>,
    /// What people call it; never the key itself.
    pub name: Arc<str>,
    /// What the caller may do.
    pub role: Role,
    /// What the access key may be used for, and how much.
    pub policy: Arc<Policy>,
    /// How much of it has been used; none for a key of the environment, which has no limits of its own.
    pub meter: Option<Arc<Meter>>,
}

/// Why nobody was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nothing in any of the places where an access key may be.
    Missing,
    /// Two places hold different keys.
    Several,
    /// Nobody has this key.
    Wrong,
    /// The right key, but somebody has disabled it.
    Disabled,
    /// The right key, but its time is over.
    Expired,
    /// The right key, but not from this address.
    Elsewhere,
    /// A session of ours whose time is over.
    SessionExpired,
    /// A session of ours that was ended or replaced, or whose access key is gone.
    SessionOver,
    /// From this address came so many wrong keys that no more are looked at for so long.
    Guessing(Duration),
}

// === impl Role ===

impl Role {
    /// As it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::User => "user",
        }
    }
}

// === impl Caller ===

impl Caller {
    /// Somebody without limits of their own.
    pub fn new(id: impl Into<Arc<str>>, name: impl Into<Arc<str>>, role: Role) -> Self {
        Self { id: id.into(), name: name.into(), role, policy: Arc::default(), meter: None }
    }
}

/// A caller is their access key, whatever it may at the moment.
impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Caller {}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing => Self::missing_access_key(),
            Denied::Several => Self::several_access_keys(),
            Denied::Wrong => Self::wrong_access_key(),
            Denied::Disabled => Self::unauthenticated("This access key is disabled; an administrator can enable it."),
            Denied::Expired => Self::unauthenticated("This access key has expired; ask an administrator for another."),
            Denied::Elsewhere => Self::forbidden("This access key may not be used from this address."),
            Denied::SessionExpired => Self::unauthenticated("The session has expired; log in again."),
            Denied::SessionOver => Self::unauthenticated("The session is over; log in again."),
            Denied::Guessing(wait) => {
                Self::too_many("Too many wrong access keys came from this address; try again later.", Some(wait))
            }
        }
    }
}

/// The access key as these headers and this query present it.
pub fn presented(headers: &HeaderMap, query: Option<&str>) -> Result<Vec<u8>, Denied> {
    let mut places = Places::default();
    places.read_headers(headers);
    if let Some(query) = query {
        places.read_query(query);
    }
    match places {
        Places { key: None, .. } => Err(Denied::Missing),
        Places { disagree: true, .. } => Err(Denied::Several),
        Places { key: Some(key), .. } => Ok(key),
    }
}

/// The access key, gathered from all places.
#[derive(Default)]
struct Places {
    key: Option<Vec<u8>>,
    disagree: bool,
}

impl Places {
    fn read_headers(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(AUTHORIZATION) {
            // Other schemes belong to somebody in between (a reverse proxy with Basic authentication).
            if let Some(token) = bearer(value.as_bytes()) {
                self.add(token);
            }
        }
        for name in [X_GOOG_API_KEY, X_API_KEY, API_KEY] {
            for value in headers.get_all(name) {
                self.add(value.as_bytes());
            }
        }
    }

    fn read_query(&mut self, query: &str) {
        for pair in query.split('&') {
            if let Some(("key" | "access_token", value)) = pair.split_once('=') {
                self.add(&percent_decode_str(value).collect::<Vec<u8>>());
            }
        }
    }

    fn add(&mut self, key: &[u8]) {
        let key = key.trim_ascii();
        if key.is_empty() {
            return;
        }
        match &self.key {
            Some(earlier) => self.disagree |= earlier != key,
            None => self.key = Some(key.to_vec()),
        }
    }
}

/// The token of a Bearer header; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn ask(pairs: &[(&'static str, &str)], query: Option<&str>) -> Result<String, Denied> {
        let headers =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        presented(&headers, query).map(|key| String::from_utf8(key).unwrap())
    }

    #[rstest]
    #[case::bearer(&[("authorization", "Bearer user-key")], None)]
    #[case::bearer_case(&[("authorization", "bearer user-key")], None)]
    #[case::goog(&[("x-goog-api-key", "user-key")], None)]
    #[case::x_api_key(&[("x-api-key", "user-key")], None)]
    #[case::azure(&[("api-key", "user-key")], None)]
    #[case::query(&[], Some("alt=sse&key=user-key"))]
    #[case::access_token(&[], Some("access_token=user-key"))]
    #[case::empty_is_absent(&[("x-goog-api-key", ""), ("authorization", "Bearer user-key")], Some("key="))]
    #[case::several_agree(&[("x-goog-api-key", "user-key"), ("authorization", "Bearer user-key")], Some("key=user-key"))]
    #[case::basic_is_not_ours(&[("authorization", "Basic abc"), ("x-api-key", "user-key")], None)]
    fn a_key_is_found_in_every_place(#[case] headers: &[(&'static str, &str)], #[case] query: Option<&str>) {
        assert_eq!(ask(headers, query), Ok("user-key".to_owned()));
    }

    #[rstest]
    #[case::none(&[], None, Denied::Missing)]
    #[case::only_empty(&[("x-goog-api-key", " ")], Some("key=&access_token="), Denied::Missing)]
    #[case::disagree(&[("x-goog-api-key", "user-key"), ("authorization", "Bearer other")], None, Denied::Several)]
    #[case::one_wrong_in_query(&[("x-goog-api-key", "user-key")], Some("key=other"), Denied::Several)]
    fn anything_else_is_refused(
        #[case] headers: &[(&'static str, &str)],
        #[case] query: Option<&str>,
        #[case] denied: Denied,
    ) {
        assert_eq!(ask(headers, query), Err(denied));
    }

    #[test]
    fn a_key_in_the_query_is_decoded() {
        assert_eq!(ask(&[], Some("key=admin%20key%2B%2F")), Ok("admin key+/".to_owned()));
    }
}
