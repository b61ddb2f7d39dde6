//! What is in an answer, counted twice: from Gemini's events, and from what a client of OpenAI has received.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Everything that must not be lost, by candidate.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Account {
    pub(crate) choices: BTreeMap<u64, Choice>,
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    pub(crate) reasoning: u64,
    pub(crate) cached: u64,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Choice {
    pub(crate) text: String,
    pub(crate) thoughts: String,
    pub(crate) calls: Vec<Call>,
    pub(crate) images: Vec<(String, Option<String>)>,
    pub(crate) audio: Vec<u8>,
    /// Parts without a place in OpenAI's format, and all signatures that are not a call's or an image's.
    pub(crate) native: Vec<Value>,
    pub(crate) signatures: BTreeSet<String>,
    /// Start and end in characters, and the address.
    pub(crate) citations: BTreeSet<(usize, usize, String)>,
    pub(crate) finish: Option<String>,
    /// `groundingMetadata` and the like, to the letter.
    pub(crate) facts: BTreeMap<String, Vec<Value>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Value,
    pub(crate) signature: Option<String>,
}

const FINISH_NAMES: [&str; 6] = ["FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER"];

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Counts Gemini's side.
pub(crate) fn of_gemini(events: &[Value]) -> Account {
    let mut account = Account::default();
    let mut supports: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for event in events {
        let candidates = event["candidates"].as_array().cloned().unwrap_or_default();
        if candidates.is_empty()
            && let Some(reason) = text(&event["promptFeedback"]["blockReason"])
        {
            account.choices.entry(0).or_default().finish = Some(reason);
        }
        for (place, candidate) in candidates.iter().enumerate() {
            let index = candidate["index"].as_u64().unwrap_or(place as u64);
            let choice = account.choices.entry(index).or_default();
            for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
                choice.count(part);
            }
            let reason = &candidate["finishReason"];
            if let Some(reason) = text(reason)
                .or_else(|| reason.as_u64().map(|number| FINISH_NAMES[usize::try_from(number).unwrap()].to_owned()))
            {
                choice.finish = Some(reason);
            }
            for (key, value) in candidate.as_object().unwrap() {
                let empty = value.as_object().is_some_and(Map::is_empty)
                    || value.as_array().is_some_and(Vec::is_empty)
                    || value.is_null();
                if !["content", "index", "finishReason", "logprobsResult"].contains(&key.as_str()) && !empty {
                    let values = choice.facts.entry(key.clone()).or_default();
                    let many = ["groundingMetadata", "citationMetadata", "urlContextMetadata"].contains(&key.as_str());
                    if !many {
                        values.clear();
                    }
                    if !values.contains(value) {
                        values.push(value.clone());
                    }
                }
            }
            if candidate["groundingMetadata"].is_object() || candidate["citationMetadata"].is_object() {
                supports.entry(index).or_default().push(candidate.clone());
            }
        }
        if let Some(usage) = event["usageMetadata"].as_object() {
            let count = |key: &str| usage.get(key).and_then(Value::as_u64).unwrap_or_default();
            account.prompt = count("promptTokenCount") + count("toolUsePromptTokenCount");
            account.completion = count("candidatesTokenCount") + count("thoughtsTokenCount");
            account.reasoning = count("thoughtsTokenCount");
            account.cached = count("cachedContentTokenCount");
        }
    }
    for (index, candidates) in supports {
        let choice = account.choices.get_mut(&index).unwrap();
        for candidate in candidates {
            choice.cite(&candidate);
        }
    }
    account
}

impl Choice {
    fn count(&mut self, part: &Value) {
        let signature = text(&part["thoughtSignature"]);
        let thought = part["thought"] == json!(true);
        let known = ["text", "thought", "thoughtSignature", "functionCall", "inlineData"];
        if part.as_object().unwrap().keys().any(|key| !known.contains(&key.as_str())) {
            self.native.push(part.clone());
            return;
        }
        if let Some(text) = part["text"].as_str() {
            if thought { &mut self.thoughts } else { &mut self.text }.push_str(text);
        }
        if let Some(call) = part["functionCall"].as_object() {
            self.calls.push(Call {
                name: call.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
                arguments: call.get("args").cloned().unwrap_or_else(|| json!({})),
                signature,
            });
            return;
        }
        if let (Some(mime), Some(data)) = (part["inlineData"]["mimeType"].as_str(), part["inlineData"]["data"].as_str())
        {
            if mime.starts_with("image/") {
                self.images.push((format!("data:{mime};base64,{data}"), signature));
                return;
            }
            self.hear(&STANDARD.decode(data).unwrap());
        }
        self.signatures.extend(signature);
    }

    /// Samples, without the header that one side may have put before them.
    fn hear(&mut self, bytes: &[u8]) {
        let wrapped = bytes.starts_with(b"RIFF") && bytes.get(12..16) == Some(b"fmt ") && self.audio.is_empty();
        self.audio.extend(&bytes[if wrapped { 44 } else { 0 }..]);
    }

    /// The slow and simple way: offsets in bytes of the whole text.
    fn cite(&mut self, candidate: &Value) {
        let characters = |bytes: u64| {
            let bytes = usize::try_from(bytes).unwrap().min(self.text.len());
            (0..=bytes).rev().find_map(|at| self.text.get(..at)).unwrap().chars().count()
        };
        let grounding = &candidate["groundingMetadata"];
        let chunks = grounding["groundingChunks"].as_array().cloned().unwrap_or_default();
        let mut unused: BTreeSet<usize> = (0..chunks.len()).collect();
        let address = |chunk: &Value| {
            chunk.as_object().into_iter().flatten().find_map(|(_, source)| {
                let at_google = |id| format!("https://generativelanguage.googleapis.com/v1beta/{id}");
                let found = || text(&source["documentName"]).or_else(|| text(&source["fileSearchStore"]));
                text(&source["uri"]).or_else(|| found().map(at_google))
            })
        };
        for support in grounding["groundingSupports"].as_array().into_iter().flatten() {
            let Some(end) = support["segment"]["endIndex"].as_u64() else { continue };
            let start = support["segment"]["startIndex"].as_u64().unwrap_or_default();
            for index in support["groundingChunkIndices"].as_array().into_iter().flatten() {
                let index = usize::try_from(index.as_u64().unwrap()).unwrap();
                unused.remove(&index);
                if let Some(address) = chunks.get(index).and_then(address) {
                    self.citations.insert((characters(start), characters(end), address));
                }
            }
        }
        for address in unused.into_iter().filter_map(|index| address(&chunks[index])) {
            self.citations.insert((0, self.text.chars().count(), address));
        }
        for key in ["citationSources", "citations"] {
            for source in candidate["citationMetadata"][key].as_array().into_iter().flatten() {
                let Some(address) = text(&source["uri"]).filter(|address| !address.is_empty()) else { continue };
                let start = characters(source["startIndex"].as_u64().unwrap_or_default());
                let end = source["endIndex"].as_u64().map_or(self.text.chars().count(), characters);
                self.citations.insert((start, end.max(start), address));
            }
        }
    }
}

/// Counts the side of a client that has got one body.
pub(crate) fn of_body(body: &Value) -> Account {
    let mut account = Account::default();
    for choice in body["choices"].as_array().unwrap() {
        let mut counted = Choice::default();
        counted.read_message(&choice["message"]);
        counted.read_end(choice);
        account.choices.insert(choice["index"].as_u64().unwrap(), counted);
    }
    account.read_usage(&body["usage"]);
    account
}

impl Account {
    fn read_usage(&mut self, usage: &Value) {
        let guessed = usage["estimated"] == json!(true);
        let count = |value: &Value| if guessed { 0 } else { value.as_u64().unwrap() };
        self.prompt = count(&usage["prompt_tokens"]);
        self.completion = count(&usage["completion_tokens"]);
        self.reasoning = count(&usage["completion_tokens_details"]["reasoning_tokens"]);
        self.cached = count(&usage["prompt_tokens_details"]["cached_tokens"]);
        assert_eq!(usage["total_tokens"].as_u64().unwrap(), count_total(usage));
    }
}

fn count_total(usage: &Value) -> u64 {
    usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap()
}

impl Choice {
    fn read_message(&mut self, message: &Value) {
        self.text.push_str(message["content"].as_str().unwrap_or_default());
        self.thoughts.push_str(message["reasoning_content"].as_str().unwrap_or_default());
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            assert_eq!(call["type"], "function");
            self.calls.push(Call {
                name: text(&call["function"]["name"]).unwrap(),
                arguments: serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap(),
                signature: text(&call["extra_content"]["google"]["thought_signature"]),
            });
        }
        for image in message["images"].as_array().into_iter().flatten() {
            assert_eq!(image["index"].as_u64().unwrap(), self.images.len() as u64);
            let signature = text(&image["extra_content"]["google"]["thought_signature"]);
            self.images.push((text(&image["image_url"]["url"]).unwrap(), signature));
        }
        if let Some(data) = message["audio"]["data"].as_str() {
            self.hear(&STANDARD.decode(data).unwrap());
        }
        for annotation in message["annotations"].as_array().into_iter().flatten() {
            assert_eq!(annotation["type"], "url_citation");
            let citation = &annotation["url_citation"];
            let place = |key: &str| usize::try_from(citation[key].as_u64().unwrap()).unwrap();
            assert!(citation["title"].is_string());
            self.citations.insert((place("start_index"), place("end_index"), text(&citation["url"]).unwrap()));
        }
        let google = &message["extra_content"]["google"];
        self.signatures.extend(text(&google["thought_signature"]));
        for part in google["parts"].as_array().into_iter().flatten() {
            if part["text"] == json!("") && part.as_object().unwrap().len() == 2 {
                self.signatures.extend(text(&part["thoughtSignature"]));
            } else {
                self.native.push(part.clone());
            }
        }
    }

    fn read_end(&mut self, choice: &Value) {
        self.finish = text(&choice["native_finish_reason"]);
        for (key, value) in choice["extra_content"]["google"].as_object().into_iter().flatten() {
            let (key, values) = match key.strip_prefix("earlier_") {
                Some(key) => (key, value.as_array().unwrap().clone()),
                None => (key.as_str(), vec![value.clone()]),
            };
            let entry = self.facts.entry(camel_case(key)).or_default();
            // The latest comes first in the object.
            entry.splice(0..0, values);
        }
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap().to_owned();
    for word in words {
        camel.push_str(&word[..1].to_ascii_uppercase());
        camel.push_str(&word[1..]);
    }
    camel
}

/// Counts the side of a client that has got a stream, and holds it to OpenAI's order on the way.
pub(crate) fn of_stream(frames: &str, with_usage: bool) -> Account {
    let mut frames: Vec<&str> =
        frames.strip_suffix("\n\n").unwrap().split("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap()).collect();
    assert_eq!(frames.pop(), Some("[DONE]"));
    let chunks: Vec<Value> = frames.iter().map(|frame| serde_json::from_str(frame).unwrap()).collect();
    let mut account = Account::default();
    let (last, said) = if with_usage { chunks.split_last().unwrap() } else { (&Value::Null, &chunks[..]) };
    if with_usage {
        assert_eq!(last["choices"], json!([]));
        account.read_usage(&last["usage"]);
    }
    let mut ended = BTreeSet::new();
    for chunk in said {
        for key in ["id", "created", "model", "object"] {
            assert_eq!(chunk[key], chunks[0][key], "{key} changed");
        }
        assert!(chunk["usage"].is_null());
        assert_eq!(chunk.get("usage").is_some(), with_usage);
        assert_eq!(chunk["choices"].as_array().unwrap().len(), 1);
        let choice = &chunk["choices"][0];
        let index = choice["index"].as_u64().unwrap();
        assert!(!ended.contains(&index), "a choice goes on after its end");
        let delta = &choice["delta"];
        let Some(counted) = account.choices.get_mut(&index) else {
            assert_eq!(delta["role"], "assistant", "the role comes first");
            let expected = account.choices.len() as u64;
            assert!(index == expected || index > 1, "choices begin in their order");
            account.choices.insert(index, Choice::default());
            continue;
        };
        assert!(delta.get("role").is_none(), "the role comes once");
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            assert_eq!(call["index"].as_u64().unwrap(), counted.calls.len() as u64, "indices rise");
            assert!(call["id"].as_str().is_some_and(|id| !id.is_empty()));
        }
        counted.read_message(delta);
        if !choice["finish_reason"].is_null() {
            assert_eq!(delta, &json!({}), "the finish reason stands alone");
            counted.read_end(choice);
            ended.insert(index);
        }
    }
    assert_eq!(ended.len(), account.choices.len(), "every choice has ended");
    account
}
