//! Handlers, by who calls. A handler takes, checks, does and answers; what is longer belongs to a component.

pub mod admin;
pub mod anthropic;
pub mod gemini;
pub mod guest;
pub mod openai;
pub mod page;
pub mod probes;
pub mod v1;

#[cfg(test)]
mod tests;
