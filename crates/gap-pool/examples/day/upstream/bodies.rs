//! Errors as Google words them, as text: the classifier of the real pool has to read them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::world::{Millis, Tier};

/// A quota, in the order in which Google lists exceeded ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Quota {
    TokensPerMinute,
    RequestsPerMinute,
    RequestsPerDay,
    TokensPerDay,
}

/// An exceeded quota and its limit.
pub(crate) type Exceeded = (Quota, u64);

impl Quota {
    const fn id(self, tier: Tier) -> &'static str {
        match (self, tier) {
            (Self::TokensPerMinute, Tier::Free) => "GenerateContentInputTokensPerModelPerMinute-FreeTier",
            (Self::TokensPerMinute, Tier::Paid) => "GenerateContentPaidTierInputTokensPerModelPerMinute",
            (Self::RequestsPerMinute, Tier::Free) => "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
            (Self::RequestsPerMinute, Tier::Paid) => "GenerateRequestsPerMinutePerProjectPerModel",
            (Self::RequestsPerDay, Tier::Free) => "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
            (Self::RequestsPerDay, Tier::Paid) => "GenerateRequestsPerDayPerProjectPerModel",
            (Self::TokensPerDay, Tier::Free) => "GenerateContentInputTokensPerModelPerDay-FreeTier",
            (Self::TokensPerDay, Tier::Paid) => "GenerateContentPaidTierInputTokensPerModelPerDay",
        }
    }

    const fn metric(self, tier: Tier) -> &'static str {
        match (self, tier) {
            (Self::TokensPerMinute | Self::TokensPerDay, Tier::Free) => {
                "generativelanguage.googleapis.com/generate_content_free_tier_input_token_count"
            }
            (Self::TokensPerMinute | Self::TokensPerDay, Tier::Paid) => {
                "generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count"
            }
            (Self::RequestsPerMinute | Self::RequestsPerDay, Tier::Free) => {
                "generativelanguage.googleapis.com/generate_content_free_tier_requests"
            }
            (Self::RequestsPerMinute, Tier::Paid) => "generativelanguage.googleapis.com/generate_requests_per_model",
            (Self::RequestsPerDay, Tier::Paid) => {
                "generativelanguage.googleapis.com/generate_requests_per_model_per_day"
            }
        }
    }
}

/// 429: quotas are used up. `named` is the project's number, if the answer gives it away.
pub(crate) fn quota(exceeded: &[Exceeded], tier: Tier, model: &str, delay: Millis, named: Option<u64>) -> String {
    let mut message = "You exceeded your current quota, please check your plan and billing details. For more \
                       information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To \
                       monitor your current usage, head to: https://ai.dev/rate-limit. "
        .to_owned();
    let mut violations = Vec::new();
    for (quota, limit) in exceeded {
        let metric = quota.metric(tier);
        _ = write!(message, "\n* Quota exceeded for metric: {metric}, limit: {limit}, model: {model}");
        let mut violation = json!({
            "quotaMetric": metric,
            "quotaId": quota.id(tier),
            "quotaDimensions": {"location": "global", "model": model},
        });
        // A model that is not on the tier comes without a value.
        if let (Value::Object(fields), true) = (&mut violation, *limit > 0) {
            fields.insert("quotaValue".to_owned(), json!(limit.to_string()));
        }
        violations.push(violation);
    }
    _ = write!(message, "\nPlease retry in {}.{:03}s.", delay / 1000, delay % 1000);
    let mut details = vec![
        json!({"@type": "type.googleapis.com/google.rpc.Help", "links": [{
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }]}),
        json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}),
        json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{}s", delay / 1000)}),
    ];
    if let Some(number) = named {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {
                "service": "generativelanguage.googleapis.com",
                "consumer": format!("projects/{number}"),
            },
        }));
    }
    error(429, "RESOURCE_EXHAUSTED", &message, &details)
}

/// 429: no, and no word about why.
pub(crate) fn unexplained() -> String {
    error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", &[])
}

/// 400: this place is not served.
pub(crate) fn location() -> String {
    error(400, "FAILED_PRECONDITION", "User location is not supported for the API use.", &[])
}

/// 400: this is no key.
pub(crate) fn key_invalid() -> String {
    let details = [json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    })];
    error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", &details)
}

/// 403: this key is suspended.
pub(crate) fn key_suspended(project: u64) -> String {
    let details = [json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "CONSUMER_SUSPENDED",
        "domain": "googleapis.com",
        "metadata": {
            "service": "generativelanguage.googleapis.com",
            "consumer": format!("projects/{project}"),
        },
    })];
    let message = "Permission denied: Consumer 'api_key:AIzaSyExample' has been suspended.";
    error(403, "PERMISSION_DENIED", message, &details)
}

/// 503: the model is overloaded.
pub(crate) fn overloaded() -> String {
    error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.", &[])
}

/// 500: Google stumbled.
pub(crate) fn stumble() -> String {
    error(500, "INTERNAL", "An internal error has occurred. Please retry or report in the issue tracker.", &[])
}

fn error(code: u16, status: &str, message: &str, details: &[Value]) -> String {
    let mut error = json!({"code": code, "message": message, "status": status});
    if let (Value::Object(fields), false) = (&mut error, details.is_empty()) {
        fields.insert("details".to_owned(), json!(details));
    }
    json!({"error": error}).to_string()
}
