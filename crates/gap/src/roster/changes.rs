//! What people change about keys: the store first, then the pool, then the book.

use std::collections::HashMap;

use gap_store::upstream_keys::{Disabled, KeyDetails, NewUpstreamKey};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Admission, Keeping, MOST_TAGS, NewEntry, Roster, RosterError, terms, tidy_tags, tier_named};
use crate::upstream::Secret;

/// So many keys are removed before requests get their turn.
const STRETCH: usize = 4_096;
/// So many keys are changed before they do.
const TURN: usize = 256;

// === impl Roster ===

impl Roster {
    /// Enters a key, ready for use.
    pub async fn create(&self, new: NewEntry) -> Result<Uuid, RosterError> {
        Secret::new(&new.secret)?;
        let _one_at_a_time = self.0.writing.lock().await;
        if let Some(id) = self.known(&new.secret) {
            return Err(RosterError::Known(id));
        }
        self.check_project(new.details.project)?;
        let secret = new.secret.clone();
        match self.enter(vec![new]).await?.first() {
            Some(id) => Ok(*id),
            // Another instance was faster.
            None => match self.0.store.upstream_keys().find_secret(&secret).await? {
                Some(id) => Err(RosterError::Known(id)),
                None => Err(RosterError::NoSuchKey),
            },
        }
    }

    /// Enters keys that are not there yet, under the lock. The identifiers of those that are new.
    pub(super) async fn enter(&self, new: Vec<NewEntry>) -> Result<Vec<Uuid>, RosterError> {
        let now = self.0.clock.now();
        let admission = |NewEntry { secret, details, disabled }: NewEntry| Admission {
            id: match self.0.keeping {
                Keeping::Memory => id_of_secret(&secret),
                Keeping::Database => Uuid::now_v7(),
            },
            secret,
            details,
            disabled: disabled.map(|reason| Disabled { at: now, reason }),
            created_at: now,
            updated_at: now,
        };
        let mut admissions: Vec<Admission> = new.into_iter().map(admission).collect();
        if self.0.keeping == Keeping::Database {
            let rows: Vec<NewUpstreamKey> = admissions
                .iter()
                .map(|new| NewUpstreamKey { id: new.id, secret: new.secret.clone(), details: new.details.clone() })
                .collect();
            let keys = self.0.store.upstream_keys();
            let entered = keys.insert_many(&rows, now).await?;
            admissions.retain(|new| entered.contains(&new.id));
            let mut off: HashMap<&str, Vec<Uuid>> = HashMap::new();
            for new in &admissions {
                if let Some(disabled) = &new.disabled {
                    off.entry(&disabled.reason).or_default().push(new.id);
                }
            }
            for (reason, ids) in off {
                let disabled = Disabled { at: now, reason: reason.to_owned() };
                keys.set_many_disabled(&ids, Some(&disabled), now).await?;
            }
        }
        let ids = admissions.iter().map(|new| new.id).collect();
        self.admit(admissions)?;
        Ok(ids)
    }

    /// Replaces what people say of a key.
    pub async fn update(&self, id: Uuid, change: impl FnOnce(&mut KeyDetails) + Send) -> Result<(), RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        let before = self.find(id).ok_or(RosterError::NoSuchKey)?;
        let mut details = before.details.clone();
        change(&mut details);
        self.check_project(details.project)?;
        let now = self.0.clock.now();
        if self.0.keeping == Keeping::Database && !self.0.store.upstream_keys().update(id, &details, now).await? {
            return Err(RosterError::NoSuchKey);
        }
        self.tell(&before, &details);
        if let Some(entry) = self.book_to_write().entry(id) {
            (entry.details, entry.updated_at) = (details, now);
        }
        Ok(())
    }

    /// Tells the pool what people say of a key now.
    pub(super) fn tell(&self, before: &super::Entry, details: &KeyDetails) {
        let keyring = &self.0.keyring;
        let (told, project) = {
            let book = self.book();
            (terms(details, &book), details.project.and_then(|id| book.projects.get(&id)).cloned())
        };
        let filed_anew = before.details.project != details.project;
        if filed_anew && details.project.is_none() {
            keyring.unfile(before.key);
        }
        let (tier, of_project) = (told.tier, project.as_ref().and_then(|project| project.details.tier.as_deref()));
        keyring.update(before.key, told);
        let tier_taken_back = tier.is_none() && before.details.tier.is_some();
        if tier_taken_back && let Some(glance) = keyring.glance(before.key) {
            keyring.set_tier(glance.project, of_project.and_then(tier_named));
        }
        if filed_anew && let Some(project) = project {
            self.tell_project_of(&project, before.key);
        }
    }

    /// Files keys under a project, or under none. How many there were.
    pub async fn file(&self, ids: &[Uuid], project: Option<Uuid>) -> Result<usize, RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        self.check_project(project)?;
        let now = self.0.clock.now();
        let entries = self.entries(ids);
        if self.0.keeping == Keeping::Database {
            let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
            self.0.store.upstream_keys().file(&ids, project, now).await?;
        }
        for (at, before) in entries.iter().enumerate() {
            let_others(at).await;
            let details = KeyDetails { project, ..before.details.clone() };
            self.tell(before, &details);
            if let Some(entry) = self.book_to_write().entry(before.id) {
                (entry.details, entry.updated_at) = (details, now);
            }
        }
        Ok(entries.len())
    }

    /// Gives keys these tags, and takes those away; other tags stay. How many keys there were.
    pub async fn tag(&self, ids: &[Uuid], given: &[String], taken: &[String]) -> Result<usize, RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        let now = self.0.clock.now();
        let entries = self.entries(ids);
        let mut anew: HashMap<Vec<String>, Vec<Uuid>> = HashMap::new();
        for entry in &entries {
            let before = &entry.details.tags;
            let tags: Vec<String> = before.iter().filter(|tag| !taken.contains(tag)).chain(given).cloned().collect();
            let tags = tidy_tags(&tags);
            if tags.len() > MOST_TAGS {
                return Err(RosterError::TooManyTags(entry.id));
            }
            if tags != *before {
                anew.entry(tags).or_default().push(entry.id);
            }
        }
        let anew: Vec<(Vec<Uuid>, Vec<String>)> = anew.into_iter().map(|(tags, ids)| (ids, tags)).collect();
        if self.0.keeping == Keeping::Database {
            self.0.store.upstream_keys().set_tags(&anew, now).await?;
        }
        for (ids, tags) in anew {
            for stretch in ids.chunks(STRETCH) {
                self.tag_stretch(stretch, &tags, now);
                tokio::task::yield_now().await;
            }
        }
        Ok(entries.len())
    }

    fn tag_stretch(&self, ids: &[Uuid], tags: &Vec<String>, now: Timestamp) {
        let mut book = self.book_to_write();
        for id in ids {
            if let Some(entry) = book.entry(*id) {
                entry.details.tags.clone_from(tags);
                entry.updated_at = now;
            }
        }
    }

    /// Switches keys off, for a reason in words. How many there were.
    pub async fn disable(&self, ids: &[Uuid], reason: &str) -> Result<usize, RosterError> {
        let disabled = Disabled { at: self.0.clock.now(), reason: reason.to_owned() };
        self.switch(ids, Some(disabled)).await
    }

    /// Puts keys back into use, whatever was wrong with them. How many there were.
    pub async fn enable(&self, ids: &[Uuid]) -> Result<usize, RosterError> {
        self.switch(ids, None).await
    }

    async fn switch(&self, ids: &[Uuid], disabled: Option<Disabled>) -> Result<usize, RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        let now = self.0.clock.now();
        let entries = self.entries(ids);
        if self.0.keeping == Keeping::Database {
            let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
            self.0.store.upstream_keys().set_many_disabled(&ids, disabled.as_ref(), now).await?;
        }
        for (at, before) in entries.iter().enumerate() {
            let_others(at).await;
            match &disabled {
                Some(disabled) => self.0.keyring.disable(before.key, &disabled.reason),
                None => self.0.keyring.enable(before.key),
            };
            if let Some(entry) = self.book_to_write().entry(before.id) {
                (entry.disabled, entry.updated_at) = (disabled.clone(), now);
            }
        }
        Ok(entries.len())
    }

    /// Forgets whatever is held against keys. What people have switched off stays off. How many there were.
    pub async fn reset(&self, ids: &[Uuid]) -> Result<usize, RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        let entries = self.entries(ids);
        for (at, entry) in entries.iter().enumerate() {
            let_others(at).await;
            self.0.keyring.reset(entry.key);
            if let Some(disabled) = &entry.disabled {
                self.0.keyring.disable(entry.key, &disabled.reason);
            }
        }
        Ok(entries.len())
    }

    /// Removes keys. How many there were.
    pub async fn delete(&self, ids: &[Uuid]) -> Result<usize, RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        let entries = self.entries(ids);
        if self.0.keeping == Keeping::Database {
            let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
            self.0.store.upstream_keys().delete_many(&ids, self.0.clock.now()).await?;
        }
        for stretch in entries.chunks(STRETCH) {
            self.forget(stretch);
            tokio::task::yield_now().await;
        }
        Ok(entries.len())
    }

    /// Takes keys out of pool and book.
    pub(super) fn forget(&self, entries: &[super::Entry]) {
        let keys: Vec<_> = entries.iter().map(|entry| entry.key).collect();
        self.0.keyring.remove_many(&keys);
        let mut book = self.book_to_write();
        for entry in entries {
            book.remove(entry.id);
        }
    }

    /// Those of these keys that are there, each once.
    fn entries(&self, ids: &[Uuid]) -> Vec<super::Entry> {
        let book = self.book();
        let mut seen = std::collections::HashSet::new();
        let there = ids.iter().filter(|id| seen.insert(**id)).filter_map(|id| book.ids.get(id));
        there.filter_map(|key| book.keys.get(key)).cloned().collect()
    }

    /// The identifier of a secret that is there already.
    pub fn known(&self, secret: &SecretString) -> Option<Uuid> {
        self.0.keyring.find_secret(secret).and_then(|key| self.id_of(key))
    }

    pub(super) fn check_project(&self, project: Option<Uuid>) -> Result<(), RosterError> {
        match project {
            Some(id) if !self.book().projects.contains_key(&id) => Err(RosterError::NoSuchProject(id)),
            _ => Ok(()),
        }
    }
}

/// Lets requests have their turn, now and then.
async fn let_others(at: usize) {
    if at % TURN == TURN - 1 {
        tokio::task::yield_now().await;
    }
}

/// The identifier of a key that is kept nowhere: made of its digest, so that it is the same after a restart, and without a
/// way back to the key.
pub(super) fn id_of_secret(secret: &SecretString) -> Uuid {
    id_of(secret.expose_secret().as_bytes())
}

/// The identifier of a project that is kept nowhere.
pub(super) fn id_of_label(label: &str) -> Uuid {
    id_of(format!("project\n{label}").as_bytes())
}

fn id_of(bytes: &[u8]) -> Uuid {
    let digest = Sha256::digest(bytes);
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(digest) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(id).into_uuid()
}
