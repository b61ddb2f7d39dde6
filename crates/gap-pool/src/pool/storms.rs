//! Many projects failing alike within seconds.
//!
//! A firewall, a proxy or Google's front door can answer every request with a bare 429 or 403. Key by key that looks
//! like the fault of each, and a pool that believes it has no key left a few seconds later. So a refusal that names no
//! reason is remembered for some seconds; when several projects get the same one and hardly anybody is answered who asked
//! after the first of them, it is weather: the rests that it has caused are taken back, and while it lasts nobody is
//! punished.
//!
//! Refusals that name their quota are never weather: full buckets are full, however many.
//!
//! ## Edges
//! A storm comes into a busy day: whoever asked before it is answered for seconds still, and that says nothing against it.
//! Of a large pool more projects must be hit, because some of them may well be out of something at the same time.

use std::collections::VecDeque;

use crate::ids::{KeyId, ProjectId};
use crate::quota::Millis;
use crate::verdict::{Cause, Fault};

/// How long a refusal is remembered.
const MEMORY: Millis = 10_000;
/// So many projects make a storm: a quarter of those there are, but no fewer than this
const FEW: usize = 3;
/// and no more than this. Waiting for half of them, up to twelve, costs a third more refusals on the day simulator's day of
/// storms.
const MANY: usize = 8;
/// A storm is over when so long nobody was hit.
const CALM: Millis = 60_000;
/// What is remembered at most.
const BLOWS: usize = 64;

#[derive(Clone, Debug, Default)]
pub(super) struct Storms {
    blows: VecDeque<Remembered>,
    /// The storm's cause, its last blow and that one's lease.
    storm: Option<(Cause, Millis, u64)>,
}

#[derive(Clone, Debug)]
struct Remembered {
    blow: Blow,
    /// How many were answered who asked after it.
    answers: usize,
}

/// One refusal, and whom it was held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blow {
    pub(super) at: Millis,
    /// The number of the lease that was refused.
    pub(super) lease: u64,
    pub(super) key: KeyId,
    pub(super) project: ProjectId,
    pub(super) bucket: Box<str>,
    pub(super) cause: Cause,
}

/// What a refusal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// To be held against whom it names.
    Fair,
    /// Part of a storm. What has been held against anybody because of it is to be taken back.
    Storm(Vec<Blow>),
}

// === impl Storms ===

impl Storms {
    /// Whether a fault could be weather.
    pub(super) fn concern(fault: &Fault) -> bool {
        matches!(fault.cause, Cause::Unexplained | Cause::Forbidden)
    }

    /// A refusal without a reason, in a pool of so many projects.
    pub(super) fn blow(&mut self, blow: Blow, pool: usize) -> Weather {
        let (now, cause) = (blow.at, blow.cause);
        if self.is_on(cause, now) {
            self.storm = Some((cause, now, blow.lease));
            return Weather::Storm(vec![blow]);
        }
        self.blows.retain(|old| (now - old.blow.at).abs() <= MEMORY);
        if self.blows.len() >= BLOWS {
            self.blows.pop_front();
        }
        let lease = blow.lease;
        self.blows.push_back(Remembered { blow, answers: 0 });
        let many = (pool / 4).clamp(FEW, MANY);
        let fits = |old: &Remembered| old.blow.cause == cause && old.answers * 4 <= many;
        let mut projects: Vec<ProjectId> =
            self.blows.iter().filter(|old| fits(old)).map(|old| old.blow.project).collect();
        projects.sort_unstable();
        projects.dedup();
        if projects.len() < many {
            return Weather::Fair;
        }
        self.storm = Some((cause, now, lease));
        let (storm, others): (Vec<_>, Vec<_>) = self.blows.drain(..).partition(fits);
        self.blows = others.into();
        Weather::Storm(storm.into_iter().map(|old| old.blow).collect())
    }

    /// Somebody was answered who asked with this lease.
    pub(super) fn answered(&mut self, lease: u64) {
        for old in self.blows.iter_mut().filter(|old| old.blow.lease < lease) {
            old.answers += 1;
        }
        if self.storm.is_some_and(|(_, _, last)| last < lease) {
            self.storm = None;
        }
    }

    fn is_on(&self, cause: Cause, now: Millis) -> bool {
        self.storm.is_some_and(|(of, last, _)| of == cause && (now - last).abs() <= CALM)
    }
}
