//! The pool as people see it.

use jiff::Timestamp;
use serde::Serialize;

use super::ranking::Reason;
use crate::ids::{KeyId, ProjectId};
use crate::verdict::Cause;

/// How many keys are in which state. A key with one exhausted bucket is healthy: it serves other models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All keys.
    pub total: usize,
    /// Keys that can be used now.
    pub healthy: usize,
    /// Keys that rest, or whose project does, and come back by themselves.
    pub resting: usize,
    /// Keys that are refused for good or switched off.
    pub disabled: usize,
}

/// One key with its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// Its id.
    pub id: KeyId,
    /// How people recognise it: masked.
    pub label: String,
    /// Its project's id.
    pub project: ProjectId,
    /// Its project in the operator's words, if they are known.
    pub project_name: Option<String>,
    /// Whether it can be used.
    pub state: KeyState,
    /// Buckets of its project that are out of play, by model.
    pub buckets: Vec<BucketView>,
    /// When it was last leased.
    pub last_used: Option<Timestamp>,
    /// What it has done.
    pub counters: Counters,
}

/// Whether a key can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum KeyState {
    /// It can.
    Ready,
    /// Not until then.
    Resting {
        /// When it is back.
        until: Timestamp,
        /// Why it rests.
        cause: Cause,
    },
    /// Not until somebody mends it.
    Disabled {
        /// Why.
        reason: Reason,
        /// Google's words. May repeat the key and the project's number: redact before anybody sees it.
        message: String,
        /// Where to mend it, if Google gave a link.
        help: Option<String>,
    },
}

/// A bucket that is out of play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BucketView {
    /// The model; empty for calls outside any model.
    pub model: String,
    /// When it is back; none when waiting does not bring it back.
    pub until: Option<Timestamp>,
    /// Why it is out.
    pub cause: Cause,
}

/// What a key has done since it joined the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Leases given.
    pub leases: u64,
    /// Leases not settled yet.
    pub open: u64,
    /// Requests answered.
    pub successes: u64,
    /// Requests that went wrong, whoever was to blame.
    pub faults: u64,
    /// Requests whose client left.
    pub abandoned: u64,
}
