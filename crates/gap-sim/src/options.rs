//! What a simulator is told before it starts: its keys, their limits, its pace.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::implicit::ImplicitCache;

/// Everything a simulator starts with. The default is an empty one: no keys, no limits, no delay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The same seed gives the same texts, ids and dice.
    pub seed: u64,
    /// The upstream keys it knows. More can be added through [`Control`](crate::Control).
    pub keys: Vec<SimKey>,
    /// Any unknown key is a good one on this tier, in a project of its own; `None` refuses unknown keys as Google does.
    pub accept_any_key: Option<Tier>,
    /// How much each (project, model) may use.
    pub limits: Limits,
    /// How long answers take.
    pub latency: Latency,
    /// Whether `/_sim/` and the echo are served.
    pub control: bool,
    /// Where the clock stands still at the start; it then moves only by [`Control::advance`](crate::Control::advance). `None` follows the real time.
    pub start: Option<Timestamp>,
    /// Whether thought signatures must be the simulator's own.
    pub signatures: Signatures,
    /// Whether beginnings of prompts that come again are cached, and how; `None` caches none.
    pub implicit_cache: Option<ImplicitCache>,
    /// How many received requests are remembered.
    pub remember_requests: usize,
    /// How many bytes of request bodies are remembered in all.
    pub remember_bytes: usize,
    /// The longest request body that is read, in bytes.
    pub body_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            keys: Vec::new(),
            accept_any_key: None,
            limits: Limits::default(),
            latency: Latency::default(),
            control: false,
            start: None,
            signatures: Signatures::Own,
            implicit_cache: None,
            remember_requests: 1_000,
            remember_bytes: 64 << 20,
            body_limit: 256 << 20,
        }
    }
}

impl Options {
    /// Four keys in three projects at the pace of a real model: enough to see a pool at work.
    pub fn demo() -> Self {
        let key = |name: &str, project, tier| SimKey { key: name.to_owned(), project, tier, state: KeyState::Good };
        let free = Limit { rpm: Some(30), tpm: Some(250_000), rpd: Some(1_500), tpd: None };
        let paid = Limit { rpm: Some(1_000), tpm: Some(2_000_000), rpd: None, tpd: None };
        Self {
            keys: vec![
                key("sim-demo-alpha-1", 1_001, Tier::Free),
                key("sim-demo-alpha-2", 1_001, Tier::Free),
                key("sim-demo-beta", 1_002, Tier::Free),
                key("sim-demo-gamma", 1_003, Tier::Paid),
            ],
            limits: Limits {
                free: TierLimits { default: free, models: BTreeMap::new() },
                paid: TierLimits { default: paid, models: BTreeMap::new() },
            },
            latency: Latency { first: Millis { min: 150, max: 450 }, between: Millis { min: 20, max: 60 } },
            control: true,
            implicit_cache: Some(ImplicitCache::default()),
            ..Self::default()
        }
    }

    /// One good key on the paid tier per name, each in a project of its own, nothing limited, the control API on: for tests.
    pub fn with_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        let keys = keys.into_iter().zip(1_u64..);
        Self { keys: keys.map(|(key, project)| SimKey::good(key, project)).collect(), control: true, ..Self::default() }
    }
}

/// One upstream key as Google would know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimKey {
    /// What the caller presents.
    pub key: String,
    /// The number of the project that owns it: limits, files and caches belong to the project.
    pub project: u64,
    /// Which limits apply.
    #[serde(default)]
    pub tier: Tier,
    /// Whether it works.
    #[serde(default)]
    pub state: KeyState,
}

impl SimKey {
    /// A working key on the paid tier.
    pub fn good(key: impl Into<String>, project: u64) -> Self {
        Self { key: key.into(), project, tier: Tier::Paid, state: KeyState::Good }
    }
}

/// What Google bills a project for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Without billing.
    Free,
    /// With billing.
    #[default]
    Paid,
}

/// How Google thinks of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It works.
    #[default]
    Good,
    /// 400 `API_KEY_INVALID`.
    Invalid,
    /// 400 "API key expired".
    Expired,
    /// 403 `CONSUMER_SUSPENDED`; the message repeats the key.
    Suspended,
    /// 403 "Your API key was reported as leaked".
    Leaked,
    /// 403 `SERVICE_DISABLED`.
    ServiceDisabled,
    /// 403 `API_KEY_SERVICE_BLOCKED`: restricted to other APIs.
    ServiceBlocked,
    /// 403 `API_KEY_HTTP_REFERRER_BLOCKED`.
    ReferrerBlocked,
    /// 403 "Your project has been denied access".
    ProjectDenied,
    /// 400 `FAILED_PRECONDITION`: the caller's country.
    LocationUnsupported,
    /// 402: prepaid money is used up.
    PrepaymentDepleted,
}

/// Limits by tier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// For projects without billing.
    pub free: TierLimits,
    /// For projects with billing.
    pub paid: TierLimits,
}

/// Limits of one tier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TierLimits {
    /// For models not named below.
    pub default: Limit,
    /// By model; a name may hold `*`. The longest name that fits counts.
    pub models: BTreeMap<String, Limit>,
}

impl TierLimits {
    /// The limits of one model.
    pub fn of(&self, model: &str) -> Limit {
        let fits = self.models.iter().filter(|(name, _)| crate::glob::fits(name, model));
        fits.max_by_key(|(name, _)| name.len()).map_or(self.default, |(_, limit)| *limit)
    }
}

/// How much one (project, model) may use. `None` is unlimited, 0 is "not on this tier".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// Requests in any 60 seconds.
    pub rpm: Option<u64>,
    /// Input tokens in any 60 seconds.
    pub tpm: Option<u64>,
    /// Requests per day of Los Angeles.
    pub rpd: Option<u64>,
    /// Input tokens per day of Los Angeles.
    pub tpd: Option<u64>,
}

/// How long answers take, in milliseconds of Tokio's time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// Until the headers.
    pub first: Millis,
    /// Between two events of a stream.
    pub between: Millis,
}

/// A span from which the dice choose, both ends included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Millis {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

/// Which thought signatures are taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signatures {
    /// Only those this simulator (by its seed) has given out.
    #[default]
    Own,
    /// Any that is base64: for recorded conversations.
    Any,
}
