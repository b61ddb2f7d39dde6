//! The simulator as its clients meet it: over real sockets.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod faults;
mod recordings;
mod support;
