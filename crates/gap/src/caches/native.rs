//! Caches that clients make by Google's API.
//!
//! Creating, reading, changing and deleting go to Google as they came, to the project that has the cache. The list is the
//! ledger's: a client sees what its access key made, in every project, and nothing of anybody else's.

use std::sync::Arc;

use gap_pool::ProjectId;
use gap_store::caches::{Cache, CacheFilter};
use http::Method;
use serde_json::{Value, json};
use tracing::warn;
use uuid::Uuid;

use super::work::Said;
use super::{BY_CLIENT, Caches};
use crate::app::App;
use crate::caller::Caller;
use crate::error::Failure;

/// Entries of a page, unless the client says otherwise, and at most: Google's own.
const USUAL: u32 = 50;
const MOST: u32 = 1_000;

/// What a native call does with caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Makes one.
    Create,
    /// Lists them.
    List,
    /// Reads or changes one.
    Touch(String),
    /// Deletes one.
    Delete(String),
}

// === impl Deed ===

impl Deed {
    /// What a call does, by its verb and what its path names; none where it has nothing to do with caches.
    pub fn of(verb: &Method, resource: &str) -> Option<Self> {
        if resource == "cachedContents" {
            return match *verb {
                Method::POST => Some(Self::Create),
                Method::GET => Some(Self::List),
                _ => None,
            };
        }
        let name = resource.starts_with("cachedContents/").then(|| resource.to_owned())?;
        Some(if *verb == Method::DELETE { Self::Delete(name) } else { Self::Touch(name) })
    }

    /// The cache that it names.
    pub fn cache(&self) -> Option<&str> {
        match self {
            Self::Touch(name) | Self::Delete(name) => Some(name),
            Self::Create | Self::List => None,
        }
    }
}

// === impl Caches ===

impl Caches {
    /// Notes what Google has done: `document` is its answer.
    pub(crate) async fn note_deed(
        &self,
        app: &App,
        deed: Deed,
        document: &[u8],
        (project, owner): (ProjectId, &Arc<str>),
    ) {
        let table = self.0.store.caches();
        let done = match deed {
            Deed::Create => {
                self.enter_answer(app, document, (project, owner)).await;
                Ok(())
            }
            Deed::Touch(name) => {
                match (Said::read(document).and_then(|said| said.expires), table.find_by_name(&name).await) {
                    (Some(expires), Ok(Some(row))) if row.expires_at != expires => {
                        self.brain().extended(&name, Some(expires));
                        table.extend(row.id, expires).await.map(drop)
                    }
                    (_, found) => found.map(drop),
                }
            }
            Deed::Delete(name) => match table.find_by_name(&name).await {
                Ok(Some(row)) => {
                    self.let_row_go(app, &row).await;
                    Ok(())
                }
                found => found.map(drop),
            },
            Deed::List => Ok(()),
        };
        if let Err(error) = done {
            warn!("What became of a cache could not be written down: {error}");
        }
    }

    /// Writes down a cache that a client has made, by Google's answer; none when the answer is none about a cache.
    pub(crate) async fn enter_answer(
        &self,
        app: &App,
        document: &[u8],
        (project, owner): (ProjectId, &Arc<str>),
    ) -> Option<Cache> {
        let said = Said::read(document)?;
        let now = self.0.clock.now();
        let (home, upstream_key) = app.keyring.lasting_name(project).unwrap_or_default();
        let spent = self.prices(&said.model).map_or(0, |prices| super::whole(said.tokens as f64 * prices.input));
        let cache = Cache {
            id: Uuid::now_v7(),
            name: said.name,
            owner: owner.to_string(),
            project: home,
            upstream_key,
            model: said.model,
            kind: BY_CLIENT.to_owned(),
            prefix: String::new(),
            display_name: said.display_name,
            tokens: said.tokens,
            hits: 0,
            saved_tokens: 0,
            saved_nanos: 0,
            spent_nanos: spent,
            paid_until: now,
            created_at: now,
            used_at: now,
            // Google's own, if it says nothing.
            expires_at: said.expires.unwrap_or(now + jiff::SignedDuration::from_hours(1)),
        };
        app.owners.note(&cache.name, project);
        self.know(&cache.name, owner);
        match self.0.store.caches().insert(&cache).await {
            Ok(()) => self.note_cost(owner, BY_CLIENT, spent),
            Err(error) => warn!("A cache could not be written down; it will be missing from lists: {error}"),
        }
        Some(cache)
    }

    /// The caches of an access key, as Google lists them.
    pub(crate) async fn list_natively(&self, caller: &Caller, query: Option<&str>) -> Result<Value, Failure> {
        let asked = |field: &str, other: &str| {
            let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
            let mut found = pairs.filter(|(name, _)| name == field || name == other);
            found.next().map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
        };
        let number = |field: &str, value: String| {
            value.parse::<u32>().map_err(|_| Failure::invalid_request(format!("{field} takes a whole number.")))
        };
        let size = asked("pageSize", "page_size").map(|value| number("pageSize", value)).transpose()?;
        let size = size.filter(|size| *size > 0).unwrap_or(USUAL).min(MOST);
        let token = asked("pageToken", "page_token");
        let page = token.map(|token| {
            token
                .parse::<u32>()
                .map_err(|_| Failure::invalid_request("pageToken takes the nextPageToken of the list before."))
        });
        let page = page.transpose()?.unwrap_or(0);
        let filter = CacheFilter { owner: Some(caller.id.to_string()), kind: Some(BY_CLIENT.to_owned()), model: None };
        let skip = u64::from(page) * u64::from(size);
        let listed = self.0.store.caches().list(&filter, (skip, size), self.0.clock.now()).await;
        let (caches, total) = listed.map_err(|error| {
            warn!("Caches cannot be listed: {error}");
            Failure::caches_unreadable()
        })?;
        let mut document = json!({});
        if skip + (caches.len() as u64) < total {
            document["nextPageToken"] = (page + 1).to_string().into();
        }
        if !caches.is_empty() {
            document["cachedContents"] = caches.iter().map(shown).collect();
        }
        Ok(document)
    }
}

fn shown(cache: &Cache) -> Value {
    json!({
        "name": cache.name,
        "model": format!("models/{}", cache.model),
        "displayName": cache.display_name,
        "createTime": cache.created_at.to_string(),
        "updateTime": cache.created_at.to_string(),
        "expireTime": cache.expires_at.to_string(),
        "usageMetadata": { "totalTokenCount": cache.tokens },
    })
}
