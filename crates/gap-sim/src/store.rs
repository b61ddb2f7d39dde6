//! What projects keep.

/// Files, caches and batches.
#[derive(Debug, Default)]
pub(crate) struct Store {}
