//! How keys come in at start, and what other processes change meanwhile.

use std::collections::HashMap;
use std::time::Duration;

use gap_store::StoreError;
use gap_store::upstream_keys::{KeyDetails, UpstreamKey};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tracing::{info, warn};
use uuid::Uuid;

use super::changes::{id_of_label, id_of_secret};
use super::{Admission, Keeping, NewEntry, Project, Roster, RosterError};
use crate::config;
use crate::lifecycle::Lifecycle;
use crate::upstream::UnsendableKey;

/// So many keys are there before the first request.
const FIRST: u32 = 1_000;
/// So many are opened at a time after that.
const STRETCH: u32 = 4_000;
/// How often what other processes have changed is looked for.
const EVERY: Duration = Duration::from_secs(30);

// === impl Roster ===

impl Roster {
    /// Takes the keys of the settings as they are: for a gateway that keeps them nowhere else.
    pub fn adopt(&self, keys: &[config::UpstreamKey]) -> Result<(), UnsendableKey> {
        let now = self.0.clock.now();
        let mut book = self.book_to_write();
        for label in keys.iter().filter_map(|key| key.project.as_ref()) {
            let id = id_of_label(label);
            let details = gap_store::projects::ProjectDetails {
                google_name: label.bytes().all(|byte| byte.is_ascii_digit()).then(|| label.clone()),
                label: label.clone(),
                ..gap_store::projects::ProjectDetails::default()
            };
            book.projects.entry(id).or_insert(Project { id, details, created_at: now, updated_at: now });
        }
        drop(book);
        let admission = |key: &config::UpstreamKey| Admission {
            id: id_of_secret(&key.secret),
            secret: SecretString::from(key.secret.expose_secret()),
            details: KeyDetails { project: key.project.as_deref().map(id_of_label), ..KeyDetails::default() },
            disabled: None,
            created_at: now,
            updated_at: now,
        };
        self.admit(keys.iter().map(admission).collect())?;
        Ok(())
    }

    /// Brings in what the store holds, and the keys of the settings that it has never seen: the first of them before this
    /// returns, the rest while requests are served.
    pub async fn open(&self, settings: &[config::UpstreamKey], lifecycle: &Lifecycle) -> Result<(), RosterError> {
        if self.0.keeping == Keeping::Memory {
            self.remember(lifecycle).await;
            return Ok(());
        }
        let began = Instant::now();
        let turn = std::sync::Arc::clone(&self.0.writing).lock_owned().await;
        self.load_projects().await?;
        let (first, rest) = self.0.store.upstream_keys().stretch(None, FIRST).await?;
        let mut unreadable = first.unreadable.len();
        self.take_in(first.keys)?;
        self.import_settings(settings).await?;
        let Some(rest) = rest else {
            said(self.count(), unreadable, began);
            self.remember(lifecycle).await;
            return Ok(());
        };
        let (roster, lifecycle) = (self.clone(), lifecycle.clone());
        lifecycle.clone().spawn(async move {
            // Whoever changes something waits until everything is there.
            let _turn = turn;
            match roster.load_behind(rest).await {
                Ok(more) => unreadable += more,
                Err(error) => warn!("Not all upstream keys could be loaded; they come with the next look: {error}"),
            }
            said(roster.count(), unreadable, began);
            roster.remember(&lifecycle).await;
        });
        Ok(())
    }

    /// Brings in everything before it returns: for a program that serves nobody.
    pub async fn open_whole(&self) -> Result<(), RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        self.load_projects().await?;
        self.load_behind(Uuid::nil()).await?;
        Ok(())
    }

    /// Looks for what others have changed in the database, from time to time, until shutdown.
    pub fn begin_chores(&self, lifecycle: &Lifecycle) {
        if self.0.keeping == Keeping::Memory {
            return;
        }
        let roster = self.clone();
        lifecycle.every(EVERY, move || {
            let roster = roster.clone();
            async move {
                let looked = async {
                    roster.follow().await?;
                    roster.note_numbers().await
                };
                if let Err(error) = looked.await {
                    warn!("What others have changed about upstream keys cannot be read and will be looked for again: {error}");
                }
            }
        });
    }

    /// Takes over what others have changed in the database.
    pub async fn follow(&self) -> Result<(), RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        self.load_projects().await?;
        let keys = self.0.store.upstream_keys();
        let version = keys.version().await?;
        let own = {
            let book = self.book();
            (book.keys.len() as u64, book.keys.values().map(|entry| entry.updated_at).max())
        };
        if millisecond(version.1) == millisecond(own.1) && version.0 == own.0 {
            return Ok(());
        }
        let there: HashMap<Uuid, Timestamp> = keys.changes().await?.into_iter().collect();
        let (gone, mut news): (Vec<_>, Vec<Uuid>) = {
            let book = self.book();
            let gone = book.keys.values().filter(|entry| !there.contains_key(&entry.id)).cloned().collect();
            let known = |id: &Uuid| book.ids.get(id).and_then(|key| book.keys.get(key));
            let is_new = |(id, at): (Uuid, Timestamp)| {
                let same = known(&id).is_some_and(|entry| millisecond(Some(entry.updated_at)) == millisecond(Some(at)));
                (!same).then_some(id)
            };
            (gone, there.into_iter().filter_map(is_new).collect())
        };
        news.sort_unstable();
        let (removed, changed) = (gone.len(), news.len());
        self.forget(&gone);
        for id in news {
            match keys.find(id).await {
                Ok(Some(key)) => self.take_over(key)?,
                // One that does not open was named at start; it is passed over each time.
                Ok(None) | Err(StoreError::Damaged(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if removed + changed > 0 {
            info!(removed, changed, "Took over what was changed about upstream keys in the database");
        }
        Ok(())
    }

    /// One key as it is in the database by now.
    fn take_over(&self, key: UpstreamKey) -> Result<(), RosterError> {
        let Some(before) = self.find(key.id) else {
            self.take_in(vec![key])?;
            return Ok(());
        };
        self.tell(&before, &key.details);
        if before.disabled != key.disabled {
            match &key.disabled {
                Some(disabled) => self.0.keyring.disable(before.key, &disabled.reason),
                None => self.0.keyring.enable(before.key),
            };
        }
        if let Some(entry) = self.book_to_write().entry(key.id) {
            (entry.details, entry.disabled, entry.updated_at) = (key.details, key.disabled, key.updated_at);
        }
        Ok(())
    }

    async fn load_projects(&self) -> Result<(), RosterError> {
        let mut there = std::collections::HashSet::new();
        for row in self.0.store.projects().list().await? {
            there.insert(row.id);
            let project =
                Project { id: row.id, details: row.details, created_at: row.created_at, updated_at: row.updated_at };
            match self.find_project(row.id) {
                Some(before) if before.details == project.details => {}
                Some(before) => self.replace_project(&before, &project),
                None => _ = self.book_to_write().projects.insert(row.id, project),
            }
        }
        let gone: Vec<Uuid> = self.book().projects.keys().filter(|id| !there.contains(id)).copied().collect();
        for id in gone {
            self.forget_project(id);
        }
        Ok(())
    }

    /// Loads all behind `after`; how many do not open.
    async fn load_behind(&self, after: Uuid) -> Result<usize, RosterError> {
        let mut unreadable = 0;
        let mut after = Some(after);
        while let Some(from) = after {
            let (list, next) = self.0.store.upstream_keys().stretch(Some(from), STRETCH).await?;
            unreadable += list.unreadable.len();
            self.take_in(list.keys)?;
            tokio::task::yield_now().await;
            after = next;
        }
        Ok(unreadable)
    }

    fn take_in(&self, keys: Vec<UpstreamKey>) -> Result<(), RosterError> {
        let known = self.book();
        let fresh: Vec<Admission> = keys
            .into_iter()
            .filter(|key| !known.ids.contains_key(&key.id))
            .map(|key| Admission {
                id: key.id,
                secret: key.secret,
                details: key.details,
                disabled: key.disabled,
                created_at: key.created_at,
                updated_at: key.updated_at,
            })
            .collect();
        drop(known);
        self.admit(fresh)?;
        Ok(())
    }

    /// Enters the keys of the settings that the store has never seen.
    async fn import_settings(&self, settings: &[config::UpstreamKey]) -> Result<(), RosterError> {
        if settings.is_empty() {
            return Ok(());
        }
        let secrets: Vec<SecretString> = settings.iter().map(|key| key.secret.clone()).collect();
        let deleted = self.0.store.upstream_keys().deleted(&secrets).await?;
        let mut new = Vec::new();
        for (key, deleted) in settings.iter().zip(deleted) {
            if deleted || self.0.keyring.find_secret(&key.secret).is_some() {
                continue;
            }
            let project = match &key.project {
                Some(label) => Some(self.project_labelled(label).await?),
                None => None,
            };
            let details = KeyDetails { project, ..KeyDetails::default() };
            new.push(NewEntry { secret: key.secret.clone(), details, disabled: None });
        }
        let entered = self.enter(new).await?.len();
        if entered > 0 {
            info!(keys = entered, "Took keys of GEMINI_API_KEYS into the database; from now on they are kept there");
        }
        Ok(())
    }
}

fn said(keys: usize, unreadable: usize, began: Instant) {
    let took = began.elapsed();
    info!(keys, took_ms = took.as_millis(), "Loaded {keys} upstream keys in {took:.1?}");
    if unreadable > 0 {
        warn!(
            keys = unreadable,
            "{unreadable} upstream keys in the database do not open, because their rows were damaged or moved: delete and \
             enter them again"
        );
    }
}

/// What the database keeps of a time.
fn millisecond(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millisecond)
}
