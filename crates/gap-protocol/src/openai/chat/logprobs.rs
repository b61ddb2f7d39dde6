//! Token probabilities (wire 92).
//!
//! Google lists the chosen tokens and, beside them, the likeliest tokens at each place; OpenAI nests the second in the
//! first and adds each token's bytes, because half a character is a token too.

use crate::json::{Node, ObjectWriter};

use super::write_number;

/// Writes the items of `logprobs.content` for a `logprobsResult`: nothing, if it has no tokens.
pub(crate) fn write(out: &mut Vec<u8>, json: &str) {
    let Ok(result) = crate::json::parse(json.as_bytes()) else { return };
    let chosen = result.find("chosenCandidates").and_then(Node::items).unwrap_or_default();
    let top = result.find("topCandidates").and_then(Node::items).unwrap_or_default();
    let mut first = true;
    for (place, token) in chosen.iter().enumerate() {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let mut object = open(out, token);
        let list = object.key("top_logprobs");
        list.push(b'[');
        let likeliest = top.get(place).and_then(|top| top.find("candidates")).and_then(Node::items).unwrap_or_default();
        for (rank, token) in likeliest.iter().enumerate() {
            if rank > 0 {
                list.push(b',');
            }
            open(list, token).close();
        }
        list.push(b']');
        object.close();
    }
}

/// The members that tokens have in both lists.
fn open<'o>(out: &'o mut Vec<u8>, token: &Node<'_>) -> ObjectWriter<'o> {
    let text = token.find("token").and_then(Node::text).unwrap_or_default();
    let mut object = ObjectWriter::open(out);
    object.text("token", &text);
    // Absent means 0: a probability of 1.
    let logprob = token.find("logProbability").filter(|value| value.number().is_some()).map_or("0", Node::raw);
    object.raw("logprob", logprob);
    let bytes = object.key("bytes");
    bytes.push(b'[');
    for (place, byte) in text.bytes().enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        write_number(bytes, u64::from(byte));
    }
    bytes.push(b']');
    object
}
