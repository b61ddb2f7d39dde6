//! A chat completion request, in Gemini's words.
//!
//! Every property of the request stands in one table ([`compatibility`]) that says what becomes of it: it is mapped
//! here, or it has no equal and is named in the warnings, or it is refused. Nothing is left out in silence; a client that
//! wants to know for sure asks for strictness, and every warning is a refusal.
//!
//! The order of work: read the document ([`json`]), find the model and what it can do, turn messages into turns
//! ([`messages`], [`turns`]), tools into declarations ([`tools`]), the rest into `generationConfig` ([`generation`],
//! [`thinking`], [`mod@format`]), and write it all into one buffer. A megabyte of text or base64 is passed over once and copied
//! once.
//!
//! When Google refuses a feature, the service remembers it ([`Memory::refused_by`]) and decodes the same bytes again: there is
//! no second form of a request to be kept, and no code that edits one.

pub(crate) mod base64_text;
pub(crate) mod built_in;
pub(crate) mod calling;
pub(crate) mod config;
pub(crate) mod content;
pub(crate) mod extension;
pub(crate) mod format;
pub(crate) mod generation;
pub(crate) mod links;
pub(crate) mod messages;
pub(crate) mod modalities;
pub(crate) mod names;
pub(crate) mod native;
pub(crate) mod outcome;
pub(crate) mod part;
pub(crate) mod signature;
pub(crate) mod thinking;
pub(crate) mod tool_choice;
pub(crate) mod tools;
pub(crate) mod turns;

use std::borrow::Cow;

use bytes::Bytes;

use super::compatibility::{self, Entry, Treatment};
use super::ids::TextName;
use crate::call::{Call, DecodeError, Decoded, IdStyle, Problem, ReplyPlan, Unsupported, Warnings};
use crate::json::{self, Member, Node, ObjectWriter, Path};
use crate::models::{Family, ModelTable};

use config::Config;
pub use signature::NO_SIGNATURE;

/// What decoding needs to know besides the request.
#[derive(Clone, Copy)]
pub struct DecodeContext<'c> {
    /// What models can do.
    pub models: &'c ModelTable,
    /// What was learned and kept.
    pub memory: &'c dyn Memory,
    /// What the operator and the client's headers say.
    pub options: DecodeOptions,
}

/// What the service remembers from earlier answers.
pub trait Memory {
    /// The thought signature of the call with this id, if it is known. The memory of one access key must not answer
    /// another's question.
    fn signature_of(&self, call_id: &str) -> Option<String>;

    /// The thought signature of a call by its place: how many calls of the model stand before it in the conversation.
    fn signature_at(&self, _calls_before: usize) -> Option<String> {
        None
    }

    /// What this model has refused so far.
    fn refused_by(&self, model: &str) -> Unsupported;
}

/// Remembers nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoMemory;

/// What the operator and the client's headers say about decoding.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches that operators set one by one")]
pub struct DecodeOptions {
    /// Refuse what would only be warned about (`x-gap-strict: true`).
    pub strict: bool,
    /// Ask for the most permissive safety settings where the client sets none.
    pub disable_safety_filtering: bool,
    /// Let `max_tokens` count the answer alone: what thinking may use is added.
    pub max_tokens_exclude_thinking: bool,
    /// Ask for thoughts even where the client says nothing about reasoning.
    pub always_include_thoughts: bool,
    /// Pass on arguments of earlier calls that are no JSON object, under the key `_raw`, in place of refusing them.
    pub keep_broken_arguments: bool,
    /// How often a request may be sent to a model that gives fewer candidates than `n` asks for; 0 refuses such an `n`.
    pub most_copies: u32,
    /// How the ids of tool calls look.
    pub ids: IdStyle,
}

impl Memory for NoMemory {
    fn signature_of(&self, _: &str) -> Option<String> {
        None
    }

    fn refused_by(&self, _: &str) -> Unsupported {
        Unsupported::default()
    }
}

/// What all parts of decoding share.
pub(crate) struct Work<'c> {
    pub(crate) context: DecodeContext<'c>,
    pub(crate) family: &'c Family,
    pub(crate) refused: Unsupported,
    pub(crate) model: String,
    pub(crate) warnings: Warnings,
    pub(crate) plan: ReplyPlan,
    pub(crate) resources: Vec<String>,
    /// Bytes of media in the body, which are not text.
    media_bytes: usize,
    media: u64,
    /// Calls of the model so far.
    calls: usize,
}

/// Turns a request body into a call, or says which field is at fault and what it takes.
pub fn decode(body: &[u8], context: &DecodeContext<'_>) -> Result<Decoded, DecodeError> {
    decode_for(body, None, context)
}

/// The same for another model than the request names; answers name this one.
pub fn decode_for(body: &[u8], instead: Option<&str>, context: &DecodeContext<'_>) -> Result<Decoded, DecodeError> {
    let request = document(body)?;
    let root = Path::Root;
    let mut work = Work::begin(&request, instead, context)?;
    work.note_what_has_no_equal(&request, compatibility::find)?;

    let stream = request.find("stream").map_or(Ok(false), |node| node.want_bool(&root.key("stream")))?;
    let mut config = Config::default();
    let mut declared = tools::read(&mut work, &request)?;
    let mut conversation = messages::read(&mut work, &request)?;
    generation::read(&mut work, &request, stream, &mut config)?;
    modalities::read(&mut work, &request, &mut config)?;
    let mut own_words = Config::default();
    let extension = extension::read(&mut work, &request, &mut own_words)?;
    declared.add_built_in(&mut work, &extension);
    format::read(&mut work, &request, &mut declared, &mut conversation, &mut config)?;
    config.replace_by(own_words);
    if !work.takes_system() {
        conversation.system_into_first_turn();
    }
    thinking::read(&mut work, &request, &extension, &mut config)?;
    check_cache(&extension, &conversation, &declared)?;
    let sections = Sections { conversation, declared, config, extension };
    work.finish(&sections, stream, body.len())
}

/// What a request has become, section by section.
pub(crate) struct Sections<'n> {
    pub(crate) conversation: turns::Conversation<'n>,
    pub(crate) declared: tools::Declared<'n>,
    pub(crate) config: Config<'n>,
    pub(crate) extension: extension::Extension<'n>,
}

/// Reads a body, which has to be an object.
pub(crate) fn document(body: &[u8]) -> Result<Node<'_>, DecodeError> {
    let request = json::parse(body).map_err(|error| {
        DecodeError::of_body(Problem::Malformed, format!("the request body is not valid JSON: {error}"))
    })?;
    if request.members().is_none() {
        let message = format!("the request body must be a JSON object, not {}", request.describe());
        return Err(DecodeError::of_body(Problem::Malformed, message));
    }
    Ok(request)
}

/// The text of a top-level property.
pub(crate) fn text_of<'n>(request: &'n Node<'n>, name: &'static str) -> Result<Option<Cow<'n, str>>, DecodeError> {
    request.find(name).map(|node| node.want_text(&Path::Root.key(name))).transpose()
}

// === impl Work ===

impl<'c> Work<'c> {
    /// Finds the model, which is the one that the request names unless there is another `instead`, and what is known of it.
    pub(crate) fn begin(
        request: &Node<'_>,
        instead: Option<&str>,
        context: &DecodeContext<'c>,
    ) -> Result<Self, DecodeError> {
        let asked = match instead {
            Some(model) => Cow::Borrowed(model),
            None => text_of(request, "model")?.unwrap_or_default(),
        };
        let model = context.models.resolve(&asked).to_owned();
        if model.is_empty() {
            return Err(DecodeError::new(Problem::Missing, "model", "the name of a model is needed"));
        }
        let ids = context.options.ids;
        Ok(Self {
            context: *context,
            family: context.models.find(&model),
            refused: context.memory.refused_by(&model),
            model,
            warnings: Warnings::default(),
            plan: ReplyPlan { model: asked.into_owned(), candidates: 1, ids, ..ReplyPlan::default() },
            resources: Vec::new(),
            media_bytes: 0,
            media: 0,
            calls: 0,
        })
    }

    /// Writes the body, unless a warning has to be a refusal. `size` is the size of the client's own body.
    pub(crate) fn finish(self, sections: &Sections<'_>, stream: bool, size: usize) -> Result<Decoded, DecodeError> {
        if self.context.options.strict
            && let Some(warning) = self.warnings.iter().next()
        {
            return Err(DecodeError::new(Problem::Unsupported, &warning.field, &warning.message));
        }
        let Sections { conversation, declared, config, extension } = sections;
        let mut out = Vec::with_capacity(size + 1024);
        let mut pending = Vec::new();
        let mut writer = ObjectWriter::open(&mut out);
        conversation.write(&mut writer, &mut pending);
        declared.write(&mut writer, extension);
        config.write(&mut writer);
        extension.write(&mut writer, &self);
        writer.close();

        let letters = out.len().saturating_sub(self.media_bytes) as u64;
        let call = Call {
            model_asked: self.plan.model.clone(),
            model: self.model,
            body: Bytes::from(out),
            stream,
            plan: self.plan,
            warnings: self.warnings,
            resources: self.resources,
            cache_hint: None,
            estimated_tokens: letters / 4 + self.media * crate::gemini::mime::TOKENS_OF_A_MEDIUM,
        };
        Ok(Decoded::new(call, pending))
    }

    /// The place of the next call of the model in the conversation.
    pub(crate) fn place_of_call(&mut self) -> usize {
        self.calls += 1;
        self.calls - 1
    }

    /// The signature that is kept for a call: by the id that it came back with, or else by its place.
    pub(crate) fn kept_signature(&self, id: &str, place: usize) -> Option<String> {
        let by_id = if id.is_empty() { None } else { self.context.memory.signature_of(id) };
        by_id.or_else(|| self.context.memory.signature_at(place))
    }

    /// The signature that is kept for a text of the model's that comes back as it went out.
    pub(crate) fn kept_signature_of_text(&self, text: &str) -> Option<String> {
        let mut name = TextName::default();
        name.add(text);
        self.context.memory.signature_of(&name.id())
    }

    /// Goes through the properties of the request: those that nothing below will read are named.
    pub(crate) fn note_what_has_no_equal(
        &mut self,
        request: &Node<'_>,
        find: impl Fn(&str) -> Option<&'static Entry>,
    ) -> Result<(), DecodeError> {
        let root = Path::Root;
        for member in request.members().unwrap_or_default() {
            if member.value.is_null() {
                continue;
            }
            match find(&member.key).map(|entry| &entry.treatment) {
                Some(Treatment::Warned { .. }) if names_conversation(member) => {}
                Some(Treatment::Warned { unless, message }) => {
                    if !unless.contains(&member.value.raw()) {
                        self.warnings.add(root.key(&member.key).to_string(), *message);
                    }
                }
                Some(Treatment::Refused { unless, message }) => {
                    if !unless.contains(&member.value.raw()) {
                        return Err(DecodeError::new(Problem::Unsupported, &*member.key, *message));
                    }
                }
                Some(Treatment::Mapped | Treatment::Kept) => {}
                None => {
                    let field: String = member.key.chars().take(80).collect();
                    self.warnings.add(field, "is not known and was not sent on");
                }
            }
        }
        Ok(())
    }

    pub(crate) fn warn(&mut self, path: &Path<'_>, message: impl Into<String>) {
        self.warnings.add(path.to_string(), message);
    }
}

/// Whether it is metadata that does nothing but name the conversation, which is somebody else's to read.
fn names_conversation(member: &Member<'_>) -> bool {
    let only = member.value.members().filter(|members| members.iter().all(|member| member.key == "conversation_id"));
    member.key == "metadata" && only.is_some()
}

/// What a cache holds cannot be sent beside it.
// wire 99
pub(crate) fn check_cache(
    extension: &extension::Extension<'_>,
    conversation: &turns::Conversation<'_>,
    declared: &tools::Declared<'_>,
) -> Result<(), DecodeError> {
    let Some(field) = extension.cached_content_field() else { return Ok(()) };
    let beside = if conversation.has_system() {
        "a system message"
    } else if declared.is_empty() {
        return Ok(());
    } else {
        "tools"
    };
    let message =
        format!("Gemini takes {beside} only as a part of the cache: put it into the cache, or leave the cache out");
    Err(DecodeError::new(Problem::Invalid, field, message))
}
