//! Chat completions: OpenAI's request into a [`crate::call::Call`], and the events of its answer back.

pub(in crate::openai) mod annotations;
mod answer;
pub(in crate::openai) mod calls;
pub(in crate::openai) mod choice;
pub mod compatibility;
pub(in crate::openai) mod decode;
mod encode;
pub(in crate::openai) mod fence;
pub(in crate::openai) mod finish;
pub mod ids;
pub(in crate::openai) mod logprobs;
pub(in crate::openai) mod media;
mod stream;
mod unary;
pub(in crate::openai) mod usage;
pub(in crate::openai) mod write;

pub use encode::{CallSignature, EncodeError, Outcome};
pub use stream::{Progress, StreamEncoder};
pub use unary::UnaryEncoder;
use write::{write_extra, write_head, write_letters, write_number};

pub use decode::{DecodeContext, DecodeOptions, Memory, NoMemory, decode};
