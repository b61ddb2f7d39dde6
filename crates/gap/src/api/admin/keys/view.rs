//! Upstream keys as the admin API shows them: never the key itself.

use gap_pool::verdict::Cause;
use gap_pool::{BucketAccount, BucketView, KeyState, Limits, Quota, QuotaView, Reason, Source, Tier};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::keyring::Page;
use crate::roster::{Entry, Keeping};

/// Models of a key that are looked at for its health.
const MODELS: usize = 200;

/// An upstream key.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// Its identifier: the same after a restart.
    pub id: Uuid,
    /// The key as it may be shown.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// The project that people have filed it under.
    pub project: Option<ProjectName>,
    /// Google's number of its project, once Google has named it.
    pub project_number: Option<u64>,
    /// What its project pays, as far as it is known.
    pub tier: Option<TierName>,
    /// Its share of the work beside others: 100 is usual.
    pub weight: u32,
    /// The only models that it serves, each of which may end in `*`; null: all.
    pub models: Option<Vec<String>>,
    /// From when on it is not used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// What people group it by.
    pub tags: Vec<String>,
    /// How many requests it may carry at a time; null: as `pool.key_concurrency` says.
    pub concurrency: Option<u32>,
    /// Whether it can be used.
    #[serde(flatten)]
    pub standing: StandingView,
    /// How well it answered lately, from 0 to 1: the mean of its models. Null while nobody has asked.
    pub health: Option<f32>,
    /// When it was last used since the start.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used: Option<Timestamp>,
    /// What it has done since the start.
    pub counters: CountersView,
    /// What it may do with which model: those of which anything is known, at most 200.
    pub buckets: Vec<BucketOut>,
    /// When it was entered.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Where it is kept: `memory` is until restart.
    pub kept: Keeping,
}

/// A project's name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProjectName {
    /// Its identifier.
    pub id: Uuid,
    /// What people call it.
    pub label: String,
}

/// What a project pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TierName {
    /// Nothing.
    Free,
    /// By use; any paid one of which no more is known.
    #[serde(alias = "paid")]
    Tier1,
    /// By use, with higher limits.
    Tier2,
    /// By use, with the highest limits.
    Tier3,
}

/// Whether a key can be used.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StandingView {
    /// In a word.
    pub state: StateName,
    /// When it is back, if it comes back by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Why it cannot be used, in a word.
    pub cause: Option<String>,
    /// Why it cannot be used, in words.
    pub why: Option<String>,
    /// Where to mend it, if Google gave a link.
    pub help: Option<String>,
}

/// [`StandingView`] in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateName {
    /// It can be used.
    Ready,
    /// It comes back by itself.
    Resting,
    /// Somebody must mend it, or has switched it off.
    Disabled,
}

/// What a key has done since the start.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct CountersView {
    /// Requests it was used for.
    pub requests: u64,
    /// Requests under way.
    pub open: u64,
    /// Requests answered.
    pub successes: u64,
    /// Requests that went wrong, whoever was to blame.
    pub faults: u64,
    /// Requests whose client left.
    pub abandoned: u64,
    /// Requests answered with nothing that can be used.
    pub empty: u64,
}

/// What a project may do with a model.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BucketOut {
    /// The model; empty for calls outside any model.
    pub model: String,
    /// When it is back, if it is out of use and comes back by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Why it is out of use, in a word.
    pub cause: Option<&'static str>,
    /// Why it is out of use, in words.
    pub why: Option<&'static str>,
    /// How well it answered lately, from 0 to 1.
    pub health: f32,
    /// How long its first words took on the average.
    pub latency_ms: Option<u64>,
    /// Its quotas.
    pub quotas: Vec<QuotaOut>,
}

/// How much of a quota is used.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct QuotaOut {
    /// `requests_per_minute`, `tokens_per_minute`, `requests_per_day` or `tokens_per_day`.
    pub quota: &'static str,
    /// How much of it is used, by GAP's own count.
    pub used: u64,
    /// Its limit; null: nobody has named one.
    pub limit: Option<u64>,
    /// Who says so: `by_hand`, `learned` from Google's refusals, or `default` of the tier.
    pub source: Option<&'static str>,
}

/// Limits by hand; what is left out is not limited by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsView {
    /// Requests per minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Input tokens per minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Requests per Pacific day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u64>,
    /// Input tokens per Pacific day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_day: Option<u64>,
}

// === impl KeyView ===

impl KeyView {
    /// A key with its present state; none when it was removed in the meantime.
    pub(crate) fn of(app: &App, entry: &Entry) -> Option<Self> {
        let view = app.keyring.key(entry.key)?;
        let accounts = app.keyring.buckets(view.project, Page { after: None, at_most: MODELS });
        let asked: Vec<f32> = accounts.iter().map(|account| account.health).collect();
        let health = (!asked.is_empty()).then(|| asked.iter().sum::<f32>() / asked.len() as f32);
        let project = entry.details.project.and_then(|id| app.roster.find_project(id));
        let counters = view.counters;
        Some(Self {
            id: entry.id,
            key: entry.masked.clone(),
            label: entry.details.label.clone(),
            project: project.map(|project| ProjectName { id: project.id, label: project.details.label }),
            project_number: view.project_number,
            tier: view.tier.map(TierName::from),
            weight: entry.details.weight,
            models: entry.details.models.clone(),
            expires_at: entry.details.expires_at,
            tags: entry.details.tags.clone(),
            concurrency: entry.details.concurrency,
            standing: StandingView::from(view.state),
            health,
            last_used: view.last_used,
            counters: CountersView {
                requests: counters.leases,
                open: counters.open,
                successes: counters.successes,
                faults: counters.faults,
                abandoned: counters.abandoned,
                empty: counters.empty,
            },
            buckets: accounts.into_iter().map(BucketOut::from).collect(),
            created_at: entry.created_at,
            updated_at: entry.updated_at,
            kept: app.roster.keeping(),
        })
    }
}

impl From<KeyState> for StandingView {
    fn from(state: KeyState) -> Self {
        let ready = Self { state: StateName::Ready, until: None, cause: None, why: None, help: None };
        match state {
            KeyState::Ready => ready,
            KeyState::Resting { until, cause } => Self {
                state: StateName::Resting,
                until: Some(until),
                cause: Some(cause.name().to_owned()),
                why: Some(cause.sentence().to_owned()),
                ..ready
            },
            KeyState::Disabled { reason, message, help } => {
                let why = match reason {
                    _ if !message.is_empty() => message,
                    Reason::Fault(cause) => cause.sentence().to_owned(),
                    Reason::Expired => "Its time is over.".to_owned(),
                    _ => "It was switched off.".to_owned(),
                };
                Self {
                    state: StateName::Disabled,
                    cause: Some(reason.name().to_owned()),
                    why: Some(why),
                    help,
                    ..ready
                }
            }
        }
    }
}

impl From<BucketAccount> for BucketOut {
    fn from(account: BucketAccount) -> Self {
        let cause = account.out.as_ref().map(|out| out.cause);
        Self {
            model: account.model,
            until: account.out.and_then(|BucketView { until, .. }| until),
            cause: cause.map(Cause::name),
            why: cause.map(Cause::sentence),
            health: account.health,
            latency_ms: account.latency_ms,
            quotas: account.quotas.iter().map(QuotaOut::from).collect(),
        }
    }
}

impl From<&QuotaView> for QuotaOut {
    fn from(view: &QuotaView) -> Self {
        let source = view.source.map(|source| match source {
            Source::Default => "default",
            Source::Learned => "learned",
            Source::ByHand => "by_hand",
        });
        Self { quota: view.quota.name(), used: view.used, limit: view.limit, source }
    }
}

impl From<Tier> for TierName {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Free => Self::Free,
            Tier::Tier1 => Self::Tier1,
            Tier::Tier2 => Self::Tier2,
            Tier::Tier3 => Self::Tier3,
        }
    }
}

impl From<TierName> for Tier {
    fn from(tier: TierName) -> Self {
        match tier {
            TierName::Free => Self::Free,
            TierName::Tier1 => Self::Tier1,
            TierName::Tier2 => Self::Tier2,
            TierName::Tier3 => Self::Tier3,
        }
    }
}

impl From<LimitsView> for Limits {
    fn from(view: LimitsView) -> Self {
        let mut limits = Self::default();
        limits.set(Quota::RequestsPerMinute, view.requests_per_minute);
        limits.set(Quota::TokensPerMinute, view.tokens_per_minute);
        limits.set(Quota::RequestsPerDay, view.requests_per_day);
        limits.set(Quota::TokensPerDay, view.tokens_per_day);
        limits
    }
}

impl From<Limits> for LimitsView {
    fn from(limits: Limits) -> Self {
        Self {
            requests_per_minute: limits.requests_per_minute,
            tokens_per_minute: limits.tokens_per_minute,
            requests_per_day: limits.requests_per_day,
            tokens_per_day: limits.tokens_per_day,
        }
    }
}
