//! Chat completions: OpenAI's request into a [`crate::call::Call`], and the events of its answer back.

mod annotations;
mod answer;
mod calls;
mod choice;
pub mod compatibility;
mod decode;
mod encode;
mod fence;
mod finish;
pub mod ids;
mod logprobs;
mod media;
mod stream;
mod unary;
mod usage;
mod write;

pub use encode::{CallSignature, EncodeError, Outcome};
pub use stream::{Progress, StreamEncoder};
pub use unary::UnaryEncoder;
use write::{write_extra, write_head, write_letters, write_number};

pub use decode::{DecodeContext, DecodeOptions, Memory, NO_SIGNATURE, NoMemory, decode, decode_for};
