//! Looking after the caches: what is not used is deleted, what is over is forgotten, what is kept is paid for, and what
//! was lost in a crash is found.
//!
//! All of it goes in small batches, one after the other, beside the requests.

use std::time::Duration;

use gap_protocol::chain::Digest;
use gap_protocol::json::{self, Node};
use gap_store::StoreError;
use gap_store::caches::Cache;
use http::Method;
use jiff::SignedDuration;
use tracing::{info, warn};

use super::work::{self, Order, Said};
use super::{AUTOMATIC, Caches};
use crate::app::App;
use crate::body::RequestBody;
use crate::relay::RelayError;

/// How often.
const EVERY: Duration = Duration::from_secs(30);
/// Rows that are read at a time.
const BATCH: u32 = 200;
/// Caches of which Google is asked whether they are there, at a time.
const LOOKS: usize = 8;
/// How often it is asked.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Rent is counted in when so much time has passed.
const PAY_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// What is coming for longer than this will not be heard of any more.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// Pages of a project's list that are searched for what was lost.
const MOST_PAGES: usize = 10;

/// Begins to look after the caches of `app`, until shutdown.
pub(crate) fn begin_chores(app: &App) {
    work::begin(app);
    let (app, lifecycle) = (app.clone(), app.lifecycle.clone());
    lifecycle.every(EVERY, move || {
        let app = app.clone();
        async move {
            tokio::select! {
                () = app.lifecycle.must_end() => {}
                () = app.caches.tend(&app) => {}
            }
        }
    });
}

// === impl Caches ===

impl Caches {
    /// Knows the caches from before the start.
    pub(crate) async fn open(&self, app: &App) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let rows = self.0.store.caches().page(after, BATCH).await?;
            for row in &rows {
                self.resume(app, row);
            }
            let Some(last) = rows.last().filter(|_| rows.len() == BATCH as usize) else { return Ok(()) };
            after = Some(last.id);
        }
    }

    fn resume(&self, app: &App, row: &Cache) {
        let now = self.0.clock.now();
        if row.is_coming() || row.expires_at <= now {
            return;
        }
        let Some(project) = app.keyring.project_by(&row.upstream_key, &row.project) else { return };
        app.owners.note(&row.name, project);
        let (Some(name), Some(prices)) = (digest(&row.prefix), self.prices(&row.model)) else { return };
        if row.kind == AUTOMATIC {
            let tokens = u64::try_from(row.tokens).unwrap_or_default();
            self.brain().created(name, project, (&row.name, tokens), prices, (row.expires_at, now));
        }
    }

    /// Does once what has to be done from time to time.
    pub async fn tend(&self, app: &App) {
        self.settle().await;
        let idle = self.brain().let_go(self.0.clock.now());
        for cache in idle {
            // What does not fit is over by itself soon.
            self.order(Order::Delete { cache });
        }
        if let Err(error) = self.walk(app).await {
            warn!("Looking after caches failed and will be tried again: {error}");
        }
        self.settle().await;
    }

    async fn walk(&self, app: &App) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        let (mut after, mut looks) = (None, 0);
        loop {
            let rows = self.0.store.caches().page(after, BATCH).await?;
            for row in &rows {
                let age = now.duration_since(row.created_at);
                if row.is_coming() {
                    if age >= LOST_AFTER {
                        self.find_lost(app, row).await;
                    }
                } else if row.expires_at <= now {
                    self.let_row_go(app, row).await;
                } else if now.duration_since(row.paid_until) >= PAY_EVERY {
                    // The time of paying is the time of looking, too, every other time.
                    let due = age >= LOOK_EVERY && looks < LOOKS;
                    looks += usize::from(due);
                    if !due || self.verify(app, row).await {
                        self.pay(row, now).await;
                    }
                }
            }
            let Some(last) = rows.last().filter(|_| rows.len() == BATCH as usize) else { return Ok(()) };
            after = Some(last.id);
            tokio::task::yield_now().await;
        }
    }

    /// Asks Google whether a cache is still there. False when it is not.
    async fn verify(&self, app: &App, row: &Cache) -> bool {
        let Some(project) = app.keyring.project_by(&row.upstream_key, &row.project) else { return true };
        let call = work::call(Method::GET, &format!("/v1beta/{}", row.name), None, RequestBody::empty(), project);
        match work::ask(app, &call).await {
            Ok(answer) => {
                let expires = Said::read(&answer.body).and_then(|said| said.expires);
                if let Some(expires) = expires.filter(|expires| *expires != row.expires_at) {
                    self.brain().extended(&row.name, Some(expires));
                    if let Err(error) = self.0.store.caches().extend(row.id, expires).await {
                        warn!("How long a cache lives could not be written down: {error}");
                    }
                }
                true
            }
            Err(RelayError::Refused(_)) => {
                self.let_row_go(app, row).await;
                false
            }
            Err(_) => true,
        }
    }

    /// Deletes what Google has made and nobody here has heard of. What cannot be asked for now is asked for again.
    async fn find_lost(&self, app: &App, row: &Cache) {
        let Some(project) = app.keyring.project_by(&row.upstream_key, &row.project) else {
            return self.strike(row.id).await;
        };
        let mut token = String::new();
        for _ in 0..MOST_PAGES {
            let query = format!("pageSize=1000&pageToken={token}");
            let call = work::call(Method::GET, "/v1beta/cachedContents", Some(&query), RequestBody::empty(), project);
            let Ok(answer) = work::ask(app, &call).await else { return };
            let Ok(page) = json::parse(&answer.body) else { return };
            let listed = page.find("cachedContents").and_then(Node::items).unwrap_or_default();
            let lost = listed.iter().filter_map(Said::of).find(|said| said.display_name == row.display_name);
            if let Some(lost) = lost {
                info!(cache = %lost.name, "Found a cache that was made and lost in a crash");
                let found = Cache { name: lost.name, tokens: lost.tokens, ..row.clone() };
                self.delete(app, &found).await;
                return;
            }
            let next = page.find("nextPageToken").and_then(Node::text).unwrap_or_default();
            if next.is_empty() {
                break;
            }
            token = percent_encoding::utf8_percent_encode(&next, percent_encoding::NON_ALPHANUMERIC).to_string();
        }
        self.strike(row.id).await;
    }
}

/// A digest from its stored form.
fn digest(text: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    if text.len() != 2 * digest.len() || !text.is_ascii() {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}
