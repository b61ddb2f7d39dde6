//! Keys in the databases of other programs.

use std::path::Path;

use gap_store::{StoreError, foreign};
use secrecy::ExposeSecret;
use sqlx::Connection;

async fn database(path: &Path, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn read(sql: &'static str) -> Result<Vec<(String, String, bool)>, StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.db");
    database(&path, sql).await;
    let keys = foreign::original_keys(&path).await?;
    Ok(keys.into_iter().map(|key| (key.secret.expose_secret().to_owned(), key.label, key.active)).collect())
}

#[tokio::test]
async fn the_originals_keys_are_read() {
    let keys = read(
        "CREATE TABLE api_keys (id INTEGER PRIMARY KEY, key_string VARCHAR NOT NULL UNIQUE, description VARCHAR,
            is_active BOOLEAN NOT NULL);
        INSERT INTO api_keys VALUES (1, 'AIzaA', 'ours', 1), (2, 'AIzaB', NULL, 0);",
    );
    let expected = [("AIzaA".to_owned(), "ours".to_owned(), true), ("AIzaB".to_owned(), String::new(), false)];
    assert_eq!(keys.await.unwrap(), expected);
}

#[tokio::test]
async fn channels_for_gemini_are_read() {
    let keys = read(
        "CREATE TABLE channels (id INTEGER PRIMARY KEY, type INTEGER, \"key\" TEXT, name TEXT, status INTEGER);
        INSERT INTO channels VALUES (1, 24, 'AIzaA\nAIzaB', 'gemini', 1), (2, 1, 'sk-other', 'openai', 1),
            (3, 24, 'AIzaC', 'old', 2);",
    );
    let keys = keys.await.unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!((keys[0].0.contains("AIzaA"), keys[0].2, keys[1].2), (true, true, false));
}

#[tokio::test]
async fn a_database_of_something_else_is_refused() {
    let error = read("CREATE TABLE api_keys (id INTEGER PRIMARY KEY, digest TEXT)").await.unwrap_err();
    assert!(error.to_string().contains("no table of keys"), "{error}");
}
