//! OpenAI's requests in Gemini's words: what Google gets for what a client sends.
#![expect(clippy::needless_pass_by_value, reason = "a document that is written in place reads better without a sign")]

mod captures;
pub(crate) mod compatibility;
mod content;
mod conversation;
mod forms;
pub(crate) mod gemini;
mod generation;
mod generator;
mod golden;
mod native;
mod properties;
mod refusals;
mod signatures;
mod thinking;
mod tools;

use std::sync::LazyLock;

use gap_protocol::call::{Call, DecodeError, Decoded, Unsupported};
use gap_protocol::models::ModelTable;
use gap_protocol::openai::chat::{self, DecodeContext, DecodeOptions, Memory, NoMemory};
use serde_json::{Value, json};

/// The compiled-in table.
static MODELS: LazyLock<ModelTable> = LazyLock::new(|| ModelTable::built_in().unwrap());

/// A request and the circumstances under which it is decoded.
struct Asked {
    request: Value,
    options: DecodeOptions,
    refused: Unsupported,
    signatures: Vec<(&'static str, &'static str)>,
}

impl Memory for Asked {
    fn signature_of(&self, call_id: &str) -> Option<String> {
        let known = self.signatures.iter().find(|(id, _)| *id == call_id);
        known.map(|(_, signature)| (*signature).to_owned())
    }

    fn refused_by(&self, _: &str) -> Unsupported {
        self.refused
    }
}

/// A request of one model, with a message if it brings none.
fn ask(model: &str, mut request: Value) -> Asked {
    let object = request.as_object_mut().unwrap();
    object.entry("model").or_insert_with(|| model.into());
    object.entry("messages").or_insert_with(|| json!([{"role": "user", "content": "Hi"}]));
    Asked { request, options: DecodeOptions::default(), refused: Unsupported::default(), signatures: Vec::new() }
}

impl Asked {
    fn decode(&self) -> Result<Decoded, DecodeError> {
        let context = DecodeContext { models: &MODELS, memory: self, options: self.options };
        chat::decode(self.request.to_string().as_bytes(), &context)
    }

    /// The call, which must need nothing more.
    fn call(&self) -> Call {
        let decoded = self.decode().unwrap_or_else(|error| panic!("{error}\n{}", self.request));
        assert_eq!(decoded.pending(), [], "nothing is to be fetched");
        decoded.finish(&[]).unwrap()
    }

    /// The body that Google gets.
    fn body(&self) -> Value {
        body(&self.call())
    }

    /// What is warned about: path and sentence.
    fn warnings(&self) -> Vec<String> {
        self.call().warnings.iter().map(ToString::to_string).collect()
    }

    /// The refusal: path and sentence.
    fn refusal(&self) -> String {
        match self.decode() {
            Ok(decoded) => panic!("was not refused: {:?}", decoded.call().body),
            Err(error) => error.to_string(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// The call of a request whose letters matter.
fn call_of(request: &str) -> Call {
    let context = DecodeContext { models: &MODELS, memory: &NoMemory, options: DecodeOptions::default() };
    chat::decode(request.as_bytes(), &context).unwrap().finish(&[]).unwrap()
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap_or_else(|error| panic!("{error}: {:?}", call.body))
}
