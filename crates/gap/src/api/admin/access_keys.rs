//! Access keys: what clients present. A key is shown once, when it is made; what is kept tells nobody what it is.

use std::cmp::Ordering;

use axum::Json;
use axum::extract::State;
use gap_store::access_keys::{AccessDetails, Digest};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::actor::{Administrator, Anyone};
use super::page::{Body, Page, PageQuery, Path, Query};
use super::problem::{FieldProblem, Problem};
use crate::access::StoredKey;
use crate::access::policy::Policy;
use crate::admission::meter::{Amount, Meter};
use crate::app::App;
use crate::caller::Role;
use crate::secrets::random_hex;

/// What all of ours begin with, so that whoever finds one knows what it is.
const PREFIX: &str = "gap-";
/// Characters that may be shown: the prefix, and enough to tell keys apart.
const HINT: usize = PREFIX.len() + 4;
/// How long the key before goes on opening the door after a rotation.
const GRACE: u64 = 24 * 3_600;
const LONGEST_GRACE: u64 = 90 * 24 * 3_600;

/// An access key.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct AccessKeyView {
    /// Names it for good.
    id: String,
    /// What people call it.
    name: String,
    /// `administrator` or `user`.
    role: &'static str,
    /// Its first characters.
    #[schema(example = "gap-1a2b")]
    hint: String,
    /// `active`, `disabled` or `expired`.
    state: &'static str,
    /// What it may be used for, and how much.
    limits: Policy,
    /// How much of it has been used.
    used: AccessKeyUse,
    /// From when on it opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Since when it opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Until when the key before the last rotation still opens the door.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_until: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// An access key that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct NewAccessKey {
    /// The key itself. It is not shown again.
    key: String,
    /// What is known of it.
    access_key: AccessKeyView,
}

/// How much of an access key has been used. Days and months are Pacific.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct AccessKeyUse {
    /// Requests in the last minute.
    requests_minute: u64,
    /// Requests today.
    requests_day: u64,
    /// Tokens of prompts and answers today.
    tokens_day: u64,
    /// The same in this month.
    tokens_month: u64,
    /// The same in all.
    tokens_total: u64,
    /// What it cost today, in US dollars.
    cost_day_usd: f64,
    /// The same in this month.
    cost_month_usd: f64,
    /// The same in all.
    cost_total_usd: f64,
}

/// An access key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateAccessKey {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// `user`, unless it is to be an administrator's.
    #[serde(default)]
    role: RoleName,
    /// From when on it opens nothing; never, if it is left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What it may be used for, and how much.
    #[serde(default)]
    limits: Policy,
}

/// What is to be changed. What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateAccessKey {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// `administrator` or `user`.
    role: Option<RoleName>,
    /// From when on it opens nothing; `null`: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<Timestamp>>,
    /// All of what it may be used for, and how much.
    limits: Option<Policy>,
}

/// How a key is replaced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotateAccessKey {
    /// For so many seconds the key before goes on opening the door; a day, if it is left out.
    #[schema(minimum = 0, maximum = 7_776_000)]
    grace_seconds: Option<u64>,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleName {
    /// Sees and changes everything.
    Administrator,
    /// Sees their own.
    #[default]
    User,
}

/// Which access keys are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AccessKeyFilter {
    /// A part of the name, the hint or the id, in any case of letters.
    search: Option<String>,
    /// Those in this state.
    state: Option<StateName>,
    /// Those of this role.
    role: Option<RoleName>,
    /// In which order: by age unless said otherwise.
    sort: Option<SortBy>,
}

/// Whether an access key opens anything.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateName {
    /// It does.
    Active,
    /// Somebody has disabled it.
    Disabled,
    /// Its time is over.
    Expired,
}

/// An order; with `-` the other way round.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub(super) enum SortBy {
    /// The oldest first.
    #[default]
    #[serde(rename = "created_at")]
    Oldest,
    /// The newest first.
    #[serde(rename = "-created_at")]
    Newest,
    /// By name.
    #[serde(rename = "name")]
    Name,
    /// By name, from the end of the alphabet.
    #[serde(rename = "-name")]
    NameBackwards,
    /// Those that used the most tokens in this month first.
    #[serde(rename = "-tokens_month")]
    MostTokens,
}

/// Lists the access keys. Who is no administrator sees their own alone.
#[utoipa::path(
    get,
    path = "/api/v1/access-keys",
    tag = "access keys",
    params(PageQuery, AccessKeyFilter),
    responses(
        (status = 200, body = Page<AccessKeyView>),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_access_keys(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(page): Query<PageQuery>,
    Query(filter): Query<AccessKeyFilter>,
) -> Result<Json<Page<AccessKeyView>>, Problem> {
    let now = app.clock.now();
    let stored = app.access.stored();
    let theirs = |key: &&std::sync::Arc<StoredKey>| actor.is_administrator() || key.caller().id == actor.caller.id;
    let keys = stored.keys().iter().filter(theirs).map(|key| AccessKeyView::of(key, now));
    let mut keys: Vec<AccessKeyView> = keys.filter(|key| filter.passes(key)).collect();
    let order = filter.sort.unwrap_or_default();
    keys.sort_by(|one, two| order.compare(one, two));
    Ok(Json(page.cut(&keys, AccessKeyView::clone)?))
}

/// Shows the access key with which the caller came.
#[utoipa::path(
    get,
    path = "/api/v1/access-keys/me",
    tag = "access keys",
    responses(
        (status = 200, body = AccessKeyView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn show_own_access_key(
    State(app): State<App>,
    Anyone(actor): Anyone,
) -> Result<Json<AccessKeyView>, Problem> {
    let stored = app.access.stored();
    let key = stored.find(&actor.caller.id).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "This access key stands in the settings; `/api/v1/auth/me` shows it.")
    })?;
    Ok(Json(AccessKeyView::of(key, app.clock.now())))
}

/// Shows one access key.
#[utoipa::path(
    get,
    path = "/api/v1/access-keys/{id}",
    tag = "access keys",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = AccessKeyView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn find_access_key(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
) -> Result<Json<AccessKeyView>, Problem> {
    // Whether there is somebody else's is none of their business.
    if !actor.is_administrator() && *actor.caller.id != *id {
        return Err(missing());
    }
    view(&app, &id).map(Json)
}

/// Makes an access key. The answer holds the key itself, which is not shown again.
#[utoipa::path(
    post,
    path = "/api/v1/access-keys",
    tag = "access keys",
    request_body = CreateAccessKey,
    responses(
        (status = 201, body = NewAccessKey),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Body(new): Body<CreateAccessKey>,
) -> Result<(StatusCode, Json<NewAccessKey>), Problem> {
    let now = app.clock.now();
    check(Some(&new.name), new.expires_at, Some(&new.limits), now)?;
    let (id, key) = (Uuid::now_v7(), make());
    let details = AccessDetails {
        name: new.name.trim().to_owned(),
        role: new.role.role().name().to_owned(),
        limits: write(&new.limits)?,
        expires_at: new.expires_at,
    };
    app.store.access_keys().insert(id, Digest::of(&key), hint_of(&key), &details, now).await?;
    app.access.reload(&app.store).await?;
    let detail = json!({ "name": details.name, "role": details.role, "limits": details.limits });
    actor.note(&app, "access_key.created", id.to_string(), Some(detail)).await?;
    Ok((StatusCode::CREATED, Json(NewAccessKey { key, access_key: view(&app, &id.to_string())? })))
}

/// Changes an access key.
#[utoipa::path(
    patch,
    path = "/api/v1/access-keys/{id}",
    tag = "access keys",
    params(("id" = String, Path)),
    request_body = UpdateAccessKey,
    responses(
        (status = 200, body = AccessKeyView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn update_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
    Body(change): Body<UpdateAccessKey>,
) -> Result<Json<AccessKeyView>, Problem> {
    let now = app.clock.now();
    let stored = app.access.stored();
    let row = &stored.find(&id).ok_or_else(missing)?.row;
    check(change.name.as_deref(), change.expires_at.flatten(), change.limits.as_ref(), now)?;
    let before = row.details.clone();
    let details = AccessDetails {
        name: change.name.map_or(before.name, |name| name.trim().to_owned()),
        role: change.role.map_or(before.role, |role| role.role().name().to_owned()),
        limits: change.limits.as_ref().map(write).transpose()?.unwrap_or(before.limits),
        expires_at: change.expires_at.unwrap_or(before.expires_at),
    };
    if !app.store.access_keys().update(row.id, &details, now).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    let detail = json!({ "name": details.name, "role": details.role, "limits": details.limits });
    actor.note(&app, "access_key.updated", id.clone(), Some(detail)).await?;
    view(&app, &id).map(Json)
}

/// Shuts an access key out, with the sessions that it began.
#[utoipa::path(
    post,
    path = "/api/v1/access-keys/{id}/disable",
    tag = "access keys",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = AccessKeyView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn disable_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<Json<AccessKeyView>, Problem> {
    let now = app.clock.now();
    if !app.store.access_keys().set_disabled(number(&id)?, Some(now), now).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    actor.note(&app, "access_key.disabled", id.clone(), None).await?;
    view(&app, &id).map(Json)
}

/// Lets an access key in again.
#[utoipa::path(
    post,
    path = "/api/v1/access-keys/{id}/enable",
    tag = "access keys",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = AccessKeyView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn enable_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<Json<AccessKeyView>, Problem> {
    if !app.store.access_keys().set_disabled(number(&id)?, None, app.clock.now()).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    actor.note(&app, "access_key.enabled", id.clone(), None).await?;
    view(&app, &id).map(Json)
}

/// Gives an access key another secret. The one before goes on opening the door for a while, the one before that does not.
#[utoipa::path(
    post,
    path = "/api/v1/access-keys/{id}/rotate",
    tag = "access keys",
    params(("id" = String, Path)),
    request_body = RotateAccessKey,
    responses(
        (status = 200, body = NewAccessKey),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn rotate_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
    Body(rotation): Body<RotateAccessKey>,
) -> Result<Json<NewAccessKey>, Problem> {
    let grace = rotation.grace_seconds.unwrap_or(GRACE);
    if grace > LONGEST_GRACE {
        return Err(Problem::field("grace_seconds", format!("takes {LONGEST_GRACE} seconds (90 days) at most")));
    }
    let now = app.clock.now();
    let until = now.saturating_add(std::time::Duration::from_secs(grace)).unwrap_or(Timestamp::MAX);
    let key = make();
    if !app.store.access_keys().rotate(number(&id)?, Digest::of(&key), hint_of(&key), until, now).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    actor.note(&app, "access_key.rotated", id.clone(), Some(json!({ "grace_seconds": grace }))).await?;
    Ok(Json(NewAccessKey { key, access_key: view(&app, &id)? }))
}

/// Removes an access key. What was done with it stays in the log.
#[utoipa::path(
    delete,
    path = "/api/v1/access-keys/{id}",
    tag = "access keys",
    params(("id" = String, Path)),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if !app.store.access_keys().delete(number(&id)?).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    actor.note(&app, "access_key.deleted", id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn make() -> String {
    format!("{PREFIX}{}", random_hex::<24>())
}

fn hint_of(key: &str) -> &str {
    key.get(..HINT).unwrap_or_default()
}

fn view(app: &App, id: &str) -> Result<AccessKeyView, Problem> {
    let stored = app.access.stored();
    stored.find(id).map(|key| AccessKeyView::of(key, app.clock.now())).ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::not_found("access key")
}

/// What is no number of ours names none.
fn number(id: &str) -> Result<Uuid, Problem> {
    id.parse().map_err(|_| missing())
}

fn write(limits: &Policy) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(limits).map_err(|_| Problem::field("limits", "cannot be written"))
}

/// Names each field that is wrong.
fn check(
    name: Option<&str>,
    expires_at: Option<Timestamp>,
    limits: Option<&Policy>,
    now: Timestamp,
) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    let mut complain = |field: &str, message: &str| {
        wrong.push(FieldProblem { field: field.to_owned(), message: message.to_owned() });
    };
    if let Some(name) = name {
        let length = name.trim().chars().count();
        if length == 0 || length > 100 || name.chars().any(char::is_control) {
            complain("name", "takes 1 to 100 characters on one line");
        }
    }
    let furthest = now.saturating_add(SignedDuration::from_hours(24 * 36_500)).unwrap_or(Timestamp::MAX);
    if expires_at.is_some_and(|expires_at| expires_at <= now || expires_at > furthest) {
        complain("expires_at", "must lie in the future, and in the next hundred years");
    }
    for (field, message) in limits.map(Policy::mistakes).unwrap_or_default() {
        complain(&format!("limits.{field}"), &message);
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(wrong)) }
}

/// A field that is there, if only as `null`.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

// === impl AccessKeyView ===

impl AccessKeyView {
    fn of(key: &StoredKey, now: Timestamp) -> Self {
        let (row, caller) = (&key.row, key.caller());
        Self {
            id: caller.id.to_string(),
            name: caller.name.to_string(),
            role: caller.role.name(),
            hint: row.hint.clone(),
            state: key.state(now).name(),
            limits: Policy::clone(&caller.policy),
            used: AccessKeyUse::of(key.meter(), now),
            expires_at: row.details.expires_at,
            disabled_at: row.disabled_at,
            previous_until: row.previous.map(|(_, until)| until).filter(|until| *until > now),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

// === impl AccessKeyUse ===

impl AccessKeyUse {
    pub(super) fn of(meter: &Meter, now: Timestamp) -> Self {
        let [requests_minute, _, requests_day, _] = meter.used(now);
        let spent = meter.spent(now);
        let usd = |amount: Amount| amount.nanos as f64 / 1e9;
        Self {
            requests_minute,
            requests_day,
            tokens_day: spent.day.tokens,
            tokens_month: spent.month.tokens,
            tokens_total: spent.total.tokens,
            cost_day_usd: usd(spent.day),
            cost_month_usd: usd(spent.month),
            cost_total_usd: usd(spent.total),
        }
    }
}

// === impl AccessKeyFilter ===

impl AccessKeyFilter {
    fn passes(&self, key: &AccessKeyView) -> bool {
        let found = self.search.as_ref().is_none_or(|text| {
            let text = text.to_lowercase();
            [&key.name, &key.hint, &key.id].into_iter().any(|field| field.to_lowercase().contains(&text))
        });
        let state = self.state.is_none_or(|state| state.name() == key.state);
        let role = self.role.is_none_or(|role| role.role().name() == key.role);
        found && state && role
    }
}

// === impl RoleName ===

impl RoleName {
    const fn role(self) -> Role {
        match self {
            Self::Administrator => Role::Administrator,
            Self::User => Role::User,
        }
    }
}

// === impl StateName ===

impl StateName {
    const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
        }
    }
}

// === impl SortBy ===

impl SortBy {
    fn compare(self, one: &AccessKeyView, two: &AccessKeyView) -> Ordering {
        match self {
            // Identifiers grow with time.
            Self::Oldest => one.id.cmp(&two.id),
            Self::Newest => two.id.cmp(&one.id),
            Self::Name => one.name.cmp(&two.name).then_with(|| one.id.cmp(&two.id)),
            Self::NameBackwards => two.name.cmp(&one.name).then_with(|| one.id.cmp(&two.id)),
            Self::MostTokens => two.used.tokens_month.cmp(&one.used.tokens_month).then_with(|| one.id.cmp(&two.id)),
        }
    }
}
