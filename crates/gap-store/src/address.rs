//! Where the store is: `DATABASE_URL` in every spelling that people use.
//!
//! SQLAlchemy, from which the original's spellings come, and sqlx disagree about slashes: `sqlite:///a.db` is a relative
//! path there and an absolute one here. The driver's name tells whose rule is meant (`sqlite+aiosqlite:` is
//! SQLAlchemy's); without one, three slashes are absolute unless a dot follows (`sqlite:///./data/gap.db`), which nobody
//! writes for a path that begins at the root.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use sqlx::postgres::PgConnectOptions;

use crate::StoreError;

/// Where the store is.
#[derive(Clone)]
pub enum Address {
    /// In the memory of this process, until it ends.
    Memory,
    /// An SQLite file.
    File(PathBuf),
    /// A PostgreSQL server.
    Postgres(Box<PgConnectOptions>),
}

// === impl Address ===

impl Address {
    /// Whether everything is lost with the process.
    pub fn is_memory(&self) -> bool {
        matches!(self, Self::Memory)
    }

    /// Whether several processes on several machines may share it.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl FromStr for Address {
    type Err = StoreError;

    /// Reads a URL. The error never repeats it: it may hold a password.
    fn from_str(url: &str) -> Result<Self, StoreError> {
        let url = url.trim();
        if url == ":memory:" {
            return Ok(Self::Memory);
        }
        let (scheme, rest) = url.split_once(':').ok_or(StoreError::Address("it has no scheme such as sqlite://"))?;
        let (kind, driver) = match scheme.split_once('+') {
            Some((kind, driver)) => (kind, Some(driver)),
            None => (scheme, None),
        };
        match kind.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => file(rest, driver.is_some()),
            "postgres" | "postgresql" => server(rest),
            _ => Err(StoreError::Address("its scheme is neither sqlite nor postgresql")),
        }
    }
}

/// Without a password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::File(path) => write!(f, "SQLite file {}", path.display()),
            Self::Postgres(options) => {
                let place = options.get_socket().map_or_else(
                    || format!("{}:{}", options.get_host(), options.get_port()),
                    |folder| folder.display().to_string(),
                );
                let database = options.get_database().unwrap_or_else(|| options.get_username());
                write!(f, "PostgreSQL database {database} at {place}")
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// The part after `sqlite:`; `alchemy` when a driver was named.
fn file(rest: &str, alchemy: bool) -> Result<Address, StoreError> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    match query.split('&').find_map(|pair| pair.strip_prefix("mode=")) {
        None | Some("rw" | "rwc") => {}
        Some("memory") => return Ok(Address::Memory),
        Some(_) => return Err(StoreError::Address("its mode is not rwc: GAP writes")),
    }
    let path = match path.strip_prefix("//") {
        // An empty authority and a path.
        Some(path) if alchemy || path.starts_with("/./") || path.starts_with("/../") => {
            path.strip_prefix('/').unwrap_or(path)
        }
        Some(path) => path,
        None => path,
    };
    let path = percent_decode_str(path).decode_utf8().map_err(|_| StoreError::Address("its path is not UTF-8"))?;
    match path.as_ref() {
        // SQLAlchemy's `sqlite://` is memory, too.
        "" | "/" if alchemy => Ok(Address::Memory),
        "" | "/" => Err(StoreError::Address("it names no file; for example sqlite://./data/gap.db")),
        ":memory:" | "/:memory:" => Ok(Address::Memory),
        path if path.ends_with('/') => Err(StoreError::Address("its path names a folder, not a file")),
        path if path.contains('\0') => Err(StoreError::Address("its path holds a NUL")),
        path => Ok(Address::File(PathBuf::from(path))),
    }
}

/// The part after `postgresql:`.
fn server(rest: &str) -> Result<Address, StoreError> {
    if !rest.starts_with("//") {
        return Err(StoreError::Address("it has no // after postgresql:"));
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    // asyncpg writes `ssl=require` where everybody else writes `sslmode=require`.
    let pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.strip_prefix("ssl=").map_or_else(|| pair.to_owned(), |mode| format!("sslmode={mode}")))
        .collect();
    let url = format!("postgresql:{place}?{}", pairs.join("&"));
    let options = PgConnectOptions::from_str(&url)
        .map_err(|_| StoreError::Address("it is not postgresql://user:password@host:port/database"))?;
    Ok(Address::Postgres(Box::new(options.application_name("gap"))))
}

#[cfg(test)]
mod tests;
