//! The one row that holds the data key: made at the first start, opened at every other, sealed anew when `SECRET_KEY`
//! changes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::PgConnection;
use zeroize::Zeroizing;

use crate::secret::{self, KeyBytes, SecretKeys, Vault};
use crate::{StoreError, db::Db};

/// What the sealed data key is bound to.
const PLACE: &str = "data_keys/1";
const FIND: &str = "SELECT salt, sealed FROM data_keys WHERE id = 1";

#[derive(sqlx::FromRow)]
struct Row {
    salt: String,
    sealed: String,
}

/// Opens the data key, or makes one if the store is new. Opened by the previous `SECRET_KEY`, it is sealed by the
/// current one.
pub(crate) async fn open(db: &Db, keys: &SecretKeys, now: Timestamp) -> Result<KeyBytes, StoreError> {
    let mut row = find(db).await?;
    if row.is_none() {
        insert(db, &secret::new_data_key(), &keys.current, now).await?;
        // Another instance may have been faster; what lies there now is the truth.
        row = find(db).await?;
    }
    let row = row.ok_or_else(|| StoreError::Damaged("the row of the data key has vanished".to_owned()))?;
    if let Some(data_key) = try_open(&row, &keys.current)? {
        return Ok(data_key);
    }
    let previous = keys.previous.as_ref().map(|previous| try_open(&row, previous)).transpose()?.flatten();
    let data_key = previous.ok_or(StoreError::WrongSecret)?;
    seal(db, &data_key, &keys.current, now).await?;
    Ok(data_key)
}

/// Seals the data key by another `SECRET_KEY`. From now on the old one does not open the store.
pub(crate) async fn seal(
    db: &Db,
    data_key: &KeyBytes,
    secret_key: &SecretString,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE data_keys SET salt = $1, sealed = $2, updated_at = $3 WHERE id = 1";
    let row = row(data_key, secret_key)?;
    on!(db, |pool| {
        sqlx::query(SQL).bind(row.salt).bind(row.sealed).bind(now.as_millisecond()).execute(pool).await?;
    });
    Ok(())
}

async fn find(db: &Db) -> Result<Option<Row>, StoreError> {
    Ok(on!(db, |pool| sqlx::query_as(FIND).fetch_optional(pool).await?))
}

/// Whether one of the keys opens the row that a transaction is about to restore.
pub(crate) async fn check(connection: &mut PgConnection, keys: &SecretKeys) -> Result<(), StoreError> {
    let row: Option<Row> = sqlx::query_as(FIND).fetch_optional(connection).await?;
    let row = row.ok_or_else(|| StoreError::Damaged("the backup holds no data key".to_owned()))?;
    for key in std::iter::once(&keys.current).chain(&keys.previous) {
        if try_open(&row, key)?.is_some() {
            return Ok(());
        }
    }
    Err(StoreError::WrongSecret)
}

async fn insert(db: &Db, data_key: &KeyBytes, secret_key: &SecretString, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO data_keys (id, salt, sealed, created_at, updated_at) VALUES (1, $1, $2, $3, $3)
        ON CONFLICT (id) DO NOTHING";
    let row = row(data_key, secret_key)?;
    on!(db, |pool| {
        sqlx::query(SQL).bind(row.salt).bind(row.sealed).bind(now.as_millisecond()).execute(pool).await?;
    });
    Ok(())
}

fn row(data_key: &KeyBytes, secret_key: &SecretString) -> Result<Row, StoreError> {
    let salt: [u8; 16] = secret::random();
    let sealed = Vault::of_secret_key(secret_key, &salt).seal(PLACE, data_key.as_slice())?;
    Ok(Row { salt: BASE64.encode(salt), sealed })
}

/// `None` when this `SECRET_KEY` is not the one.
fn try_open(row: &Row, secret_key: &SecretString) -> Result<Option<KeyBytes>, StoreError> {
    let damaged = || StoreError::Damaged("the row of the data key is not what was written".to_owned());
    let salt = BASE64.decode(&row.salt).map_err(|_| damaged())?;
    match Vault::of_secret_key(secret_key, &salt).open(PLACE, &row.sealed) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| damaged())?))),
        Err(secret::Unopened) => Ok(None),
    }
}
