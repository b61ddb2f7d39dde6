//! What can be wrong, whose it is, and what follows from it. One table: [`Cause::consequences`].

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something that went wrong with a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault it is.
    pub scope: Scope,
    /// What it is.
    pub cause: Cause,
    /// How long it keeps its scope out of play.
    pub rest: Rest,
    /// Whether another try of the same request makes sense.
    pub retry: Retry,
    /// Google's words, at most a few thousand characters; empty when there were none. May repeat the key and the
    /// project's number: redact before anybody sees it.
    pub message: String,
    /// The quotas that were exceeded.
    pub violations: Vec<Violation>,
    /// The number of the Google project that the key belongs to, when the answer gives it away.
    pub consumer_project: Option<u64>,
    /// How long until another try makes sense, as far as the answer tells the truth about it: a delay of seconds for a
    /// quota of a day does not count, the time until midnight does.
    pub retry_delay: Option<Duration>,
    /// Where the operator can mend it, when Google gives a link.
    pub help: Option<String>,
}

/// One quota that was exceeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violation {
    /// Like `GenerateRequestsPerDayPerProjectPerModel-FreeTier`.
    pub quota_id: String,
    /// Like `generativelanguage.googleapis.com/generate_content_free_tier_requests`.
    pub metric: String,
    /// The limit, in requests or tokens; 0: not on this tier.
    pub limit: Option<u64>,
    /// The model that the quota counts, which may be named otherwise than the one asked for.
    pub model: Option<String>,
}

/// Whose fault something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The request: any key would answer so.
    Request,
    /// This project with this model.
    Bucket,
    /// This project with one feature: file storage, batches, search.
    Feature,
    /// This key.
    Key,
    /// This project, with every key of it.
    Project,
    /// The way out: whatever key is used.
    Egress,
    /// The model, everywhere.
    Model,
    /// Google, or the way to it.
    Upstream,
}

/// How long a fault keeps its scope out of play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Not at all.
    None,
    /// That long.
    For(Duration),
    /// Until the next minute begins, and a moment more.
    NextMinute,
    /// Until the next midnight at Google (Pacific), or shorter where the answer hints at it.
    Midnight {
        /// Google's own delay, when it is long enough to mean the day and not the minute.
        hint: Option<Duration>,
    },
    /// Longer with each repetition, because nobody says how long.
    Escalating,
    /// Not on this tier: until somebody looks again.
    OffTier,
    /// Until somebody mends it.
    Disabled,
    /// For that long asked only when nobody else is left.
    LastResort(Duration),
}

/// Whether another try of the same request makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// No.
    Never,
    /// At once, with another key.
    OtherKey,
    /// After a pause, with any key.
    BackOff,
    /// One more time, preferably with another key.
    Once,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Google does not accept the request.
    InvalidRequest,
    /// The input is longer than the model's window.
    InputTooLong,
    /// The thing or the path that was asked for is not there.
    NotFound,
    /// A file or a cache is not there, or belongs to another project.
    ResourceForbidden,
    /// The method takes no API key at all.
    OauthRequired,

    /// Requests per minute are used up.
    RequestsPerMinute,
    /// Input tokens per minute are used up.
    TokensPerMinute,
    /// Requests per day are used up.
    RequestsPerDay,
    /// Input tokens per day are used up.
    TokensPerDay,
    /// Some quota is used up, and Google says how long but not which.
    QuotaExhausted,
    /// 429 without a word about why.
    Unexplained,
    /// The quota of a feature (storage, batches, caching, search) is used up.
    FeatureQuota,
    /// The model is not on the project's tier.
    NotOnTier,
    /// The model is not there, or not for this project.
    ModelNotFound,

    /// Google does not know the key.
    KeyInvalid,
    /// The key has expired.
    KeyExpired,
    /// The key is suspended.
    KeySuspended,
    /// Google has found the key in public and blocked it.
    KeyLeaked,
    /// The key is restricted to other APIs, addresses, sites or apps.
    KeyRestricted,
    /// Google refuses and does not say why.
    Forbidden,

    /// The project is suspended.
    ProjectSuspended,
    /// The project has been denied access, or is gone.
    ProjectDenied,
    /// The Gemini API is not enabled in the project.
    ServiceDisabled,
    /// The project has reached its monthly spending cap.
    SpendCapReached,
    /// The project's prepaid credits are used up.
    PrepaymentDepleted,
    /// The project has to pay first.
    PaymentRequired,
    /// The project needs billing: there is no free tier where it is.
    BillingRequired,

    /// Google does not serve the place that GAP calls from.
    RegionUnsupported,
    /// Something on the way, or Google's front door, refuses GAP's address.
    EgressBlocked,

    /// The model is overloaded.
    Overloaded,

    /// Google stumbled.
    InternalError,
    /// Something between GAP and the model broke.
    BadGateway,
    /// The service is not available.
    Unavailable,
    /// Google gave up waiting for its model.
    DeadlineExceeded,
    /// Google cancelled the request.
    Cancelled,
    /// No connection could be opened.
    ConnectFailed,
    /// The connection broke before the answer was complete.
    ConnectionReset,
    /// Nothing came within the time allowed.
    TimedOut,
}

/// Money comes back when the operator or the month brings it; a look an hour costs nothing.
const MONEY: Rest = Rest::For(Duration::from_hours(1));
/// Not longer, because the same words are said of a model that does exist, when the method is not one of its own.
const NOT_THIS_PROJECT: Rest = Rest::LastResort(Duration::from_mins(10));

// === impl Fault ===

impl Fault {
    /// A fault with the usual consequences of its cause.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        let (scope, rest, retry) = cause.consequences();
        Self {
            scope,
            cause,
            rest,
            retry,
            message: message.into(),
            violations: Vec::new(),
            consumer_project: None,
            retry_delay: None,
            help: None,
        }
    }

    /// Whether waiting brings it back: a quota that refills. A tier that lacks the model is none.
    pub fn is_quota(&self) -> bool {
        matches!(
            self.cause,
            Cause::RequestsPerMinute
                | Cause::TokensPerMinute
                | Cause::RequestsPerDay
                | Cause::TokensPerDay
                | Cause::QuotaExhausted
                | Cause::Unexplained
                | Cause::FeatureQuota
        )
    }

    /// Whether time ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause, Cause::DeadlineExceeded | Cause::TimedOut)
    }

    /// Whether Google's own answer is the truth for the client, once no other key is left to try: it speaks of the
    /// request, not of the key that happened to carry it.
    pub fn is_about_the_request(&self) -> bool {
        self.cause.is_about_the_request()
    }
}

// === impl Cause ===

impl Cause {
    /// Every cause.
    const ALL: &[Self] = &[
        Self::InvalidRequest,
        Self::InputTooLong,
        Self::NotFound,
        Self::ResourceForbidden,
        Self::OauthRequired,
        Self::RequestsPerMinute,
        Self::TokensPerMinute,
        Self::RequestsPerDay,
        Self::TokensPerDay,
        Self::QuotaExhausted,
        Self::Unexplained,
        Self::FeatureQuota,
        Self::NotOnTier,
        Self::ModelNotFound,
        Self::KeyInvalid,
        Self::KeyExpired,
        Self::KeySuspended,
        Self::KeyLeaked,
        Self::KeyRestricted,
        Self::Forbidden,
        Self::ProjectSuspended,
        Self::ProjectDenied,
        Self::ServiceDisabled,
        Self::SpendCapReached,
        Self::PrepaymentDepleted,
        Self::PaymentRequired,
        Self::BillingRequired,
        Self::RegionUnsupported,
        Self::EgressBlocked,
        Self::Overloaded,
        Self::InternalError,
        Self::BadGateway,
        Self::Unavailable,
        Self::DeadlineExceeded,
        Self::Cancelled,
        Self::ConnectFailed,
        Self::ConnectionReset,
        Self::TimedOut,
    ];

    /// Whose it is, how long it lasts and whether to try again, unless the answer says more.
    const fn consequences(self) -> (Scope, Rest, Retry) {
        match self {
            // wire 19, 23
            Self::InvalidRequest | Self::InputTooLong | Self::NotFound | Self::OauthRequired => {
                (Scope::Request, Rest::None, Retry::Never)
            }
            // wire 15: the key is fine, the file is elsewhere
            Self::ResourceForbidden => (Scope::Request, Rest::None, Retry::OtherKey),

            // wire 6
            Self::RequestsPerMinute | Self::TokensPerMinute => (Scope::Bucket, Rest::NextMinute, Retry::OtherKey),
            // wire 5
            Self::RequestsPerDay | Self::TokensPerDay => {
                (Scope::Bucket, Rest::Midnight { hint: None }, Retry::OtherKey)
            }
            // wire 10
            Self::QuotaExhausted | Self::Unexplained => (Scope::Bucket, Rest::Escalating, Retry::OtherKey),
            // wire 8, 11
            Self::FeatureQuota => (Scope::Feature, Rest::None, Retry::OtherKey),
            // wire 7
            Self::NotOnTier => (Scope::Bucket, Rest::OffTier, Retry::OtherKey),
            // wire 18
            Self::ModelNotFound => (Scope::Bucket, NOT_THIS_PROJECT, Retry::Once),

            // wire 12, 13
            Self::KeyInvalid | Self::KeyExpired | Self::KeySuspended | Self::KeyLeaked | Self::KeyRestricted => {
                (Scope::Key, Rest::Disabled, Retry::OtherKey)
            }
            Self::Forbidden => (Scope::Key, Rest::Escalating, Retry::OtherKey),

            // wire 13, 14
            Self::ProjectSuspended | Self::ProjectDenied | Self::ServiceDisabled => {
                (Scope::Project, Rest::Disabled, Retry::OtherKey)
            }
            // wire 17
            Self::SpendCapReached | Self::PrepaymentDepleted | Self::PaymentRequired | Self::BillingRequired => {
                (Scope::Project, MONEY, Retry::OtherKey)
            }

            // wire 16: every key leaves by the same way, but Google's idea of where that is does flicker
            Self::RegionUnsupported | Self::EgressBlocked => (Scope::Egress, Rest::None, Retry::Once),
            // wire 20
            Self::Overloaded => (Scope::Model, Rest::None, Retry::BackOff),

            // wire 21, 22: often the input itself, so all keys would answer so
            Self::InternalError | Self::DeadlineExceeded | Self::Cancelled | Self::TimedOut => {
                (Scope::Upstream, Rest::None, Retry::Once)
            }
            Self::BadGateway | Self::Unavailable | Self::ConnectFailed | Self::ConnectionReset => {
                (Scope::Upstream, Rest::None, Retry::BackOff)
            }
        }
    }

    /// See [`Fault::is_about_the_request`].
    pub(super) const fn is_about_the_request(self) -> bool {
        matches!(
            self,
            Self::InvalidRequest | Self::InputTooLong | Self::NotFound | Self::ResourceForbidden | Self::ModelNotFound
        )
    }

    /// Its name in headers, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InputTooLong => "input_too_long",
            Self::NotFound => "not_found",
            Self::ResourceForbidden => "resource_forbidden",
            Self::OauthRequired => "oauth_required",
            Self::RequestsPerMinute => "requests_per_minute",
            Self::TokensPerMinute => "tokens_per_minute",
            Self::RequestsPerDay => "requests_per_day",
            Self::TokensPerDay => "tokens_per_day",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Unexplained => "unexplained",
            Self::FeatureQuota => "feature_quota",
            Self::NotOnTier => "not_on_tier",
            Self::ModelNotFound => "model_not_found",
            Self::KeyInvalid => "key_invalid",
            Self::KeyExpired => "key_expired",
            Self::KeySuspended => "key_suspended",
            Self::KeyLeaked => "key_leaked",
            Self::KeyRestricted => "key_restricted",
            Self::Forbidden => "forbidden",
            Self::ProjectSuspended => "project_suspended",
            Self::ProjectDenied => "project_denied",
            Self::ServiceDisabled => "service_disabled",
            Self::SpendCapReached => "spend_cap_reached",
            Self::PrepaymentDepleted => "prepayment_depleted",
            Self::PaymentRequired => "payment_required",
            Self::BillingRequired => "billing_required",
            Self::RegionUnsupported => "region_unsupported",
            Self::EgressBlocked => "egress_blocked",
            Self::Overloaded => "overloaded",
            Self::InternalError => "internal_error",
            Self::BadGateway => "bad_gateway",
            Self::Unavailable => "unavailable",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Cancelled => "cancelled",
            Self::ConnectFailed => "connect_failed",
            Self::ConnectionReset => "connection_reset",
            Self::TimedOut => "timed_out",
        }
    }

    /// What it means, for whoever asked the gateway.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::InvalidRequest => "Gemini does not accept the request.",
            Self::InputTooLong => "The input is longer than the model takes.",
            Self::NotFound => "Gemini does not have what was asked for.",
            Self::ResourceForbidden => {
                "The file or cache does not exist, or belongs to a project that no upstream key here belongs to."
            }
            Self::OauthRequired => "This method of Gemini takes OAuth credentials only; no API key can call it.",
            Self::RequestsPerMinute => "The upstream keys have used up their requests per minute for this model.",
            Self::TokensPerMinute => "The upstream keys have used up their input tokens per minute for this model.",
            Self::RequestsPerDay => "The upstream keys have used up their requests per day for this model.",
            Self::TokensPerDay => "The upstream keys have used up their input tokens per day for this model.",
            Self::QuotaExhausted | Self::Unexplained => "The upstream keys have used up their quota for this model.",
            Self::FeatureQuota => "The upstream keys have used up their quota for a feature that the request needs.",
            Self::NotOnTier => "The model is not on the tier of the upstream keys.",
            Self::ModelNotFound => "The model does not exist, or is not available to the upstream keys.",
            Self::KeyInvalid => "Gemini does not accept the gateway's upstream key.",
            Self::KeyExpired => "The gateway's upstream key has expired.",
            Self::KeySuspended => "The gateway's upstream key is suspended.",
            Self::KeyLeaked => "The gateway's upstream key has been reported as leaked.",
            Self::KeyRestricted => "The gateway's upstream key is restricted to other uses.",
            Self::Forbidden => "Gemini refused the gateway's upstream key without saying why.",
            Self::ProjectSuspended => "The project of the gateway's upstream key is suspended.",
            Self::ProjectDenied => "The project of the gateway's upstream key has been denied access.",
            Self::ServiceDisabled => "The Gemini API is not enabled in the project of the gateway's upstream key.",
            Self::SpendCapReached => "The project of the gateway's upstream key has reached its spending cap.",
            Self::PrepaymentDepleted => "The project of the gateway's upstream key has used up its prepaid credits.",
            Self::PaymentRequired => "The project of the gateway's upstream key has to pay first.",
            Self::BillingRequired => "The project of the gateway's upstream key needs billing enabled.",
            Self::RegionUnsupported => "Gemini does not serve the region that the gateway calls from.",
            Self::EgressBlocked => "The gateway's way to Gemini is blocked.",
            Self::Overloaded => "The model is overloaded; try again later.",
            Self::InternalError => "Gemini had an internal error.",
            Self::BadGateway => "Gemini's own gateway broke off.",
            Self::Unavailable => "Gemini is not available at the moment.",
            Self::DeadlineExceeded => "Gemini did not finish within its deadline.",
            Self::Cancelled => "Gemini cancelled the request.",
            Self::ConnectFailed => "No connection to Gemini could be opened.",
            Self::ConnectionReset => "The connection to Gemini broke before the answer was complete.",
            Self::TimedOut => "Gemini did not answer within the time allowed.",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        let found = Self::ALL.iter().find(|cause| cause.name() == name);
        found.copied().ok_or_else(|| D::Error::custom(format_args!("unknown cause {name}")))
    }
}

// === impl Scope ===

impl Scope {
    /// Its name in headers, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Bucket => "bucket",
            Self::Feature => "feature",
            Self::Key => "key",
            Self::Project => "project",
            Self::Egress => "egress",
            Self::Model => "model",
            Self::Upstream => "upstream",
        }
    }
}
