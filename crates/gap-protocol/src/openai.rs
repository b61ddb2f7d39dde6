//! The words of OpenAI's API.

pub mod chat;
pub mod embeddings;
pub mod error;
pub mod images;
pub mod models;
pub mod multipart;
pub mod plain;
pub mod refusal;
pub mod responses;
