//! Pictures on their way back.

use crate::json::{self, Node, ObjectWriter};
use crate::meter::Usage;
use crate::openai::chat::media::decode_base64;
use crate::openai::chat::write::write_number;
use crate::openai::error::Error;
use crate::openai::refusal::Refusal;
use crate::reply::{self, Event};

use super::{Form, Format, ImagesCall, Method};

/// More of what a model says in the place of a picture is not repeated.
const MOST_SAID: usize = 300;

/// What one or more answers hold.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pictures: Vec<Picture>,
    /// Why there is not a picture more, in Google's words.
    reasons: Vec<String>,
    /// What the model said beside.
    said: String,
}

#[derive(Clone, Debug)]
struct Picture {
    mime: String,
    /// Base64, as it came.
    data: String,
}

/// Why an answer holds nothing of use: it cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the upstream sent something that is no answer with pictures")]
pub struct Unmade;

/// Takes what is in an answer.
pub fn read_answer(method: Method, answer: &[u8], made: &mut Made) -> Result<(), Unmade> {
    match method {
        Method::Generate => made.generated(answer),
        Method::Predict => made.predicted(answer),
    }
}

// === impl Made ===

impl Made {
    /// How many pictures there are.
    pub fn count(&self) -> usize {
        self.pictures.len()
    }

    fn generated(&mut self, answer: &[u8]) -> Result<(), Unmade> {
        let before = self.pictures.len();
        let mut reason = None;
        let read = reply::read(answer, |event| match event {
            Event::Media { media, .. } => {
                let mime = media.mime_type.decode().into_owned();
                if mime.starts_with("image/") {
                    self.pictures.push(Picture { mime, data: media.data.decode().into_owned() });
                }
            }
            Event::Text { text, .. } => {
                let room = MOST_SAID.saturating_sub(self.said.chars().count());
                self.said.extend(text.decode().chars().take(room));
            }
            Event::Finish { reason: why, .. } => reason = Some(why.as_str().to_owned()),
            Event::PromptFeedback(feedback) => {
                let blocked = json::parse(feedback.as_bytes()).ok();
                let why = blocked.as_ref().and_then(|node| node.find("blockReason")).and_then(Node::text);
                reason = why.map(std::borrow::Cow::into_owned).or(reason.take());
            }
            _ => {}
        });
        read.map_err(|_| Unmade)?;
        if self.pictures.len() == before {
            self.reasons.push(reason.unwrap_or_default());
        }
        Ok(())
    }

    fn predicted(&mut self, answer: &[u8]) -> Result<(), Unmade> {
        let answer = json::parse(answer).map_err(|_| Unmade)?;
        let none: &[Node<'_>] = &[];
        // Where all of them are withheld, there is no list at all.
        let predictions = match answer.find("predictions") {
            Some(list) => list.items().ok_or(Unmade)?,
            None if answer.members().is_some() => none,
            None => return Err(Unmade),
        };
        if predictions.is_empty() {
            self.reasons.push("FILTERED".to_owned());
        }
        for prediction in predictions {
            let text = |name: &str| prediction.find(name).and_then(Node::text).map(std::borrow::Cow::into_owned);
            match (text("bytesBase64Encoded").filter(|data| !data.is_empty()), text("raiFilteredReason")) {
                (Some(data), _) => {
                    let mime = text("mimeType").unwrap_or_else(|| "image/png".to_owned());
                    self.pictures.push(Picture { mime, data });
                }
                (None, reason) => self.reasons.push(reason.unwrap_or_else(|| "FILTERED".to_owned())),
            }
        }
        Ok(())
    }

    /// Why there is no picture, if there is none.
    pub fn refusal(&self) -> Option<Refusal> {
        if !self.pictures.is_empty() {
            return None;
        }
        let reason = self.reasons.first().map(String::as_str).unwrap_or_default();
        let withheld = !matches!(reason, "" | "STOP" | "MAX_TOKENS" | "NO_IMAGE" | "IMAGE_OTHER" | "OTHER");
        let mut message = match (withheld, reason) {
            (true, reason) => format!("Google withheld the picture: {reason}"),
            (false, "" | "STOP") => "the model made no picture".to_owned(),
            (false, reason) => format!("the model made no picture: {reason}"),
        };
        if !self.said.trim().is_empty() {
            message.push_str("; it said: ");
            message.push_str(self.said.trim());
        }
        let code = Some(if withheld { "moderation_blocked" } else { "no_image" });
        Some(Refusal { status: 400, message, param: Some("prompt".to_owned()), code })
    }

    /// The body of an answer in one piece.
    pub fn body(&self, call: &ImagesCall, created: u64, usage: Option<&Usage>) -> Vec<u8> {
        let length: usize = self.pictures.iter().map(|picture| picture.data.len() + 64).sum();
        let mut out = Vec::with_capacity(length + 512);
        let mut body = ObjectWriter::open(&mut out);
        write_number(body.key("created"), created);
        let data = body.key("data");
        data.push(b'[');
        for (place, picture) in self.pictures.iter().enumerate() {
            if place > 0 {
                data.push(b',');
            }
            let mut item = ObjectWriter::open(data);
            match call.format {
                Format::Base64 => item.text("b64_json", &picture.data),
                Format::DataUrl => item.text("url", &format!("data:{};base64,{}", picture.mime, picture.data)),
            };
            item.close();
        }
        data.push(b']');
        if let Some(first) = self.pictures.first() {
            first.describe(call, &mut body);
        }
        write_usage(body.key("usage"), call, usage);
        body.close();
        out
    }

    /// The same as events, one a picture. What all of them cost stands in the last one.
    pub fn events(&self, call: &ImagesCall, created: u64, usage: Option<&Usage>) -> Vec<u8> {
        let kind = match call.form {
            Form::Generation => "image_generation.completed",
            Form::Edit => "image_edit.completed",
        };
        let mut out = Vec::with_capacity(self.pictures.iter().map(|picture| picture.data.len() + 512).sum());
        for (place, picture) in self.pictures.iter().enumerate() {
            out.extend_from_slice(format!("event: {kind}\ndata: ").as_bytes());
            let mut event = ObjectWriter::open(&mut out);
            event.text("type", kind).text("b64_json", &picture.data);
            write_number(event.key("created_at"), created);
            picture.describe(call, &mut event);
            let is_last = place + 1 == self.pictures.len();
            let nothing = Usage::default();
            write_usage(event.key("usage"), call, if is_last { usage } else { Some(&nothing) });
            event.close();
            out.extend_from_slice(b"\n\n");
        }
        out
    }
}

/// An error as the last event of a stream of pictures.
pub fn error_event(error: &Error<'_>) -> String {
    format!("event: error\ndata: {}\n\n", error.to_json())
}

// === impl Picture ===

impl Picture {
    /// What it is, and what was asked for.
    fn describe(&self, call: &ImagesCall, object: &mut ObjectWriter<'_>) {
        object.text("background", "opaque");
        object.text("output_format", self.mime.strip_prefix("image/").unwrap_or(&self.mime));
        object.text("quality", if call.quality.is_empty() { "auto" } else { &call.quality });
        let asked = if call.size.is_empty() { "auto" } else { &call.size };
        match self.pixels() {
            Some((width, height)) => object.text("size", &format!("{width}x{height}")),
            None => object.text("size", asked),
        };
    }

    /// Its size, where its first bytes tell.
    fn pixels(&self) -> Option<(u32, u32)> {
        let head = decode_base64(self.data.get(..32)?)?;
        let side = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
        head.starts_with(b"\x89PNG\r\n\x1A\n").then_some(())?;
        side(16).zip(side(20))
    }
}

/// What it cost; a guess where Google counts no tokens.
fn write_usage(out: &mut Vec<u8>, call: &ImagesCall, usage: Option<&Usage>) {
    let guess = || Usage { prompt: call.estimated_tokens * call.bodies.len() as u64, ..Usage::default() };
    let (usage, estimated) = usage.map_or_else(|| (guess(), true), |usage| (usage.clone(), false));
    let input = usage.prompt.saturating_add(usage.tool_use_prompt);
    let output = usage.candidates.saturating_add(usage.thoughts);
    let mut object = ObjectWriter::open(out);
    write_number(object.key("input_tokens"), input);
    write_number(object.key("output_tokens"), output);
    write_number(object.key("total_tokens"), input.saturating_add(output));
    let details = [
        ("input_tokens_details", input, usage.prompt_by_modality.image),
        ("output_tokens_details", output, usage.candidates_by_modality.image),
    ];
    for (key, all, images) in details {
        let mut details = ObjectWriter::open(object.key(key));
        write_number(details.key("image_tokens"), images);
        write_number(details.key("text_tokens"), all.saturating_sub(images));
        details.close();
    }
    if estimated {
        object.raw("estimated", "true");
    }
    object.close();
}
