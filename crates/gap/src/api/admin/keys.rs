//! Upstream keys: listing, entering, changing, removing them, one or many at a time.
#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

pub(super) mod bulk;
pub(super) mod checks;
pub(super) mod import;
pub(super) mod view;

use axum::Json;
use axum::extract::State;
use gap_pool::{Standing, Tier};
use gap_store::upstream_keys::KeyDetails;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::view::{KeyView, StateName, TierName};
use super::actor::Administrator;
use super::kept::{Changed, Faults, given, secret};
use super::page::{Body, Page, PageQuery, Path, Query};
use super::problem::Problem;
use crate::app::App;
use crate::roster::{
    Entry, Filter, HEAVIEST, LONGEST_LABEL, MOST_AT_ONCE, NewEntry, Order, Sort, fault_of_end, fault_of_models,
    fault_of_tags, tidy_tags, tier_name,
};

/// Why a key was switched off.
const LONGEST_REASON: usize = 500;

/// Which keys a list shows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(super) struct KeyQuery {
    /// Only keys in this state.
    #[param(inline)]
    state: Option<StateName>,
    /// Only keys of this project: its identifier, or `none`.
    #[param(pattern = "^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|none)$")]
    #[schema(pattern = "^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|none)$")]
    project: Option<String>,
    /// Only keys of projects of this tier: `free`, `tier1`, `tier2`, `tier3`, or `unknown`.
    #[param(pattern = "^(free|tier1|tier2|tier3|unknown)$")]
    #[schema(pattern = "^(free|tier1|tier2|tier3|unknown)$")]
    tier: Option<String>,
    /// Only keys with this tag.
    tag: Option<String>,
    /// Only keys whose label, project, tags or last characters contain this.
    q: Option<String>,
}

/// In which order a list is.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct KeyOrder {
    /// What it is sorted by: `created`, `label`, `project`, `state`, `last_used` or `requests`.
    #[param(inline)]
    sort: Option<Sort>,
    /// Which way: `asc` or `desc`.
    #[param(inline)]
    order: Option<Order>,
}

/// A key to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    /// The key itself. No answer shows it again.
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    key: SecretString,
    /// What people call it.
    #[serde(default)]
    label: String,
    /// The project that it belongs to.
    project: Option<Uuid>,
    /// What its project pays.
    tier: Option<TierName>,
    /// Its share of the work beside others: 100 is usual.
    #[schema(minimum = 1, maximum = 10000)]
    weight: Option<u32>,
    /// The only models that it serves, each of which may end in `*`.
    #[schema(min_items = 1)]
    models: Option<Vec<String>>,
    /// From when on it is not used.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What people group it by.
    #[serde(default)]
    #[schema(max_items = 20)]
    tags: Vec<String>,
    /// How many requests it may carry at a time; null: as `pool.key_concurrency` says.
    #[schema(minimum = 1, maximum = 100_000)]
    concurrency: Option<u32>,
}

/// What is changed about a key. What is left out stays; null takes back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out and null are two things")]
pub(super) struct KeyChange {
    /// What people call it.
    label: Option<String>,
    /// The project that it belongs to.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    project: Option<Option<Uuid>>,
    /// What its project pays.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<TierName>)]
    tier: Option<Option<TierName>>,
    /// Its share of the work beside others: 100 is usual.
    #[schema(minimum = 1, maximum = 10000)]
    weight: Option<u32>,
    /// The only models that it serves, each of which may end in `*`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>, min_items = 1)]
    models: Option<Option<Vec<String>>>,
    /// From when on it is not used.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<Timestamp>>,
    /// What people group it by, in place of what they did.
    #[schema(max_items = 20)]
    tags: Option<Vec<String>>,
    /// How many requests it may carry at a time; null: as `pool.key_concurrency` says.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    concurrency: Option<Option<u32>>,
}

/// Why a key is switched off.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Disabling {
    /// In words; it is shown beside the key.
    reason: Option<String>,
}

// === impl KeyQuery ===

impl KeyQuery {
    /// What the roster understands.
    pub(super) fn filter(&self) -> Result<Filter, Problem> {
        let mut faults = Faults::default();
        let standing = self.state.map(|state| match state {
            StateName::Ready => Standing::Ready,
            StateName::Resting => Standing::Resting,
            StateName::Disabled => Standing::Disabled,
        });
        let project = match self.project.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some(id) => {
                let id = id.parse().ok();
                if id.is_none() {
                    faults.add("project", "takes a project's identifier, or `none`");
                }
                Some(id)
            }
        };
        let tier = match self.tier.as_deref() {
            None => None,
            Some("unknown") => Some(None),
            Some(name) => {
                let tier = crate::roster::tier_named(name);
                if tier.is_none() {
                    faults.add("tier", "takes free, tier1, tier2, tier3 or unknown");
                }
                Some(tier)
            }
        };
        faults.check()?;
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Ok(Filter { standing, project, tier, tag: given(&self.tag), text: given(&self.q) })
    }
}

/// Lists upstream keys.
#[utoipa::path(
    get,
    path = "/api/v1/keys",
    tag = "keys",
    params(PageQuery, KeyQuery, KeyOrder),
    responses((status = 200, body = Page<KeyView>)),
)]
pub(super) async fn list_keys(
    State(app): State<App>,
    _: Administrator,
    Query(page): Query<PageQuery>,
    Query(query): Query<KeyQuery>,
    Query(order): Query<KeyOrder>,
) -> Result<Json<Page<KeyView>>, Problem> {
    let (page, page_size) = page.checked()?;
    let filter = query.filter()?;
    let skip = (page as usize - 1).saturating_mul(page_size as usize);
    let (sort, order) = (order.sort.unwrap_or_default(), order.order.unwrap_or_default());
    let (entries, total) = app.roster.page(&filter, sort, order, skip, page_size as usize);
    let items = entries.iter().filter_map(|entry| KeyView::of(&app, entry)).collect();
    Ok(Json(Page { items, total: total as u64, page, page_size }))
}

/// Shows an upstream key.
#[utoipa::path(
    get,
    path = "/api/v1/keys/{id}",
    tag = "keys",
    params(("id" = Uuid, Path, description = "The key's identifier")),
    responses((status = 200, body = KeyView)),
)]
pub(super) async fn find_key(
    State(app): State<App>,
    _: Administrator,
    Path(id): Path<Uuid>,
) -> Result<Json<KeyView>, Problem> {
    Ok(Json(view(&app, id)?))
}

/// Enters an upstream key. It is used from now on; nothing is asked of Google first.
#[utoipa::path(
    post,
    path = "/api/v1/keys",
    tag = "keys",
    request_body = NewKey,
    responses((status = 201, body = KeyView)),
)]
pub(super) async fn create_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Body(new): Body<NewKey>,
) -> Result<Changed<KeyView>, Problem> {
    let mut faults = Faults::default();
    check_terms(&mut faults, Some(&new.label), new.weight, new.models.as_deref(), new.expires_at);
    check_tags(&mut faults, &new.tags);
    check_concurrency(&mut faults, new.concurrency);
    if new.key.expose_secret().len() > 1_000 {
        faults.add("key", "is longer than any key");
    }
    faults.check()?;
    let details = KeyDetails {
        project: new.project,
        label: new.label,
        tier: new.tier.map(|tier| tier_name(tier.into()).to_owned()),
        weight: new.weight.unwrap_or(KeyDetails::default().weight),
        models: new.models,
        expires_at: new.expires_at,
        tags: tidy_tags(&new.tags),
        concurrency: new.concurrency,
    };
    let id = app.roster.create(NewEntry { secret: new.key, details, disabled: None }).await?;
    app.books.events().keys_changed("created", &[id]);
    let key = view(&app, id)?;
    actor.note(&app, "key.created", id, Some(json!({ "key": key.key, "label": key.label }))).await?;
    Ok(Changed::created(app.roster.keeping(), key))
}

/// Changes what is said of an upstream key.
#[utoipa::path(
    patch,
    path = "/api/v1/keys/{id}",
    tag = "keys",
    params(("id" = Uuid, Path, description = "The key's identifier")),
    request_body = KeyChange,
    responses((status = 200, body = KeyView)),
)]
pub(super) async fn update_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<Uuid>,
    Body(change): Body<KeyChange>,
) -> Result<Changed<KeyView>, Problem> {
    let mut faults = Faults::default();
    let models = change.models.as_ref().and_then(Option::as_deref);
    check_terms(&mut faults, change.label.as_deref(), change.weight, models, change.expires_at.flatten());
    check_tags(&mut faults, change.tags.as_deref().unwrap_or_default());
    check_concurrency(&mut faults, change.concurrency.flatten());
    faults.check()?;
    let noted = json!({
        "label": change.label, "project": change.project, "weight": change.weight, "models": change.models,
        "tier": change.tier, "expires_at": change.expires_at, "tags": change.tags, "concurrency": change.concurrency,
    });
    app.roster
        .update(id, move |details| {
            let KeyChange { label, project, tier, weight, models, expires_at, tags, concurrency } = change;
            details.label = label.unwrap_or(std::mem::take(&mut details.label));
            details.project = project.unwrap_or(details.project);
            if let Some(tier) = tier {
                details.tier = tier.map(|tier| tier_name(Tier::from(tier)).to_owned());
            }
            details.weight = weight.unwrap_or(details.weight);
            if let Some(models) = models {
                details.models = models;
            }
            details.expires_at = expires_at.unwrap_or(details.expires_at);
            if let Some(tags) = tags {
                details.tags = tidy_tags(&tags);
            }
            details.concurrency = concurrency.unwrap_or(details.concurrency);
        })
        .await?;
    app.books.events().keys_changed("updated", &[id]);
    actor.note(&app, "key.updated", id, Some(noted)).await?;
    Ok(Changed::ok(app.roster.keeping(), view(&app, id)?))
}

/// Removes an upstream key. Requests under way with it come to their end.
#[utoipa::path(
    delete,
    path = "/api/v1/keys/{id}",
    tag = "keys",
    params(("id" = Uuid, Path, description = "The key's identifier")),
    responses((status = 204)),
)]
pub(super) async fn delete_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<Uuid>,
) -> Result<Changed<()>, Problem> {
    let entry = entry(&app, id)?;
    app.roster.delete(&[id]).await?;
    app.books.events().keys_changed("deleted", &[id]);
    let noted = json!({ "key": entry.masked, "label": entry.details.label });
    actor.note(&app, "key.deleted", id, Some(noted)).await?;
    Ok(Changed::gone(app.roster.keeping()))
}

/// Puts an upstream key back into use, whatever was wrong with it. Rests for lack of quota stay.
#[utoipa::path(
    post,
    path = "/api/v1/keys/{id}/enable",
    tag = "keys",
    params(("id" = Uuid, Path, description = "The key's identifier")),
    responses((status = 200, body = KeyView)),
)]
pub(super) async fn enable_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<Uuid>,
) -> Result<Changed<KeyView>, Problem> {
    entry(&app, id)?;
    app.roster.enable(&[id]).await?;
    actor.note(&app, "key.enabled", id, None).await?;
    Ok(Changed::ok(app.roster.keeping(), view(&app, id)?))
}

/// Switches an upstream key off until it is enabled.
#[utoipa::path(
    post,
    path = "/api/v1/keys/{id}/disable",
    tag = "keys",
    params(("id" = Uuid, Path, description = "The key's identifier")),
    request_body = Option<Disabling>,
    responses((status = 200, body = KeyView)),
)]
pub(super) async fn disable_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<Uuid>,
    body: Option<Body<Disabling>>,
) -> Result<Changed<KeyView>, Problem> {
    entry(&app, id)?;
    let reason = body.and_then(|Body(body)| body.reason).unwrap_or_default();
    let mut faults = Faults::default();
    faults.check_text("reason", &reason, LONGEST_REASON);
    faults.check()?;
    app.roster.disable(&[id], &reason).await?;
    actor.note(&app, "key.disabled", id, Some(json!({ "reason": reason }))).await?;
    Ok(Changed::ok(app.roster.keeping(), view(&app, id)?))
}

/// Forgets whatever is held against an upstream key, rests and learned limits included. What is switched off stays off.
#[utoipa::path(
    post,
    path = "/api/v1/keys/{id}/reset",
    tag = "keys",
    params(("id" = Uuid, Path, description = "The key's identifier")),
    responses((status = 200, body = KeyView)),
)]
pub(super) async fn reset_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<Uuid>,
) -> Result<Changed<KeyView>, Problem> {
    entry(&app, id)?;
    app.roster.reset(&[id]).await?;
    app.books.events().keys_changed("reset", &[id]);
    actor.note(&app, "key.reset", id, None).await?;
    Ok(Changed::ok(app.roster.keeping(), view(&app, id)?))
}

fn check_terms(
    faults: &mut Faults,
    label: Option<&str>,
    weight: Option<u32>,
    models: Option<&[String]>,
    expires_at: Option<Timestamp>,
) {
    faults.check_text("label", label.unwrap_or_default(), LONGEST_LABEL);
    if weight.is_some_and(|weight| !(1..=HEAVIEST).contains(&weight)) {
        faults.add("weight", format!("takes 1 to {HEAVIEST}; 100 is usual"));
    }
    if let Some((at, message)) = models.and_then(fault_of_models) {
        let field = at.map_or_else(|| "models".to_owned(), |at| format!("models[{at}]"));
        faults.add(&field, message);
    }
    if let Some(message) = expires_at.and_then(fault_of_end) {
        faults.add("expires_at", message);
    }
}

fn check_tags(faults: &mut Faults, tags: &[String]) {
    if let Some((at, message)) = fault_of_tags(tags) {
        faults.add(&at.map_or_else(|| "tags".to_owned(), |at| format!("tags[{at}]")), message);
    }
}

fn check_concurrency(faults: &mut Faults, concurrency: Option<u32>) {
    if concurrency.is_some_and(|most| !(1..=MOST_AT_ONCE).contains(&most)) {
        faults.add("concurrency", format!("takes 1 to {MOST_AT_ONCE}; null is what pool.key_concurrency says"));
    }
}

fn entry(app: &App, id: Uuid) -> Result<Entry, Problem> {
    app.roster.find(id).ok_or_else(|| Problem::not_found("upstream key"))
}

fn view(app: &App, id: Uuid) -> Result<KeyView, Problem> {
    KeyView::of(app, &entry(app, id)?).ok_or_else(|| Problem::not_found("upstream key"))
}
