//! A Gemini that misbehaves on request.
//!
//! It plays Google's Gemini API for tests and demos: keys in projects, quotas that really count and answer with the real
//! 429 bodies, models that refuse what the real ones refuse, streams framed byte for byte as Google frames them. Through
//! [`Control`] (or over HTTP, below `/_sim/`) a test scripts faults, moves the clock and reads what was received; a
//! prompt can say by itself what is to be answered: `[[sim: text="Hello" chunks=3]]`.
//!
//! The same [`Options::seed`] and the same requests in the same order give the same answers. It knows no other crate of
//! this workspace, so that it can judge them.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use gap_sim::{Action, Fault, Options, Preset, Simulator};
//!
//! let simulator = Simulator::new(Options::with_keys(["one", "two"]));
//! simulator.control().add_fault(Fault::new(Preset::Overloaded).times(1).key("one")).map_err(std::io::Error::other)?;
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let shutdown = tokio_util::sync::CancellationToken::new();
//! gap_sim::serve(listener, simulator, None, shutdown).await
//! # }
//! ```

mod account;
mod answer;
mod body;
mod clock;
mod control;
mod dice;
mod directive;
mod endpoint;
mod error;
mod fault;
mod glob;
mod implicit;
mod incoming;
mod journal;
mod misshape;
mod models;
mod options;
mod outgoing;
mod quota;
mod refusal;
mod request;
mod route;
mod sample;
mod schema;
mod server;
mod signature;
mod simulator;
mod store;
mod strict;
mod tls;
mod tokens;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use account::Account;
pub use body::{Body, Cut};
pub use control::{Control, Usage};
pub use directive::Directives;
pub use fault::{
    Action, After, Afterwards, Drip, ErrorEvent, Fault, Preset, PresetError, Reply, Script, Split, Stall, StallBefore,
};
pub use implicit::ImplicitCache;
pub use journal::Received;
pub use options::{KeyState, Latency, Limit, Limits, Millis, Options, Signatures, SimKey, Tier, TierLimits};
pub use quota::Used;
pub use server::serve;
pub use simulator::{Hangup, Simulator};
pub use tls::Tls;

/// Nothing that is done under our locks can leave their data half changed, so a panic elsewhere must not spread.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
