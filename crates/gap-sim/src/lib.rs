//! gap-sim
