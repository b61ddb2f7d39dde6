//! A backup that is an SQLite file.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqlitePool};

use super::Draft;
use crate::sqlite::{Lock, beside};
use crate::{Address, Options, Store, StoreError};

/// Writes a compact copy of this moment into an empty file, while others go on reading and writing.
pub(super) async fn write(pool: &SqlitePool, to: &Path) -> Result<(), StoreError> {
    let path = to.to_str().ok_or_else(|| StoreError::Invalid("the path of a backup is UTF-8".to_owned()))?;
    sqlx::query("VACUUM INTO $1").bind(path).execute(pool).await?;
    Ok(())
}

/// Puts a backup in the place of the store.
pub(super) async fn restore(path: &Path, from: &Path, options: &Options, now: Timestamp) -> Result<(), StoreError> {
    let failed = |source: io::Error| StoreError::Backup { path: from.to_owned(), source };
    let mut source = std::fs::File::open(from).map_err(failed)?;
    let here = |source: io::Error| StoreError::Unwritable { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(here)?;
    }
    let _lock = Lock::alone(path)?;

    // Tried out beside the store, so that a backup that does not open costs nothing.
    let trial = beside(path, ".restoring");
    let draft = Draft::beside(&trial)?;
    let mut copy = std::fs::OpenOptions::new().write(true).open(draft.path()).map_err(here)?;
    io::copy(&mut source, &mut copy).map_err(failed)?;
    copy.sync_all().map_err(here)?;
    drop(copy);
    let checked = check(draft.path(), options, now).await;
    for ending in ["-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(beside(draft.path(), ending));
    }
    checked?;

    // A log that belongs to the old file would be played into the new one.
    for ending in ["-wal", "-shm"] {
        remove_file(&beside(path, ending))?;
    }
    std::fs::rename(draft.path(), path).map_err(here)
}

/// Opens the copy as a store: its schema, its secrets, its pages.
async fn check(copy: &Path, options: &Options, now: Timestamp) -> Result<(), StoreError> {
    // An empty file, or another program's, would be opened and filled.
    let mut connection = SqliteConnectOptions::new().filename(copy).connect().await?;
    let keys: Result<i64, _> = sqlx::query_scalar("SELECT COUNT(*) FROM data_keys").fetch_one(&mut connection).await;
    connection.close().await?;
    match keys.map_err(StoreError::from) {
        Ok(1..) => {}
        Err(StoreError::Damaged(said)) => return Err(StoreError::Damaged(said)),
        _ => return Err(StoreError::Invalid("this is not a backup of a GAP on SQLite".to_owned())),
    }
    let trial = Options { address: Address::File(copy.to_owned()), ..options.clone() };
    let store = Store::open(trial, now).await?;
    let checked = async {
        let crate::db::Db::Sqlite(pool) = store.write() else { return Ok(()) };
        let said: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(pool).await?;
        if said == "ok" { Ok(()) } else { Err(StoreError::Damaged(said)) }
    };
    let checked = checked.await;
    store.close().await;
    checked
}

/// Removes the file and what SQLite keeps beside it.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    let _lock = Lock::alone(path)?;
    for ending in ["-wal", "-shm", ""] {
        remove_file(&beside(path, ending))?;
    }
    Ok(())
}

fn remove_file(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Unwritable { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
