//! Chat completions: OpenAI's request into a [`crate::call::Call`], and the events of its answer back.

pub(crate) mod annotations;
pub(crate) mod answer;
pub(crate) mod calls;
pub(crate) mod choice;
pub mod compatibility;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod fence;
pub(crate) mod finish;
pub mod ids;
pub(crate) mod logprobs;
pub(crate) mod media;
pub(crate) mod stream;
mod unary;
pub(crate) mod usage;
pub(crate) mod write;

pub use encode::{CallSignature, EncodeError, Outcome};
pub use stream::{Progress, StreamEncoder};
pub use unary::UnaryEncoder;
use write::{write_extra, write_head, write_letters, write_number};

pub use decode::{DecodeContext, DecodeOptions, Memory, NO_SIGNATURE, NoMemory, decode, decode_for};
