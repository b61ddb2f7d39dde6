//! GAP, a self-hosted gateway in front of Google's Gemini API.
//!
//! Reading order: [`router`] names every URL and its handler; a handler asks [`access`] who is there and [`admission`]
//! whether they may ask now, builds a call, and gives it to [`relay`], the only retry loop, which takes a key from [`keyring`] and sends with
//! [`upstream`]. What a finished call leaves behind hangs on the drop of its [`receipt`]. [`app`] builds every
//! component once, [`server`] accepts connections, [`lifecycle`] knows every task and stops them, and [`serve`] is the
//! whole from start to end.

pub mod access;
pub mod admission;
pub mod alerts;
pub mod answers;
pub mod api;
pub mod app;
pub mod assets;
pub mod body;
pub mod caches;
pub mod caller;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod conversations;
pub mod database;
pub mod dialect;
pub mod error;
pub mod events;
pub mod forwarded;
pub mod keyring;
pub mod learned;
pub mod ledger;
pub mod lifecycle;
pub mod live;
pub mod media;
pub mod metrics;
pub mod middleware;
pub mod models;
pub mod outbound;
pub mod owners;
pub mod pages;
pub mod prefixes;
pub mod receipt;
pub mod relay;
pub mod report;
pub mod responses;
pub mod roster;
pub mod router;
pub mod secrets;
pub mod serve;
pub mod server;
pub mod sessions;
pub mod signatures;
pub mod spans;
pub mod telemetry;
pub mod throttle;
pub mod uploads;
pub mod upstream;
