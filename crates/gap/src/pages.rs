//! Which project gave which page of a list, so that the next page comes from it too.
//!
//! A token for the next page belongs to the project whose key listed the page before (wire 38): any other refuses it, and
//! a client that pages through its files would fail on every page that another key's turn gives. So the token is looked
//! for in the answers that pass, and a request that brings it back goes to where it came from. The bytes stay as they are.
//!
//! ## Edges
//! Tokens are remembered by their hash, in memory, for a day and ten thousand at a time; one that is not remembered goes to
//! any project, as the first page does. Pages that are larger than `server.hold_back` are not looked into.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gap_pool::ProjectId;
use gap_protocol::json::{self, Node};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use crate::clock::Clock;

/// Google takes both forms of every name.
const NAMES: [&str; 2] = ["pageToken", "page_token"];
const NEXT: &str = "nextPageToken";
/// Nobody turns a page after a day.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// About a megabyte of memory.
const MOST: usize = 10_000;

/// The pages that may be turned.
#[derive(Debug)]
pub struct Pages {
    known: Mutex<Known>,
    clock: Clock,
}

#[derive(Debug, Default)]
struct Known {
    by_token: HashMap<Mark, Origin>,
    /// The oldest first. A token that is given again stands here twice; its later end counts.
    order: VecDeque<(Timestamp, Mark)>,
}

#[derive(Clone, Copy, Debug)]
struct Origin {
    project: ProjectId,
    ends: Timestamp,
}

/// A token's hash: Google's tokens have any length.
type Mark = [u8; 32];

// === impl Pages ===

impl Pages {
    /// No page is known.
    pub fn new(clock: Clock) -> Self {
        Self { known: Mutex::default(), clock }
    }

    /// The project that gave the token in this query.
    pub fn origin(&self, query: Option<&str>) -> Option<ProjectId> {
        let token = token_in(query?)?;
        let mut known = self.known();
        known.forget_old(self.clock.now());
        known.by_token.get(&mark(&token)).map(|origin| origin.project)
    }

    /// Remembers whose page `body` is, if another one follows it.
    pub fn note(&self, body: &[u8], project: ProjectId) {
        let Some(token) = next_of(body) else { return };
        let now = self.clock.now();
        let ends = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let mark = mark(&token);
        let mut known = self.known();
        known.forget_old(now);
        if known.order.len() >= MOST {
            known.forget_first();
        }
        known.by_token.insert(mark, Origin { project, ends });
        known.order.push_back((ends, mark));
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Known ===

impl Known {
    fn forget_old(&mut self, now: Timestamp) {
        while self.order.front().is_some_and(|(ends, _)| *ends <= now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((ends, mark)) = self.order.pop_front() else { return };
        if self.by_token.get(&mark).is_some_and(|origin| origin.ends <= ends) {
            self.by_token.remove(&mark);
        }
    }
}

/// The token in a query, decoded.
fn token_in(query: &str) -> Option<Cow<'_, str>> {
    let value = query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (NAMES.contains(&name) && !value.is_empty()).then_some(value)
    })?;
    if value.contains('+') {
        return Some(percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned().into());
    }
    Some(percent_decode_str(value).decode_utf8_lossy())
}

/// The token for the page after this one. Most answers have none, and those are not parsed.
fn next_of(body: &[u8]) -> Option<String> {
    if !body.windows(NEXT.len()).any(|window| window == NEXT.as_bytes()) {
        return None;
    }
    let page = json::parse(body).ok()?;
    let token = page.find(NEXT).and_then(Node::text).filter(|token| !token.is_empty())?;
    Some(token.into_owned())
}

fn mark(token: &str) -> Mark {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests;
