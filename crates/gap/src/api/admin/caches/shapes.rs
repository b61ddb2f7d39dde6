//! What is said about caches.

use gap_protocol::json::{self, ObjectWriter};
use gap_store::caches::{Cache, CacheFilter};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Actor;
use crate::app::App;

/// Which caches are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct CacheQuery {
    /// Of this access key only. An ordinary user gets their own anyway.
    owner: Option<String>,
    /// For this model only.
    model: Option<String>,
    /// By who made them.
    #[param(inline)]
    kind: Option<CacheKind>,
}

/// Who made a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api::admin) enum CacheKind {
    /// A client.
    User,
    /// GAP, because it saves more than it costs.
    Automatic,
}

/// An explicit cache at Google.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct CacheView {
    /// What it is called in the path of this API.
    id: Uuid,
    /// Google's name: what clients use as `cachedContent`.
    #[schema(example = "cachedContents/abc123")]
    name: String,
    /// Who made it.
    kind: CacheKind,
    /// The access key whose it is: the only one that may use it.
    owner: String,
    /// The project that holds it: its label, Google's number, or the identifier of its only upstream key. Administrators see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// The model for which it is.
    model: String,
    /// What people call it.
    display_name: String,
    /// How many tokens it holds.
    tokens: i64,
    /// Requests that were served from it.
    hits: i64,
    /// Tokens that were read from it.
    saved_tokens: i64,
    /// What reading it saved by list prices, in billionths of a dollar.
    saved_nanos: i64,
    /// What making it and keeping it until now has cost, in billionths of a dollar.
    spent_nanos: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was used last.
    #[schema(value_type = String, format = DateTime)]
    used_at: Timestamp,
    /// When Google forgets it.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A cache that is to be made. What it holds is said as Google's API says it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct NewCache {
    /// For which model.
    #[schema(example = "gemini-2.5-flash")]
    pub(super) model: String,
    /// For how many seconds it is kept; an hour, if it is missing.
    #[schema(minimum = 1, maximum = 31_536_000)]
    pub(super) ttl_seconds: Option<u64>,
    /// What people call it.
    #[schema(max_length = 128)]
    pub(super) display_name: Option<String>,
    /// The turns that it holds.
    #[schema(value_type = Option<Vec<Object>>)]
    pub(super) contents: Option<Box<RawValue>>,
    /// The system instruction.
    #[schema(value_type = Option<Object>)]
    pub(super) system_instruction: Option<Box<RawValue>>,
    /// The tools.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Box<RawValue>>,
    /// How the tools are to be used.
    #[schema(value_type = Option<Object>)]
    tool_config: Option<Box<RawValue>>,
}

/// What is to change of a cache.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct UpdateCache {
    /// For how many seconds from now on it is kept.
    #[schema(minimum = 1, maximum = 31_536_000)]
    pub(super) ttl_seconds: u64,
}

// === impl CacheQuery ===

impl CacheQuery {
    pub(super) fn filter(self, actor: &Actor) -> CacheFilter {
        let owner = if actor.is_administrator() { self.owner } else { Some(actor.caller.id.to_string()) };
        let kind = self.kind.map(|kind| match kind {
            CacheKind::User => crate::caches::BY_CLIENT.to_owned(),
            CacheKind::Automatic => crate::caches::AUTOMATIC.to_owned(),
        });
        let clean = |text: Option<String>| text.map(|text| text.replace('\0', "\u{fffd}"));
        CacheFilter { owner: clean(owner), model: clean(self.model), kind }
    }
}

// === impl CacheView ===

impl CacheView {
    pub(super) fn of(app: &App, cache: Cache, actor: &Actor) -> Self {
        let spent_nanos = cache.spent_nanos + app.caches.unpaid(&cache);
        let kind = if cache.kind == crate::caches::AUTOMATIC { CacheKind::Automatic } else { CacheKind::User };
        let Cache { id, name, owner, project, model, display_name, .. } = cache;
        let Cache { tokens, hits, saved_tokens, saved_nanos, created_at, used_at, expires_at, .. } = cache;
        let project = actor.is_administrator().then_some(project);
        Self {
            id,
            name,
            kind,
            owner,
            project,
            model,
            display_name,
            tokens,
            hits,
            saved_tokens,
            saved_nanos,
            spent_nanos,
            created_at,
            used_at,
            expires_at,
        }
    }
}

// === impl NewCache ===

impl NewCache {
    /// The request as Google takes it.
    pub(super) fn to_google(&self, model: &str, seconds: u64) -> String {
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        object.text("model", &format!("models/{model}")).text("ttl", &format!("{seconds}s"));
        if let Some(name) = &self.display_name {
            object.text("displayName", name);
        }
        let members = [
            ("contents", &self.contents),
            ("systemInstruction", &self.system_instruction),
            ("tools", &self.tools),
            ("toolConfig", &self.tool_config),
        ];
        for (name, value) in members {
            if let Some(value) = value.as_ref().and_then(|value| json::parse(value.get().as_bytes()).ok()) {
                object.node(name, &value);
            }
        }
        object.close();
        String::from_utf8(out).unwrap_or_default()
    }
}
