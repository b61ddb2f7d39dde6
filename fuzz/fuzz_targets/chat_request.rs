//! Chat completion requests of any bytes: no panic, no refusal without a place, no body that is not JSON, and strictness
//! leaves nothing to be warned about.
#![no_main]

use gap_protocol::call::{Fetched, Problem};
use gap_protocol::models::ModelTable;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory, decode};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::sync::LazyLock;

static MODELS: LazyLock<ModelTable> = LazyLock::new(|| ModelTable::built_in().expect("it is compiled in"));

fuzz_target!(|input: (u8, &[u8])| {
    let (switches, bytes) = input;
    let options = DecodeOptions {
        strict: switches & 1 > 0,
        disable_safety_filtering: switches & 2 > 0,
        max_tokens_exclude_thinking: switches & 4 > 0,
        always_include_thoughts: switches & 8 > 0,
        keep_broken_arguments: switches & 16 > 0,
        ..DecodeOptions::default()
    };
    let decoded = match decode(bytes, &DecodeContext { models: &MODELS, memory: &NoMemory, options }) {
        Ok(decoded) => decoded,
        Err(error) => {
            assert!(error.field.is_some() || error.problem == Problem::Malformed, "{error}");
            assert!(!error.message.is_empty());
            return;
        }
    };
    let fetched: Vec<Fetched> = decoded
        .pending()
        .iter()
        .map(|_| Fetched::Bytes { data: b"\x89PNG\r\n\x1A\n"[..].into(), content_type: None })
        .collect();
    let Ok(call) = decoded.finish(&fetched) else { return };
    let body: Value = serde_json::from_slice(&call.body).expect("Google reads JSON");
    assert!(body["contents"].as_array().is_some_and(|turns| !turns.is_empty()));
    let header = call.warnings.header_value();
    assert_eq!(header.is_none(), call.warnings.is_empty());
    assert!(header.is_none_or(|header| header.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
    assert!(!options.strict || call.warnings.is_empty());
});
