//! What the admin API says of access keys and takes for them.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::StoredKey;
use crate::access::policy::Policy;
use crate::admission::meter::{Amount, Meter};
use crate::caller::Role;

/// An access key.
#[derive(Clone, Serialize, ToSchema)]
pub(in crate::api::admin) struct AccessKeyView {
    /// Names it for good.
    id: String,
    /// What people call it.
    name: String,
    /// `administrator` or `user`.
    role: &'static str,
    /// Its first characters.
    #[schema(example = "gap-1a2b")]
    hint: String,
    /// `active`, `disabled` or `expired`.
    state: &'static str,
    /// What it may be used for, and how much.
    limits: Policy,
    /// How much of it has been used.
    used: AccessKeyUse,
    /// From when on it opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Since when it opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Until when the key before the last rotation still opens the door.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_until: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// An access key that was just made.
#[derive(Serialize, ToSchema)]
pub(in crate::api::admin) struct NewAccessKey {
    /// The key itself. It is not shown again.
    pub(super) key: String,
    /// What is known of it.
    pub(super) access_key: AccessKeyView,
}

/// How much of an access key has been used. Days and months are Pacific.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct AccessKeyUse {
    /// Requests in the last minute.
    requests_minute: u64,
    /// Requests today.
    requests_day: u64,
    /// Tokens of prompts and answers today.
    tokens_day: u64,
    /// The same in this month.
    tokens_month: u64,
    /// The same in all.
    tokens_total: u64,
    /// What it cost today, in US dollars.
    cost_day_usd: f64,
    /// The same in this month.
    cost_month_usd: f64,
    /// The same in all.
    cost_total_usd: f64,
}

/// An access key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct CreateAccessKey {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: String,
    /// `user`, unless it is to be an administrator's.
    #[serde(default)]
    pub(super) role: RoleName,
    /// From when on it opens nothing; never, if it is left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) expires_at: Option<Timestamp>,
    /// What it may be used for, and how much.
    #[serde(default)]
    pub(super) limits: Policy,
}

/// What is to be changed. What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct UpdateAccessKey {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: Option<String>,
    /// `administrator` or `user`.
    pub(super) role: Option<RoleName>,
    /// From when on it opens nothing; `null`: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    #[expect(clippy::option_option, reason = "to leave it out and to say `null` are two things")]
    pub(super) expires_at: Option<Option<Timestamp>>,
    /// All of what it may be used for, and how much.
    pub(super) limits: Option<Policy>,
}

/// How a key is replaced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct RotateAccessKey {
    /// For so many seconds the key before goes on opening the door; a day, if it is left out.
    #[schema(minimum = 0, maximum = 7_776_000)]
    pub(super) grace_seconds: Option<u64>,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api::admin) enum RoleName {
    /// Sees and changes everything.
    Administrator,
    /// Sees their own.
    #[default]
    User,
}

/// Which access keys are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct AccessKeyFilter {
    /// A part of the name, the hint or the id, in any case of letters.
    search: Option<String>,
    /// Those in this state.
    #[param(inline)]
    state: Option<StateName>,
    /// Those of this role.
    #[param(inline)]
    role: Option<RoleName>,
    /// In which order: by age unless said otherwise.
    #[param(inline)]
    pub(super) sort: Option<SortBy>,
}

/// Whether an access key opens anything.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[schema(as = AccessKeyState)]
#[serde(rename_all = "snake_case")]
pub(in crate::api::admin) enum StateName {
    /// It does.
    Active,
    /// Somebody has disabled it.
    Disabled,
    /// Its time is over.
    Expired,
}

/// An order; with `-` the other way round.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub(in crate::api::admin) enum SortBy {
    /// The oldest first.
    #[default]
    #[serde(rename = "created_at")]
    Oldest,
    /// The newest first.
    #[serde(rename = "-created_at")]
    Newest,
    /// By name.
    #[serde(rename = "name")]
    Name,
    /// By name, from the end of the alphabet.
    #[serde(rename = "-name")]
    NameBackwards,
    /// Those that used the most tokens in this month first.
    #[serde(rename = "-tokens_month")]
    MostTokens,
}

/// A field that is there, if only as `null`.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

// === impl AccessKeyView ===

impl AccessKeyView {
    pub(super) fn of(key: &StoredKey, now: Timestamp) -> Self {
        let (row, caller) = (&key.row, key.caller());
        Self {
            id: caller.id.to_string(),
            name: caller.name.to_string(),
            role: caller.role.name(),
            hint: row.hint.clone(),
            state: key.state(now).name(),
            limits: Policy::clone(&caller.policy),
            used: AccessKeyUse::of(key.meter(), now),
            expires_at: row.details.expires_at,
            disabled_at: row.disabled_at,
            previous_until: row.previous.map(|(_, until)| until).filter(|until| *until > now),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

// === impl AccessKeyUse ===

impl AccessKeyUse {
    pub(in crate::api::admin) fn of(meter: &Meter, now: Timestamp) -> Self {
        let [requests_minute, _, requests_day, _] = meter.used(now);
        let spent = meter.spent(now);
        let usd = |amount: Amount| amount.nanos as f64 / 1e9;
        Self {
            requests_minute,
            requests_day,
            tokens_day: spent.day.tokens,
            tokens_month: spent.month.tokens,
            tokens_total: spent.total.tokens,
            cost_day_usd: usd(spent.day),
            cost_month_usd: usd(spent.month),
            cost_total_usd: usd(spent.total),
        }
    }
}

// === impl AccessKeyFilter ===

impl AccessKeyFilter {
    pub(super) fn passes(&self, key: &AccessKeyView) -> bool {
        let found = self.search.as_ref().is_none_or(|text| {
            let text = text.to_lowercase();
            [&key.name, &key.hint, &key.id].into_iter().any(|field| field.to_lowercase().contains(&text))
        });
        let state = self.state.is_none_or(|state| state.name() == key.state);
        let role = self.role.is_none_or(|role| role.role().name() == key.role);
        found && state && role
    }
}

// === impl RoleName ===

impl RoleName {
    pub(super) const fn role(self) -> Role {
        match self {
            Self::Administrator => Role::Administrator,
            Self::User => Role::User,
        }
    }
}

// === impl StateName ===

impl StateName {
    const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
        }
    }
}

// === impl SortBy ===

impl SortBy {
    pub(super) fn compare(self, one: &AccessKeyView, two: &AccessKeyView) -> Ordering {
        match self {
            // Identifiers grow with time.
            Self::Oldest => one.id.cmp(&two.id),
            Self::Newest => two.id.cmp(&one.id),
            Self::Name => one.name.cmp(&two.name).then_with(|| one.id.cmp(&two.id)),
            Self::NameBackwards => two.name.cmp(&one.name).then_with(|| one.id.cmp(&two.id)),
            Self::MostTokens => two.used.tokens_month.cmp(&one.used.tokens_month).then_with(|| one.id.cmp(&two.id)),
        }
    }
}
