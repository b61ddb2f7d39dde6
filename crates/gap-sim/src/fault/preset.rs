//! Google's errors by name.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::options::KeyState;
use crate::quota::{Refusal, Violation, Window};
use crate::refusal::{self, Caller};

/// Errors that were recorded or reported, by what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// 429: requests per minute are used up.
    QuotaPerMinute,
    /// 429: input tokens per minute are used up.
    QuotaTokensPerMinute,
    /// 429: requests per day are used up. The delay in it is short and means nothing.
    QuotaPerDay,
    /// 429: input tokens per day are used up; no delay in it.
    QuotaTokensPerDay,
    /// 429: requests per minute and per day are used up.
    QuotaSeveral,
    /// 429: the model is not on this tier ("limit: 0").
    QuotaZero,
    /// 429: stored files are too large; calls are not touched by it.
    QuotaStorage,
    /// 429: searching is used up; calls without it are not touched.
    QuotaSearch,
    /// 429 that does not say of what.
    QuotaBare,
    /// 429: the month's money is spent.
    SpendingCap,
    /// 402: prepaid money is used up.
    PrepaymentDepleted,
    /// 429: the older form of the same.
    #[serde(rename = "prepayment_depleted_429")]
    PrepaymentDepleted429,
    /// 400: the key is none.
    KeyInvalid,
    /// 400: the same in other words.
    KeyNotFound,
    /// 400: the key has expired.
    KeyExpired,
    /// 403: the key is suspended; the message repeats it.
    KeySuspended,
    /// 403: the key was seen in public.
    KeyLeaked,
    /// 403: the key is restricted to other APIs.
    KeyServiceBlocked,
    /// 403: the key is restricted to some web sites.
    KeyReferrerBlocked,
    /// 403: the project has not enabled the API.
    ServiceDisabled,
    /// 403: the project is shut out.
    ProjectDenied,
    /// 401: a token was expected.
    Unauthenticated,
    /// 403: the file is another project's, or does not exist.
    FileForbidden,
    /// 403: the cache is another project's, or does not exist.
    CacheForbidden,
    /// 400: the caller's country.
    LocationUnsupported,
    /// 400: this country needs billing.
    BillingRequired,
    /// 404: no such model.
    ModelNotFound,
    /// 404: the model is no longer there for new users.
    ModelRetired,
    /// 400 without further words.
    InvalidArgument,
    /// 400: longer than the model takes.
    InputTooLong,
    /// 499: cancelled.
    Cancelled,
    /// 500.
    Internal,
    /// 500 in the second wording.
    InternalShort,
    /// 502: a page of HTML from Google's front.
    BadGateway,
    /// 503: overloaded.
    Overloaded,
    /// 503 in the wording since 2025.
    HighDemand,
    /// 503: a page of HTML from Google's front.
    Unavailable,
    /// 504.
    DeadlineExceeded,
}

/// A preset and what can be changed about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetError {
    /// Which error.
    pub preset: Preset,
    /// `RetryInfo.retryDelay` in place of the usual one: any JSON, `null` leaves `RetryInfo` out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub retry_delay: Option<Value>,
    /// Another message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The body as `[{"error": …}]`, as older streams had it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub array: bool,
    /// Details in another order, and one of an unknown type among them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shuffled: bool,
}

/// What a preset is answered with.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Error(Box<ApiError>),
    /// A page of HTML.
    Page {
        status: u16,
        title: &'static str,
    },
}

// === impl PresetError ===

impl PresetError {
    /// The error as it usually comes.
    pub fn new(preset: Preset) -> Self {
        Self { preset, retry_delay: None, message: None, array: false, shuffled: false }
    }

    /// With another delay.
    #[must_use]
    pub fn retry_delay(self, delay: impl Into<Value>) -> Self {
        Self { retry_delay: Some(delay.into()), ..self }
    }

    /// The answer to a caller that asked a model.
    pub(crate) fn answer(&self, caller: &Caller, model: &str, version: &str) -> Answer {
        let mut error = match self.preset {
            Preset::BadGateway => return Answer::Page { status: 502, title: "Error 502 (Server Error)!!1" },
            Preset::Unavailable => return Answer::Page { status: 503, title: "Error 503 (Service Unavailable)!!1" },
            preset => error(preset, caller, model, version),
        };
        if let Some(message) = &self.message {
            error.message.clone_from(message);
        }
        if let Some(delay) = &self.retry_delay {
            error.details.retain(|detail| detail["@type"] != RETRY_INFO);
            if !delay.is_null() {
                error.details.push(json!({"@type": RETRY_INFO, "retryDelay": delay}));
            }
        }
        if self.shuffled {
            error.details.reverse();
            error.details.insert(0, json!({"@type": "type.googleapis.com/google.rpc.Unheard", "of": [1, 2]}));
        }
        Answer::Error(Box::new(error))
    }

    /// The body of an error, as an array where that is asked for.
    pub(crate) fn body(&self, error: &ApiError) -> Value {
        if self.array { json!([error.to_value()]) } else { error.to_value() }
    }
}

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

fn error(preset: Preset, caller: &Caller, model: &str, version: &str) -> ApiError {
    let state = |state| refusal::of_state(state, caller).unwrap_or_else(refusal::invalid_key);
    let quota = |violations: &[(Window, u64)], ms| used_up(violations, ms, caller, model);
    match preset {
        Preset::QuotaPerMinute => quota(&[(Window::RequestsPerMinute, 10)], 31_621),
        Preset::QuotaTokensPerMinute => quota(&[(Window::TokensPerMinute, 250_000)], 48_939),
        Preset::QuotaPerDay => quota(&[(Window::RequestsPerDay, 20)], 31_621),
        Preset::QuotaTokensPerDay => without_retry(quota(&[(Window::TokensPerDay, 6_000_000)], 1)),
        Preset::QuotaSeveral => quota(&[(Window::RequestsPerMinute, 10), (Window::RequestsPerDay, 20)], 22_375),
        Preset::QuotaZero => {
            quota(&[(Window::TokensPerMinute, 0), (Window::RequestsPerMinute, 0), (Window::RequestsPerDay, 0)], 12_941)
        }
        Preset::QuotaStorage => feature_quota("file_storage_bytes", "FileStorageBytesPerProject", 21_474_836_480),
        Preset::QuotaSearch => {
            feature_quota("grounding_requests", "GoogleSearchGroundingRequestsPerDayPerProject", 500)
        }
        Preset::QuotaBare => exhausted("Resource has been exhausted (e.g. check quota)."),
        Preset::SpendingCap => exhausted(
            "Your project has exceeded its monthly spending cap. Please go to AI Studio at https://ai.studio/spend to \
             manage your project spend cap.",
        ),
        Preset::PrepaymentDepleted => state(KeyState::PrepaymentDepleted),
        Preset::PrepaymentDepleted429 => exhausted(refusal::PREPAYMENT),
        Preset::KeyInvalid => refusal::invalid_key(),
        Preset::KeyNotFound => refusal::key_not_found(),
        Preset::KeyExpired => state(KeyState::Expired),
        Preset::KeySuspended => state(KeyState::Suspended),
        Preset::KeyLeaked => state(KeyState::Leaked),
        Preset::KeyServiceBlocked => state(KeyState::ServiceBlocked),
        Preset::KeyReferrerBlocked => state(KeyState::ReferrerBlocked),
        Preset::ServiceDisabled => state(KeyState::ServiceDisabled),
        Preset::ProjectDenied => state(KeyState::ProjectDenied),
        Preset::Unauthenticated => refusal::bad_token(&caller.rpc),
        Preset::FileForbidden => refusal::unknown_file("abc123xyz456"),
        Preset::CacheForbidden => refusal::unknown_cache(),
        Preset::LocationUnsupported => refusal::location_unsupported(),
        Preset::BillingRequired => ApiError::new(
            400,
            "FAILED_PRECONDITION",
            "Gemini API free tier is not available in your country. Please enable billing on your project in Google AI \
             Studio.",
        ),
        Preset::ModelNotFound => refusal::unknown_model(model, version, "generateContent"),
        Preset::ModelRetired => {
            let message = format!(
                "This model models/{model} is no longer available to new users. Please update your code to use a newer \
                 model for the latest features and improvements."
            );
            ApiError::new(404, "NOT_FOUND", message)
        }
        Preset::InvalidArgument => ApiError::invalid("Request contains an invalid argument."),
        Preset::InputTooLong => refusal::too_long(1_048_576),
        Preset::Cancelled => ApiError::new(499, "CANCELLED", "The operation was cancelled."),
        Preset::Internal => ApiError::new(
            500,
            "INTERNAL",
            "An internal error has occurred. Please retry or report in \
             https://developers.generativeai.google/guide/troubleshooting",
        ),
        Preset::InternalShort => ApiError::new(500, "INTERNAL", "Internal error encountered."),
        Preset::HighDemand => ApiError::new(
            503,
            "UNAVAILABLE",
            "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again \
             later.",
        ),
        // The two pages never come here.
        Preset::Overloaded | Preset::BadGateway | Preset::Unavailable => {
            ApiError::new(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        }
        Preset::DeadlineExceeded => {
            ApiError::new(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.")
        }
    }
}

fn used_up(violations: &[(Window, u64)], ms: i64, caller: &Caller, model: &str) -> ApiError {
    let violations = violations.iter().map(|(window, limit)| Violation { window: *window, limit: *limit }).collect();
    refusal::quota(&Refusal { violations, retry: SignedDuration::from_millis(ms) }, caller, model)
}

fn without_retry(mut error: ApiError) -> ApiError {
    error.details.retain(|detail| detail["@type"] != RETRY_INFO);
    if let Some((before, _)) = error.message.split_once("\nPlease retry in") {
        error.message = before.to_owned();
    }
    error
}

fn exhausted(message: &str) -> ApiError {
    ApiError::new(429, "RESOURCE_EXHAUSTED", message)
}

/// Wire 8 and 11: a quota that is about one feature only.
fn feature_quota(metric: &str, id: &str, limit: u64) -> ApiError {
    let message = format!(
        "You exceeded your current quota, please check your plan and billing details. \n* Quota exceeded for metric: \
         generativelanguage.googleapis.com/{metric}, limit: {limit}"
    );
    let failure = json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{
            "quotaMetric": format!("generativelanguage.googleapis.com/{metric}"),
            "quotaId": id,
            "quotaDimensions": {"location": "global"},
            "quotaValue": limit.to_string(),
        }],
    });
    exhausted(&message).with(refusal::help()).with(failure)
}

/// `null` is a value here: it leaves the delay out.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
