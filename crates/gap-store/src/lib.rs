//! What is remembered: SQLite by default, PostgreSQL by URL, one SQL text for both.
//!
//! Two promises. *Acknowledged writes* (keys, settings, resource names, audit) are committed before their function
//! returns. *Usage records* are batched by one writer ([`usage::ledger`]): an orderly end loses none, a crash at most
//! [`usage::BATCH_INTERVAL`].
//!
//! Reading order:
//! 1. [`Address`]: where the store is, in every spelling that people use;
//! 2. [`Store`]: opening it: the folder, the file, the schema, the secrets;
//! 3. one module per family of tables: [`upstream_keys`], [`projects`], [`pool_state`], [`access_keys`], [`sessions`],
//!    [`settings`], [`audit`], [`resources`], [`conversations`], [`responses`],
//!    [`dialogues`], [`caches`], [`usage`];
//! 4. [`foreign`]: databases from which people move here;
//! 5. [`clean_up`], and [`backup`] with its way back.
//!
//! Knows rows, not requests: no clock (`now` is an argument), no task of its own (the caller runs the writer), no
//! identifiers of its own (the caller makes them).
//!
//! ## How SQLite never says "database is locked"
//! All writes of the process pass through one connection, whose waiting line is the line of writers; readers have
//! connections of their own, which the write-ahead log never blocks. Transactions that write say so when they begin
//! (`BEGIN IMMEDIATE`): one that begins by reading cannot wait for its turn later. Another process (`gap keys import`
//! beside a running service) is waited for.

#[macro_use]
mod db;

pub mod access_keys;
mod address;
pub mod audit;
pub mod backup;
pub mod caches;
pub mod clean_up;
pub mod conversations;
mod data_key;
pub mod dialogues;
mod error;
pub mod foreign;
mod json;
mod migrations;
pub mod pool_state;
pub mod projects;
pub mod resources;
pub mod responses;
mod secret;
pub mod sessions;
pub mod settings;
mod sqlite;
mod store;
pub mod upstream_keys;
pub mod usage;

pub use address::Address;
pub use error::StoreError;
pub use migrations::{latest_schema, schemas};
pub use secret::SecretKeys;
pub use store::{Options, Store};
