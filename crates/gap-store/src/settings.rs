//! Settings that were changed at run time. What stands here wins over the environment; what does not, is as configured.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::db::BeginWriting;
use crate::{Store, StoreError, json};

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, as JSON.
    pub value: Value,
    /// When it was set.
    pub updated_at: Timestamp,
    /// Who set it.
    pub updated_by: String,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    value: String,
    updated_at: i64,
    updated_by: String,
}

// === impl Settings ===

impl Settings<'_> {
    /// All that were set, by name.
    pub async fn list(&self) -> Result<Vec<Setting>, StoreError> {
        const SQL: &str = "SELECT name, value, updated_at, updated_by FROM settings ORDER BY name";
        let rows: Vec<Row> = on!(self.store.read(), |pool| sqlx::query_as(SQL).fetch_all(pool).await?);
        let settings = rows.into_iter().map(|row| {
            Ok(Setting {
                name: row.name,
                value: json::read(&row.value)?,
                updated_at: json::time(row.updated_at)?,
                updated_by: row.updated_by,
            })
        });
        settings.collect()
    }

    /// Sets some (`Some`) and gives others back to the configuration (`None`): all or none.
    pub async fn put(
        &self,
        changes: &BTreeMap<String, Option<Value>>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const SET: &str = "INSERT INTO settings (name, value, updated_at, updated_by) VALUES ($1, $2, $3, $4)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
            updated_by = excluded.updated_by";
        const UNSET: &str = "DELETE FROM settings WHERE name = $1";
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            for (name, value) in changes {
                let query = match value {
                    Some(value) => {
                        sqlx::query(SET).bind(name).bind(json::write(value)?).bind(now.as_millisecond()).bind(by)
                    }
                    None => sqlx::query(UNSET).bind(name),
                };
                query.execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        });
        Ok(())
    }
}
