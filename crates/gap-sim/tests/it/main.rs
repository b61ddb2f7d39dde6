//! The simulator as its clients meet it: over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    reason = "tests fail loudly, say what they skip, and read best with `json!` as an argument"
)]

mod answers;
mod caches;
mod control;
mod faults;
mod fields;
mod files;
mod implicit;
mod keys;
mod predict;
mod quota;
mod recordings;
mod strict;
mod support;
