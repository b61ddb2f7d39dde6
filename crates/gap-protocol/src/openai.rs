//! The words of OpenAI's API.

pub mod error;
