//! What is said: the bytes and words of Gemini's wire and of the dialects around it.
//!
//! Nothing here waits, reads a clock, opens a socket or remembers anything between two calls; bytes and arguments come
//! in, values go out. So every test of this crate is a table or a property, and runs in microseconds.
//!
//! In reading order:
//!
//! - [`call`] is the one internal request, in Gemini's form, and what its answer must be told;
//! - [`chain`] names the prefixes of a conversation;
//! - [`conversation`] recognises, completes and shortens conversations that are kept for clients;
//! - [`reply`] is the one vocabulary of answers, read from Gemini's chunks;
//! - [`json`] reads documents in one pass and writes them straight into a buffer;
//! - [`meter`] follows an answer's bytes while they pass to the client unchanged, and reads only what GAP acts on:
//!   usage, finish reason, errors, and whether this is a place where something may be inserted;
//! - [`models`] is the table of what each model can do;
//! - [`sse`] takes server-sent events apart, when events are needed rather than bytes, and puts them together;
//! - [`gemini`] has Google's own words: where a path leads, and how Google writes an error;
//! - [`openai`] and [`anthropic`] have the words of the other dialects.

pub mod anthropic;
pub mod call;
pub mod chain;
pub mod conversation;
pub mod gemini;
pub mod json;
pub mod meter;
pub mod models;
pub mod openai;
pub mod reply;
mod sound;
pub mod sse;
