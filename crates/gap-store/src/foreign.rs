//! Databases of other programs, from which people move here. They are opened for reading and left as they are.

use std::path::Path;

use secrecy::SecretString;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use crate::StoreError;

/// Tables in which keys stand, and the columns that hold the key, its name, and whether it is in use. The first is the
/// original GAP's; then new-api's and one-api's, whose channels for Gemini are of type 24.
const PLACES: &[Place] = &[
    Place { table: "api_keys", key: "key_string", label: Some("description"), active: Some("is_active"), only: None },
    Place { table: "channels", key: "key", label: Some("name"), active: Some("status = 1"), only: Some("type = 24") },
];

struct Place {
    table: &'static str,
    key: &'static str,
    label: Option<&'static str>,
    active: Option<&'static str>,
    only: Option<&'static str>,
}

/// A key as another program kept it.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// The key, or several, one in a line.
    pub secret: SecretString,
    /// What it was called.
    pub label: String,
    /// Whether it was in use.
    pub active: bool,
}

/// The keys in a SQLite database of the original GAP, of new-api or of one-api.
///
/// Errors: it is none of them, or cannot be read.
pub async fn original_keys(path: &Path) -> Result<Vec<ForeignKey>, StoreError> {
    const COLUMNS: &str = "SELECT name FROM pragma_table_info($1)";
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    for place in PLACES {
        let columns: Vec<String> = sqlx::query_scalar(COLUMNS).bind(place.table).fetch_all(&mut connection).await?;
        if !columns.iter().any(|column| column == place.key) {
            continue;
        }
        let has = |column: &&str| columns.iter().any(|other| column.split(' ').next() == Some(other));
        let label = place.label.filter(has).unwrap_or("''");
        let active = place.active.filter(has).unwrap_or("1");
        let only = place.only.filter(has).unwrap_or("1");
        // Every word of it is a constant of this file.
        let sql = format!("SELECT {}, {label}, {active} FROM {} WHERE {only}", place.key, place.table);
        let rows: Vec<SqliteRow> = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await?;
        connection.close().await?;
        return rows.iter().map(read).collect();
    }
    connection.close().await?;
    Err(StoreError::Invalid(
        "this database has no table of keys that is known: it is none of the original GAP, of new-api or of one-api"
            .to_owned(),
    ))
}

fn read(row: &SqliteRow) -> Result<ForeignKey, StoreError> {
    let secret: Option<String> = row.try_get(0)?;
    let label: Option<String> = row.try_get(1)?;
    let active: Option<bool> = row.try_get(2)?;
    Ok(ForeignKey {
        secret: secret.unwrap_or_default().into(),
        label: label.unwrap_or_default(),
        active: active.unwrap_or(true),
    })
}
