//! The `gap` binary.
fn main() {}
