//! What a keyring does beside requests: it forgets what is over, tells the operator what looks wrong, and looks again at
//! keys that Google has refused for good, because operators mend things without telling anybody.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gap_pool::verdict::{self, Fault, TransportFault, Verdict};
use gap_pool::{Hint, KeyId, ProjectId};
use http::{HeaderMap, Method, Response};
use http_body_util::{BodyExt, Collected, Limited};
use tracing::{info, warn};

use super::Keyring;
use crate::body::RequestBody;
use crate::upstream::{Answer, Outgoing, Secret, Upstream};

/// How often.
const EVERY: Duration = Duration::from_mins(1);
/// Keys that are looked at at a time: a look is a request, and there may be ten thousand such keys.
const LOOKS: usize = 4;
/// How long Google may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// More of an answer says nothing more.
const MOST: usize = 64 * 1024;
/// What is asked: cheap, allowed to every key, and of no model.
const PATH: &str = "/v1beta/models";
const QUERY: &str = "pageSize=1";

// === impl Keyring ===

impl Keyring {
    /// Begins to see to the keys, until shutdown.
    pub fn begin_chores(&self, upstream: Arc<Upstream>) {
        let ring = self.clone();
        self.0.lifecycle.every(EVERY, move || {
            let (ring, upstream) = (ring.clone(), Arc::clone(&upstream));
            async move { ring.do_chores(&upstream).await }
        });
    }

    /// Does them once.
    pub async fn do_chores(&self, upstream: &Upstream) {
        self.tidy();
        self.tell_hints();
        let due = self.change(|state, now| state.pool.due_for_recheck(LOOKS, now));
        for key in due {
            if self.0.lifecycle.is_stopping() {
                return;
            }
            self.look_at(key, upstream).await;
        }
    }

    fn tidy(&self) {
        self.change(|state, now| {
            state.pool.tidy(now);
            self.0.terms.tell_limits(&mut state.pool, &mut state.told, now);
            self.0.terms.follow_table(&mut state.pool, &mut state.told, now);
        });
    }

    /// Asks Google whether it still refuses `key`: what is wrong, if anything. None when there is no such key.
    pub(super) async fn look_at(&self, key: KeyId, upstream: &Upstream) -> Option<Option<Fault>> {
        let secret = self.0.secrets.load().get(&key).cloned()?;
        let (headers, body) = (HeaderMap::new(), RequestBody::empty());
        let outgoing = Outgoing {
            verb: &Method::GET,
            path: PATH,
            query: Some(QUERY),
            headers: &headers,
            body: body.to_send(),
            patience: PATIENCE,
        };
        let fault = match upstream.send(&secret, outgoing).await {
            Err(fault) => Some(verdict::of_transport(fault)),
            Ok(answer) => self.fault_of(answer, &secret).await,
        };
        let label = secret.masked();
        self.change(|state, now| state.pool.rechecked(key, fault.as_ref(), now));
        match &fault {
            None => info!(key.label = %label, "Google accepts key {label}"),
            Some(fault) => {
                info!(key.label = %label, cause = fault.cause.name(), "Google refuses key {label}: {}", fault.cause);
            }
        }
        Some(fault)
    }

    async fn fault_of(&self, answer: Response<Answer>, secret: &Secret) -> Option<Fault> {
        let (head, body) = answer.into_parts();
        let body = tokio::time::timeout(PATIENCE, Limited::new(body, MOST).collect()).await;
        let Ok(body) = body else { return Some(verdict::of_transport(TransportFault::Timeout)) };
        let body = body.map(Collected::to_bytes).unwrap_or_default();
        let answer = verdict::Answer { status: head.status.as_u16(), retry_after: None, body: &body };
        match verdict::of(&answer, self.0.clock.now()) {
            Verdict::Answered => None,
            Verdict::Refused(mut fault) | Verdict::TryElsewhere(mut fault) => {
                fault.message = secret.redact(&fault.message).into_owned();
                Some(fault)
            }
        }
    }

    /// Says once what the operator should look at.
    fn tell_hints(&self) {
        let hints = self.state().pool.hints();
        if hints.is_empty() {
            return;
        }
        let keys = self.keys();
        let label = |id: KeyId| keys.iter().find(|key| key.id == id).map_or("?", |key| key.label.as_str());
        let labels = |project: ProjectId| {
            let of_project = keys.iter().filter(|key| key.project == project).take(3);
            of_project.map(|key| key.label.as_str()).collect::<Vec<_>>().join(", ")
        };
        let news: Vec<Hint> = {
            let mut state = self.state();
            hints.into_iter().filter(|hint| state.hinted.insert(Subject::from(hint))).collect()
        };
        for hint in news {
            match hint {
                Hint::OtherProject { key, .. } => {
                    let label = label(key);
                    warn!(
                        key.label = label,
                        "Google counts key {label} to another project than GEMINI_API_KEYS does: check the name before it"
                    );
                }
                Hint::MaybeOne { projects: [one, other], times } => {
                    let (one, other) = (labels(one), labels(other));
                    warn!(
                        times,
                        "Keys {one} and {other} run out of quota together: they may belong to one project; if so, write \
                         them as `project:key` in GEMINI_API_KEYS"
                    );
                }
            }
        }
    }
}

/// The subject of a hint, whatever its numbers are by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Key(KeyId),
    Projects([ProjectId; 2]),
}

/// What the operator has been told of; bounded, as the pool's hints are.
pub(super) type Hinted = HashSet<Subject>;

impl From<&Hint> for Subject {
    fn from(hint: &Hint) -> Self {
        match *hint {
            Hint::OtherProject { key, .. } => Self::Key(key),
            Hint::MaybeOne { projects, .. } => Self::Projects(projects),
        }
    }
}
