//! Gemini's answers as OpenAI's chat completions: what a client gets, judged by readers that know nothing of the encoder.

pub(crate) mod accounting;
pub(crate) mod golden;
mod lists;
pub(crate) mod properties;
pub(crate) mod recordings;
mod round_trip;
mod rules;
pub(crate) mod schema;
mod together;

use bytes::Bytes;
use gap_protocol::call::ReplyPlan;
use gap_protocol::openai::chat::{EncodeError, StreamEncoder, UnaryEncoder};
use serde_json::Value;

pub(crate) const ID: &str = "chatcmpl-0193c0ffee0070008000a1b2c3d4e5f6";
pub(crate) const CREATED: u64 = 1_790_000_000;

/// A plan as a plain streaming request with `include_usage` makes it.
pub(crate) fn plan() -> ReplyPlan {
    ReplyPlan { model: "gemini-flash".to_owned(), include_usage: true, candidates: 2, ..ReplyPlan::default() }
}

/// All frames of a stream, as text.
pub(crate) fn stream<T: AsRef<[u8]>>(plan: &ReplyPlan, chunks: &[T]) -> Result<String, EncodeError> {
    let mut encoder = StreamEncoder::new(plan.clone(), ID, CREATED);
    let mut out = Vec::new();
    for chunk in chunks {
        encoder.chunk(chunk.as_ref(), &mut out)?;
    }
    encoder.end(&mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// The body for the same answer.
pub(crate) fn unary<T: AsRef<[u8]>>(plan: &ReplyPlan, chunks: &[T], streamed: bool) -> Result<Value, EncodeError> {
    let mut encoder = UnaryEncoder::new(plan.clone(), ID, CREATED);
    for chunk in chunks {
        encoder.chunk(chunk.as_ref())?;
    }
    Ok(serde_json::from_slice(&encoder.end(streamed)?).unwrap())
}

/// The data of server-sent events, decoded the way the service does it.
pub(crate) fn events_of(sse: &str) -> Vec<Bytes> {
    let mut decoder = gap_protocol::sse::Decoder::new();
    decoder.push(Bytes::copy_from_slice(sse.as_bytes()));
    decoder.finish();
    std::iter::from_fn(|| decoder.next_event()).map(|event| event.unwrap().data).collect()
}
