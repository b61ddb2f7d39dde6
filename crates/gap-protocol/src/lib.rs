//! gap-protocol
