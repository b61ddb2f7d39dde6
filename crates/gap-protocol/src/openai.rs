//! The words of OpenAI's API.

pub mod chat;
pub mod error;
