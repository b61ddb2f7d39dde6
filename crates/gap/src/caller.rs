//! Who asks.
//!
//! Clients put their access key in six places, depending on which SDK they use. All are read, an empty one counts as
//! absent (gemini-cli in gateway mode sends an empty `x-goog-api-key`), and several must agree: two different keys
//! mean that somebody's configuration is wrong, and picking one would hide it.

use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Names the access key for good: `env:password-1` for one of the environment, a UUID for one that is stored.
    pub id: Arc<str>,
    /// What people call it; never the key itself.
    pub name: Arc<str>,
    /// What the caller may do.
    pub role: Role,
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
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing => Self::missing_access_key(),
            Denied::Several => Self::several_access_keys(),
            Denied::Wrong => Self::wrong_access_key(),
        }
    }
}

/// The access keys that are accepted, each known only by its digest.
#[derive(Debug, Default)]
pub struct AccessKeys {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    digest: [u8; 32],
    caller: Caller,
}

// === impl AccessKeys ===

impl AccessKeys {
    /// Accepts `key` from now on. A key given twice keeps its first name and role.
    pub fn accept(&mut self, key: &str, name: &str, role: Role) {
        let digest = digest(key.as_bytes());
        if self.entries.iter().all(|entry| entry.digest != digest) {
            let caller = Caller { id: format!("env:{name}").into(), name: name.into(), role };
            self.entries.push(Entry { digest, caller });
        }
    }

    /// Whether any key is accepted at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Recognises the caller.
    ///
    /// Every known key is compared, in constant time, so that the time of an answer tells nothing about any of them.
    pub fn recognise(&self, headers: &HeaderMap, query: Option<&str>) -> Result<Caller, Denied> {
        let mut places = Places::default();
        places.read_headers(headers);
        if let Some(query) = query {
            places.read_query(query);
        }
        let presented = match places {
            Places { key: None, .. } => return Err(Denied::Missing),
            Places { disagree: true, .. } => return Err(Denied::Several),
            Places { key: Some(key), .. } => digest(&key),
        };
        let mut found = None;
        for entry in &self.entries {
            let same: Choice = entry.digest.ct_eq(&presented);
            if bool::from(same) {
                found = Some(&entry.caller);
            }
        }
        found.cloned().ok_or(Denied::Wrong)
    }
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// The access key as presented, gathered from all places.
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

    fn keys() -> AccessKeys {
        let mut keys = AccessKeys::default();
        keys.accept("user-key", "user", Role::User);
        keys.accept("admin key+/", "admin", Role::Administrator);
        keys
    }

    fn ask(pairs: &[(&'static str, &str)], query: Option<&str>) -> Result<String, u16> {
        let headers =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        keys()
            .recognise(&headers, query)
            .map(|caller| caller.name.to_string())
            .map_err(|denied| Failure::from(denied).status().as_u16())
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
        assert_eq!(ask(headers, query), Ok("user".to_owned()));
    }

    #[rstest]
    #[case::none(&[], None)]
    #[case::only_empty(&[("x-goog-api-key", " ")], Some("key=&access_token="))]
    #[case::wrong(&[("x-goog-api-key", "user-key2")], None)]
    #[case::prefix(&[("x-goog-api-key", "user-ke")], None)]
    #[case::disagree(&[("x-goog-api-key", "user-key"), ("authorization", "Bearer other")], None)]
    #[case::one_wrong_in_query(&[("x-goog-api-key", "user-key")], Some("key=other"))]
    fn anything_else_is_refused(#[case] headers: &[(&'static str, &str)], #[case] query: Option<&str>) {
        assert_eq!(ask(headers, query), Err(401));
    }

    #[test]
    fn a_key_in_the_query_is_decoded() {
        assert_eq!(ask(&[], Some("key=admin%20key%2B%2F")), Ok("admin".to_owned()));
    }
}
