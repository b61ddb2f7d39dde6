//! The pool told as stories: what a user would notice.

mod amending;
mod choice;
mod faults;
mod learning;
mod restart;
mod rows;
mod strangers;

use std::time::Duration;

use jiff::Timestamp;

use crate::verdict::{self, Answer, Cause, Verdict};
use crate::{Answered, Fault, KeyId, Lease, Limits, Need, NewKey, Outcome, Policy, Pool, ProjectId, Ranking, Tried};

const MODEL: &str = "gemini-2.5-flash";
const OTHER: &str = "gemini-2.5-pro";

/// A pool with a clock.
struct Rig {
    pool: Pool,
    now: Timestamp,
    keys: Vec<KeyId>,
}

impl Rig {
    /// Keys of as many projects, at noon in California.
    fn with(keys: usize) -> Self {
        let mut rig = Self::of(Policy::default());
        for _ in 0..keys {
            rig.add(NewKey::default());
        }
        rig
    }

    fn of(policy: Policy) -> Self {
        Self { pool: Pool::new(policy), now: "2026-07-15T19:00:00Z".parse().unwrap(), keys: Vec::new() }
    }

    fn add(&mut self, key: NewKey) -> KeyId {
        let label = if key.label.is_empty() { format!("AIza…{}", self.keys.len()) } else { key.label.clone() };
        let id = self.pool.add(NewKey { label, ..key }, self.now);
        self.keys.push(id);
        id
    }

    fn project(&self, key: KeyId) -> ProjectId {
        self.view(key).project
    }

    fn view(&self, key: KeyId) -> crate::KeyView {
        self.pool.keys(self.now).into_iter().find(|view| view.id == key).unwrap()
    }

    fn limit(&mut self, key: KeyId, limits: Limits) {
        assert!(self.pool.set_limits(self.project(key), Some(MODEL), limits, self.now));
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn rank(&self, need: &Need) -> Ranking {
        self.pool.rank(need, &Tried::default(), self.now)
    }

    fn lease_for(&mut self, need: &Need) -> Option<Lease> {
        let ranking = self.rank(need);
        let lease = self.pool.reserve(need, &ranking, self.now);
        assert_eq!(lease.is_some(), !ranking.candidates.is_empty(), "{ranking:?}");
        lease
    }

    fn lease(&mut self) -> Option<Lease> {
        self.lease_for(&need())
    }

    /// One request that ends so; the key that served it.
    fn call_for(&mut self, need: &Need, outcome: &Outcome) -> Option<KeyId> {
        let lease = self.lease_for(need)?;
        let key = lease.key();
        self.pool.settle(lease, outcome, self.now);
        Some(key)
    }

    fn call(&mut self) -> Option<KeyId> {
        self.call_for(&need(), &Outcome::success())
    }

    fn call_that_fails(&mut self, fault: Fault) -> Option<KeyId> {
        self.call_for(&need(), &Outcome::Fault(fault))
    }

    /// A request with this very key's project, that ends so.
    fn call_with(&mut self, key: KeyId, outcome: &Outcome) {
        let need = Need { affinity: crate::Affinity::Must(self.project(key)), ..need() };
        assert_eq!(self.call_for(&need, outcome), Some(key));
    }

    /// How many calls are answered until nobody can serve.
    fn drain(&mut self) -> usize {
        (0..100_000).take_while(|_| self.call().is_some()).count()
    }

    fn judge(&self, status: u16, body: &str) -> Fault {
        let answer = Answer { status, retry_after: None, body: body.as_bytes() };
        match verdict::of(&answer, self.now) {
            Verdict::Answered => panic!("{status} is no answer"),
            Verdict::TryElsewhere(fault) | Verdict::Refused(fault) => fault,
        }
    }

    /// A 429 with quotas as Google names them, and a delay.
    fn exhausted(&self, violations: &[(&str, Option<u64>)], delay: &str) -> Fault {
        self.exhausted_for(MODEL, violations, delay)
    }

    fn exhausted_for(&self, model: &str, violations: &[(&str, Option<u64>)], delay: &str) -> Fault {
        let violations: Vec<serde_json::Value> = violations
            .iter()
            .map(|(id, limit)| {
                let metric = if id.contains("Token") { "input_token_count" } else { "requests" };
                let mut violation = serde_json::json!({
                    "quotaMetric": format!("generativelanguage.googleapis.com/generate_content_free_tier_{metric}"),
                    "quotaId": id,
                    "quotaDimensions": { "location": "global", "model": model },
                });
                if let Some(limit) = limit {
                    violation["quotaValue"] = limit.to_string().into();
                }
                violation
            })
            .collect();
        let body = serde_json::json!({ "error": {
            "code": 429,
            "message": "You exceeded your current quota, please check your plan and billing details.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                { "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations },
                { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay },
            ],
        }});
        self.judge(429, &body.to_string())
    }
}

const RPM: &str = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
const TPM: &str = "GenerateContentInputTokensPerModelPerMinute-FreeTier";
const RPD: &str = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";

fn need() -> Need {
    Need { model: Some(MODEL.into()), ..Need::default() }
}

fn need_of(model: &str) -> Need {
    Need { model: Some(model.into()), ..Need::default() }
}

fn heavy(tokens: u64) -> Need {
    Need { tokens, ..need() }
}

fn answered(input_tokens: u64) -> Outcome {
    Outcome::Success(Answered { input_tokens: Some(input_tokens), ..Answered::default() })
}

fn per_minute(requests: u64) -> Limits {
    Limits { requests_per_minute: Some(requests), ..Limits::default() }
}

fn per_day(requests: u64) -> Limits {
    Limits { requests_per_day: Some(requests), ..Limits::default() }
}

fn unexplained() -> Fault {
    Fault::new(Cause::Unexplained, "Resource has been exhausted (e.g. check quota).")
}
