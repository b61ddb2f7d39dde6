//! The upstream keys as people manage them: under identifiers that last, with labels and projects, in whatever keeps them.
//!
//! The pool knows who may speak next, and forgets with the process. The roster knows what people say of each key, and
//! where that is kept: with `KEY_STORAGE_MODE=memory` nowhere but here (keys come from the settings at every start), with
//! `database` in the store, sealed. A change goes to the store first, then to the pool, then into the book from which lists
//! are read: what was acknowledged is kept, and what was not kept does not count.
//!
//! ## Edges
//! - Keys of the settings that the store has never seen are entered at start. One that somebody has deleted stays deleted
//!   as long as it is not entered by hand.
//! - A hundred thousand sealed keys take a second or two to open. The gateway serves meanwhile with those that are open;
//!   changes wait for the rest.
//! - What another process changes in the database (`gap keys import`, another instance) is noticed within half a minute.
//! - A project's label is its name in the pool. It is unique, so that `project:key` means the same everywhere.

mod book;
mod changes;
pub mod checks;
pub mod import;
mod listing;
mod loading;
mod projects;
mod saving;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use gap_pool::{KeyTerms, Limits, Tier};
use gap_store::projects::ProjectDetails;
use gap_store::upstream_keys::{Disabled, KeyDetails};
use gap_store::{Store, StoreError};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use self::book::Book;
pub use self::book::{Entry, Project};
use self::listing::Views;
pub use self::listing::{Filter, Order, Sort};
pub use self::projects::Membership;
use crate::clock::Clock;
use crate::keyring::{Addition, Keyring};
use crate::upstream::UnsendableKey;

/// What stands for every model without limits of its own.
pub const EVERY_MODEL: &str = "*";
/// The heaviest that a key may be: a hundred times the usual.
pub const HEAVIEST: u32 = 10_000;

/// A label is a name, not a text.
pub const LONGEST_LABEL: usize = 200;
/// So is that of a project, which stands before the colon of `project:key`.
pub const LONGEST_PROJECT: usize = 100;
/// A tag is a word or two.
pub const LONGEST_TAG: usize = 50;
/// Tags of a key at most.
pub const MOST_TAGS: usize = 20;
/// Requests at a time that a key may be limited to, at most: as `pool.key_concurrency`.
pub const MOST_AT_ONCE: u32 = 100_000;
/// Models of a key at most.
const MOST_MODELS: usize = 200;

/// The upstream keys. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Roster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keyring: Keyring,
    store: Store,
    clock: Clock,
    keeping: Keeping,
    /// What lists are read from.
    book: RwLock<Book>,
    /// In which orders.
    views: Views,
    /// One change at a time: what is written, what the pool is told and what the book says are one.
    writing: Arc<tokio::sync::Mutex<()>>,
}

/// Where keys and projects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keeping {
    /// Here, until restart.
    Memory,
    /// In the database.
    Database,
}

/// A key to be entered.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The key itself.
    pub secret: SecretString,
    /// What people say of it.
    pub details: KeyDetails,
    /// Why it is switched off, if it is.
    pub disabled: Option<String>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The key cannot stand in a header.
    #[error(transparent)]
    Unsendable(#[from] UnsendableKey),
    /// The key is there already.
    #[error("this key is there already, as {0}")]
    Known(Uuid),
    /// There is no such key.
    #[error("there is no such key")]
    NoSuchKey,
    /// There is no such project.
    #[error("there is no project {0}")]
    NoSuchProject(Uuid),
    /// Another project has this label or this name at Google.
    #[error("another project is called {0:?}")]
    Taken(String),
    /// A key would have more tags than a key has.
    #[error("the key {0} would have more than {MOST_TAGS} tags")]
    TooManyTags(Uuid),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A key on its way into pool and book.
struct Admission {
    id: Uuid,
    secret: SecretString,
    details: KeyDetails,
    disabled: Option<Disabled>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

// === impl Roster ===

impl Roster {
    /// An empty roster.
    pub fn new(keyring: Keyring, store: Store, clock: Clock, keeping: Keeping) -> Self {
        let (book, views, writing) = (RwLock::default(), Views::default(), Arc::default());
        Self(Arc::new(Inner { keyring, store, clock, keeping, book, views, writing }))
    }

    /// Where it keeps what it is told.
    pub fn keeping(&self) -> Keeping {
        self.0.keeping
    }

    /// Whether all keys are there that were kept.
    pub fn is_whole(&self) -> bool {
        self.0.writing.try_lock().is_ok()
    }

    /// Waits until all keys are there that were kept.
    pub async fn whole(&self) {
        drop(self.0.writing.lock().await);
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.book().keys.len()
    }

    /// One key.
    pub fn find(&self, id: Uuid) -> Option<Entry> {
        let book = self.book();
        book.ids.get(&id).and_then(|key| book.keys.get(key)).cloned()
    }

    /// The identifier of a key in the pool.
    pub fn id_of(&self, key: gap_pool::KeyId) -> Option<Uuid> {
        self.book().keys.get(&key).map(|entry| entry.id)
    }

    /// The identifier of a project in the pool, if people have given it one.
    pub fn project_of(&self, key: gap_pool::KeyId) -> Option<Uuid> {
        self.book().keys.get(&key).and_then(|entry| entry.details.project)
    }

    /// Puts keys into the pool and into the book. Those that are there stay as they are.
    fn admit(&self, new: Vec<Admission>) -> Result<usize, UnsendableKey> {
        let additions = {
            let book = self.book();
            let addition = |new: &Admission| Addition {
                secret: new.secret.clone(),
                reference: Some(new.id.to_string()),
                terms: terms(&new.details, &book),
                disabled: new.disabled.as_ref().map(|disabled| disabled.reason.clone()),
            };
            new.iter().map(addition).collect()
        };
        let added = self.0.keyring.add(additions)?;
        let mut book = self.book_to_write();
        let mut touched = HashMap::new();
        let mut count = 0;
        for (new, added) in new.into_iter().zip(added) {
            if book.keys.contains_key(&added.key) {
                continue;
            }
            if let Some(project) = new.details.project {
                touched.entry(project).or_insert(added.key);
            }
            let masked = self.0.keyring.masked(added.key).unwrap_or_default();
            let Admission { id, details, disabled, created_at, updated_at, .. } = new;
            book.ids.insert(id, added.key);
            let entry = Entry { id, key: added.key, masked, details, disabled, created_at, updated_at };
            book.keys.insert(added.key, entry);
            count += 1;
        }
        let terms: Vec<_> =
            touched.into_iter().filter_map(|(id, key)| Some((book.projects.get(&id)?.clone(), key))).collect();
        drop(book);
        for (project, key) in terms {
            self.tell_project_of(&project, key);
        }
        Ok(count)
    }

    /// Where a project is in the pool: nowhere while it has no key.
    pub fn place_of(&self, project: Uuid) -> Option<gap_pool::ProjectId> {
        let key = self.book().members(project).next().map(|entry| entry.key)?;
        self.0.keyring.glance(key).map(|glance| glance.project)
    }

    fn book(&self) -> RwLockReadGuard<'_, Book> {
        self.0.book.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn book_to_write(&self) -> RwLockWriteGuard<'_, Book> {
        let mut book = self.0.book.write().unwrap_or_else(PoisonError::into_inner);
        book.edition += 1;
        book
    }
}

/// The pool's word for what people say of a key.
fn terms(details: &KeyDetails, book: &Book) -> KeyTerms {
    let project = details.project.and_then(|id| book.projects.get(&id));
    KeyTerms {
        project: project.map(|project| project.details.label.clone()),
        tier: details.tier.as_deref().and_then(tier_named),
        models: details.models.clone(),
        weight: Some(details.weight),
        concurrency: details.concurrency,
        expires_at: details.expires_at,
    }
}

/// What is wrong with a name that people give, if anything: databases do not take every character, and lists no texts.
pub fn fault_of_name(name: &str, longest: usize) -> Option<String> {
    if name.chars().count() > longest {
        return Some(format!("takes {longest} characters at most"));
    }
    let message = "takes no line breaks or other control characters";
    name.chars().any(char::is_control).then(|| message.to_owned())
}

/// What is wrong with the models of a key, if anything: the place in the list, and the message.
pub fn fault_of_models(models: &[String]) -> Option<(Option<usize>, String)> {
    if models.is_empty() {
        let message = "names no model; null is all of them, and a key without any is one to disable";
        return Some((None, message.to_owned()));
    }
    if models.len() > MOST_MODELS {
        return Some((None, format!("takes {MOST_MODELS} names at most")));
    }
    let at = models.iter().position(|model| {
        let inner_star = model.strip_suffix('*').unwrap_or(model).contains('*');
        model.is_empty() || inner_star || model.len() > 200 || !model.bytes().all(|byte| byte.is_ascii_graphic())
    })?;
    Some((Some(at), "takes a model's name such as gemini-2.5-flash; it may end in a star".to_owned()))
}

/// Tags as they are kept: without white space around them, in order, each once.
pub fn tidy_tags(tags: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = tags.iter().map(|tag| tag.trim().to_owned()).collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}

/// What is wrong with the tags of a key, if anything: the place in the list, and the message.
pub fn fault_of_tags(tags: &[String]) -> Option<(Option<usize>, String)> {
    if tags.len() > MOST_TAGS {
        return Some((None, format!("takes {MOST_TAGS} tags at most")));
    }
    tags.iter().enumerate().find_map(|(at, tag)| {
        let fault = match tag.trim() {
            "" => Some("is empty".to_owned()),
            tag if tag.contains(',') => Some("takes no comma: each tag stands for itself".to_owned()),
            tag => fault_of_name(tag, LONGEST_TAG),
        };
        Some((Some(at), fault?))
    })
}

/// What is wrong with the end of a key's time, if anything.
pub fn fault_of_end(at: Timestamp) -> Option<&'static str> {
    let years = Timestamp::UNIX_EPOCH..Timestamp::constant(253_370_764_800, 0);
    (!years.contains(&at)).then_some("takes a time between the years 1970 and 9999")
}

/// The tier that a word stands for.
pub fn tier_named(name: &str) -> Option<Tier> {
    match name {
        "free" => Some(Tier::Free),
        "tier1" | "paid" => Some(Tier::Tier1),
        "tier2" => Some(Tier::Tier2),
        "tier3" => Some(Tier::Tier3),
        _ => None,
    }
}

/// A tier in a word.
pub const fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Free => "free",
        Tier::Tier1 => "tier1",
        Tier::Tier2 => "tier2",
        Tier::Tier3 => "tier3",
    }
}

/// The limits by hand of a project, by model. What is not understood counts as not said.
pub fn limits_of(details: &ProjectDetails) -> Vec<(String, Limits)> {
    let Some(serde_json::Value::Object(models)) = &details.limits else { return Vec::new() };
    let limits =
        models.iter().filter_map(|(model, limits)| Some((model.clone(), serde_json::from_value(limits.clone()).ok()?)));
    limits.collect()
}

#[cfg(test)]
mod tests;
