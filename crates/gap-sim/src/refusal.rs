//! Google's refusals, word for word as they were recorded or reported.

use std::fmt::Write as _;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::options::{KeyState, Tier};
use crate::quota::{Refusal, Violation, Window};

const SERVICE: &str = "generativelanguage.googleapis.com";
const QUOTA_DETAILS: &str = "https://ai.google.dev/gemini-api/docs/rate-limits";

/// Whom a refusal is about.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) key: String,
    pub(crate) project: u64,
    pub(crate) tier: Tier,
    /// The full name of the RPC.
    pub(crate) rpc: String,
    /// Whether input is embedded, which has counters of its own.
    pub(crate) embeds: bool,
}

// === credentials ===

/// Neither key nor token.
pub(crate) fn no_credentials() -> ApiError {
    let message = "Method doesn't allow unregistered callers (callers without established identity). Please use API Key \
                   or other form of API consumer identity to call this API.";
    ApiError::denied(message)
}

/// Wire 26: an API key beside an OAuth token, or two keys.
pub(crate) fn several_credentials() -> ApiError {
    ApiError::invalid("Multiple authentication credentials received. Please pass only one.")
}

/// A bearer token that is not an OAuth token.
pub(crate) fn bad_token(rpc: &str) -> ApiError {
    let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
                   valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
    let metadata = json!({"service": SERVICE, "method": rpc});
    ApiError::new(401, "UNAUTHENTICATED", message).with_info("ACCESS_TOKEN_TYPE_UNSUPPORTED", metadata)
}

/// A key that Google does not know.
pub(crate) fn invalid_key() -> ApiError {
    key_error("API key not valid. Please pass a valid API key.")
}

/// The wording seen for keys that are not keys at all.
pub(crate) fn key_not_found() -> ApiError {
    key_error("API Key not found. Please pass a valid API key.")
}

fn key_error(message: &str) -> ApiError {
    ApiError::invalid(message).with_info("API_KEY_INVALID", json!({ "service": SERVICE })).localized()
}

/// What Google says to a key in that state; `None` if it works.
pub(crate) fn of_state(state: KeyState, caller: &Caller) -> Option<ApiError> {
    let consumer = format!("projects/{}", caller.project);
    let blocked = json!({"consumer": consumer, "service": SERVICE, "apiName": SERVICE, "methodName": caller.rpc});
    Some(match state {
        KeyState::Good => return None,
        KeyState::Invalid => invalid_key(),
        KeyState::Expired => key_error("API key expired. Please renew the API key."),
        KeyState::Suspended => {
            let message = format!("Permission denied: Consumer 'api_key:{}' has been suspended.", caller.key);
            ApiError::denied(message).with_info("CONSUMER_SUSPENDED", json!({"service": SERVICE, "consumer": consumer}))
        }
        KeyState::Leaked => ApiError::denied("Your API key was reported as leaked. Please use another API key."),
        KeyState::ServiceDisabled => service_disabled(caller.project),
        KeyState::ServiceBlocked => {
            let message = format!("Requests to this API {SERVICE} method {} are blocked.", caller.rpc);
            ApiError::denied(message).with_info("API_KEY_SERVICE_BLOCKED", blocked).localized()
        }
        KeyState::ReferrerBlocked => {
            let metadata = json!({"consumer": consumer, "service": SERVICE, "httpReferrer": "<empty>"});
            let error = ApiError::denied("Requests from referer <empty> are blocked.");
            error.with_info("API_KEY_HTTP_REFERRER_BLOCKED", metadata).localized()
        }
        KeyState::ProjectDenied => ApiError::denied("Your project has been denied access. Please contact support."),
        KeyState::LocationUnsupported => location_unsupported(),
        KeyState::PrepaymentDepleted => ApiError::new(402, "RESOURCE_EXHAUSTED", PREPAYMENT),
    })
}

fn service_disabled(project: u64) -> ApiError {
    let link = format!("https://console.developers.google.com/apis/api/{SERVICE}/overview?project={project}");
    let message = format!(
        "Generative Language API has not been used in project {project} before or it is disabled. Enable it by visiting \
         {link} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our \
         systems and retry."
    );
    let metadata = json!({
        "containerInfo": project.to_string(),
        "consumer": format!("projects/{project}"),
        "service": SERVICE,
        "serviceTitle": "Generative Language API",
        "activationUrl": link,
    });
    let help = json!({
        "@type": "type.googleapis.com/google.rpc.Help",
        "links": [{"description": "Google developers console API activation", "url": link}],
    });
    ApiError::denied(message).with_info("SERVICE_DISABLED", metadata).localized().with(help)
}

pub(crate) const PREPAYMENT: &str = "Your prepayment credits are depleted. Please go to AI Studio at \
                                     https://ai.studio/projects to manage your project and billing. Learn more at \
                                     https://ai.google.dev/gemini-api/docs/billing#prepay. ";

pub(crate) fn location_unsupported() -> ApiError {
    ApiError::new(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")
}

// === what is asked for ===

/// Wire 18. `models/` stands in the message whatever the path said.
pub(crate) fn unknown_model(model: &str, version: &str, method: &str) -> ApiError {
    let message = format!(
        "models/{model} is not found for API version {version}, or is not supported for {method}. Call \
         ModelService.ListModels to see the list of available models and their supported methods."
    );
    ApiError::new(404, "NOT_FOUND", message)
}

/// A file that is not there, or is another project's: Google does not tell which (wire 15).
pub(crate) fn unknown_file(name: &str) -> ApiError {
    ApiError::denied(format!("You do not have permission to access the File {name} or it may not exist."))
}

/// The same for caches.
pub(crate) fn unknown_cache() -> ApiError {
    ApiError::denied("CachedContent not found (or permission denied)")
}

pub(crate) fn too_long(limit: u64) -> ApiError {
    ApiError::invalid(format!("The input token count exceeds the maximum number of tokens allowed ({limit})."))
}

// === quota ===

/// The 429 for limits that are used up (wire 3–7).
pub(crate) fn quota(refusal: &Refusal, caller: &Caller, model: &str) -> ApiError {
    let retry = refusal.retry.max(SignedDuration::from_millis(1));
    let mut message = format!(
        "You exceeded your current quota, please check your plan and billing details. For more information on this error, \
         head to: {QUOTA_DETAILS}. To monitor your current usage, head to: https://ai.dev/rate-limit. "
    );
    for violation in &refusal.violations {
        let metric = metric(violation.window, caller);
        let _written = write!(
            message,
            "\n* Quota exceeded for metric: {SERVICE}/{metric}, limit: {}, model: {model}",
            violation.limit
        );
    }
    let _written = write!(message, "\nPlease retry in {}s.", exact_seconds(retry));
    let violations = refusal.violations.iter().map(|violation| quota_violation(*violation, caller, model));
    let failure = json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": violations.collect::<Vec<_>>(),
    });
    let info =
        json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{}s", retry.as_secs())});
    ApiError::new(429, "RESOURCE_EXHAUSTED", message).with(help()).with(failure).with(info)
}

pub(crate) fn help() -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.Help",
        "links": [{"description": "Learn more about Gemini API quotas", "url": QUOTA_DETAILS}],
    })
}

fn quota_violation(violation: Violation, caller: &Caller, model: &str) -> Value {
    let mut shown = json!({
        "quotaMetric": format!("{SERVICE}/{}", metric(violation.window, caller)),
        "quotaId": quota_id(violation.window, caller),
        "quotaDimensions": {"location": "global", "model": model},
    });
    // Wire 7: where the limit is 0 there is no value.
    if violation.limit > 0 {
        shown["quotaValue"] = violation.limit.to_string().into();
    }
    shown
}

fn metric(window: Window, caller: &Caller) -> &'static str {
    let tokens = matches!(window, Window::TokensPerMinute | Window::TokensPerDay);
    match (caller.tier, caller.embeds, tokens) {
        (Tier::Free, false, false) => "generate_content_free_tier_requests",
        (Tier::Free, false, true) => "generate_content_free_tier_input_token_count",
        (Tier::Free, true, false) => "embed_content_free_tier_requests",
        (Tier::Free, true, true) => "embed_content_free_tier_input_token_count",
        (Tier::Paid, false, true) => "generate_content_paid_tier_input_token_count",
        (Tier::Paid, true, true) => "embed_content_paid_tier_input_token_count",
        (Tier::Paid, true, false) => "embed_content_paid_tier_requests",
        (Tier::Paid, false, false) if window == Window::RequestsPerDay => "generate_requests_per_model_per_day",
        (Tier::Paid, false, false) => "generate_requests_per_model",
    }
}

fn quota_id(window: Window, caller: &Caller) -> String {
    let verb = if caller.embeds { "EmbedContent" } else { "Generate" };
    let (tokens, paid) = (if caller.embeds { "EmbedContent" } else { "GenerateContent" }, caller.tier == Tier::Paid);
    let id = match window {
        Window::RequestsPerMinute => format!("{verb}RequestsPerMinutePerProjectPerModel"),
        Window::RequestsPerDay => format!("{verb}RequestsPerDayPerProjectPerModel"),
        Window::TokensPerMinute if paid => format!("{tokens}PaidTierInputTokensPerModelPerMinute"),
        Window::TokensPerMinute => format!("{tokens}InputTokensPerModelPerMinute"),
        Window::TokensPerDay if paid => format!("{tokens}PaidTierInputTokensPerModelPerDay"),
        Window::TokensPerDay => format!("{tokens}InputTokensPerModelPerDay"),
    };
    if paid { id } else { format!("{id}-FreeTier") }
}

/// Nanoseconds without trailing zeros, as the message has them.
fn exact_seconds(duration: SignedDuration) -> String {
    let text = format!("{}.{:09}", duration.as_secs(), duration.subsec_nanos());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
