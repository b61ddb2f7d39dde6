//! The words of Anthropic's API.

pub mod error;
