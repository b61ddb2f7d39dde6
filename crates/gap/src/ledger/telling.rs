//! Who else wants to know that a request has ended: metrics, the live page, traces, alerts.

use std::sync::atomic::Ordering;

use gap_pool::verdict::Fault;
use gap_store::usage::{Outcome, UsageRecord};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use super::Books;
use crate::events::Kind;
use crate::keyring::Served;
use crate::receipt::Attempt;
use crate::spans::{Parent, Trace, Try, Value};

impl Books {
    /// Tells everybody else who wants to know of a request that has ended.
    pub(super) fn tell(&self, record: &UsageRecord, label: Option<&str>, dialect: &'static str) {
        let inner = &self.0;
        inner.metrics.observe(record, dialect);
        inner.requests.fetch_add(1, Ordering::Relaxed);
        // A client that asks wrongly, or too often for its own limits, says nothing about the gateway.
        let to_blame = record.status == 429 && record.attempts == 0 && record.explanation.is_none();
        let clients = (400..500).contains(&record.status) && record.status != 429;
        if record.outcome == Outcome::Failed && !clients && !to_blame {
            inner.failed.fetch_add(1, Ordering::Relaxed);
        }
        if inner.events.is_heard() {
            inner.events.publish(Kind::Request, Some(&record.access_key), &Ended::of(record, label));
        }
    }

    pub(super) fn trace(&self, record: &UsageRecord, parent: Option<Parent>, began: Instant, tries: &[Attempt]) {
        let Some(spans) = &self.0.spans else { return };
        let tries = tries.iter().map(|one| Try {
            after: one.began.saturating_duration_since(began),
            took: one.took,
            key: one.key.masked().to_owned(),
            cause: one.cause,
        });
        let text = |text: &String| Value::Text(text.clone());
        let number = |number: u64| Value::Number(i64::try_from(number).unwrap_or(i64::MAX));
        spans.take(Trace {
            parent,
            began: record.at,
            took: began.elapsed(),
            name: record.method.clone(),
            attributes: vec![
                ("gap.request.id", Value::Text(record.id.to_string())),
                ("gap.dialect", text(&record.dialect)),
                ("gap.access_key", text(&record.access_key)),
                ("gap.project", text(&record.project)),
                ("gen_ai.request.model", text(&record.model)),
                ("gen_ai.usage.input_tokens", number(record.tokens.prompt)),
                ("gen_ai.usage.output_tokens", number(record.tokens.output + record.tokens.thoughts)),
                ("http.response.status_code", number(record.status.into())),
                ("gap.outcome", Value::Text(record.outcome.name().to_owned())),
            ],
            failed: record.outcome == Outcome::Failed,
            tries: tries.collect(),
        });
    }
}

// === What listeners hear ===

/// A key that was refused.
#[derive(Serialize)]
pub(super) struct Refused<'a> {
    change: &'static str,
    upstream_key: &'a str,
    label: &'a str,
    project: &'a str,
    cause: &'static str,
    scope: &'static str,
}

impl<'a> Refused<'a> {
    pub(super) fn of(served: Option<&'a Served>, label: &'a str, fault: &Fault) -> Self {
        Self {
            change: "refused",
            upstream_key: served.map_or("", |served| &served.upstream_key),
            label,
            project: served.map_or("", |served| &served.project),
            cause: fault.cause.name(),
            scope: fault.scope.name(),
        }
    }
}

/// A request that has ended.
#[derive(Serialize)]
struct Ended<'a> {
    id: String,
    at: Timestamp,
    access_key: &'a str,
    address: &'a str,
    dialect: &'a str,
    method: &'a str,
    model: &'a str,
    project: &'a str,
    upstream_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_key_label: Option<&'a str>,
    attempts: u32,
    status: u16,
    outcome: &'static str,
    error_scope: &'a str,
    streamed: bool,
    prompt_tokens: u64,
    cached_tokens: u64,
    thought_tokens: u64,
    tool_tokens: u64,
    output_tokens: u64,
    cost_nanos: u64,
    saved_nanos: u64,
    waited_ms: u32,
    first_token_ms: Option<u32>,
    duration_ms: u32,
}

impl<'a> Ended<'a> {
    fn of(record: &'a UsageRecord, upstream_key_label: Option<&'a str>) -> Self {
        Self {
            id: record.id.to_string(),
            at: record.at,
            access_key: &record.access_key,
            address: &record.address,
            dialect: &record.dialect,
            method: &record.method,
            model: &record.model,
            project: &record.project,
            upstream_key: &record.upstream_key,
            upstream_key_label,
            attempts: record.attempts,
            status: record.status,
            outcome: record.outcome.name(),
            error_scope: &record.error_scope,
            streamed: record.streamed,
            prompt_tokens: record.tokens.prompt,
            cached_tokens: record.tokens.cached,
            thought_tokens: record.tokens.thoughts,
            tool_tokens: record.tokens.tool,
            output_tokens: record.tokens.output,
            cost_nanos: record.cost_nanos,
            saved_nanos: record.saved_nanos,
            waited_ms: record.waited_ms,
            first_token_ms: record.first_token_ms,
            duration_ms: record.duration_ms,
        }
    }
}
