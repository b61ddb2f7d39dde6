//! Messages: Anthropic's request into a [`crate::call::Call`], and the events of its answer back.

mod answer;
mod citations;
pub mod compatibility;
pub mod count;
mod decode;
mod encode;
mod held;
mod native;
mod stop;
mod stream;
mod unary;
mod usage;

pub use decode::{decode, decode_for, decode_to_count};
pub use stream::{PING, StreamEncoder};
pub use unary::UnaryEncoder;
