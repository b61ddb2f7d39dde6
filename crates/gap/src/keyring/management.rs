//! What an operator does to keys while they are in use: add, change, switch off and on, look at, remove.
//!
//! Every change counts from the next choice on, and whoever waits gets what it frees. Requests under way keep the key
//! they have, also one that is removed in the meantime.

use std::collections::HashMap;
use std::sync::Arc;

use gap_pool::verdict::{Fault, Rest, Scope};
use gap_pool::{BucketAccount, KeyId, KeyTerms, KeyView, Limits, NewKey, ProjectId, ProjectName, Tier};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::{Keyring, State, reference};
use crate::upstream::{Secret, UnsendableKey, Upstream};

/// A key to be added.
#[derive(Clone, Debug)]
pub struct Addition {
    /// The key itself.
    pub secret: SecretString,
    /// What a store knows it by: the same after a restart. None: it is made of the key's digest.
    pub reference: Option<String>,
    /// What the operator says of it. What is left open is as the settings say.
    pub terms: KeyTerms,
    /// Why it is switched off, if it is.
    pub disabled: Option<String>,
}

/// A key that was added, or was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its id.
    pub key: KeyId,
    /// False when the pool had it before: then nothing has changed.
    pub is_new: bool,
}

/// A stretch of a list in the order of names.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The last name of the stretch before; none for the first one.
    pub after: Option<&'a str>,
    /// How many at most.
    pub at_most: usize,
}

/// What a look at a key has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyCheck {
    /// What it comes to.
    pub finding: Finding,
    /// The cause, in the words of logs; none when all is well.
    pub cause: Option<&'static str>,
    /// Google's words, without the key.
    pub message: String,
}

/// What a look at a key comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Google accepts it.
    Good,
    /// Google knows it and serves it not now: a quota, or money.
    Limited,
    /// Google refuses it, until somebody mends it.
    Invalid,
    /// Nobody can say: Google did not answer, or the way there is closed.
    Unreachable,
}

// === impl Keyring ===

impl Keyring {
    /// Adds keys, ready for use: nothing is checked with Google, so a key works as soon as Google does. One that is
    /// there already stays as it is. In the order of `keys`.
    ///
    /// Errors: a key that cannot be sent in a header; then none is added.
    pub fn add(&self, keys: Vec<Addition>) -> Result<Vec<Added>, UnsendableKey> {
        let keys: Vec<(Secret, Addition)> =
            keys.into_iter().map(|key| Ok((Secret::new(&key.secret)?, key))).collect::<Result<_, _>>()?;
        let added = self.change(|state, now| {
            let State { pool, told, by_digest, .. } = state;
            let mut secrets = HashMap::clone(&self.0.secrets.load());
            let mut added = Vec::with_capacity(keys.len());
            for (secret, Addition { secret: text, reference: own, terms, disabled }) in keys {
                let digest = reference(&text);
                if let Some(key) = by_digest.get(&digest) {
                    added.push(Added { key: *key, is_new: false });
                    continue;
                }
                let own = own.unwrap_or_else(|| digest.clone());
                let new = NewKey::new(secret.masked().to_owned(), Some(own), self.0.terms.complete(terms));
                let key = pool.add(new, now);
                if let Some(reason) = disabled {
                    pool.disable(key, &reason, now);
                }
                by_digest.insert(digest, key);
                secrets.insert(key, secret);
                added.push(Added { key, is_new: true });
            }
            self.0.terms.tell_limits(pool, told, now);
            // Before the lock is gone, so that no ranking names a key whose secret is not there yet.
            self.0.secrets.store(Arc::new(secrets));
            added
        });
        Ok(added)
    }

    /// The key with this secret.
    pub fn find_secret(&self, secret: &SecretString) -> Option<KeyId> {
        self.state().by_digest.get(&reference(secret)).copied()
    }

    /// The key that a store knows by this reference.
    pub fn find(&self, reference: &str) -> Option<KeyId> {
        self.state().pool.find(reference)
    }

    /// What a project, and a key of it, are known by after a restart.
    pub fn lasting_name(&self, project: ProjectId) -> Option<(String, String)> {
        let state = self.state();
        let key = state.pool.key_of(project)?;
        let upstream_key = state.pool.reference(key).unwrap_or_default().to_owned();
        let ProjectName { name, number, .. } = state.pool.project_name(project)?;
        let project = name.or_else(|| number.map(|number| number.to_string()));
        Some((project.unwrap_or_else(|| upstream_key.clone()), upstream_key))
    }

    /// The project that [`Keyring::lasting_name`] named so: that of the key, if it is still there.
    pub fn project_by(&self, upstream_key: &str, project: &str) -> Option<ProjectId> {
        let now = self.0.clock.now();
        let state = self.state();
        let of_key = state.pool.find(upstream_key).and_then(|key| state.pool.glance(key, now));
        of_key.map(|glance| glance.project).or_else(|| state.pool.project_known_as(project))
    }

    /// One key with its state; none when there is no such key.
    pub fn key(&self, key: KeyId) -> Option<KeyView> {
        let now = self.0.clock.now();
        self.state().pool.key(key, now)
    }

    /// Every key with its state.
    pub fn keys(&self) -> Vec<KeyView> {
        let now = self.0.clock.now();
        self.state().pool.keys(now)
    }

    /// Removes a key. Requests under way with it come to their end. Whether there was such a key.
    pub fn remove(&self, key: KeyId) -> bool {
        self.change(|state, now| {
            state.by_digest.retain(|_, known| *known != key);
            let mut secrets = HashMap::clone(&self.0.secrets.load());
            secrets.remove(&key);
            self.0.secrets.store(Arc::new(secrets));
            state.pool.remove(key, now)
        })
    }

    /// Replaces what the operator says of a key; what is left open is as the settings say, and of the project as it was.
    /// Whether there is such a key.
    pub fn update(&self, key: KeyId, terms: KeyTerms) -> bool {
        let terms = self.0.terms.complete(terms);
        self.change(|state, now| {
            let found = state.pool.amend(key, &terms, now);
            self.0.terms.tell_limits(&mut state.pool, &mut state.told, now);
            found
        })
    }

    /// Says that nobody knows any more which project a key belongs to: it gets one of its own. Whether there is such a
    /// key.
    pub fn unfile(&self, key: KeyId) -> bool {
        self.change(|state, now| {
            let found = state.pool.file(key, None, now);
            self.0.terms.tell_limits(&mut state.pool, &mut state.told, now);
            found
        })
    }

    /// Takes a key out of use until it is enabled, for a reason in the operator's words. Whether there is such a key.
    pub fn disable(&self, key: KeyId, reason: &str) -> bool {
        self.change(|state, now| state.pool.disable(key, reason, now))
    }

    /// Puts a key back into use: whatever was wrong with it, its project or its tier is mended. Rests for lack of quota
    /// stay. Whether there is such a key.
    pub fn enable(&self, key: KeyId) -> bool {
        self.change(|state, now| state.pool.enable(key, now))
    }

    /// Forgets whatever is held against a key and its project, rests for lack of quota and limits that were learned
    /// included. Whether there is such a key.
    pub fn reset(&self, key: KeyId) -> bool {
        self.change(|state, now| state.pool.reset(key, now))
    }

    /// What a project has used of which quotas, model by model.
    pub fn buckets(&self, project: ProjectId, page: Page<'_>) -> Vec<BucketAccount> {
        let now = self.0.clock.now();
        self.state().pool.accounts(project, page.after, page.at_most, now)
    }

    /// The limits that the operator has set for a project: each with its model, or without for all others.
    pub fn limits_by_hand(&self, project: ProjectId) -> Vec<(Option<String>, Limits)> {
        self.state().pool.limits_by_hand(project)
    }

    /// Sets limits of a project by hand: of one model, or of every model without limits of its own. Whether there is such
    /// a project.
    pub fn set_limits(&self, project: ProjectId, model: Option<&str>, limits: Limits) -> bool {
        self.change(|state, now| state.pool.set_limits(project, model, limits, now))
    }

    /// Takes limits by hand back: from now on counts what Google has said, or the table of models. Whether there is such
    /// a project.
    pub fn clear_limits(&self, project: ProjectId, model: Option<&str>) -> bool {
        self.set_limits(project, model, Limits::default())
    }

    /// Says what a project pays; none: nobody knows, and refusals may tell. Whether there is such a project.
    pub fn set_tier(&self, project: ProjectId, tier: Option<Tier>) -> bool {
        self.change(|state, now| state.pool.set_tier(project, tier, now))
    }

    /// Asks Google about a key now, and lets the pool act upon the answer. None when there is no such key.
    pub async fn recheck(&self, key: KeyId, upstream: &Upstream) -> Option<KeyCheck> {
        let looked = self.look_at(key, upstream).await?;
        Some(KeyCheck::from(looked))
    }
}

// === impl KeyCheck ===

impl From<Option<Fault>> for KeyCheck {
    fn from(fault: Option<Fault>) -> Self {
        let Some(fault) = fault else { return Self { finding: Finding::Good, cause: None, message: String::new() } };
        let finding = match fault.scope {
            Scope::Key => Finding::Invalid,
            // Money comes back; a project that is suspended or lacks the API does not by itself.
            Scope::Project if fault.rest == Rest::Disabled => Finding::Invalid,
            Scope::Project | Scope::Bucket | Scope::Feature => Finding::Limited,
            Scope::Request | Scope::Egress | Scope::Model | Scope::Upstream => Finding::Unreachable,
        };
        Self { finding, cause: Some(fault.cause.name()), message: fault.message }
    }
}

impl Addition {
    /// A key as it stands in the settings.
    pub(super) fn of_settings(key: &crate::config::UpstreamKey) -> Self {
        Self {
            secret: SecretString::from(key.secret.expose_secret()),
            reference: None,
            terms: KeyTerms { project: key.project.clone(), ..KeyTerms::default() },
            disabled: None,
        }
    }
}

#[cfg(test)]
mod tests;
