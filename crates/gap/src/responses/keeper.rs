//! Keeping a response when it is whole, and adding it to its conversation.
//!
//! Both are done before the client sees the end of its answer ([`mod@super::settled`]): whoever has seen it may send the next turn
//! at once, and that must find this one. They are a task of their own, so that a client that hangs up in this moment does not
//! undo them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gap_protocol::openai::responses::{Finished, take_apart};
use gap_store::dialogues::Item;
use tokio::sync::oneshot;

use super::dialogues::{Dialogues, KnownDialogue};
use super::{CallerResponses, KeptResponse};
use crate::lifecycle::Lifecycle;

/// Keeps one response, when it is whole.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// The caller's.
    pub responses: CallerResponses,
    /// Its id.
    pub id: String,
    /// The response that it goes on from.
    pub previous: Option<String>,
    /// The items of its request.
    pub input: Bytes,
    /// Whether it is kept by itself.
    pub store: bool,
    /// The conversation that it is added to.
    pub joins: Option<Joining>,
    /// Told when it is being kept.
    pub pending: Pending,
    /// Knows the task.
    pub lifecycle: Lifecycle,
}

/// The conversation that a response is added to.
#[derive(Clone, Debug)]
pub struct Joining {
    /// All conversations.
    pub dialogues: Dialogues,
    /// The conversation, as it was when the response began.
    pub known: Arc<KnownDialogue>,
}

/// What the end of an answer waits for. Cheap to clone; clones are one.
#[derive(Clone, Debug, Default)]
pub struct Pending(Arc<Mutex<Option<oneshot::Receiver<()>>>>);

// === impl Keeper ===

impl Keeper {
    /// Keeps it.
    pub fn keep(&self, finished: &Finished) {
        let CallerResponses { owner, all } = &self.responses;
        let kept = KeptResponse {
            previous: self.previous.clone(),
            input: self.input.clone(),
            output: finished.output.clone(),
            response: finished.response.clone(),
        };
        let joins = self.joins.clone().filter(|_| finished.is_answer);
        let store = self.store && !all.keeps_at_once();
        if self.store && all.keeps_at_once() {
            all.keep_at_once(owner, &self.id, kept.clone());
        }
        if joins.is_none() && !store {
            return;
        }
        let (owner, all, id) = (Arc::clone(owner), all.clone(), self.id.clone());
        let (done, waiting) = oneshot::channel();
        self.pending.put(waiting);
        self.lifecycle.spawn(async move {
            if let Some(joins) = joins {
                joins.add(&kept.input, &kept.output).await;
            }
            if store {
                all.keep(&owner, &id, kept).await;
            }
            // Nobody may be waiting any more.
            let _ = done.send(());
        });
    }
}

// === impl Joining ===

impl Joining {
    /// Adds what was said and answered.
    pub async fn add(&self, input: &[u8], output: &[u8]) {
        let known: HashSet<&str> = self.known.items.iter().map(|item| item.id.as_str()).collect();
        let said = take_apart(input).into_iter().chain(take_apart(output));
        let new: Vec<Item> = said
            .filter(|item| !known.contains(item.id.as_str()))
            .map(|item| Item { id: item.id, item: item.json })
            .collect();
        self.dialogues.join(&self.known.id, &new).await;
    }
}

// === impl Pending ===

impl Pending {
    fn put(&self, waiting: oneshot::Receiver<()>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting);
    }

    /// What is to be waited for, once.
    pub(super) fn take(&self) -> Option<oneshot::Receiver<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
