//! The spine of a chunk: what must be typed to be found. Everything below it stays JSON.
//!
//! One pass over the bytes: objects and lists on the way to the parts are visited, every leaf is skipped over and kept as
//! a slice. What is not of the expected kind is skipped too, so that one oddity does not cost the rest of the answer.

use std::borrow::Cow;

use super::lenient::{Object, object, objects};
use super::{Call, Event, Media, Native, ReadError, Text};
use crate::json::{Skim, Skimmed, skim};
use crate::meter::FinishReason;

/// More candidates than any model gives. What lies above was not asked for.
const MAX_CANDIDATES: usize = 64;

/// One `GenerateContentResponse`.
#[derive(Debug, Default)]
pub(super) struct Chunk<'a> {
    candidates: Vec<Option<Candidate<'a>>>,
    prompt_feedback: Option<&'a str>,
    usage: Option<&'a str>,
    model_version: Option<&'a str>,
    response_id: Option<&'a str>,
    error: Option<&'a str>,
}

#[derive(Debug, Default)]
struct Candidate<'a> {
    index: Option<&'a str>,
    finish_reason: Option<&'a str>,
    content: Content<'a>,
    logprobs: Option<&'a str>,
    facts: Vec<(Cow<'a, str>, &'a str)>,
}

#[derive(Debug, Default)]
struct Content<'a> {
    parts: Vec<Option<Part<'a>>>,
}

#[derive(Debug, Default)]
struct Part<'a> {
    text: Option<&'a str>,
    thought: Option<&'a str>,
    signature: Option<&'a str>,
    call: Option<CallMembers<'a>>,
    media: Option<MediaMembers<'a>>,
    /// All members but the three above.
    members: Vec<(Cow<'a, str>, &'a str)>,
    is_native: bool,
}

#[derive(Debug, Default)]
struct CallMembers<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    args: Option<&'a str>,
    partial_args: Option<&'a str>,
    will_continue: Option<&'a str>,
}

#[derive(Debug, Default)]
struct MediaMembers<'a> {
    mime_type: Option<&'a str>,
    data: Option<&'a str>,
}

/// Reads a chunk, or an array of chunks.
pub(super) fn parse(text: &str) -> Result<Vec<Chunk<'_>>, ReadError> {
    let trimmed = text.trim_ascii_start();
    if trimmed.starts_with('[') {
        let chunks = skim(trimmed, objects::<Chunk<'_>>).map_err(|_| ReadError::NotJson)?;
        return Ok(chunks.into_iter().flatten().collect());
    }
    let chunk = skim(trimmed, object::<Chunk<'_>>).map_err(|_| ReadError::NotJson)?;
    chunk.map(|chunk| vec![chunk]).ok_or(ReadError::NoAnswer)
}

// === impl Chunk ===

impl Chunk<'_> {
    /// Says what is in it.
    pub(super) fn tell(&self, event: &mut impl FnMut(Event<'_>)) {
        if let Some(version) = text(self.model_version) {
            event(Event::Model(version.without("models/")));
        }
        if let Some(id) = text(self.response_id) {
            event(Event::ResponseId(id));
        }
        for (place, candidate) in self.candidates.iter().enumerate().take(MAX_CANDIDATES) {
            if let Some(candidate) = candidate {
                candidate.tell(place, event);
            }
        }
        let objects = [(self.prompt_feedback, Event::PromptFeedback as fn(_) -> _), (self.usage, Event::Usage)];
        for (json, as_event) in objects {
            if let Some(json) = json.filter(|json| json.starts_with('{')) {
                event(as_event(json));
            }
        }
        if let Some(error) = self.error.filter(|json| *json != "null") {
            event(Event::Error(error));
        }
    }
}

impl<'a> Object<'a> for Chunk<'a> {
    fn member(&mut self, key: Cow<'a, str>, value: Skim<'_, 'a>) -> Skimmed<()> {
        match &*key {
            "candidates" => self.candidates = objects(value)?,
            "usageMetadata" => self.usage = Some(value.raw()?),
            "modelVersion" => self.model_version = Some(value.raw()?),
            "responseId" => self.response_id = Some(value.raw()?),
            "promptFeedback" => self.prompt_feedback = Some(value.raw()?),
            "error" => self.error = Some(value.raw()?),
            _ => value.pass()?,
        }
        Ok(())
    }
}

// === impl Candidate ===

impl Candidate<'_> {
    fn tell(&self, place: usize, event: &mut impl FnMut(Event<'_>)) {
        let index = self.index.and_then(|index| index.parse().ok());
        let candidate = index.unwrap_or_else(|| u32::try_from(place).unwrap_or(u32::MAX));
        event(Event::Candidate(candidate));
        for part in self.content.parts.iter().flatten() {
            part.tell(candidate, event);
        }
        if let Some(logprobs) = self.logprobs {
            event(Event::Logprobs { candidate, json: logprobs });
        }
        for (name, json) in &self.facts {
            event(Event::Fact { candidate, name, json });
        }
        if let Some(reason) = self.finish_reason.and_then(|reason| FinishReason::read(reason.as_bytes())) {
            event(Event::Finish { candidate, reason });
        }
    }
}

impl<'a> Object<'a> for Candidate<'a> {
    fn member(&mut self, key: Cow<'a, str>, value: Skim<'_, 'a>) -> Skimmed<()> {
        match &*key {
            "content" => self.content = object(value)?.unwrap_or_default(),
            "index" => self.index = Some(value.raw()?),
            "finishReason" => self.finish_reason = Some(value.raw()?),
            "logprobsResult" => self.logprobs = Some(value.raw()?),
            _ => {
                let json = value.raw()?;
                self.facts.push((key, json));
            }
        }
        Ok(())
    }
}

// === impl Content ===

impl<'a> Object<'a> for Content<'a> {
    fn member(&mut self, key: Cow<'a, str>, value: Skim<'_, 'a>) -> Skimmed<()> {
        if key == "parts" {
            self.parts = objects(value)?;
            return Ok(());
        }
        value.pass()
    }
}

// === impl Part ===

impl Part<'_> {
    fn tell(&self, candidate: u32, event: &mut impl FnMut(Event<'_>)) {
        let signature = text(self.signature).filter(|signature| !signature.is_empty());
        // A thought that is an image is no image of the answer; it is kept with what has no place of its own.
        let is_thought = self.thought.is_some_and(|thought| thought == "true");
        if self.is_native || (is_thought && self.media.is_some()) {
            let common = [("text", self.text), ("thought", self.thought), ("thoughtSignature", self.signature)];
            return event(Event::Native { candidate, part: Native { common, members: &self.members } });
        }
        if let Some(text) = text(self.text).filter(|text| !text.is_empty()) {
            event(if is_thought { Event::Thought { candidate, text } } else { Event::Text { candidate, text } });
        }
        if let Some(call) = &self.call {
            return event(Event::Call { candidate, call: call.read(), signature });
        }
        if let Some(media) = self.media.as_ref().and_then(MediaMembers::read) {
            return event(Event::Media { candidate, media, signature });
        }
        if let Some(signature) = signature {
            event(Event::Signature { candidate, signature });
        }
    }
}

impl<'a> Object<'a> for Part<'a> {
    fn member(&mut self, key: Cow<'a, str>, value: Skim<'_, 'a>) -> Skimmed<()> {
        let json = value.raw()?;
        let common = match &*key {
            "text" => Some(&mut self.text),
            "thought" => Some(&mut self.thought),
            "thoughtSignature" => Some(&mut self.signature),
            _ => None,
        };
        if let Some(common) = common {
            *common = Some(json);
            return Ok(());
        }
        match &*key {
            "functionCall" => self.call = read_object(json),
            "inlineData" => self.media = read_object(json),
            // What may stand beside any kind of part.
            "partMetadata" | "videoMetadata" | "mediaResolution" => {}
            _ => self.is_native |= json != "null",
        }
        self.members.push((key, json));
        Ok(())
    }
}

impl<'a> CallMembers<'a> {
    fn read(&self) -> Call<'a> {
        let object = |json: Option<&'a str>| json.filter(|json| *json != "null");
        Call {
            id: text(self.id).filter(|id| !id.is_empty()),
            name: text(self.name).filter(|name| !name.is_empty()),
            args: object(self.args),
            partial_args: object(self.partial_args),
            will_continue: self.will_continue.is_some_and(|json| json == "true"),
        }
    }
}

impl<'a> Object<'a> for CallMembers<'a> {
    fn member(&mut self, key: Cow<'a, str>, value: Skim<'_, 'a>) -> Skimmed<()> {
        let json = Some(value.raw()?);
        match &*key {
            "id" => self.id = json,
            "name" => self.name = json,
            "args" => self.args = json,
            "partialArgs" => self.partial_args = json,
            "willContinue" => self.will_continue = json,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> MediaMembers<'a> {
    /// Nothing if there are no bytes, or nobody says what they are (wire 106).
    fn read(&self) -> Option<Media<'a>> {
        let data = text(self.data).filter(|data| !data.is_empty())?;
        Some(Media { mime_type: text(self.mime_type).filter(|mime| !mime.is_empty())?, data })
    }
}

impl<'a> Object<'a> for MediaMembers<'a> {
    fn member(&mut self, key: Cow<'a, str>, value: Skim<'_, 'a>) -> Skimmed<()> {
        let json = Some(value.raw()?);
        match &*key {
            "mimeType" => self.mime_type = json,
            "data" => self.data = json,
            _ => {}
        }
        Ok(())
    }
}

// === Private ===

fn text(json: Option<&str>) -> Option<Text<'_>> {
    Text::of(json?)
}

fn read_object<'a, T: Object<'a>>(json: &'a str) -> Option<T> {
    skim(json, object).ok()?
}
