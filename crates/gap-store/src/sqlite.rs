//! SQLite as we use it: a file that only its owner reads, a write-ahead log, one writer.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::time::Instant;

use crate::StoreError;

/// How long another process that writes is waited for.
const BUSY: Duration = Duration::from_secs(30);
/// The pause before a file that another was opening is tried again.
const OPENS_AGAIN: Duration = Duration::from_millis(10);
/// How long a writer of this process waits in line. Longer than any batch, shorter than for ever.
const IN_LINE: Duration = Duration::from_mins(1);
/// The write-ahead log is cut back to this after it has grown, in bytes.
const LOG_LIMIT: &str = "67108864";

/// The two ways to a file: one connection that writes, and some that read.
pub(crate) struct Pools {
    pub(crate) write: SqlitePool,
    pub(crate) read: SqlitePool,
    pub(crate) lock: Lock,
}

/// Opens the file, creating it and its folder if they are missing.
pub(crate) async fn open(path: &Path, readers: u32) -> Result<Pools, StoreError> {
    create(path)?;
    let lock = Lock::shared(path)?;
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).foreign_keys(true);
    let writer = options
        .clone()
        // Lets the clean-up give pages back to the system. Only a new file takes it.
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged write survives the machine, not only the process.
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", LOG_LIMIT);
    let write = first_connection(writer).await?;
    let read = SqlitePoolOptions::new()
        .max_connections(readers.max(1))
        .acquire_timeout(IN_LINE)
        .connect_lazy_with(options.pragma("query_only", "ON"));
    Ok(Pools { write, read, lock })
}

/// A database in memory. It *is* its one connection, which therefore never expires.
pub(crate) async fn open_memory() -> Result<SqlitePool, StoreError> {
    // By its name: by its flag, copies made from it would be in memory, too.
    let options = SqliteConnectOptions::new().filename(":memory:").foreign_keys(true);
    Ok(one_connection().connect_with(options).await?)
}

/// Waits for others that open the same new file. Of two that turn on its write-ahead log at once, SQLite tells one that the
/// file is locked without minding the time that it may wait: <https://sqlite.org/c3ref/busy_handler.html>.
async fn first_connection(options: SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let until = Instant::now() + BUSY;
    loop {
        match one_connection().connect_with(options.clone()).await.map_err(StoreError::from) {
            Err(StoreError::Locked(_)) if Instant::now() < until => tokio::time::sleep(OPENS_AGAIN).await,
            opened => return opened,
        }
    }
}

fn one_connection() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(IN_LINE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Makes the folder and an empty file that only its owner may read; the log beside it inherits that from SQLite.
fn create(path: &Path) -> Result<(), StoreError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        |source| StoreError::Unwritable { path, source }
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_folder(folder).map_err(unwritable(folder))?;
    }
    // SQLite would open a file that it may not write and fail much later.
    private(OpenOptions::new().create(true).append(true)).open(path).map_err(unwritable(path))?;
    Ok(())
}

fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A file created by this is its owner's alone.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// The file with something appended to its name: `-wal`, `-shm`, `.lock`.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Who has the file open. Every store shares the lock; what replaces or removes the file must have it alone.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

// === impl Lock ===

impl Lock {
    /// Beside others.
    fn shared(path: &Path) -> Result<Self, StoreError> {
        Self::take(path, File::try_lock_shared)
    }

    /// Alone.
    pub(crate) fn alone(path: &Path) -> Result<Self, StoreError> {
        Self::take(path, File::try_lock)
    }

    fn take(path: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Self, StoreError> {
        let name = beside(path, ".lock");
        let opened = private(OpenOptions::new().create(true).append(true)).open(&name);
        let file = opened.map_err(|source| StoreError::Unwritable { path: name, source })?;
        match lock(&file) {
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
            // Some network file systems have no locks; there the operator's care must do.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { _file: file }),
        }
    }
}
