//! Settings that may change while GAP runs.
//!
//! The configuration of the start stays as it is ([`App::settings`](crate::app::Parts::settings)); what may change is read
//! here, by whoever uses it, each time. A change is checked like the configuration itself, kept in the store before it is
//! acknowledged, and in force with the next request. Several instances on one database see each other's changes within
//! seconds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gap_store::{Store, StoreError};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;
use tracing::{info, warn};

use crate::app::App;
use crate::config::changes::{self, Changes, Unchangeable};
use crate::config::{ConfigErrors, Loaded, Settings};

/// How often the changes of other instances are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The settings in force. Cheap to clone; clones are one.
#[derive(Clone, Debug)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    now: ArcSwap<Loaded>,
    /// What was changed, by dotted name. Locked while a change is being made: one at a time.
    changed: Mutex<BTreeMap<String, String>>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// These settings cannot be changed, or not to these values.
    #[error("settings are wrong")]
    Wrong(Vec<Unchangeable>),
    /// The change could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

// === impl Live ===

impl Live {
    /// The settings of the start.
    pub fn new(loaded: Loaded) -> Self {
        Self(Arc::new(Inner { now: ArcSwap::from_pointee(loaded), changed: Mutex::default() }))
    }

    /// The configuration in force.
    pub fn loaded(&self) -> Arc<Loaded> {
        self.0.now.load_full()
    }

    /// Looks at the settings in force, without holding on to them.
    pub fn read<T>(&self, look: impl FnOnce(&Settings) -> T) -> T {
        look(&self.0.now.load().settings)
    }

    /// Takes over what was changed before, or by another instance. What no longer fits is left out, and said.
    pub async fn take_over(&self, store: &Store) -> Result<(), StoreError> {
        let mut changed = self.0.changed.lock().await;
        let kept = store.settings().list().await?;
        let kept: BTreeMap<String, String> =
            kept.into_iter().filter_map(|setting| Some((setting.name, setting.value.as_str()?.to_owned()))).collect();
        if *changed == kept {
            return Ok(());
        }
        let mut fitting = BTreeMap::new();
        for (name, value) in &kept {
            fitting.insert(name.clone(), value.clone());
            if let Err(errors) = self.with(&fitting) {
                warn!("A change of settings that was kept is left out: {errors}");
                fitting.remove(name);
            }
        }
        if let Ok(loaded) = self.with(&fitting) {
            self.0.now.store(Arc::new(loaded));
            info!(changes = fitting.len(), "Settings that were changed at run time are in force");
        }
        // Compared with what is kept, so that what does not fit is said once.
        *changed = kept;
        Ok(())
    }

    /// Changes settings: flat or dotted names with JSON values, null gives one back. All or none. `try_out` only checks.
    pub async fn change(
        &self,
        store: &Store,
        wanted: &BTreeMap<String, Value>,
        by: &str,
        now: Timestamp,
        try_out: bool,
    ) -> Result<Arc<Loaded>, ChangeError> {
        let (changes, mut wrong) = changes::read(wanted);
        let mut kept = self.0.changed.lock().await;
        let next = merged(&kept, &changes);
        let loaded = match self.with(&next) {
            Ok(loaded) if wrong.is_empty() => Arc::new(loaded),
            // What is wrong is said at once, the names as well as the values of the others.
            tried => {
                wrong.extend(tried.err().map(|errors| changes::explain(&errors, wanted)).unwrap_or_default());
                wrong.sort_by(|one, other| one.name.cmp(&other.name));
                return Err(ChangeError::Wrong(wrong));
            }
        };
        if !try_out {
            let rows = changes.into_iter().map(|(name, value)| (name, value.map(Value::String))).collect();
            store.settings().put(&rows, by, now).await?;
            self.0.now.store(Arc::clone(&loaded));
            *kept = next;
        }
        Ok(loaded)
    }

    fn with(&self, changed: &BTreeMap<String, String>) -> Result<Loaded, ConfigErrors> {
        self.0.now.load().with_run_time(changed.clone().into_iter().collect())
    }
}

fn merged(kept: &BTreeMap<String, String>, changes: &Changes) -> BTreeMap<String, String> {
    let mut next = kept.clone();
    for (name, value) in changes {
        match value {
            Some(value) => next.insert(name.clone(), value.clone()),
            None => next.remove(name),
        };
    }
    next
}

/// Follows the changes of other instances, where there may be any.
pub fn begin_chores(app: &App) {
    if !app.store.address().is_shared() {
        return;
    }
    let whole = app.clone();
    app.lifecycle.every(LOOK_EVERY, move || {
        let app = whole.clone();
        async move {
            if let Err(error) = app.live.take_over(&app.store).await {
                warn!("Changes of settings could not be looked for: {error}");
            }
        }
    });
}
