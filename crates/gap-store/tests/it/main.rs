//! The store from outside: one story per family of tables, told on an SQLite file, on SQLite in memory and on
//! PostgreSQL (`GAP_TEST_POSTGRES`, a URL; `cargo xtask ci` starts a server and sets it).

#[cfg(test)]
mod access_keys;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod caches;
#[cfg(test)]
mod clean_up;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod dialogues;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod load;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod pool_state;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod responses;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod settings_and_audit;
#[cfg(test)]
mod support;
#[cfg(test)]
mod upstream_keys;
#[cfg(test)]
mod usage;
