//! What a model may refuse, and how it says so.
//!
//! The model table knows most of it beforehand. The rest is learned: Google answers 400 with a sentence that names the
//! feature, and never with a code. The service then decodes the same body again with that [`Feature`] among the
//! [`Unsupported`] of the model, which leaves the feature out and warns, or takes another form for it.

/// Something that a request uses and a model may refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Feature {
    /// `presencePenalty` and `frequencyPenalty`.
    Penalties,
    /// `responseLogprobs` and `logprobs`.
    Logprobs,
    /// More than one candidate.
    Candidates,
    /// `thinkingConfig` as a whole.
    Thinking,
    /// `thinkingConfig.thinkingBudget`.
    ThinkingBudget,
    /// `thinkingConfig.thinkingLevel`.
    ThinkingLevel,
    /// JSON Schema as it is (`parametersJsonSchema`, `responseJsonSchema`); the other form is Google's `Schema`.
    JsonSchema,
    /// `responseMimeType: application/json`.
    JsonMode,
    /// Functions and JSON mode in one request.
    JsonWithTools,
    /// Functions and Google's own tools in one request.
    BuiltInWithTools,
    /// `systemInstruction`.
    SystemInstruction,
    /// Functions.
    Tools,
    /// `seed`.
    Seed,
    /// `serviceTier`.
    ServiceTier,
    /// `functionResponse.parts`: images in the result of a tool.
    MediaInToolResults,
    /// `functionCall.id` and `functionResponse.id`.
    CallIds,
    /// `mediaResolution`.
    MediaResolution,
}

/// The features that a model is known to refuse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsupported(u32);

/// Fragments of Google's sentences, in lower case; the first that matches names the feature.
const SENTENCES: &[(&str, Feature)] = &[
    ("penalty is not enabled", Feature::Penalties),
    ("penalties are not enabled", Feature::Penalties),
    ("logprobs is not", Feature::Logprobs),
    ("logprobs are not", Feature::Logprobs),
    ("multiple candidates is not enabled", Feature::Candidates),
    ("only one candidate can be specified", Feature::Candidates),
    ("candidate_count", Feature::Candidates),
    ("candidatecount", Feature::Candidates),
    ("only works in thinking mode", Feature::ThinkingBudget),
    ("thinking budget", Feature::ThinkingBudget),
    ("thinking_budget", Feature::ThinkingBudget),
    ("thinkingbudget", Feature::ThinkingBudget),
    ("thinking level", Feature::ThinkingLevel),
    ("thinking_level", Feature::ThinkingLevel),
    ("thinkinglevel", Feature::ThinkingLevel),
    ("thinking is not", Feature::Thinking),
    ("thinking_config", Feature::Thinking),
    ("function calling with a response mime type", Feature::JsonWithTools),
    ("tool use with a response mime type", Feature::JsonWithTools),
    ("built-in tools", Feature::BuiltInWithTools),
    ("multiple tools are supported only when they are all search tools", Feature::BuiltInWithTools),
    ("tool use with function calling is unsupported", Feature::BuiltInWithTools),
    ("json mode is not enabled", Feature::JsonMode),
    ("parametersjsonschema", Feature::JsonSchema),
    ("parameters_json_schema", Feature::JsonSchema),
    ("responsejsonschema", Feature::JsonSchema),
    ("response_json_schema", Feature::JsonSchema),
    ("developer instruction is not enabled", Feature::SystemInstruction),
    ("system instruction is not enabled", Feature::SystemInstruction),
    ("function calling is not enabled", Feature::Tools),
    ("service_tier", Feature::ServiceTier),
    ("servicetier", Feature::ServiceTier),
    ("service tier", Feature::ServiceTier),
    ("function_response.parts", Feature::MediaInToolResults),
    ("multimodal function response", Feature::MediaInToolResults),
    ("unknown name \"id\" at 'contents", Feature::CallIds),
    ("media resolution", Feature::MediaResolution),
    ("mediaresolution", Feature::MediaResolution),
    ("media_resolution", Feature::MediaResolution),
    ("'generation_config.seed'", Feature::Seed),
    ("seed is not", Feature::Seed),
];

impl Feature {
    /// The feature that Google's sentence of a 400 refuses, if it names one.
    pub fn refused_by(message: &str) -> Option<Self> {
        let message = message.to_lowercase();
        SENTENCES.iter().find(|(fragment, _)| message.contains(fragment)).map(|(_, feature)| *feature)
    }
}

impl Unsupported {
    /// These and `feature`.
    #[must_use]
    pub fn with(self, feature: Feature) -> Self {
        Self(self.0 | 1 << feature as u8)
    }

    /// What is in either.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `feature` is among them.
    pub fn contains(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u8) != 0
    }

    /// Whether nothing is known to be refused.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}
