//! Where things are kept: opening the store that the settings ask for, and the store's own chores.

use std::time::Duration;

use gap_store::clean_up::Retention;
use gap_store::{Address, Options, SecretKeys, Store, StoreError};
use secrecy::{ExposeSecret, SecretString};
use tracing::{info, warn};
use uuid::Uuid;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{DatabaseUrl, Settings};
use crate::conversations;
use crate::events::Progress;
use crate::secrets::{self, FolderError};

/// How often what is over is removed.
const CLEAN_UP_EVERY: Duration = Duration::from_hours(1);

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database, or its secret.
    #[error("store.database_url: {0}. {remedy}", remedy = .0.remedy())]
    Store(#[from] StoreError),
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// How the settings say that the store is opened. Memory, unless somebody asked for a database.
pub fn options(settings: &Settings) -> Result<Options, DatabaseError> {
    let address = if settings.wants_database() { address(settings)? } else { Address::Memory };
    let auth = &settings.auth;
    // Without one there is nothing that a restart would have to open again.
    let current = auth.secret_key.clone().unwrap_or_else(|| SecretString::from(secrets::random_hex::<32>()));
    Ok(Options::new(address, SecretKeys { current, previous: auth.secret_key_previous.clone() }))
}

/// Where the settings say that the database is, whether or not it is used.
pub fn address(settings: &Settings) -> Result<Address, DatabaseError> {
    match &settings.store.database_url {
        DatabaseUrl::SqliteMemory => Ok(Address::Memory),
        DatabaseUrl::SqliteFile(path) => Ok(Address::File(path.clone())),
        DatabaseUrl::Postgres(url) => Ok(url.expose_secret().parse()?),
    }
}

/// Opens the store: in memory, unless somebody asked for a database.
pub async fn open(settings: &Settings, clock: &Clock) -> Result<Store, DatabaseError> {
    let store = Store::open(options(settings)?, clock.now()).await?;
    if settings.wants_database() {
        secrets::opened(settings)?;
    }
    Ok(store)
}

/// How long the settings keep what.
pub fn retention(settings: &Settings) -> Retention {
    const DAY: Duration = Duration::from_hours(24);
    let usage = &settings.usage;
    Retention {
        records: DAY * usage.retention_days,
        hours: DAY * usage.hourly_retention_days,
        days: DAY * usage.daily_retention_days,
        addresses: DAY * usage.address_retention_days,
        audit: DAY * usage.audit_retention_days,
        conversations: conversations::default_ttl(settings),
        ..Retention::default()
    }
}

/// Removes what is over, from time to time, until shutdown.
pub fn begin_chores(app: &App) {
    let (store, clock, live) = (app.store.clone(), app.clock.clone(), app.live.clone());
    let events = app.books.events().clone();
    app.lifecycle.every(CLEAN_UP_EVERY, move || {
        let (store, clock, retention, events) = (store.clone(), clock.clone(), live.read(retention), events.clone());
        async move {
            let mut progress = Progress { id: Uuid::now_v7(), state: "running", total: 0, done: 0 };
            events.job_went_on("clean_up", &progress);
            match store.clean_up(&retention, clock.now()).await {
                Ok(removed) => {
                    let rows = removed.records
                        + removed.sums
                        + removed.audit
                        + removed.sessions
                        + removed.resources
                        + removed.conversations
                        + removed.caches;
                    progress = Progress { state: "done", total: rows, done: rows, ..progress };
                    info!(records = removed.records, sums = removed.sums, "Cleaned up what is older than it should be");
                }
                Err(error) => {
                    progress.state = "failed";
                    warn!("Cleaning up failed and will be tried again: {error}");
                }
            }
            events.job_went_on("clean_up", &progress);
        }
    });
}
