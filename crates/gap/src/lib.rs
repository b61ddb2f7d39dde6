//! GAP, a self-hosted gateway in front of Google's Gemini API.
//!
//! Reading order: [`router`] names every URL and its handler; a handler asks [`caller`] who is there, builds a
//! call, and gives it to [`relay`], the only retry loop, which takes a key from [`keyring`] and sends with
//! [`upstream`]. What a finished call leaves behind hangs on the drop of its [`receipt`]. [`app`] builds every
//! component once, [`server`] accepts connections, [`lifecycle`] knows every task and stops them, and [`serve`] is the
//! whole from start to end.

pub mod api;
pub mod app;
pub mod body;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dialect;
pub mod error;
pub mod keyring;
pub mod learned;
pub mod lifecycle;
pub mod media;
pub mod middleware;
pub mod models;
pub mod owners;
pub mod pages;
pub mod receipt;
pub mod relay;
pub mod router;
pub mod secrets;
pub mod serve;
pub mod server;
pub mod signatures;
pub mod telemetry;
pub mod uploads;
pub mod upstream;
