//! What each (project, model) has used, and when it may go on.
//!
//! Minutes are sliding windows of 60 seconds, days are days of Los Angeles. A request is admitted or refused as a whole,
//! in one step, so that the counts are exact however many arrive together. A refused request counts for nothing.

use std::collections::{HashMap, VecDeque};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::options::Limit;

const MINUTE: SignedDuration = SignedDuration::from_secs(60);
const ROOM: usize = 10_000;
const GRAIN: SignedDuration = SignedDuration::from_millis(1);
const SHORT: SignedDuration = SignedDuration::from_millis(31_621);

/// A limit that stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) window: Window,
    /// The limit itself; 0 means "not on this tier".
    pub(crate) limit: u64,
}

/// What is counted, and over which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    RequestsPerMinute,
    TokensPerMinute,
    RequestsPerDay,
    TokensPerDay,
}

/// What a call costs. A batch of embeddings is one call and many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) requests: u64,
    pub(crate) tokens: u64,
}

/// Why a request was not admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) violations: Vec<Violation>,
    /// When the minute's windows have room again. Google gives such a short delay even when the day is used up.
    pub(crate) retry: SignedDuration,
}

/// What a bucket has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Used {
    /// Requests in the last 60 seconds.
    pub requests_per_minute: u64,
    /// Input tokens in the last 60 seconds.
    pub tokens_per_minute: u64,
    /// Requests today in Los Angeles.
    pub requests_today: u64,
    /// Input tokens today in Los Angeles.
    pub tokens_today: u64,
    /// Requests refused with 429 so far.
    pub refused: u64,
}

#[derive(Debug)]
pub(crate) struct Quotas {
    buckets: HashMap<(u64, String), Bucket>,
    /// As many buckets there may be before the idle ones are looked for.
    room: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { buckets: HashMap::new(), room: ROOM }
    }
}

#[derive(Debug)]
struct Bucket {
    /// The last minute, oldest first; calls of the same instant are one entry.
    minute: VecDeque<(Timestamp, Cost)>,
    /// The sum of `minute`.
    in_minute: Cost,
    day: Date,
    today: Cost,
    refused: u64,
}

impl Quotas {
    /// Counts a call, or says why it may not be.
    pub(crate) fn admit(
        &mut self,
        bucket: (u64, &str),
        limit: Limit,
        cost: Cost,
        (now, day): (Timestamp, Date),
    ) -> Result<(), Refusal> {
        self.make_room(now, day);
        let bucket = self.bucket(bucket, day);
        bucket.settle(now, day);
        let violations = bucket.violations(limit, cost);
        if violations.is_empty() {
            bucket.count(now, cost);
            return Ok(());
        }
        bucket.refused += 1;
        Err(Refusal { retry: bucket.retry(limit, cost, now), violations })
    }

    /// Where any key is good there may be a project for each: those that count for nothing any more are forgotten.
    fn make_room(&mut self, now: Timestamp, day: Date) {
        if self.buckets.len() < self.room {
            return;
        }
        self.buckets.retain(|_, bucket| {
            bucket.settle(now, day);
            bucket.today != Cost::NOTHING
        });
        self.room = (self.buckets.len() * 2).max(ROOM);
    }

    /// What is used now, by project and model, in their order.
    pub(crate) fn used(&mut self, now: Timestamp, day: Date) -> Vec<(u64, String, Used)> {
        let mut all: Vec<_> = self
            .buckets
            .iter_mut()
            .map(|((project, model), bucket)| {
                bucket.settle(now, day);
                (*project, model.clone(), bucket.used())
            })
            .collect();
        all.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
        all
    }

    fn bucket(&mut self, (project, model): (u64, &str), day: Date) -> &mut Bucket {
        self.buckets.entry((project, model.to_owned())).or_insert_with(|| Bucket {
            minute: VecDeque::new(),
            in_minute: Cost::NOTHING,
            day,
            today: Cost::NOTHING,
            refused: 0,
        })
    }
}

impl Cost {
    const NOTHING: Self = Self { requests: 0, tokens: 0 };

    fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            tokens: self.tokens.saturating_add(other.tokens),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(other.requests),
            tokens: self.tokens.saturating_sub(other.tokens),
        }
    }
}

impl Bucket {
    fn settle(&mut self, now: Timestamp, day: Date) {
        while let Some((at, cost)) = self.minute.front()
            && now.duration_since(*at) >= MINUTE
        {
            self.in_minute = self.in_minute.minus(*cost);
            self.minute.pop_front();
        }
        if self.day != day {
            self.day = day;
            self.today = Cost::NOTHING;
        }
    }

    fn count(&mut self, now: Timestamp, cost: Cost) {
        self.in_minute = self.in_minute.plus(cost);
        self.today = self.today.plus(cost);
        match self.minute.back_mut() {
            // Without limits there may be thousands a second: a millisecond is exact enough, and bounds the list.
            Some((at, last)) if now.duration_since(*at) < GRAIN => *last = last.plus(cost),
            _ => self.minute.push_back((now, cost)),
        }
    }

    fn used(&self) -> Used {
        Used {
            requests_per_minute: self.in_minute.requests,
            tokens_per_minute: self.in_minute.tokens,
            requests_today: self.today.requests,
            tokens_today: self.today.tokens,
            refused: self.refused,
        }
    }

    fn violations(&self, limit: Limit, cost: Cost) -> Vec<Violation> {
        let minute = self.in_minute.plus(cost);
        let today = self.today.plus(cost);
        // The order in which Google lists them.
        let checks = [
            (Window::TokensPerMinute, limit.tpm, minute.tokens),
            (Window::RequestsPerMinute, limit.rpm, minute.requests),
            (Window::RequestsPerDay, limit.rpd, today.requests),
            (Window::TokensPerDay, limit.tpd, today.tokens),
        ];
        let broken = checks.into_iter().filter_map(|(window, limit, would)| {
            limit.filter(|limit| would > *limit || *limit == 0).map(|limit| Violation { window, limit })
        });
        broken.collect()
    }

    /// Until enough of the minute has passed. What can never fit waits a whole minute.
    fn retry(&self, limit: Limit, cost: Cost, now: Timestamp) -> SignedDuration {
        let fits = |used: Cost| {
            let would = used.plus(cost);
            limit.rpm.is_none_or(|rpm| would.requests <= rpm) && limit.tpm.is_none_or(|tpm| would.tokens <= tpm)
        };
        let mut used = self.in_minute;
        if fits(used) {
            // The day is in the way. Google names a short delay all the same (wire 5).
            return SHORT;
        }
        for (at, spent) in &self.minute {
            used = used.minus(*spent);
            if fits(used) {
                return MINUTE - now.duration_since(*at);
            }
        }
        MINUTE
    }
}

#[cfg(test)]
mod tests;
