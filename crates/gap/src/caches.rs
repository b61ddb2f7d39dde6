//! Explicit caches at Google: those that clients make, and those that GAP makes because they save more than they cost.
//!
//! A cache belongs to the access key that made it: nobody else may name it, see it or delete it. It lives in one project
//! and for one model, so whoever names it is served there. All of them are in the ledger ([`gap_store::caches`]), with what
//! they cost and what they saved.
//!
//! [`automatic`] watches what requests begin with and lets a request ride on a cache; [`work`] makes, extends and deletes
//! them beside the requests, never before one; [`native`] does for clients that make their own what Google's API says, and
//! no other client's; [`tending`] looks after all of them.

mod accounts;
pub mod automatic;
pub mod native;
mod tending;
mod work;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gap_pool::{CachePrices, Caching, CachingPolicy, ProjectId};
use gap_store::Store;
use gap_store::caches::Cache;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::warn;

use self::accounts::Tally;
pub(crate) use self::tending::begin_chores;
use self::work::Order;
use crate::body::BodyPolicy;
use crate::caller::{Caller, Role};
use crate::clock::Clock;
use crate::config::Settings;
use crate::error::Failure;
use crate::live::Live;
use crate::models::Models;

/// Made by a client.
pub const BY_CLIENT: &str = "user";
/// Made by GAP.
pub const AUTOMATIC: &str = "automatic";
/// Orders that wait for the worker. What does not fit is not done: it will be wanted again.
const MOST_ORDERS: usize = 64;
/// Owners that are known without asking the store.
const MOST_OWNERS: usize = 10_000;
/// A token at one dollar per million costs so many billionths of a dollar.
const NANOS: f64 = 1_000.0;

/// The caches. Cheap to clone; clones are one.
#[derive(Clone, Debug)]
pub struct Caches(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    models: Models,
    clock: Clock,
    live: Live,
    bodies: BodyPolicy,
    brain: Mutex<Caching>,
    /// Projects that cannot have caches, until when.
    without: Mutex<HashMap<ProjectId, Timestamp>>,
    owners: Mutex<HashMap<Box<str>, Arc<str>>>,
    tally: Mutex<Tally>,
    orders: mpsc::Sender<Order>,
    /// Until the worker runs.
    waiting: Mutex<Option<mpsc::Receiver<Order>>>,
    /// Orders that are not done yet.
    open: AtomicUsize,
}

// === impl Caches ===

impl Caches {
    /// The caches in `store`. None is made until [`work`] has begun.
    pub fn new(
        settings: &Settings,
        live: Live,
        store: Store,
        models: Models,
        clock: Clock,
        bodies: BodyPolicy,
    ) -> Self {
        let policy = CachingPolicy { watched: settings.cache.watched, held: settings.cache.held };
        let (orders, waiting) = mpsc::channel(MOST_ORDERS);
        Self(Arc::new(Inner {
            store,
            models,
            clock,
            live,
            bodies,
            brain: Mutex::new(Caching::new(policy)),
            without: Mutex::default(),
            owners: Mutex::default(),
            tally: Mutex::default(),
            orders,
            waiting: Mutex::new(Some(waiting)),
            open: AtomicUsize::new(0),
        }))
    }

    /// Whose a cache is; none: nobody here has made it.
    ///
    /// Errors: the store cannot be read.
    async fn owner(&self, name: &str) -> Result<Option<Arc<str>>, Failure> {
        if let Some(owner) = lock(&self.0.owners).get(name) {
            return Ok(Some(Arc::clone(owner)));
        }
        match self.0.store.caches().find_by_name(name).await {
            Ok(None) => Ok(None),
            Ok(Some(cache)) => {
                let owner: Arc<str> = cache.owner.into();
                self.know(name, &owner);
                Ok(Some(owner))
            }
            Err(error) => {
                warn!("Whose a cache is cannot be read: {error}");
                Err(Failure::caches_unreadable())
            }
        }
    }

    fn know(&self, name: &str, owner: &Arc<str>) {
        let mut owners = lock(&self.0.owners);
        if owners.len() >= MOST_OWNERS {
            owners.clear();
        }
        owners.insert(name.into(), Arc::clone(owner));
    }

    /// Lets nobody have a cache that somebody else has made. Of one that nobody here has made Google decides.
    ///
    /// Errors: it is another access key's; the store cannot be read.
    pub async fn check(&self, caller: &Caller, name: &str) -> Result<(), Failure> {
        let name = match name.strip_prefix("cachedContents/") {
            // Whatever stands behind it, such as a path to something within.
            Some(id) => format!("cachedContents/{}", id.split('/').next().unwrap_or_default()),
            None => format!("cachedContents/{name}"),
        };
        match self.owner(&name).await? {
            Some(owner) if *owner != *caller.id && caller.role != Role::Administrator => Err(Failure::foreign_cache()),
            _ => Ok(()),
        }
    }

    /// What a cache of a model costs and saves; none where that is not known, or where there are none.
    fn prices(&self, model: &str) -> Option<CachePrices> {
        let table = self.0.models.table();
        let family = table.find(model);
        let prices = &family.prices;
        let nanos = |price: f64| price * NANOS;
        (family.cache_tokens > 0).then_some(CachePrices {
            input: nanos(prices.input?),
            cached: nanos(prices.cached?),
            storage: nanos(prices.storage?),
            least_tokens: family.cache_tokens,
        })
    }

    /// What the storage of a cache costs from one moment to another.
    fn rent(&self, cache: &Cache, until: Timestamp) -> i64 {
        let hours = until.duration_since(cache.paid_until).as_secs_f64().max(0.0) / 3_600.0;
        let storage = self.prices(&cache.model).map_or(0.0, |prices| prices.storage);
        whole(cache.tokens as f64 * storage * hours)
    }

    /// A cache is gone.
    fn forget(&self, name: &str) {
        self.brain().forget(name);
        lock(&self.0.owners).remove(name);
    }

    /// How many automatic caches are held.
    pub fn held(&self) -> usize {
        self.brain().len()
    }

    /// Orders that are not done yet.
    pub fn open_orders(&self) -> usize {
        self.0.open.load(Ordering::Acquire)
    }

    /// Has something done beside the requests. False when too much waits already.
    fn order(&self, order: Order) -> bool {
        self.0.open.fetch_add(1, Ordering::AcqRel);
        let sent = self.0.orders.try_send(order).is_ok();
        if !sent {
            self.0.open.fetch_sub(1, Ordering::AcqRel);
        }
        sent
    }

    fn brain(&self) -> MutexGuard<'_, Caching> {
        lock(&self.0.brain)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and NaN is 0")]
fn whole(nanos: f64) -> i64 {
    nanos.round() as i64
}
