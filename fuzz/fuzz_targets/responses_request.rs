//! Responses requests of any bytes: no panic, no refusal without a place, and nothing is written that is not JSON.
#![no_main]

use gap_protocol::call::Problem;
use gap_protocol::models::ModelTable;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory};
use gap_protocol::openai::responses::{NothingKept, decode};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::sync::LazyLock;

static MODELS: LazyLock<ModelTable> = LazyLock::new(|| ModelTable::built_in().expect("it is compiled in"));

const ID: &str = "resp_0193c0ffee0070008000a1b2c3d4e5f6";

fuzz_target!(|input: (u8, &[u8])| {
    let (switches, bytes) = input;
    let options = DecodeOptions {
        strict: switches & 1 > 0,
        always_include_thoughts: switches & 2 > 0,
        keep_broken_arguments: switches & 4 > 0,
        ..DecodeOptions::default()
    };
    let context = DecodeContext { models: &MODELS, memory: &NoMemory, options };
    let request = match decode(bytes, &context, &NothingKept, ID) {
        Ok(request) => request,
        Err(error) => {
            assert!(error.field.is_some() || error.problem == Problem::Malformed, "{error}");
            assert!(!error.message.is_empty());
            return;
        }
    };
    let echo: Value = serde_json::from_slice(&request.plan.echo).expect("what is repeated is JSON");
    assert!(echo.is_object());
    let input: Value = serde_json::from_slice(&request.input).expect("what is kept is JSON");
    assert!(input.is_array());
    if request.decoded.pending().is_empty() {
        let body: Value = serde_json::from_slice(&request.decoded.call().body).expect("Google reads JSON");
        assert!(body["contents"].as_array().is_some_and(|turns| !turns.is_empty()));
    }
});
