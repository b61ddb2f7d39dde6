//! Chat completions: OpenAI's request into a [`crate::call::Call`], and the events of its answer back.

pub mod ids;
