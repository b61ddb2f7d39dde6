//! Gemini's own fields in an OpenAI request: `google`, or `extra_body.google`.
//!
//! OpenAI's SDK for Python puts what stands in `extra_body` at the top of the request, Google's documents nest it once more,
//! and people without an SDK send the name as it is. All three arrive here.

use std::borrow::Cow;

use crate::call::{DecodeError, Problem};
use crate::json::{Member, Node, ObjectWriter, Path};

use super::Work;
use super::config::Config;

/// Fields of `generationConfig`; they may be said without their holder.
const OF_GENERATION: &[&str] = &[
    "responseModalities",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "speechConfig",
    "imageConfig",
    "mediaResolution",
    "enableEnhancedCivicAnswers",
    "candidateCount",
    "topK",
    "topP",
    "seed",
    "temperature",
    "maxOutputTokens",
    "stopSequences",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "audioTimestamp",
];

/// More fields than Gemini has, today and for a long time.
const MAX_FIELDS: usize = 100;

/// Categories that can be switched off.
// wire 96
const HARMS: &[&str] = &["HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT"];

/// What stood below `google`.
#[derive(Debug, Default)]
pub(crate) struct Extension<'n> {
    /// Where it stood.
    field: &'static str,
    thinking: Option<&'n Node<'n>>,
    /// Fields of the request itself.
    top: Vec<(String, Cow<'n, str>)>,
    /// Google's own tools.
    pub(crate) tools: Vec<&'n Node<'n>>,
    cached_content: bool,
}

/// Reads what stands below `google`.
// wire 98
pub(crate) fn read<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    config: &mut Config<'n>,
) -> Result<Extension<'n>, DecodeError> {
    let mut extension = Extension { field: "google", ..Extension::default() };
    tier(work, request, &mut extension)?;
    let Some(google) = holder(work, request, &mut extension)? else { return Ok(extension) };
    let field = extension.field;
    let path = Path::Key(&Path::Root, field);
    for member in few_members(google, &path)? {
        if member.value.is_null() {
            continue;
        }
        let (name, path) = (camel(&member.key), path.key(&member.key));
        match name.as_str() {
            "thinkingConfig" => extension.thinking = Some(&member.value),
            "generationConfig" => {
                for inner in few_members(&member.value, &path)? {
                    match camel(&inner.key) {
                        name if name == "thinkingConfig" => extension.thinking = Some(&inner.value),
                        name => config.set(name, inner.value.json()),
                    }
                }
            }
            "cachedContent" => {
                let cached = member.value.want_text(&path)?;
                if !cached.starts_with("cachedContents/") {
                    let message = "must be the name of a cache (cachedContents/…)";
                    return Err(DecodeError::new(Problem::Invalid, path.to_string(), message));
                }
                work.resources.push(cached.into_owned());
                extension.cached_content = true;
                extension.top.push((name, member.value.json()));
            }
            "tools" => extension.tools.extend(member.value.want_items(&path)?),
            name if OF_GENERATION.contains(&name) => config.set(name.to_owned(), member.value.json()),
            "contents" | "systemInstruction" | "model" => {
                let message = "is written from the messages of the request";
                return Err(DecodeError::new(Problem::Invalid, path.to_string(), message));
            }
            // Tomorrow's fields.
            _ => extension.top.push((name, member.value.json())),
        }
    }
    Ok(extension)
}

/// The members of an object that has no more than Gemini could have fields.
fn few_members<'n>(node: &'n Node<'n>, path: &Path<'_>) -> Result<&'n [Member<'n>], DecodeError> {
    let members = node.want_members(path)?;
    if members.len() <= MAX_FIELDS {
        return Ok(members);
    }
    let message = format!("has more than {MAX_FIELDS} fields");
    Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
}

/// Finds `google`, at the top or in `extra_body`.
fn holder<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    extension: &mut Extension<'n>,
) -> Result<Option<&'n Node<'n>>, DecodeError> {
    let mut inside = None;
    if let Some(extra) = request.find("extra_body") {
        let path = Path::Root.key("extra_body");
        for member in extra.want_members(&path)? {
            if member.key == "google" {
                inside = Some(&member.value).filter(|value| !value.is_null());
            } else if !member.value.is_null() {
                let key: String = member.key.chars().take(80).collect();
                work.warn(
                    &path.key(&key),
                    "is not known and was not sent on; Gemini's own fields belong into extra_body.google",
                );
            }
        }
    }
    if let Some(inside) = inside {
        extension.field = "extra_body.google";
        return Ok(Some(inside));
    }
    Ok(request.find("google"))
}

/// `service_tier`
// wire 94
fn tier(work: &mut Work<'_>, request: &Node<'_>, extension: &mut Extension<'_>) -> Result<(), DecodeError> {
    let Some(tier) = request.find("service_tier") else { return Ok(()) };
    let path = Path::Root.key("service_tier");
    let tier = tier.want_text(&path)?;
    let own = match tier.as_ref() {
        "auto" | "default" | "standard" | "standard_only" => return Ok(()),
        "flex" => "\"flex\"",
        "priority" | "fast" => "\"priority\"",
        other => {
            work.warn(
                &path,
                format!("{:?} has no equal; the standard tier answers", other.chars().take(40).collect::<String>()),
            );
            return Ok(());
        }
    };
    if work.refused.contains(crate::call::Feature::ServiceTier) {
        work.warn(&path, format!("is refused by {}; the standard tier answers", work.model));
    } else {
        extension.top.push(("serviceTier".to_owned(), Cow::Borrowed(own)));
    }
    Ok(())
}

// === impl Extension ===

impl<'n> Extension<'n> {
    /// `thinking_config`, and where it stands.
    pub(crate) fn thinking(&self) -> Option<(&'n Node<'n>, &'static str)> {
        let field = if self.field == "google" { "google.thinking_config" } else { "extra_body.google.thinking_config" };
        Some((self.thinking?, field))
    }

    /// Where a cache is named, if one is.
    pub(crate) fn cached_content_field(&self) -> Option<String> {
        self.cached_content.then(|| format!("{}.cached_content", self.field))
    }

    /// Whether Gemini's `toolConfig` is given in its own words.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.top.iter().any(|(own, _)| own == name)
    }

    pub(crate) fn write(&self, writer: &mut ObjectWriter<'_>, work: &Work<'_>) {
        for (index, (name, json)) in self.top.iter().enumerate() {
            // Said twice, in two spellings: the last one counts.
            let is_last = self.top.get(index + 1..).unwrap_or_default().iter().all(|(later, _)| later != name);
            if is_last {
                writer.raw(name, json);
            }
        }
        if work.context.options.disable_safety_filtering && !self.has("safetySettings") {
            let setting = |harm: &&str| {
                format!(r#"{{"category":"HARM_CATEGORY_{harm}","threshold":"{}"}}"#, work.family.safety_off)
            };
            let settings: Vec<String> = HARMS.iter().map(setting).collect();
            writer.raw("safetySettings", &format!("[{}]", settings.join(",")));
        }
    }
}

/// `thinking_config` as `thinkingConfig`.
pub(crate) fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' if !camel.is_empty() => upper = true,
            c if upper => {
                camel.extend(c.to_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    camel
}
