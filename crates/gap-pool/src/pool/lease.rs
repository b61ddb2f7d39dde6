//! The right to send one request with one key, and what became of it.

use crate::ids::{KeyId, ProjectId};
use crate::verdict::Fault;

/// The right to send one request with one key. It cannot be copied, and settling consumes it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a lease that is never settled counts as open for ever"]
pub struct Lease {
    pub(super) key: KeyId,
    pub(super) project: ProjectId,
    pub(super) bucket: Box<str>,
    /// Which use of the pool it is; tells what was known when it was given.
    pub(super) turn: u64,
}

/// How a leased request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Google answered.
    Success,
    /// It went wrong.
    Fault(Fault),
    /// The client left, or nobody knows: no judgement.
    Abandoned,
}

impl Lease {
    /// The key to send with.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The project it belongs to.
    pub fn project(&self) -> ProjectId {
        self.project
    }
}

impl Outcome {
    /// Google answered.
    pub fn success() -> Self {
        Self::Success
    }
}
