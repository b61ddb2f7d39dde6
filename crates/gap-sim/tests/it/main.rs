//! The simulator as its clients meet it: over real sockets.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod answers;
mod faults;
mod fields;
mod recordings;
mod support;
