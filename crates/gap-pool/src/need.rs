//! What a request needs, and what it has tried already.

use jiff::Timestamp;
use serde::Serialize;

use crate::ids::{KeyId, ProjectId};
use crate::limits::{Tier, TierPolicy};
use crate::verdict::{Fault, Rest, Retry, Scope};

/// A key that joins the pool. The secret itself never enters it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKey {
    /// How people recognise it: masked, like `AIza…x7Qk`.
    pub label: String,
    /// The project it belongs to, in any words the operator uses; keys with equal words share quota. None: nobody
    /// knows, and it counts as a project of its own until Google names it. A number is taken for Google's own.
    pub project: Option<String>,
    /// What a store knows it by, and a snapshot too; none: by its label.
    pub reference: Option<String>,
    /// What its project pays, as far as anybody knows.
    pub tier: Option<Tier>,
    /// The models it may be used for; none: all.
    pub models: Option<Vec<String>>,
    /// Its share among equals; none: the usual one of [`Policy`](crate::Policy).
    pub weight: Option<u32>,
    /// How many requests it may carry at a time; none: any number.
    pub concurrency: Option<u32>,
    /// When it stops to be used.
    pub expires_at: Option<Timestamp>,
}

/// What the operator says of a key, and may change while it is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyTerms {
    /// The project it belongs to, in the operator's words or by Google's number; none: nobody says.
    pub project: Option<String>,
    /// What its project pays; none: nobody says.
    pub tier: Option<Tier>,
    /// The models it may be used for, each of which may end in a star; none: all.
    pub models: Option<Vec<String>>,
    /// Its share among equals; none: the usual one of [`Policy`](crate::Policy).
    pub weight: Option<u32>,
    /// How many requests it may carry at a time; none: any number.
    pub concurrency: Option<u32>,
    /// When it stops to be used; none: never.
    pub expires_at: Option<Timestamp>,
}

/// What a request needs from a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Need {
    /// The model, which with the project names the bucket; none for calls outside any model, which share one bucket
    /// per project.
    pub model: Option<Box<str>>,
    /// Whether it matters whose key it is.
    pub affinity: Affinity,
    /// Input tokens, as far as they can be told beforehand.
    pub tokens: u64,
    /// Which tiers may serve it; none: as the pool's policy says.
    pub tiers: Option<TierPolicy>,
}

/// Whether it matters whose key serves a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Affinity {
    /// Any key will do.
    #[default]
    None,
    /// Only this project's keys: a file, a cache or a session lives there.
    Must(ProjectId),
    /// This project's keys if one is free: it may still hold the beginning of the conversation in its cache.
    Should(ProjectId),
}

/// The keys that one request has tried without success.
///
/// A key that rests because of the fault needs no mention: the pool knows, and when the rest is over the key may well
/// serve this request. What is noted here is what the pool's state does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    notes: Vec<(KeyId, Note)>,
    overloaded: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    /// Others first.
    Later,
    /// Not again for this request.
    NotTheKey,
    /// No key of its project for this request.
    NotTheProject,
}

/// What [`Tried`] says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Fresh,
    Later,
    Excluded,
}

// === impl NewKey ===

impl NewKey {
    /// A key with these terms.
    pub fn new(label: String, reference: Option<String>, terms: KeyTerms) -> Self {
        let KeyTerms { project, tier, models, weight, concurrency, expires_at } = terms;
        Self { label, project, reference, tier, models, weight, concurrency, expires_at }
    }
}

// === impl Need ===

impl Need {
    /// The bucket's name within a project.
    pub(crate) fn bucket(&self) -> &str {
        self.model.as_deref().unwrap_or_default()
    }
}

// === impl Tried ===

impl Tried {
    /// Notes that `key` was tried and that `fault` came of it.
    pub fn note(&mut self, key: KeyId, fault: &Fault) {
        self.overloaded += usize::from(fault.scope == Scope::Model);
        self.notes.push((key, Note::of(fault)));
    }

    /// Notes that `key` answered with nothing that can be used: no fault of it, but others first.
    pub fn put_last(&mut self, key: KeyId) {
        self.notes.push((key, Note::Later));
    }

    /// Whether nothing was tried.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// What is known about a key; `project_of` tells the project of a key while it is in the pool.
    pub(crate) fn standing(
        &self,
        key: KeyId,
        project: ProjectId,
        project_of: impl Fn(KeyId) -> Option<ProjectId>,
    ) -> Standing {
        let mut standing = Standing::Fresh;
        for (tried, note) in &self.notes {
            match note {
                Note::NotTheProject if *tried == key || project_of(*tried) == Some(project) => {
                    return Standing::Excluded;
                }
                Note::NotTheKey if *tried == key => return Standing::Excluded,
                Note::Later if *tried == key => standing = Standing::Later,
                Note::Later | Note::NotTheKey | Note::NotTheProject => {}
            }
        }
        standing
    }

    /// Whether keys that were tried come before fresh ones: an overloaded model is overloaded for every key, and
    /// asking with more than one other would only spend their quota (wire 20).
    pub(crate) fn stays_with_tried(&self) -> bool {
        self.overloaded >= 2
    }
}

impl Note {
    fn of(fault: &Fault) -> Self {
        let lasts = match fault.rest {
            Rest::For(_) | Rest::NextMinute | Rest::Midnight { .. } => true,
            Rest::Escalating => fault.scope != Scope::Key,
            Rest::None | Rest::OffTier | Rest::Disabled | Rest::LastResort(_) => false,
        };
        match (fault.scope, fault.retry) {
            _ if lasts => Self::Later,
            // The file lives in another project, this one may not have the model, its feature is used up.
            (Scope::Request | Scope::Bucket | Scope::Feature | Scope::Project, Retry::OtherKey | Retry::Once) => {
                Self::NotTheProject
            }
            (Scope::Key, _) | (_, Retry::OtherKey | Retry::Never) => Self::NotTheKey,
            (_, Retry::BackOff | Retry::Once) => Self::Later,
        }
    }
}
