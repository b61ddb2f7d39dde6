//! What is told of upstream keys and of jobs.

use gap_pool::{KeyState, Turn};
use serde::Serialize;
use uuid::Uuid;

use super::{Events, Kind};
use crate::roster::checks::Job;

/// So many keys are named one by one; of more it is said how many.
const MOST_NAMED: usize = 50;

/// Something happened to upstream keys.
#[derive(Debug, Default, Serialize)]
pub struct KeyEvent<'a> {
    /// `disabled` and `restored` by the pool; `created`, `updated`, `reset`, `filed`, `deleted` and `imported` by people.
    pub change: &'static str,
    /// Which key; missing where it is many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_key: Option<&'a str>,
    /// How people recognise it: masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'a str>,
    /// How many, where it is many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<usize>,
    /// Why, in a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Progress {
    /// Its identifier.
    pub id: Uuid,
    /// `running`, `done` or `failed`.
    pub state: &'static str,
    /// How much there is to do; as much as was done, where nobody knows beforehand.
    pub total: u64,
    /// How much of it is done.
    pub done: u64,
}

/// A job with its kind.
#[derive(Debug, Serialize)]
struct JobEvent<'a, T> {
    /// `check`, `import` or `clean_up`.
    kind: &'static str,
    #[serde(flatten)]
    progress: &'a T,
}

// === impl Events ===

impl Events {
    /// People have changed these keys.
    pub fn keys_changed(&self, change: &'static str, ids: &[Uuid]) {
        if !self.is_heard() {
            return;
        }
        if ids.len() > MOST_NAMED {
            self.publish(Kind::Key, None, &KeyEvent { change, keys: Some(ids.len()), ..KeyEvent::default() });
            return;
        }
        for id in ids {
            let id = id.to_string();
            self.publish(Kind::Key, None, &KeyEvent { change, upstream_key: Some(&id), ..KeyEvent::default() });
        }
    }

    /// A key went out of use, or came back.
    pub(crate) fn key_turned(&self, turn: Turn, reference: &str, label: &str, state: &KeyState) {
        let cause = match state {
            KeyState::Disabled { reason, .. } => Some(reason.name()),
            KeyState::Ready | KeyState::Resting { .. } => None,
        };
        let change = if turn.out { "disabled" } else { "restored" };
        let (upstream_key, label) = (Some(reference), Some(label));
        self.publish(Kind::Key, None, &KeyEvent { change, upstream_key, label, cause, keys: None });
    }

    /// A job went on.
    pub fn job_went_on(&self, kind: &'static str, progress: &Progress) {
        self.publish(Kind::Job, None, &JobEvent { kind, progress });
    }

    /// A look at keys went on; without the keys that it names.
    pub(crate) fn check_went_on(&self, job: &Job) {
        self.publish(Kind::Job, None, &JobEvent { kind: "check", progress: job });
    }
}
