//! The request log: who asked what, what it cost, and why which key answered. Never what was said.

#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gap_store::usage::log::LogFilter;
use gap_store::usage::{Outcome, UsageRecord};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::error;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::actor::{Actor, Anyone};
use super::export::{self, Format, Pages};
use super::page::{Path, Query};
use super::problem::Problem;
use crate::app::App;
use crate::report::Labels;

/// Entries of a page unless the caller says otherwise, and at most.
const USUAL: u32 = 50;
const MOST: u32 = 1_000;
/// Records that an export reads at a time.
const EXPORT_PAGE: u32 = 500;

/// Which requests are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct LogQuery {
    /// From when on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Until when.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// Of this access key only. An ordinary user gets their own anyway.
    pub access_key: Option<String>,
    /// Of this upstream key only.
    pub upstream_key: Option<String>,
    /// Of this model only.
    pub model: Option<String>,
    /// From this address only.
    pub address: Option<String>,
    /// With this end only.
    #[param(inline)]
    pub outcome: Option<End>,
    /// This request alone.
    #[param(value_type = Option<Uuid>)]
    pub id: Option<String>,
    /// Where the next page begins: `next` of the page before.
    pub before: Option<String>,
    /// Entries of a page.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    pub page_size: Option<u32>,
    /// `csv` or `json`, for an export.
    #[param(inline)]
    pub format: Option<Format>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    /// With an answer.
    Answered,
    /// With an error.
    Failed,
    /// By the client, which left.
    Cancelled,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LogPage {
    /// Its requests.
    pub items: Vec<LoggedRequest>,
    /// Where the next page begins; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LoggedRequest {
    /// Its identifier.
    #[schema(value_type = Uuid)]
    pub id: String,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whose it was.
    pub access_key: String,
    /// The client's address.
    pub address: String,
    /// The API that the client spoke: `openai`, `anthropic` or `gemini`.
    pub dialect: String,
    /// What it asked for, such as `generateContent`.
    pub method: String,
    /// The model that was asked for.
    pub model: String,
    /// The project that served it: the operator's name for it, Google's number, or the identifier of its only upstream key.
    pub project: String,
    /// What people call that project, where it is not named so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_label: Option<String>,
    /// The upstream key that served it.
    pub upstream_key: String,
    /// How people recognise that key: masked. Missing when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_key_label: Option<String>,
    /// How many upstream keys were tried.
    pub attempts: u32,
    /// The status that the client saw; 0 if it left before there was one.
    pub status: u16,
    /// How it ended.
    pub outcome: End,
    /// Whose fault it was, if it failed: `request`, `key`, `bucket`, …
    pub error_scope: String,
    /// Whether the answer was a stream.
    pub streamed: bool,
    /// Tokens of the prompt, with the cached ones.
    pub prompt_tokens: u64,
    /// Tokens of the prompt from a cache.
    pub cached_tokens: u64,
    /// Tokens of thinking.
    pub thought_tokens: u64,
    /// Tokens of results of Google's own tools.
    pub tool_tokens: u64,
    /// Tokens of the answer, without thinking.
    pub output_tokens: u64,
    /// Tokens by what they stand for (`prompt/image`); empty where all are text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_modality: BTreeMap<String, u64>,
    /// What it cost by list prices, in billionths of a dollar; 0 on a project that pays nothing.
    pub cost_nanos: u64,
    /// What caches saved, in billionths of a dollar.
    pub saved_nanos: u64,
    /// How long it waited for an upstream key.
    pub waited_ms: u32,
    /// How long the first token of a stream took.
    pub first_token_ms: Option<u32>,
    /// How long it took in all.
    pub duration_ms: u32,
    /// How it ended in words, and why which keys were tried: administrators see it, of one request alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub explanation: Option<Value>,
}

/// Lists requests, newest first. An ordinary user sees their own.
#[utoipa::path(
    get,
    path = "/api/v1/requests",
    tag = "usage",
    params(LogQuery),
    responses((status = 200, body = LogPage)),
)]
pub(super) async fn list_requests(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    let filter = filter(&query, &actor)?;
    let size = query.page_size.unwrap_or(USUAL);
    if size == 0 || size > MOST {
        return Err(Problem::field("page_size", format!("a page has 1 to {MOST} entries")));
    }
    app.books.settle().await;
    let id = query.id.as_deref().map(|id| Uuid::try_parse(id).map_err(|_| Problem::field("id", "it is no UUID")));
    let mut records = match id.transpose()? {
        Some(id) => app.store.usage().find(id).await?.into_iter().filter(|found| passes(found, &filter)).collect(),
        // One more shows whether there is a next page.
        None => app.store.usage().log(&filter, size + 1).await?,
    };
    let more = records.len() > size as usize;
    records.truncate(size as usize);
    let next = records.last().filter(|_| more).map(cursor);
    let labels = Labels::of(&app, &records);
    let items = records.into_iter().map(|record| LoggedRequest::of(record, &labels)).collect();
    Ok(Json(LogPage { items, next }))
}

/// Shows one request, to administrators with the explanation of how its keys were chosen.
#[utoipa::path(
    get,
    path = "/api/v1/requests/{id}",
    tag = "usage",
    params(("id" = Uuid, Path, description = "The request's identifier.")),
    responses((status = 200, body = LoggedRequest)),
)]
pub(super) async fn find_request(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
) -> Result<Json<LoggedRequest>, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::not_found("request"))?;
    app.books.settle().await;
    let found = app.store.usage().find(id).await?;
    // What is somebody else's is not there.
    let theirs = |record: &UsageRecord| actor.is_administrator() || record.access_key == *actor.caller.id;
    let record = found.filter(theirs).ok_or_else(|| Problem::not_found("request"))?;
    let explanation = record.explanation.as_deref().filter(|_| actor.is_administrator());
    let explanation = explanation.and_then(|json| serde_json::from_str(json).ok());
    let labels = Labels::of(&app, std::slice::from_ref(&record));
    Ok(Json(LoggedRequest { explanation, ..LoggedRequest::of(record, &labels) }))
}

/// Exports requests, newest first, as CSV or JSON.
#[utoipa::path(
    get,
    path = "/api/v1/requests/export",
    tag = "usage",
    params(LogQuery),
    responses((status = 200, description = "The file: CSV with a header line, or a JSON array.", content_type = "text/csv", body = String)),
)]
pub(super) async fn export_requests(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(query): Query<LogQuery>,
) -> Result<Response, Problem> {
    let mut filter = filter(&query, &actor)?;
    if query.id.is_some() || query.page_size.is_some() {
        return Err(Problem::field("page_size", "an export has no pages, and is of more than one request"));
    }
    app.books.settle().await;
    let first = app.store.usage().log(&filter, EXPORT_PAGE).await?;
    filter.before = first.last().map(|last| (last.at, last.id));
    let pages = LogPages { app, filter, first: Some(first), broken: false, over: false };
    Ok(export::respond(query.format.unwrap_or(Format::Csv), "requests", pages))
}

/// The log, read as the client takes it.
struct LogPages {
    app: App,
    filter: LogFilter,
    first: Option<Vec<UsageRecord>>,
    broken: bool,
    over: bool,
}

impl Pages for LogPages {
    type Row = LoggedRequest;

    async fn next(&mut self) -> Option<Vec<LoggedRequest>> {
        let records = match self.first.take() {
            Some(first) => first,
            None if self.over => return None,
            None => match self.app.store.usage().log(&self.filter, EXPORT_PAGE).await {
                Ok(records) => records,
                Err(failed) => {
                    error!("An export broke off: {failed}");
                    self.broken = true;
                    return None;
                }
            },
        };
        self.over = records.len() < EXPORT_PAGE as usize;
        let last = records.last()?;
        self.filter.before = Some((last.at, last.id));
        let labels = Labels::of(&self.app, &records);
        Some(records.into_iter().map(|record| LoggedRequest::of(record, &labels).complete()).collect())
    }

    fn is_broken(&self) -> bool {
        self.broken
    }
}

// === Reading the query ===

fn filter(query: &LogQuery, actor: &Actor) -> Result<LogFilter, Problem> {
    let access_key = if actor.is_administrator() {
        query.access_key.clone()
    } else {
        let own = &*actor.caller.id;
        if query.access_key.as_ref().is_some_and(|asked| asked != own) {
            return Err(Problem::forbidden());
        }
        Some(own.to_owned())
    };
    let from = query.from.unwrap_or(Timestamp::MIN);
    let to = query.to.unwrap_or(Timestamp::MAX);
    if from >= to {
        return Err(Problem::field("from", "it must be before `to`"));
    }
    let before = match query.before.as_deref() {
        None => None,
        Some(text) => Some(read_cursor(text).ok_or_else(|| Problem::field("before", "it is `next` of another page"))?),
    };
    Ok(LogFilter {
        time: (query.from.is_some() || query.to.is_some()).then_some(from..to),
        access_key,
        upstream_key: query.upstream_key.clone(),
        model: query.model.clone(),
        address: query.address.clone(),
        outcome: query.outcome.map(Outcome::from),
        before,
    })
}

/// Whether one record is among those that are asked for.
fn passes(record: &UsageRecord, filter: &LogFilter) -> bool {
    let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
    is(&filter.access_key, &record.access_key)
        && is(&filter.upstream_key, &record.upstream_key)
        && is(&filter.model, &record.model)
        && is(&filter.address, &record.address)
        && filter.outcome.is_none_or(|outcome| outcome == record.outcome)
        && filter.time.as_ref().is_none_or(|time| time.contains(&record.at))
}

fn cursor(record: &UsageRecord) -> String {
    format!("{}_{}", record.at.as_millisecond(), record.id.simple())
}

fn read_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_millisecond(at.parse().ok()?).ok()?, Uuid::try_parse(id).ok()?))
}

// === impl LoggedRequest ===

impl LoggedRequest {
    fn of(record: UsageRecord, labels: &Labels) -> Self {
        Self {
            upstream_key_label: labels.upstream_key(&record).map(str::to_owned),
            project_label: labels.project(&record).map(str::to_owned),
            id: record.id.to_string(),
            at: record.at,
            access_key: record.access_key,
            address: record.address,
            dialect: record.dialect,
            method: record.method,
            model: record.model,
            project: record.project,
            upstream_key: record.upstream_key,
            attempts: record.attempts,
            status: record.status,
            outcome: record.outcome.into(),
            error_scope: record.error_scope,
            streamed: record.streamed,
            prompt_tokens: record.tokens.prompt,
            cached_tokens: record.tokens.cached,
            thought_tokens: record.tokens.thoughts,
            tool_tokens: record.tokens.tool,
            output_tokens: record.tokens.output,
            by_modality: record.by_modality,
            cost_nanos: record.cost_nanos,
            saved_nanos: record.saved_nanos,
            waited_ms: record.waited_ms,
            first_token_ms: record.first_token_ms,
            duration_ms: record.duration_ms,
            explanation: None,
        }
    }

    /// With every column: a file has the same ones in every line.
    fn complete(mut self) -> Self {
        self.upstream_key_label.get_or_insert_default();
        self.project_label.get_or_insert_default();
        if self.by_modality.is_empty() {
            self.by_modality.insert("prompt/text".to_owned(), self.prompt_tokens);
            self.by_modality.insert("output/text".to_owned(), self.output_tokens);
        }
        self
    }
}

// === impl End ===

impl From<End> for Outcome {
    fn from(end: End) -> Self {
        match end {
            End::Answered => Self::Answered,
            End::Failed => Self::Failed,
            End::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answered => Self::Answered,
            Outcome::Failed => Self::Failed,
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}
