//! gap-pool
