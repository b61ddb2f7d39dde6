//! Models that behave alike.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Table;

use super::UNKNOWN;
use super::pattern::Pattern;

/// What models of one family can do. The keys are those of `models.toml`, which explains them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is one line of a table of data")]
pub struct Family {
    /// The family's name in the table.
    #[serde(skip)]
    pub name: String,
    /// Patterns of model names.
    #[serde(default)]
    pub names: Vec<String>,
    /// Other names for the first of them.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it reads.
    pub input: Vec<Modality>,
    /// What it answers with.
    pub output: Vec<Modality>,
    /// Its window.
    pub input_tokens: u64,
    /// The most that it writes.
    pub output_tokens: u64,
    /// How its thinking is told.
    pub thinking: Thinking,
    /// The most that `n` may be.
    pub candidates: u32,
    /// Whether it takes penalties.
    pub penalties: bool,
    /// The most alternatives per token that it tells.
    pub logprobs: u32,
    /// Whether it takes JSON mode.
    pub json_mode: bool,
    /// Whether it takes JSON mode together with functions.
    pub json_with_tools: bool,
    /// Whether it takes functions.
    pub tools: bool,
    /// Google's own tools that it takes.
    pub built_in: Vec<String>,
    /// Those of them that it takes together with functions.
    pub built_in_with_tools: Vec<String>,
    /// Whether it takes a system instruction.
    pub system: bool,
    /// The sizes in which its images can be asked for; none: in one only.
    #[serde(default)]
    pub image_sizes: Vec<String>,
    /// The threshold that blocks nothing.
    pub safety_off: String,
    /// Whether it refuses calls without their thought signature.
    pub signatures: bool,
    /// Whether it takes media inside the result of a function.
    pub media_in_results: bool,
    /// Whether it takes, on each image, how finely it is to be looked at.
    pub media_resolution: bool,
    /// Whether it goes on writing its own last message.
    pub prefill: bool,
    /// The quotas of a project, by tier.
    #[serde(default)]
    pub quotas: BTreeMap<String, Quota>,
    /// What it costs.
    #[serde(default)]
    pub prices: Prices,
    /// The fewest tokens of an explicit cache; 0: it takes none.
    pub cache_tokens: u64,
}

/// A kind of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    /// Text.
    Text,
    /// Images.
    Image,
    /// Sound.
    Audio,
    /// Moving images.
    Video,
    /// Documents.
    Pdf,
}

/// How a family's thinking is told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Thinking {
    /// It does not think.
    None,
    /// It thinks as it likes.
    Fixed,
    /// By a number of tokens.
    Budget {
        /// The least, unless it is off.
        min: i64,
        /// The most.
        max: i64,
        /// Whether zero is allowed.
        off: bool,
        /// Whether −1, as much as it likes, is allowed.
        dynamic: bool,
    },
    /// By a level.
    Level {
        /// Those that it has, lowest first.
        levels: Vec<ThinkingLevel>,
    },
}

/// Levels of thinking, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThinkingLevel {
    /// As little as it can.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}

/// What a project may ask of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// Requests per minute.
    pub rpm: Option<u64>,
    /// Input tokens per minute.
    pub tpm: Option<u64>,
    /// Requests per day.
    pub rpd: Option<u64>,
    /// Input tokens per day.
    pub tpd: Option<u64>,
}

/// USD per million tokens; absent where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// Input of text, images and video.
    pub input: Option<f64>,
    /// Input of sound, where it differs.
    pub input_audio: Option<f64>,
    /// Input from a cache.
    pub cached: Option<f64>,
    /// Keeping it in an explicit cache for an hour.
    pub storage: Option<f64>,
    /// Output, thoughts included.
    pub output: Option<f64>,
    /// Output of images.
    pub output_image: Option<f64>,
    /// Output of sound.
    pub output_audio: Option<f64>,
    /// From how many tokens of input on the prices below hold.
    pub long_from: Option<u64>,
    /// Input of a long prompt.
    pub long_input: Option<f64>,
    /// Cached input of a long prompt.
    pub long_cached: Option<f64>,
    /// Output for a long prompt.
    pub long_output: Option<f64>,
}

/// The keys that a family may write, all of them optional; only for errors with line numbers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read for its errors alone")]
pub(super) struct Written {
    base: Option<String>,
    names: Option<Vec<String>>,
    aliases: Option<Vec<String>>,
    input: Option<Vec<Modality>>,
    output: Option<Vec<Modality>>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    thinking: Option<Thinking>,
    candidates: Option<u32>,
    penalties: Option<bool>,
    logprobs: Option<u32>,
    json_mode: Option<bool>,
    json_with_tools: Option<bool>,
    tools: Option<bool>,
    built_in: Option<Vec<String>>,
    built_in_with_tools: Option<Vec<String>>,
    system: Option<bool>,
    signatures: Option<bool>,
    media_in_results: Option<bool>,
    media_resolution: Option<bool>,
    image_sizes: Option<Vec<String>>,
    safety_off: Option<String>,
    prefill: Option<bool>,
    quotas: Option<BTreeMap<String, Quota>>,
    prices: Option<Prices>,
    cache_tokens: Option<u64>,
}

// === impl Family ===

impl Family {
    pub(super) fn from_table(name: &str, keys: Table) -> Result<Self, String> {
        let mut family: Self = keys.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
        name.clone_into(&mut family.name);
        if !family.aliases.is_empty() && family.names.first().is_none_or(|first| first.contains('*')) {
            return Err("aliases need a first name without `*`".to_owned());
        }
        match &family.thinking {
            Thinking::Level { levels } if !levels.is_sorted() || levels.is_empty() => {
                Err("thinking.levels must be listed from the lowest to the highest".to_owned())
            }
            Thinking::Budget { min, max, .. } if min > max || *min < 0 => {
                Err("thinking.min must be at least 0 and at most thinking.max".to_owned())
            }
            _ => Ok(family),
        }
    }

    /// What is assumed when even the family "unknown" has been left without a pattern.
    pub(super) fn unknown() -> &'static Self {
        static UNKNOWN_FAMILY: LazyLock<Family> = LazyLock::new(|| Family {
            name: UNKNOWN.to_owned(),
            names: Vec::new(),
            aliases: Vec::new(),
            input: vec![Modality::Text],
            output: vec![Modality::Text],
            input_tokens: 30_000,
            output_tokens: 65_536,
            thinking: Thinking::None,
            candidates: 1,
            penalties: true,
            logprobs: 20,
            json_mode: true,
            json_with_tools: true,
            tools: true,
            built_in: Vec::new(),
            built_in_with_tools: Vec::new(),
            system: true,
            signatures: false,
            media_in_results: false,
            media_resolution: false,
            image_sizes: Vec::new(),
            safety_off: "OFF".to_owned(),
            prefill: true,
            quotas: BTreeMap::new(),
            prices: Prices::default(),
            cache_tokens: 0,
        });
        &UNKNOWN_FAMILY
    }

    /// The patterns of its models' names.
    pub(super) fn patterns(&self) -> impl Iterator<Item = Pattern> {
        let texts = self.names.iter().chain(&self.aliases);
        texts.map(|text| Pattern { text: text.clone(), family: self.name.clone() })
    }

    /// Whether it answers with `modality`.
    pub fn answers_with(&self, modality: Modality) -> bool {
        self.output.contains(&modality)
    }

    /// Whether nothing is known about its models but that they were asked for.
    pub fn is_unknown(&self) -> bool {
        self.name == UNKNOWN
    }
}

// === impl ThinkingLevel ===

impl ThinkingLevel {
    /// The word for it on the wire, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The word for it in Gemini's schema.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Minimal => "MINIMAL",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
        }
    }
}
