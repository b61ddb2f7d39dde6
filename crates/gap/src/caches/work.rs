//! Making, extending and deleting caches, beside the requests.
//!
//! A creation is written down before Google is asked, with a display name by which it is found again: after a crash in
//! between, [`super::tending`] deletes what nobody uses.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use gap_pool::verdict::Scope;
use gap_pool::{Affinity, CachePrices, ProjectId};
use gap_protocol::chain::Digest;
use gap_protocol::gemini::cache::{self, NewCache};
use gap_protocol::json::{self, Node};
use gap_protocol::meter::Framing;
use gap_store::caches::Cache;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::{debug, info, warn};
use uuid::Uuid;

use super::{AUTOMATIC, Caches, lock, whole};
use crate::app::App;
use crate::body::RequestBody;
use crate::caller::{Caller, Role};
use crate::dialect::Dialect;
use crate::ledger::Entry;
use crate::middleware::Visit;
use crate::owners;
use crate::receipt::{Facts, Receipt};
use crate::relay::{Call, RelayError, WholeAnswer};

/// Orders that are done at a time.
const AT_ONCE: usize = 8;
/// How long Google may take for one.
const PATIENCE: Duration = Duration::from_mins(1);
/// A beginning of which no cache could be made is left alone for so long, and a project that has no caching.
const REST: SignedDuration = SignedDuration::from_mins(10);
const REST_OF_PROJECT: SignedDuration = SignedDuration::from_hours(6);
/// What is coming is looked for at Google as long as it could be there.
const SLACK: SignedDuration = SignedDuration::from_mins(2);
/// What display names of GAP's own caches begin with.
const DISPLAY_NAME: &str = "gap-";

/// What is to be done.
#[derive(Debug)]
pub(super) enum Order {
    /// A cache is worth it.
    Create(Box<Creation>),
    /// A cache is still used.
    Extend {
        /// Google's name for it.
        cache: Box<str>,
        /// Where it is.
        project: ProjectId,
        /// For how many seconds from now.
        life: u64,
    },
    /// A cache is not used any more.
    Delete {
        /// Google's name for it.
        cache: Box<str>,
    },
}

/// A cache that is to be made.
#[derive(Debug)]
pub(super) struct Creation {
    pub(super) name: Digest,
    pub(super) project: ProjectId,
    pub(super) prices: CachePrices,
    pub(super) owner: Arc<str>,
    pub(super) model: String,
    /// The turns that go into it.
    pub(super) turns: usize,
    /// The request whose beginning it is.
    pub(super) body: Bytes,
    /// In seconds.
    pub(super) life: u64,
    /// Of the request that showed that it is worth it.
    pub(super) facts: Facts,
}

/// What Google says of a cache.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(super) name: String,
    pub(super) model: String,
    pub(super) display_name: String,
    pub(super) tokens: i64,
    pub(super) expires: Option<Timestamp>,
}

/// Does what is ordered, until shutdown.
pub(super) fn begin(app: &App) {
    let waiting = lock(&app.caches.0.waiting).take();
    let Some(mut orders) = waiting else { return };
    let (app, lifecycle) = (app.clone(), app.lifecycle.clone());
    let places = Arc::new(Semaphore::new(AT_ONCE));
    lifecycle.clone().spawn(async move {
        loop {
            let order = tokio::select! {
                () = lifecycle.stopping() => return,
                order = orders.recv() => order,
            };
            let Some(order) = order else { return };
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let app = app.clone();
            lifecycle.spawn(async move {
                tokio::select! {
                    () = app.lifecycle.must_end() => {}
                    () = app.caches.perform(&app, order) => {}
                }
                app.caches.0.open.fetch_sub(1, Ordering::AcqRel);
                drop(place);
            });
        }
    });
}

// === impl Caches ===

impl Caches {
    async fn perform(&self, app: &App, order: Order) {
        match order {
            Order::Create(creation) => self.create(app, *creation).await,
            Order::Extend { cache, project, life } => self.extend(app, &cache, project, life).await,
            Order::Delete { cache } => {
                if let Ok(Some(row)) = self.0.store.caches().find_by_name(&cache).await {
                    self.delete(app, &row).await;
                }
            }
        }
    }

    async fn create(&self, app: &App, creation: Creation) {
        let Creation { name, project, prices, owner, model, turns, body, life, facts } = creation;
        let id = Uuid::now_v7();
        let display_name = format!("{DISPLAY_NAME}{id}");
        let new = NewCache { model: &model, display_name: &display_name, seconds: life };
        let now = self.0.clock.now();
        let rest = now.checked_add(REST).unwrap_or(now);
        let Some(written) = cache::creation(&body, turns, new) else {
            return self.brain().refused(&name, project, rest);
        };
        drop(body);
        let (Some((home, upstream_key)), Ok(body)) =
            (app.keyring.lasting_name(project), RequestBody::written(written.into(), &app.bodies))
        else {
            return self.brain().refused(&name, project, rest);
        };
        let coming = Cache {
            id,
            name: Cache::coming(id),
            owner: owner.to_string(),
            project: home,
            upstream_key,
            model: model.clone(),
            kind: AUTOMATIC.to_owned(),
            prefix: hex(&name),
            display_name,
            tokens: 0,
            hits: 0,
            saved_tokens: 0,
            saved_nanos: 0,
            spent_nanos: 0,
            paid_until: now,
            created_at: now,
            used_at: now,
            expires_at: now.checked_add(seconds(life) + SLACK).unwrap_or(now),
        };
        if let Err(error) = self.0.store.caches().insert(&coming).await {
            warn!("A cache is not made, because it could not be written down: {error}");
            return self.brain().refused(&name, project, rest);
        }
        let call = call(Method::POST, "/v1beta/cachedContents", None, body, project);
        let said = app.relay.ask(&call, &mut Receipt::part_of(facts)).await;
        let said = said.map(|answer| Said::read(&answer.body));
        match said {
            Ok(Some(said)) => self.came(app, coming, (name, project, prices, life), said).await,
            Ok(None) => self.brain().refused(&name, project, rest),
            Err(error) => {
                info!(error = %error, "No cache could be made for {model}: {error}");
                if let RelayError::Exhausted(fault) = &error
                    && fault.scope == Scope::Feature
                {
                    let until = now.checked_add(REST_OF_PROJECT).unwrap_or(now);
                    lock(&self.0.without).insert(project, until);
                }
                self.brain().refused(&name, project, rest);
                // Of what Google has refused there is nothing to look for.
                if matches!(error, RelayError::Refused(_) | RelayError::NoKey(_)) {
                    self.strike(coming.id).await;
                }
            }
        }
    }

    async fn came(
        &self,
        app: &App,
        coming: Cache,
        (name, project, prices, life): (Digest, ProjectId, CachePrices, u64),
        said: Said,
    ) {
        let now = self.0.clock.now();
        let expires = said.expires.or_else(|| now.checked_add(seconds(life)).ok()).unwrap_or(now);
        let owner: Arc<str> = coming.owner.as_str().into();
        let spent = whole(said.tokens as f64 * prices.input);
        app.owners.note(&said.name, project);
        self.know(&said.name, &owner);
        let written = self.0.store.caches().came(coming.id, &said.name, (said.tokens, spent), expires).await;
        if let Err(error) = written {
            // It will be looked for, and deleted.
            warn!("A new cache could not be written down: {error}");
        }
        self.note_cost(&owner, AUTOMATIC, spent);
        let tokens = u64::try_from(said.tokens).unwrap_or_default();
        self.brain().created(name, project, (&said.name, tokens), prices, (expires, now));
        info!(cache = %said.name, tokens, "Made a cache of {tokens} tokens for {}", coming.model);
    }

    async fn extend(&self, app: &App, name: &str, project: ProjectId, life: u64) {
        let now = self.0.clock.now();
        match self.set_expiry(app, name, project, &format!("{life}s")).await {
            Ok(said) => {
                let expires = said.expires.or_else(|| now.checked_add(seconds(life)).ok());
                self.brain().extended(name, expires);
                if let (Ok(Some(row)), Some(expires)) = (self.0.store.caches().find_by_name(name).await, expires)
                    && let Err(error) = self.0.store.caches().extend(row.id, expires).await
                {
                    warn!("How long a cache lives could not be written down: {error}");
                }
            }
            Err(RelayError::Refused(_)) => {
                self.forget(name);
                if let Ok(Some(row)) = self.0.store.caches().find_by_name(name).await {
                    self.let_row_go(app, &row).await;
                }
            }
            Err(error) => {
                debug!(%error, "A cache could not be extended: {error}");
                self.brain().extended(name, None);
            }
        }
    }

    /// Keeps a cache for so many seconds from now on, at Google and here.
    ///
    /// Errors: Google could not be asked, or has forgotten it.
    pub(crate) async fn keep_for(&self, app: &App, row: &Cache, life: u64) -> Result<(), RelayError> {
        let home = app.owners.find(&row.name).or_else(|| app.keyring.project_by(&row.upstream_key, &row.project));
        let project = home.ok_or(RelayError::TimedOut)?;
        let said = self.set_expiry(app, &row.name, project, &format!("{life}s")).await?;
        let now = self.0.clock.now();
        let expires = said.expires.or_else(|| now.checked_add(seconds(life)).ok()).unwrap_or(now);
        self.brain().extended(&row.name, Some(expires));
        if let Err(error) = self.0.store.caches().extend(row.id, expires).await {
            warn!("How long a cache lives could not be written down: {error}");
        }
        Ok(())
    }

    /// Google has forgotten a cache.
    pub(crate) async fn gone(&self, app: &App, row: &Cache) {
        self.let_row_go(app, row).await;
    }

    /// What keeping a cache has cost that is not counted in yet.
    pub(crate) fn unpaid(&self, row: &Cache) -> i64 {
        self.rent(row, self.0.clock.now().min(row.expires_at))
    }

    /// Tells Google how long to keep a cache (`300s`), and what it says of the cache then.
    async fn set_expiry(&self, app: &App, name: &str, project: ProjectId, ttl: &str) -> Result<Said, RelayError> {
        let body = serde_json::json!({ "ttl": ttl }).to_string();
        let body = RequestBody::written(body.into(), &app.bodies).map_err(|_| RelayError::BodyGone)?;
        let call = call(Method::PATCH, &format!("/v1beta/{name}"), Some("updateMask=ttl"), body, project);
        let answer = ask(app, &call).await?;
        Said::read(&answer.body).ok_or(RelayError::Empty)
    }

    /// Deletes a cache at Google and here. False when Google could not be told: then it stays in the list.
    pub(crate) async fn delete(&self, app: &App, row: &Cache) -> bool {
        let home = app.owners.find(&row.name).or_else(|| app.keyring.project_by(&row.upstream_key, &row.project));
        if let Some(project) = home {
            let call = call(Method::DELETE, &format!("/v1beta/{}", row.name), None, RequestBody::empty(), project);
            match ask(app, &call).await {
                Ok(_) | Err(RelayError::Refused(_)) => {}
                Err(error) => {
                    debug!(%error, "A cache could not be deleted: {error}");
                    return false;
                }
            }
        }
        self.let_row_go(app, row).await;
        true
    }

    /// A cache is gone at Google: what it has cost until now is counted, and it is forgotten here.
    pub(super) async fn let_row_go(&self, app: &App, row: &Cache) {
        self.pay(row, self.0.clock.now()).await;
        self.forget(&row.name);
        app.owners.forget(&row.name);
        owners::kept::strike(app, &row.name).await;
        self.strike(row.id).await;
    }

    /// Counts in what keeping a cache has cost until then.
    pub(super) async fn pay(&self, row: &Cache, until: Timestamp) {
        let until = until.min(row.expires_at);
        if until <= row.paid_until || row.is_coming() {
            return;
        }
        let rent = self.rent(row, until);
        if let Ok(true) = self.0.store.caches().pay(row.id, rent, row.paid_until, until).await {
            self.note_cost(&row.owner.as_str().into(), &row.kind, rent);
        }
    }

    pub(super) async fn strike(&self, id: Uuid) {
        if let Err(error) = self.0.store.caches().delete(id).await {
            warn!("A cache that is gone could not be struck from the list: {error}");
        }
    }
}

/// Asks Google for GAP itself.
pub(super) async fn ask(app: &App, call: &Call) -> Result<WholeAnswer, RelayError> {
    let address = ([127, 0, 0, 1], 0).into();
    let visit = Visit {
        id: HeaderValue::from_static("caches"),
        dialect: Dialect::Gemini,
        began: Instant::now(),
        peer: address,
        client: address.ip(),
        entry: Entry::default(),
    };
    let caller = Caller::new("gap", "GAP", Role::Administrator);
    let facts = Facts { visit, caller, request_line: format!("{} {}", call.verb, call.path), model: None };
    app.relay.ask(call, &mut Receipt::part_of(facts)).await
}

/// A call about caches.
pub(super) fn call(verb: Method, path: &str, query: Option<&str>, body: RequestBody, project: ProjectId) -> Call {
    let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let says_something = verb == Method::POST || verb == Method::PATCH;
    Call {
        // Making one twice would cost twice.
        repeatable: verb != Method::POST,
        verb,
        path: path.to_owned(),
        query: query.map(str::to_owned),
        headers: says_something.then_some(json).into_iter().collect(),
        body,
        model: None,
        affinity: Affinity::Must(project),
        framing: Framing::Json,
        finishes: false,
        client_deadline: Some(PATIENCE),
        may_fall_back: false,
    }
}

// === impl Said ===

impl Said {
    /// Reads a `CachedContent`.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        Self::of(&json::parse(body).ok()?)
    }

    pub(super) fn of(document: &Node<'_>) -> Option<Self> {
        let text = |field: &str| document.find(field).and_then(Node::text).unwrap_or_default();
        let name = text("name").into_owned();
        let model = text("model");
        let tokens = document.find("usageMetadata").and_then(|usage| usage.find("totalTokenCount"));
        name.starts_with("cachedContents/").then(|| Self {
            name,
            model: model.strip_prefix("models/").unwrap_or(&model).to_owned(),
            display_name: text("displayName").into_owned(),
            tokens: tokens.and_then(Node::integer).unwrap_or_default(),
            expires: text("expireTime").parse().ok(),
        })
    }
}

pub(super) fn seconds(count: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(count).unwrap_or(i64::MAX))
}

/// A digest as it is stored.
pub(super) fn hex(digest: &Digest) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect()
}
