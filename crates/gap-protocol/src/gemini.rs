//! Google's own words.

pub mod error;
pub mod path;
