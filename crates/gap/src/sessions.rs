//! Sessions of people who have logged in, as JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256.
//!
//! The header is always the same, letter for letter; a token with any other is none of ours, so there is no algorithm to be
//! talked into. A token says who its owner is, not what they may: that is looked up when it is used. It names the
//! credential that began it by a keyed digest, so a session ends when that credential is no longer accepted.
//!
//! A session lives while it is refreshed, but never longer than [`LONGEST`]. Refreshing gives the next generation of its
//! token and leaves the one before valid for [`GRACE`], since requests may be under way; of one token there is one
//! refresh. Which generation is the newest, and which sessions were ended, is kept by the store, so it outlives a restart and
//! all instances know it.
//!
//! ## Edges
//! The key is the store's, not `SECRET_KEY` itself: sessions survive a change of that, and end with a store in memory.

use std::collections::HashMap;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use gap_store::access_keys::Digest;
use gap_store::sessions::SessionMark;
use gap_store::{Store, StoreError};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use uuid::Uuid;

use crate::caller::Denied;

/// `{"alg":"HS256","typ":"JWT"}`
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
/// Ours are a quarter of it.
const LONGEST_TOKEN: usize = 1_024;
/// How long a session may be refreshed.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a token is still taken after it was refreshed.
const GRACE: SignedDuration = SignedDuration::from_secs(30);

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The caller's id.
    pub sub: String,
    /// The session.
    #[serde(serialize_with = "write_id", deserialize_with = "read_id")]
    pub sid: Uuid,
    /// The token's generation in its session, counted from 0.
    #[serde(rename = "gen")]
    pub generation: i64,
    /// The credential that began the session, as a keyed digest.
    pub cred: String,
    /// When the token was made, in seconds since 1970.
    pub iat: i64,
    /// When it is over.
    pub exp: i64,
    /// When the session is over, however often it is refreshed.
    pub end: i64,
}

/// Makes tokens and says which are good.
#[derive(Debug)]
pub struct Sessions {
    key: Hmac<Sha256>,
    marks: ArcSwap<HashMap<Uuid, SessionMark>>,
}

// === impl Sessions ===

impl Sessions {
    /// Sessions that are signed with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        // A key that is shorter than a block is filled up with zeros (RFC 2104).
        let mut block = [0; 64];
        block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
        Self { key: Hmac::new(&block.into()), marks: ArcSwap::default() }
    }

    /// Reads anew which sessions were refreshed or ended.
    pub async fn reload(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let marks = store.sessions().list(now).await?;
        self.marks.store(marks.into_iter().map(|mark| (mark.id, mark)).collect::<HashMap<_, _>>().into());
        Ok(())
    }

    /// A session of the caller `sub`, who presented the credential of this digest. Its token lives for `lifetime`.
    pub fn begin(&self, sub: &str, credential: &Digest, lifetime: SignedDuration, now: Timestamp) -> Claims {
        let now = now.as_second();
        let claims = Claims {
            sub: sub.to_owned(),
            sid: Uuid::now_v7(),
            generation: 0,
            cred: self.digest_of(credential),
            iat: now,
            exp: now,
            end: now.saturating_add(LONGEST.as_secs()),
        };
        renewed(claims, lifetime, now)
    }

    /// The session's next token, and what the store has to note before it is given away.
    pub fn next(&self, claims: &Claims, lifetime: SignedDuration, now: Timestamp) -> (Claims, SessionMark) {
        let generation = claims.generation.saturating_add(1);
        let next = renewed(Claims { generation, ..claims.clone() }, lifetime, now.as_second());
        let mark = SessionMark {
            id: next.sid,
            generation: Some(generation),
            changed_at: now,
            // One that was made while tokens lived longer may outlive the next.
            expires_at: at(claims.exp.max(next.exp)),
        };
        (next, mark)
    }

    /// What the store has to note to end the session.
    pub fn end(&self, claims: &Claims, now: Timestamp) -> SessionMark {
        // There may be tokens that were made after this one.
        SessionMark { id: claims.sid, generation: None, changed_at: now, expires_at: at(claims.end) }
    }

    /// The token.
    pub fn write(&self, claims: &Claims) -> String {
        let claims = serde_json::to_vec(claims).unwrap_or_default();
        let signed = format!("{HEADER}.{}", BASE64.encode(claims));
        let signature = self.key.clone().chain_update(&signed).finalize().into_bytes();
        format!("{signed}.{}", BASE64.encode(signature))
    }

    /// What a token of ours says, if it is still good at this moment. Whose access key it is has to be looked up.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Claims, Denied> {
        let claims = self.opened(token).ok_or(Denied::Wrong)?;
        if claims.exp <= now.as_second() {
            return Err(Denied::SessionExpired);
        }
        match self.marks.load().get(&claims.sid) {
            Some(SessionMark { generation: None, .. }) => Err(Denied::SessionOver),
            Some(SessionMark { generation: Some(newest), changed_at, .. }) if claims.generation < *newest => {
                let lingers = claims.generation == newest - 1 && now.duration_since(*changed_at) < GRACE;
                if lingers { Ok(claims) } else { Err(Denied::SessionOver) }
            }
            _ => Ok(claims),
        }
    }

    /// How a token names the credential of this digest. It is no secret: its owner can read it.
    pub fn digest_of(&self, credential: &Digest) -> String {
        let digest = self.key.clone().chain_update("credential\0").chain_update(credential.as_bytes()).finalize();
        let bytes = digest.into_bytes();
        BASE64.encode(bytes.get(..12).unwrap_or_default())
    }

    /// The claims of a token that bears our signature.
    fn opened(&self, token: &str) -> Option<Claims> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let claims = signed.strip_prefix(HEADER)?.strip_prefix('.')?;
        let signature = BASE64.decode(signature).ok()?;
        // In constant time.
        self.key.clone().chain_update(signed).verify_slice(&signature).ok()?;
        serde_json::from_slice(&BASE64.decode(claims).ok()?).ok()
    }
}

fn renewed(claims: Claims, lifetime: SignedDuration, now: i64) -> Claims {
    let exp = now.saturating_add(lifetime.as_secs()).min(claims.end);
    Claims { iat: now, exp, ..claims }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

fn write_id<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

fn read_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// Whether this may be a token, rather than an access key.
pub fn is_token(presented: &str) -> bool {
    presented.starts_with("eyJ") && presented.contains('.')
}

#[cfg(test)]
mod tests;
