//! The words of Anthropic's API.

pub mod error;
pub mod messages;
pub mod models;
pub mod refusal;
