//! Many projects failing alike within seconds.
//!
//! A firewall, a proxy or Google's front door can answer every request with a bare 429 or 403. Key by key that looks
//! like the fault of each, and a pool that believes it has no key left a few seconds later. So a refusal that names no
//! reason is remembered for some seconds; when several projects get the same one and hardly anybody is answered, it is
//! weather: the rests that it has caused are taken back, and while it lasts nobody is punished.
//!
//! Refusals that name their quota are never weather: full buckets are full, however many.

use std::collections::VecDeque;

use crate::ids::{KeyId, ProjectId};
use crate::quota::Millis;
use crate::verdict::{Cause, Fault};

/// How long a refusal is remembered.
const MEMORY: Millis = 10_000;
/// So many projects make a storm.
const MANY: usize = 3;
/// A storm is over when so long nobody was hit.
const CALM: Millis = 60_000;
/// What is remembered at most.
const BLOWS: usize = 64;
/// Answers are counted by stretches of this length, of which the last two matter.
const STRETCH: Millis = 5_000;

#[derive(Clone, Debug, Default)]
pub(super) struct Storms {
    blows: VecDeque<Blow>,
    /// The stretch of the last answer, the answers in it and in the one before.
    stretch: Millis,
    answers: [usize; 2],
    /// The storm's cause and its last blow.
    storm: Option<(Cause, Millis)>,
}

/// One refusal, and whom it was held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blow {
    pub(super) at: Millis,
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

    /// A refusal without a reason.
    pub(super) fn blow(&mut self, blow: Blow) -> Weather {
        let (now, cause) = (blow.at, blow.cause);
        if self.is_on(cause, now) {
            self.storm = Some((cause, now));
            return Weather::Storm(vec![blow]);
        }
        self.blows.retain(|old| (now - old.at).abs() <= MEMORY);
        if self.blows.len() >= BLOWS {
            self.blows.pop_front();
        }
        self.blows.push_back(blow);
        let mut projects: Vec<ProjectId> = self.alike(cause).map(|blow| blow.project).collect();
        projects.sort_unstable();
        projects.dedup();
        if projects.len() < MANY || self.answers(now) * 4 > projects.len() {
            return Weather::Fair;
        }
        self.storm = Some((cause, now));
        let (storm, others) = self.blows.drain(..).partition(|blow| blow.cause == cause);
        self.blows = others;
        Weather::Storm(Vec::from(storm))
    }

    /// Somebody was answered.
    pub(super) fn answered(&mut self, now: Millis) {
        let stretch = now.div_euclid(STRETCH);
        self.answers = match stretch - self.stretch {
            0 => self.answers,
            1 => [0, self.answers[0]],
            _ => [0, 0],
        };
        self.answers[0] += 1;
        self.stretch = stretch;
        self.storm = None;
    }

    fn is_on(&self, cause: Cause, now: Millis) -> bool {
        self.storm.is_some_and(|(of, last)| of == cause && (now - last).abs() <= CALM)
    }

    fn alike(&self, cause: Cause) -> impl Iterator<Item = &Blow> {
        self.blows.iter().filter(move |blow| blow.cause == cause)
    }

    fn answers(&self, now: Millis) -> usize {
        match now.div_euclid(STRETCH) - self.stretch {
            0 => self.answers[0] + self.answers[1],
            1 => self.answers[0],
            _ => 0,
        }
    }
}
