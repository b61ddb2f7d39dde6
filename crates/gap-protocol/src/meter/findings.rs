//! What GAP wants to know of an answer.

use std::borrow::Cow;
use std::fmt;
use std::ops::AddAssign;

use super::usage::Usage;

/// What an answer has said so far. Only the top level of each event is read, and only values that GAP acts on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The last usage; each is cumulative, so they are never added up (wire 124).
    pub usage: Option<Usage>,
    /// The last finish reason (wire 112). Absent at the end of a stream means that it was cut.
    pub finish_reason: Option<FinishReason>,
    /// Why the prompt was blocked (wire 109).
    pub block_reason: Option<BlockReason>,
    /// The model that answered; for aliases not the one that was asked.
    pub model_version: Option<String>,
    /// Google's id of the answer, which is the interaction's if it is one.
    pub response_id: Option<String>,
    /// The name of the resource that the answer is about (`files/abc`, `batches/x`), also when an upload wraps it in
    /// `file`.
    pub name: Option<String>,
    /// The value of `error`, as it was written; `{}` when it is larger than 64 KiB.
    pub error: Option<String>,
    /// How many candidates were in all events together.
    pub candidates: u64,
    /// How many parts were in all candidates together.
    pub parts: u64,
    /// Whether any part said anything: not just an empty text or a signature.
    pub content: bool,
}

/// Why a candidate ended. Google adds values, so any name is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FinishReason(Cow<'static, str>);

/// Why a prompt was blocked. Google adds values, so any name is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlockReason(Cow<'static, str>);

/// By number, for `enum-encoding=int`. Names after the last have no number that Google has published.
const FINISH_REASONS: &[&str] = &[
    "FINISH_REASON_UNSPECIFIED",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
    "IMAGE_SAFETY",
    "UNEXPECTED_TOOL_CALL",
];

/// By number, for `enum-encoding=int`.
const BLOCK_REASONS: &[&str] =
    &["BLOCK_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"];

// === impl Findings ===

impl Findings {
    /// Whether the answer says nothing at all (wire 114): no part with content, and no reason why the prompt was
    /// blocked, and no error.
    pub fn is_empty(&self) -> bool {
        !self.content && self.block_reason.is_none() && self.error.is_none()
    }
}

impl AddAssign<&Self> for Findings {
    /// What two answers to one request say together: what they cost and hold is added, of the rest the first word counts.
    fn add_assign(&mut self, other: &Self) {
        fn first<T: Clone>(mine: &mut Option<T>, other: Option<&T>) {
            if mine.is_none() {
                *mine = other.cloned();
            }
        }
        if let Some(usage) = &other.usage {
            *self.usage.get_or_insert_default() += usage;
        }
        first(&mut self.finish_reason, other.finish_reason.as_ref());
        first(&mut self.block_reason, other.block_reason.as_ref());
        first(&mut self.model_version, other.model_version.as_ref());
        first(&mut self.response_id, other.response_id.as_ref());
        first(&mut self.name, other.name.as_ref());
        first(&mut self.error, other.error.as_ref());
        self.candidates += other.candidates;
        self.parts += other.parts;
        self.content |= other.content;
    }
}

// === impl FinishReason, BlockReason ===

impl FinishReason {
    /// Google's name of it, such as `STOP`; a number that has no known name, in decimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a JSON string or number.
    pub(crate) fn read(json: &[u8]) -> Option<Self> {
        read_enum(json, FINISH_REASONS).map(Self)
    }
}

impl BlockReason {
    /// Google's name of it, such as `SAFETY`; a number that has no known name, in decimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a JSON string or number.
    pub(crate) fn read(json: &[u8]) -> Option<Self> {
        read_enum(json, BLOCK_REASONS).map(Self)
    }
}

impl fmt::Display for FinishReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for BlockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A JSON string, without a copy unless it has escapes.
pub(super) fn read_string(json: &[u8]) -> Option<Cow<'_, str>> {
    let inside = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inside).is_none() {
        return std::str::from_utf8(inside).ok().map(Cow::Borrowed);
    }
    serde_json::from_slice(json).ok().map(Cow::Owned)
}

/// The names by number; others are kept as they are. `null` and the empty string are no value.
fn read_enum(json: &[u8], names: &'static [&'static str]) -> Option<Cow<'static, str>> {
    if json.first() != Some(&b'"') {
        let number: u32 = std::str::from_utf8(json).ok()?.parse().ok()?;
        let known = usize::try_from(number).ok().and_then(|number| names.get(number));
        return Some(known.map_or_else(|| Cow::Owned(number.to_string()), |name| Cow::Borrowed(*name)));
    }
    let read = read_string(json).filter(|name| !name.is_empty())?;
    let known = names.iter().find(|name| read == **name);
    Some(known.map_or_else(|| Cow::Owned(read.into_owned()), |name| Cow::Borrowed(*name)))
}
