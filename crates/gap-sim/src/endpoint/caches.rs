//! Explicit caches: bound to a project and to a model (wire 99, 129).

use http::Response;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::list::{Owner, Sizes};
use super::{Ask, list};
use crate::body::Body;
use crate::error::ApiError;
use crate::models::Model;
use crate::request::{Content, Generate, Tool, ToolConfig};
use crate::store::{Cache, Store};
use crate::{account, lock, refusal, strict, tokens};

const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    model: Option<String>,
    display_name: Option<String>,
    contents: Vec<Content>,
    system_instruction: Option<Content>,
    tools: Vec<Tool>,
    tool_config: ToolConfig,
    ttl: Option<String>,
    expire_time: Option<Timestamp>,
}

pub(crate) fn create(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    let request: Request = ask.read("CachedContent")?;
    let name = request.model.as_deref().and_then(|model| model.strip_prefix("models/"));
    let name = name.ok_or_else(|| {
        ApiError::invalid("* CreateCachedContentRequest.cached_content.model: unexpected model name format\n")
    })?;
    let model = crate::models::find(name).filter(|model| model.supports("createCachedContent"));
    let model = model.ok_or_else(|| refusal::unknown_model(name, &ask.target.version, "createCachedContent"))?;
    if !request.contents.is_empty() {
        strict::contents(&request.contents, "CreateCachedContentRequest.cached_content")?;
    }
    let expires = expiry(&request, ask.world.clock.now())?;
    let content = Generate {
        contents: request.contents,
        system_instruction: request.system_instruction,
        tools: request.tools,
        tool_config: request.tool_config,
        ..Generate::default()
    };
    let tokens = tokens::of_request(&content).total();
    let least = account::least_tokens(model);
    if tokens < least {
        return Err(ApiError::invalid(format!(
            "Cached content is too small. total_token_count={tokens}, min_total_token_count={least}"
        )));
    }
    let now = ask.world.clock.now();
    let cache = Cache {
        project: ask.caller.project,
        name: ask.world.fresh_dice("cache").id(40),
        model,
        display_name: request.display_name.unwrap_or_default(),
        created: now,
        updated: now,
        expires: expires.unwrap_or(now + USUAL_LIFE),
        tokens,
    };
    let mut store = settled(ask);
    store
        .admit(0)
        .map_err(|_| ApiError::new(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."))?;
    store.caches.insert(cache.name.clone(), cache.clone());
    drop(store);
    lock(&ask.world.accounts).made(&cache);
    Ok(ask.json(show(&cache)))
}

pub(crate) fn list(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    let mut caches: Vec<Cache> =
        settled(ask).caches.values().filter(|cache| cache.project == ask.caller.project).cloned().collect();
    caches.sort_by(|left, right| (right.created, &right.name).cmp(&(left.created, &left.name)));
    let shown: Vec<Value> = caches.iter().map(show).collect();
    Ok(ask.json(list::page(ask, "cachedContents", &shown, Owner::Project, Sizes { usual: 50, most: 1_000 })?))
}

pub(crate) fn get(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    Ok(ask.json(show(&own(ask, name)?)))
}

/// Only the time of expiry can be changed. Other members may stand in the body; the mask says what is meant.
pub(crate) fn update(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let request: Request = ask.read("CachedContent")?;
    own(ask, name)?;
    let mask = ask.query.get("updateMask").or_else(|| ask.query.get("update_mask")).unwrap_or_default();
    let allowed = |field: &str| matches!(field.trim(), "" | "ttl" | "expireTime" | "expire_time");
    if let Some(field) = mask.split(',').find(|field| !allowed(field)) {
        return Err(ApiError::invalid(format!(
            "* UpdateCachedContentRequest.update_mask: {field} can not be updated\n"
        )));
    }
    let now = ask.world.clock.now();
    let expires = expiry(&request, now)?;
    let expires = expires.ok_or_else(|| ApiError::invalid("* UpdateCachedContentRequest.cached_content.expiration: required oneof field 'expiration' must have one initialized field\n"))?;
    let mut store = settled(ask);
    let cache = store.caches.get_mut(name).ok_or_else(refusal::unknown_cache)?;
    cache.updated = now;
    cache.expires = expires;
    let shown = show(cache);
    drop(store);
    Ok(ask.json(shown))
}

pub(crate) fn delete(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    own(ask, name)?;
    let gone = settled(ask).caches.remove(name);
    if let Some(cache) = gone {
        lock(&ask.world.accounts).gone(&cache, ask.world.clock.now());
    }
    Ok(ask.json(json!({})))
}

/// The tokens that a request takes from a cache, if it may have it.
pub(crate) fn tokens_of(ask: &Ask<'_>, model: &Model, request: &Generate) -> Result<u64, ApiError> {
    let Some(name) = request.cached_content.as_deref().filter(|name| !name.is_empty()) else { return Ok(0) };
    if request.system_instruction.is_some() || !request.tools.is_empty() || request.tool_config.is_set() {
        return Err(ApiError::invalid(
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\n\
             Proposed fix: move those values to CachedContent from GenerateContent request.",
        ));
    }
    let cache = own(ask, name.strip_prefix("cachedContents/").unwrap_or(name))?;
    if cache.model.id() != model.id() {
        return Err(ApiError::invalid(format!(
            "Model used by GenerateContent request (models/{}) and CachedContent (models/{}) has to be the same.",
            model.id(),
            cache.model.id()
        )));
    }
    Ok(cache.tokens)
}

fn own(ask: &Ask<'_>, name: &str) -> Result<Cache, ApiError> {
    let store = settled(ask);
    store
        .caches
        .get(name)
        .filter(|cache| cache.project == ask.caller.project)
        .cloned()
        .ok_or_else(refusal::unknown_cache)
}

/// `ttl` or `expireTime`, not both, and not in the past.
fn expiry(request: &Request, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let at = match (&request.ttl, request.expire_time) {
        (Some(_), Some(_)) => {
            let what = "oneof field 'expiration' is already set. Cannot set 'expireTime'";
            return Err(ApiError::invalid(format!("Invalid value at 'cached_content' (oneof), {what}")));
        }
        (None, at) => at,
        (Some(ttl), None) => {
            let seconds = ttl.strip_suffix('s').and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or_default();
            let life = SignedDuration::try_from_secs_f64(seconds).ok();
            life.and_then(|life| now.checked_add(life).ok())
        }
    };
    match at {
        Some(at) if at <= now => Err(ApiError::invalid("expire_time must be in the future")),
        None if request.ttl.is_some() => Err(ApiError::invalid("ttl is out of range")),
        at => Ok(at),
    }
}

fn settled<'a>(ask: &Ask<'a>) -> std::sync::MutexGuard<'a, Store> {
    let mut store = lock(&ask.world.store);
    store.settle(ask.world.clock.now());
    lock(&ask.world.accounts).bill(&mut store);
    store
}

fn show(cache: &Cache) -> Value {
    json!({
        "name": format!("cachedContents/{}", cache.name),
        "model": format!("models/{}", cache.model.id()),
        "createTime": format!("{:.6}", cache.created),
        "updateTime": format!("{:.6}", cache.updated),
        "expireTime": format!("{:.9}", cache.expires),
        "displayName": cache.display_name,
        "usageMetadata": {"totalTokenCount": cache.tokens},
    })
}
