//! Google's own words.

pub mod cache;
pub mod error;
pub mod mime;
pub mod path;
pub mod schema;
