//! The models it plays: what each can do, from a data file.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// One model: what Google's list says of it, and what it accepts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an ability of its own")]
pub(crate) struct Model {
    /// The entry of `models.list`.
    pub(crate) card: Value,
    /// 20 is 2.0, 25 is 2.5, 30 is everything from 3; 10 are the others.
    pub(crate) generation: u8,
    pub(crate) outputs: Vec<String>,
    #[serde(default)]
    pub(crate) thinks: Option<Thinks>,
    /// The model that really answers, and whose name stands in `modelVersion`.
    #[serde(default)]
    serves: Option<String>,
    /// The name under which quota is counted.
    #[serde(default)]
    quota: Option<String>,
    #[serde(default)]
    pub(crate) penalties: bool,
    #[serde(default)]
    pub(crate) logprobs: bool,
    #[serde(default = "yes")]
    pub(crate) json: bool,
    #[serde(default = "yes")]
    pub(crate) functions: bool,
}

/// How thinking is steered.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Thinks {
    /// By tokens (2.5): from, to, and whether 0 turns it off.
    Budget { min: i64, max: i64, off: bool },
    /// By level (3 and later).
    Level { levels: Vec<String> },
}

impl Model {
    /// Without `models/`.
    pub(crate) fn id(&self) -> &str {
        let name = self.card["name"].as_str().unwrap_or_default();
        name.strip_prefix("models/").unwrap_or(name)
    }

    /// What `modelVersion` says.
    pub(crate) fn version(&self) -> &str {
        self.serves.as_deref().unwrap_or_else(|| self.id())
    }

    /// The name in `quotaDimensions`.
    pub(crate) fn quota(&self) -> &str {
        self.quota.as_deref().unwrap_or_else(|| self.id())
    }

    pub(crate) fn supports(&self, method: &str) -> bool {
        self.card["supportedGenerationMethods"].as_array().is_some_and(|all| all.iter().any(|name| name == method))
    }

    pub(crate) fn input_limit(&self) -> u64 {
        self.card["inputTokenLimit"].as_u64().unwrap_or(1_048_576)
    }

    pub(crate) fn output_limit(&self) -> u64 {
        self.card["outputTokenLimit"].as_u64().unwrap_or(65_536)
    }

    /// Gemini 3: function calls have ids, and their signatures must come back.
    pub(crate) fn is_third_generation(&self) -> bool {
        self.generation >= 30
    }
}

/// All of them, in the order of the list.
pub(crate) fn all() -> &'static [Model] {
    &MODELS
}

/// The model of that name, without `models/`.
pub(crate) fn find(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.id() == name)
}

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "compiled in, and read by every test")]
    serde_json::from_str(include_str!("data/models.json")).expect("data/models.json is a list of models")
});

fn yes() -> bool {
    true
}
