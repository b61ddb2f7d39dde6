//! The access keys of the store, as they are at one moment.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use gap_store::access_keys::{AccessKey, Digest};
use jiff::Timestamp;
use tracing::warn;

use super::policy::Policy;
use crate::admission::meter::Meter;
use crate::caller::{Caller, Denied, Role};

/// All of them.
#[derive(Debug, Default)]
pub struct Stored {
    /// In the order in which they were made.
    keys: Vec<Arc<StoredKey>>,
    by_digest: HashMap<Digest, usize>,
    by_id: HashMap<Arc<str>, usize>,
}

/// One of them.
#[derive(Debug)]
pub struct StoredKey {
    /// What the store holds of it.
    pub row: AccessKey,
    caller: Caller,
    meter: Arc<Meter>,
    /// Whether this program understands what it is limited to; if not, it opens nothing.
    is_understood: bool,
}

/// Whether an access key opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Active,
    /// Somebody has disabled it.
    Disabled,
    /// Its time is over.
    Expired,
}

// === impl Stored ===

impl Stored {
    /// Of these rows. What has been counted for those that were there before goes on.
    pub fn new(rows: Vec<AccessKey>, before: &Self) -> Self {
        let mut stored = Self::default();
        for row in rows {
            let index = stored.keys.len();
            let id: Arc<str> = row.id.to_string().into();
            let meter = before.find(&id).map(|key| Arc::clone(&key.meter)).unwrap_or_default();
            if let Some((previous, _)) = row.previous {
                stored.by_digest.insert(previous, index);
            }
            stored.by_digest.insert(row.digest, index);
            stored.by_id.insert(Arc::clone(&id), index);
            stored.keys.push(Arc::new(StoredKey::new(row, id, meter)));
        }
        stored
    }

    /// All of them, in the order in which they were made.
    pub fn keys(&self) -> &[Arc<StoredKey>] {
        &self.keys
    }

    /// The one of this id.
    pub fn find(&self, id: &str) -> Option<&Arc<StoredKey>> {
        self.keys.get(*self.by_id.get(id)?)
    }

    /// The one that this digest opens, whatever else may keep its holder out.
    pub fn open(&self, digest: &Digest, now: Timestamp) -> Option<&Arc<StoredKey>> {
        let key = self.keys.get(*self.by_digest.get(digest)?)?;
        key.digests(now).any(|valid| valid == digest).then_some(key)
    }
}

// === impl StoredKey ===

impl StoredKey {
    fn new(row: AccessKey, id: Arc<str>, meter: Arc<Meter>) -> Self {
        let policy = serde_json::from_value::<Policy>(row.details.limits.clone());
        if let Err(error) = &policy {
            warn!(access_key.id = %row.id, "Access key {} has limits that cannot be read, so it opens nothing: {error}", row.id);
        }
        let is_understood = policy.is_ok();
        // What is unknown is less, never more.
        let role = if row.details.role == Role::Administrator.name() { Role::Administrator } else { Role::User };
        let caller = Caller {
            id,
            name: row.details.name.as_str().into(),
            role,
            policy: Arc::new(policy.unwrap_or_default()),
            meter: Some(Arc::clone(&meter)),
        };
        Self { row, caller, meter, is_understood }
    }

    /// Whoever holds it.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How much of it has been used.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// What opens the door at this moment.
    pub fn digests(&self, now: Timestamp) -> impl Iterator<Item = &Digest> {
        let previous = self.row.previous.as_ref().filter(|(_, until)| now < *until).map(|(digest, _)| digest);
        std::iter::once(&self.row.digest).chain(previous)
    }

    /// Whether it opens anything.
    pub fn state(&self, now: Timestamp) -> State {
        if self.row.disabled_at.is_some() || !self.is_understood {
            State::Disabled
        } else if self.row.details.expires_at.is_some_and(|expires_at| expires_at <= now) {
            State::Expired
        } else {
            State::Active
        }
    }

    /// What keeps its holder out.
    pub fn check(&self, client: IpAddr, now: Timestamp) -> Result<(), Denied> {
        match self.state(now) {
            State::Disabled => Err(Denied::Disabled),
            State::Expired => Err(Denied::Expired),
            State::Active if self.caller.policy.allows_address(client) => Ok(()),
            State::Active => Err(Denied::Elsewhere),
        }
    }
}

// === impl State ===

impl State {
    /// As it is shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
        }
    }
}
