//! Responses: OpenAI's newer request into a [`crate::call::Call`], and the events of its answer back.
//!
//! What differs from chat completions is the shape: a conversation is a list of items, an answer is one too, and a stream
//! tells the life of each item. What a request means to Gemini is decided by the same code as there.
//!
//! ## Where thought signatures travel
//! OpenAI's own way of handing a model's thoughts to a client that keeps no state is `encrypted_content` of a reasoning
//! item, and clients send these items back unread. So the signatures are in there ([`sealed`]), each with the call or the text
//! that it belongs to. Clients that did not ask for it (`include: ["reasoning.encrypted_content"]`) often drop such items;
//! for them the signature of a call is in its id as well, as in chat completions.

pub mod background;
pub mod compatibility;
pub mod conversations;
mod decode;
mod encode;
mod items;
mod mentions;
pub mod sealed;

pub use decode::{Include, Kept, NothingKept, Request, decode, decode_for};
pub use encode::{Finished, Plan, StreamEncoder, UnaryEncoder};
pub use items::{Item, Order, Page, page, take_apart};
pub use mentions::Mentions;

/// An error as the only event of a stream that has no response to fail.
pub fn error_event(error: &super::error::Error<'_>) -> String {
    let data = serde_json::json!({
        "type": "error",
        "sequence_number": 0,
        "code": error.code.unwrap_or(error.error_type),
        "message": error.message,
        "param": error.param,
    });
    format!("event: error\ndata: {data}\n\n")
}
