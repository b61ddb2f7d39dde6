//! Counting the tokens of a request.

use bytes::Bytes;

use crate::call::Call;
use crate::json;

/// The body of `countTokens` for the same request.
pub fn body(call: &Call) -> Bytes {
    let mut out = Vec::with_capacity(call.body.len() + 80);
    out.extend_from_slice(b"{\"generateContentRequest\":{\"model\":");
    let model = if call.model.contains('/') { call.model.clone() } else { format!("models/{}", call.model) };
    json::write_text(&mut out, &model);
    let rest = call.body.get(1..).unwrap_or(b"}");
    if !rest.starts_with(b"}") {
        out.push(b',');
    }
    out.extend_from_slice(rest);
    out.push(b'}');
    out.into()
}

/// Anthropic's answer from Google's; nothing if that is none.
pub fn encode(answer: &[u8]) -> Option<String> {
    let tokens = json::parse(answer).ok()?.find("totalTokens").map_or(Some(0), json::Node::integer)?;
    Some(format!("{{\"input_tokens\":{tokens}}}"))
}
