//! The right to send one request with one key, and what became of it.

use std::time::Duration;

use jiff::Timestamp;

use crate::ids::{KeyId, ProjectId};
use crate::quota::{Caps, Millis};
use crate::verdict::Fault;

/// The right to send one request with one key. It cannot be copied, and settling consumes it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a lease that is never settled counts as open for ever"]
pub struct Lease {
    pub(super) key: KeyId,
    pub(super) project: ProjectId,
    /// The model as it was asked for.
    pub(super) bucket: Box<str>,
    /// Which use of the pool it is; tells what was known when it was given.
    pub(super) turn: u64,
    /// The estimate of its input tokens.
    pub(super) estimate: u64,
    /// Where it is booked; none for models that are not counted.
    pub(super) booking: Option<Booking>,
    pub(super) looks: Looks,
}

/// Where a lease is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Booking {
    pub(super) at: Millis,
    /// As so many tokens.
    pub(super) tokens: u64,
    /// The midnight that was ahead.
    pub(super) day_ends: Millis,
    /// The windows as they were with it.
    pub(super) seen: Caps,
}

/// What a lease finds out for others, who wait for it: the rests that it looks behind, by the end that they have meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    pub(super) key: Option<Timestamp>,
    pub(super) project: Option<Timestamp>,
    pub(super) bucket: Option<Timestamp>,
    pub(super) pause: bool,
}

/// How a leased request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Google answered.
    Success(Answered),
    /// It went wrong.
    Fault(Fault),
    /// The client left, or nobody knows: no judgement.
    Abandoned,
}

/// What an answer was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// Input tokens as Google counted them; none: the estimate stands.
    pub input_tokens: Option<u64>,
    /// How long the first meaningful event took; none: nobody measured.
    pub latency: Option<Duration>,
    /// It said nothing, or nothing that can be used. Counted apart; not the key's fault.
    pub empty: bool,
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
    /// Google answered, and there is no more to say about it.
    pub fn success() -> Self {
        Self::Success(Answered::default())
    }
}
