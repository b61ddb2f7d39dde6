//! The simulator as its clients meet it: over real sockets.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod answers;
mod control;
mod faults;
mod fields;
mod files;
mod keys;
mod quota;
mod recordings;
mod strict;
mod support;
