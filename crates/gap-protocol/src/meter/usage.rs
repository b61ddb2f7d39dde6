//! What an answer cost.

mod plain;

use std::fmt;
use std::marker::PhantomData;
use std::ops::AddAssign;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Tokens of one answer, as Google counts them: `total = prompt + candidates + thoughts + tool_use_prompt`
/// (wire 122). A count that Google leaves out is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// The prompt, with what came out of a cache.
    #[serde(rename = "promptTokenCount", alias = "prompt_token_count", alias = "total_input_tokens")]
    #[serde(deserialize_with = "count")]
    pub prompt: u64,
    /// What of the prompt came out of a cache. Part of `prompt`: never add it.
    #[serde(rename = "cachedContentTokenCount", alias = "cached_content_token_count", alias = "total_cached_tokens")]
    #[serde(deserialize_with = "count")]
    pub cached: u64,
    /// The answer's candidates, without thoughts.
    #[serde(rename = "candidatesTokenCount", alias = "candidates_token_count", alias = "total_output_tokens")]
    #[serde(deserialize_with = "count")]
    pub candidates: u64,
    /// Thoughts, shown or not.
    #[serde(rename = "thoughtsTokenCount", alias = "thoughts_token_count", alias = "total_thought_tokens")]
    #[serde(deserialize_with = "count")]
    pub thoughts: u64,
    /// Results of Google's own tools, fed back as a prompt.
    #[serde(
        rename = "toolUsePromptTokenCount",
        alias = "tool_use_prompt_token_count",
        alias = "total_tool_use_tokens"
    )]
    #[serde(deserialize_with = "count")]
    pub tool_use_prompt: u64,
    /// All of them, by Google's own sum.
    #[serde(rename = "totalTokenCount", alias = "total_token_count", alias = "total_tokens")]
    #[serde(deserialize_with = "count")]
    pub total: u64,
    /// `prompt` by modality (wire 125). Embedding models write the name in the singular.
    #[serde(rename = "promptTokensDetails", alias = "prompt_tokens_details", alias = "promptTokenDetails")]
    #[serde(alias = "input_tokens_by_modality")]
    pub prompt_by_modality: Modalities,
    /// `cached` by modality.
    #[serde(rename = "cacheTokensDetails", alias = "cache_tokens_details", alias = "cached_tokens_by_modality")]
    pub cached_by_modality: Modalities,
    /// `candidates` by modality.
    #[serde(rename = "candidatesTokensDetails", alias = "candidates_tokens_details")]
    #[serde(alias = "output_tokens_by_modality")]
    pub candidates_by_modality: Modalities,
    /// `tool_use_prompt` by modality.
    #[serde(rename = "toolUsePromptTokensDetails", alias = "tool_use_prompt_tokens_details")]
    #[serde(alias = "tool_use_tokens_by_modality")]
    pub tool_use_prompt_by_modality: Modalities,
}

/// Tokens by what they stand for; Google prices audio and images differently. All 0 when Google gave no details.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modalities {
    /// Text.
    pub text: u64,
    /// Images.
    pub image: u64,
    /// Video.
    pub video: u64,
    /// Audio.
    pub audio: u64,
    /// Documents, such as PDF.
    pub document: u64,
    /// Whatever Google has added since.
    pub other: u64,
}

// === impl Usage ===

impl Usage {
    /// Reads a JSON object; fields of an unexpected kind count as absent.
    pub(crate) fn read(json: &[u8]) -> Option<Self> {
        plain::read(json).or_else(|| serde_json::from_slice(json).ok())
    }
}

impl AddAssign<&Self> for Usage {
    /// What two answers cost together.
    fn add_assign(&mut self, other: &Self) {
        let counts = [
            (&mut self.prompt, other.prompt),
            (&mut self.cached, other.cached),
            (&mut self.candidates, other.candidates),
            (&mut self.thoughts, other.thoughts),
            (&mut self.tool_use_prompt, other.tool_use_prompt),
            (&mut self.total, other.total),
        ];
        for (count, more) in counts {
            *count = count.saturating_add(more);
        }
        self.prompt_by_modality.add_all(&other.prompt_by_modality);
        self.cached_by_modality.add_all(&other.cached_by_modality);
        self.candidates_by_modality.add_all(&other.candidates_by_modality);
        self.tool_use_prompt_by_modality.add_all(&other.tool_use_prompt_by_modality);
    }
}

// === impl Modalities ===

impl Modalities {
    fn add_all(&mut self, other: &Self) {
        let counts = [
            (&mut self.text, other.text),
            (&mut self.image, other.image),
            (&mut self.video, other.video),
            (&mut self.audio, other.audio),
            (&mut self.document, other.document),
            (&mut self.other, other.other),
        ];
        for (count, more) in counts {
            *count = count.saturating_add(more);
        }
    }

    /// All of them together.
    pub fn sum(&self) -> u64 {
        [self.text, self.image, self.video, self.audio, self.document, self.other]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    fn add(&mut self, entry: &Entry) {
        let place = match entry.modality {
            Modality::Text => &mut self.text,
            Modality::Image => &mut self.image,
            Modality::Video => &mut self.video,
            Modality::Audio => &mut self.audio,
            Modality::Document => &mut self.document,
            Modality::Other => &mut self.other,
        };
        *place = place.saturating_add(entry.tokens);
    }
}

impl<'de> Deserialize<'de> for Modalities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Lenient::<Entries>::of("a list of modalities"))
    }
}

/// One entry of a list of details.
#[derive(Debug, Default)]
struct Entry {
    modality: Modality,
    tokens: u64,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Lenient::<Self>::of("a modality and its tokens"))
    }
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum EntryField {
    #[serde(rename = "modality")]
    Modality,
    #[serde(rename = "tokenCount", alias = "token_count", alias = "tokens")]
    Tokens,
    #[serde(other)]
    Other,
}

#[derive(Clone, Copy, Debug, Default)]
enum Modality {
    Text,
    Image,
    Video,
    Audio,
    Document,
    #[default]
    Other,
}

impl<'de> Deserialize<'de> for Modality {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Lenient::<Names>::of("a modality"))
    }
}

// === Reading what may be anything ===

/// A count: an integer, an integral float, or a string of one. Anything else is 0, so that an oddity in one field does
/// not lose the others.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Lenient::<Counts>::of("a count"))
}

/// Reads JSON of any kind: what `R` understands by it, its default for the rest.
struct Lenient<R> {
    what: &'static str,
    reads: PhantomData<R>,
}

impl<R> Lenient<R> {
    fn of(what: &'static str) -> Self {
        Self { what, reads: PhantomData }
    }
}

/// A number that is counted, read without giving up on anything else.
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        count(deserializer).map(Self)
    }
}

/// What one kind of value makes of JSON.
trait Read: Sized {
    type Value: Default;

    fn number(_: u64) -> Self::Value {
        Self::Value::default()
    }

    fn string(_: &str) -> Self::Value {
        Self::Value::default()
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::Value::default())
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::Value::default())
    }
}

struct Counts;

impl Read for Counts {
    type Value = u64;

    fn number(number: u64) -> u64 {
        number
    }

    fn string(text: &str) -> u64 {
        text.trim().parse().unwrap_or_default()
    }
}

struct Names;

impl Read for Names {
    type Value = Modality;

    fn number(number: u64) -> Modality {
        match number {
            1 => Modality::Text,
            2 => Modality::Image,
            3 => Modality::Video,
            4 => Modality::Audio,
            5 => Modality::Document,
            _ => Modality::Other,
        }
    }

    fn string(name: &str) -> Modality {
        // Upper case in Gemini's own API, lower case in interactions.
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match () {
            () if is("TEXT") => Modality::Text,
            () if is("IMAGE") => Modality::Image,
            () if is("VIDEO") => Modality::Video,
            () if is("AUDIO") => Modality::Audio,
            () if is("DOCUMENT") => Modality::Document,
            () => Modality::Other,
        }
    }
}

struct Entries;

impl Read for Entries {
    type Value = Modalities;

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Modalities, A::Error> {
        let mut modalities = Modalities::default();
        while let Some(entry) = list.next_element::<Entry>()? {
            modalities.add(&entry);
        }
        Ok(modalities)
    }
}

impl Read for Entry {
    type Value = Self;

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut entry = Self::default();
        while let Some(field) = map.next_key::<EntryField>()? {
            match field {
                EntryField::Modality => entry.modality = map.next_value()?,
                EntryField::Tokens => entry.tokens = map.next_value::<Count>()?.0,
                EntryField::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(entry)
    }
}

impl<'de, R: Read> Visitor<'de> for Lenient<R> {
    type Value = R::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_u64<E>(self, number: u64) -> Result<R::Value, E> {
        Ok(R::number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<R::Value, E> {
        Ok(u64::try_from(number).map(R::number).unwrap_or_default())
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN becomes 0")]
    fn visit_f64<E>(self, number: f64) -> Result<R::Value, E> {
        Ok(R::number(number as u64))
    }

    fn visit_str<E>(self, text: &str) -> Result<R::Value, E> {
        Ok(R::string(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<R::Value, E> {
        Ok(R::Value::default())
    }

    fn visit_unit<E>(self) -> Result<R::Value, E> {
        Ok(R::Value::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<R::Value, A::Error> {
        R::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<R::Value, A::Error> {
        R::map(map)
    }
}
