//! Copies of the whole store, and the ways back.
//!
//! From SQLite a backup is a database file again; from PostgreSQL it is lines of JSON, which need no tools of a matching
//! version. Both are taken from a running store and show one moment. A backup holds what the store holds: upstream keys
//! sealed, access keys as digests. It opens with the `SECRET_KEY` of its time.

mod file;
mod lines;

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::db::Db;
use crate::{Address, Options, Store, StoreError, sqlite};

/// Writes a backup to a file that must not exist yet. Only its owner may read it.
pub async fn create(store: &Store, to: &Path, now: Timestamp) -> Result<(), StoreError> {
    let draft = Draft::beside(to)?;
    match store.write() {
        Db::Sqlite(pool) => file::write(pool, draft.path()).await?,
        Db::Postgres(pool) => lines::write(pool, draft.path(), now).await?,
    }
    draft.publish(to)
}

/// Replaces the store by a backup, after checking that the backup is whole and that the secret opens it. The store must
/// not be open anywhere.
pub async fn restore(options: Options, from: &Path, now: Timestamp) -> Result<(), StoreError> {
    match &options.address {
        Address::Memory => {
            Err(StoreError::Invalid("there is nothing to restore to: the store is in memory".to_owned()))
        }
        Address::File(path) => file::restore(path, from, &options, now).await,
        Address::Postgres(_) => lines::restore(options, from, now).await,
    }
}

/// Removes the store with everything in it. It must not be open anywhere.
pub async fn reset(address: &Address) -> Result<(), StoreError> {
    match address {
        Address::Memory => Ok(()),
        Address::File(path) if !path.exists() => Ok(()),
        Address::File(path) => file::remove(path),
        Address::Postgres(server) => lines::remove(server).await,
    }
}

/// A file that gets its name when it is complete, and vanishes otherwise.
struct Draft(PathBuf);

// === impl Draft ===

impl Draft {
    fn beside(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Backup { path: path.to_owned(), source };
        if path.exists() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let draft = sqlite::beside(path, &format!(".{}.part", std::process::id()));
        sqlite::private(std::fs::OpenOptions::new().create_new(true).write(true)).open(&draft).map_err(failed)?;
        Ok(Self(draft))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn publish(self, path: &Path) -> Result<(), StoreError> {
        let finish = || {
            std::fs::File::open(&self.0)?.sync_all()?;
            // Unlike a rename, a link never replaces a file that came to be in the meantime.
            std::fs::hard_link(&self.0, path)
        };
        finish().map_err(|source| StoreError::Backup { path: path.to_owned(), source })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Published, it has another name.
        let _ = std::fs::remove_file(&self.0);
    }
}
