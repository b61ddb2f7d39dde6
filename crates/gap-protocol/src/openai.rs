//! The words of OpenAI's API.

pub mod chat;
pub mod embeddings;
pub mod error;
pub mod models;
pub mod refusal;
pub mod responses;
