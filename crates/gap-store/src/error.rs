//! What can go wrong, in the terms of somebody who can do something about it.

use std::io;
use std::path::PathBuf;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `DATABASE_URL` cannot be read.
    #[error("DATABASE_URL is not understood: {0}")]
    Address(&'static str),
    /// The server does not answer, or has hung up.
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// The server answers and does not let us in.
    #[error("the database refuses us: {0}")]
    Refused(#[source] sqlx::Error),
    /// The folder or the file cannot be created or written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process holds the file and does not let go.
    #[error("the database file is locked by another program: {0}")]
    Locked(#[source] sqlx::Error),
    /// Something was to be done that needs the database for itself.
    #[error("another process has {} open", .0.display())]
    InUse(PathBuf),
    /// `SECRET_KEY` does not open what it should.
    #[error("SECRET_KEY does not open the secrets of this database")]
    WrongSecret,
    /// A newer GAP has been here.
    #[error("the database has schema {found}, this program knows schemas up to {known}")]
    NewerSchema {
        /// What the database has.
        found: i64,
        /// What this program can read.
        known: i64,
    },
    /// What is stored is not what was once written.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The disk, or the quota on it, is full.
    #[error("there is no room left for the database: {0}")]
    Full(#[source] sqlx::Error),
    /// What is to be new exists already.
    #[error("this {0} exists already")]
    Duplicate(&'static str),
    /// What is referred to does not exist.
    #[error("what this {0} refers to does not exist")]
    Missing(&'static str),
    /// A value that cannot be stored.
    #[error("{0}")]
    Invalid(String),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// Reading or writing a backup failed.
    #[error("{}: {source}", path.display())]
    Backup {
        /// The backup's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Anything else that the database says.
    #[error("the database failed: {0}")]
    Query(#[source] sqlx::Error),
}

// === impl StoreError ===

impl StoreError {
    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Address(_) => "Write sqlite://./data/gap.db or postgresql://user:password@host:5432/database.",
            Self::Unreachable(_) => "Check that the database runs and that host and port of DATABASE_URL are right.",
            Self::Refused(_) => "Check user, password and database name of DATABASE_URL, and what the user may do.",
            Self::Unwritable { .. } => {
                "Let the user that runs GAP write there, or name another place with DATABASE_URL."
            }
            Self::Locked(_) => "End the other program (an editor for databases, a second GAP), then try again.",
            Self::InUse(_) => "Stop GAP first (./deploy.sh stop), then try again.",
            Self::WrongSecret => {
                "Start with the SECRET_KEY that was in use before. To change it, set the new one as SECRET_KEY and the \
                 old one as SECRET_KEY_PREVIOUS. If it is lost, `gap db reset --yes` begins anew; upstream keys must \
                 then be entered again."
            }
            Self::NewerSchema { .. } => "Run the newer GAP again, or restore a backup from before the update.",
            Self::Damaged(_) => {
                "Restore the latest backup with `gap restore`, or begin anew with `gap db reset --yes`."
            }
            Self::Full(_) => "Make room on the disk, or shorten the retention of the request log.",
            Self::Duplicate(_) => "Change the one that exists.",
            Self::Missing(_) => "Create that first.",
            Self::Invalid(_) => "Correct the value.",
            Self::Closed => "Start GAP again.",
            Self::Backup { .. } => "Check the path and the room on the disk.",
            Self::Query(_) => "This should not happen; please report it with the lines around it in the log.",
        }
    }

    /// Whether the same call may succeed later without anybody changing it.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Refused(_) | Self::Locked(_) | Self::Full(_))
    }

    /// Says what kind of row a constraint was about.
    pub(crate) fn about(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |error| match Self::from(error) {
            Self::Duplicate(_) => Self::Duplicate(what),
            Self::Missing(_) => Self::Missing(what),
            other => other,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(said) => match kind_of(said.as_ref()) {
                Kind::Duplicate => Self::Duplicate("row"),
                Kind::Missing => Self::Missing("row"),
                Kind::Invalid => Self::Invalid(format!("the database does not take this value: {said}")),
                Kind::Locked => Self::Locked(error),
                Kind::Full => Self::Full(error),
                Kind::Damaged => Self::Damaged(said.to_string()),
                Kind::Unreachable => Self::Unreachable(error),
                Kind::Refused => Self::Refused(error),
                Kind::Other => Self::Query(error),
            },
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unreachable(error),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Damaged(error.to_string()),
            _ => Self::Query(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(found) => {
                Self::NewerSchema { found, known: crate::migrations::latest_schema() }
            }
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// What a database means by its code.
enum Kind {
    Duplicate,
    Missing,
    Invalid,
    Locked,
    Full,
    Damaged,
    Unreachable,
    Refused,
    Other,
}

fn kind_of(said: &dyn DatabaseError) -> Kind {
    match said.kind() {
        ErrorKind::UniqueViolation => return Kind::Duplicate,
        ErrorKind::ForeignKeyViolation => return Kind::Missing,
        ErrorKind::NotNullViolation | ErrorKind::CheckViolation => return Kind::Invalid,
        _ => {}
    }
    let code = said.code().unwrap_or_default();
    if said.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        // The low byte is the kind, the rest its detail: https://sqlite.org/rescode.html
        return match code.parse::<u32>().map(|code| code & 0xff) {
            Ok(5 | 6) => Kind::Locked,
            Ok(3 | 8 | 23) => Kind::Refused,
            Ok(10 | 14) => Kind::Unreachable,
            Ok(11 | 26) => Kind::Damaged,
            Ok(13) => Kind::Full,
            Ok(18) => Kind::Invalid,
            _ => Kind::Other,
        };
    }
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    match code.get(..2).unwrap_or_default() {
        "22" => Kind::Invalid,
        "28" | "3D" => Kind::Refused,
        "25" if code == "25006" => Kind::Refused,
        "42" if code == "42501" => Kind::Refused,
        // A transaction that lost against another; the next try meets no such.
        "40" | "55" => Kind::Locked,
        "53" if code == "53100" => Kind::Full,
        "08" | "53" | "57" => Kind::Unreachable,
        "XX" => Kind::Damaged,
        _ => Kind::Other,
    }
}
