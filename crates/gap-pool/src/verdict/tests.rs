//! One case for each way in which Google has been seen to say no. Numbers are those of the wire checklist.

mod delays;
mod hostile;

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

const NOON: &str = "2026-01-15T20:00:00Z";
/// From noon to midnight in Los Angeles, in winter.
const TWELVE_HOURS: Duration = Duration::from_hours(12);

fn now() -> Timestamp {
    NOON.parse().unwrap()
}

fn judge_bytes(status: u16, body: &[u8]) -> Verdict {
    of(&Answer { status, retry_after: None, body }, now())
}

fn judge(status: u16, body: &Value) -> Verdict {
    judge_bytes(status, body.to_string().as_bytes())
}

fn fault_of(verdict: Verdict) -> Fault {
    match verdict {
        Verdict::TryElsewhere(fault) | Verdict::Refused(fault) => fault,
        Verdict::Answered => panic!("an error was taken for an answer"),
    }
}

fn fault(status: u16, body: &Value) -> Fault {
    fault_of(judge(status, body))
}

fn google(code: u16, status: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "status": status}})
}

fn with_details(code: u16, status: &str, message: &str, details: Value) -> Value {
    let mut body = google(code, status, message);
    body["error"]["details"] = details;
    body
}

fn reason(code: u16, status: &str, message: &str, reason: &str) -> Value {
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com", "consumer": "projects/123456789012"}
    });
    with_details(code, status, message, json!([info]))
}

fn violation(id: &str, value: Option<&str>) -> Value {
    let mut violation = json!({"quotaMetric": "generativelanguage.googleapis.com/x", "quotaId": id});
    if let Some(value) = value {
        violation["quotaValue"] = value.into();
    }
    violation
}

fn quota(violations: &[Value], delay: &Value) -> Value {
    let details = json!([
        {"@type": "type.googleapis.com/google.rpc.Help", "links": [{"url": "https://ai.google.dev/gemini-api/docs/rate-limits"}]},
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
    ]);
    with_details(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", details)
}

const RPM: &str = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
const TPM: &str = "GenerateContentPaidTierInputTokensPerModelPerMinute";
const RPD: &str = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";
const TPD: &str = "GenerateContentInputTokensPerModelPerDay-FreeTier";
const STORAGE: &str = "FileStorageBytesPerProject";

// === Shapes ===

#[rstest]
#[case::informational(100)]
#[case::fine(200)]
#[case::created(201)]
#[case::redirect(302)]
fn what_is_no_error_is_an_answer(#[case] status: u16) {
    // The body of Google's redirect speaks of an error too.
    assert_eq!(judge(status, &google(302, "UNKNOWN", "Unknown Error.")), Verdict::Answered);
}

// wire 1
#[test]
fn an_array_of_one_error_is_an_error() {
    let object = reason(400, "INVALID_ARGUMENT", "API key not valid.", "API_KEY_INVALID");
    assert_eq!(judge(400, &json!([object])), judge(400, &object));
    assert_eq!(fault(400, &json!([object, google(500, "INTERNAL", "x")])).cause, Cause::KeyInvalid);
    assert_eq!(fault(400, &json!([])).cause, Cause::InvalidRequest);
}

// wire 2
#[rstest]
#[case::seconds("7", Some(7))]
#[case::date("Thu, 15 Jan 2026 20:01:00 GMT", Some(60))]
#[case::date_in_the_past("Thu, 15 Jan 2026 19:00:00 GMT", None)]
#[case::negative("-5", None)]
#[case::words("soon", None)]
#[case::nothing("", None)]
fn retry_after_is_heard_where_the_body_is_silent(#[case] header: &str, #[case] seconds: Option<u64>) {
    let answer = Answer { status: 429, retry_after: Some(header), body: b"" };
    let fault = fault_of(of(&answer, now()));
    assert_eq!(fault.retry_delay, seconds.map(Duration::from_secs));
    let expected = seconds.map_or(Rest::Escalating, |seconds| Rest::For(Duration::from_secs(seconds)));
    assert_eq!(fault.rest, expected);
}

// wire 2
#[test]
fn the_body_is_heard_before_the_header() {
    let body = quota(&[violation(RPM, Some("5"))], &json!("9s")).to_string();
    let answer = Answer { status: 429, retry_after: Some("3600"), body: body.as_bytes() };
    assert_eq!(fault_of(of(&answer, now())).rest, Rest::For(Duration::from_secs(9)));
}

// wire 3
#[test]
fn details_are_found_in_any_order_among_unknown_ones() {
    let mut body = quota(&[violation(RPD, Some("20"))], &json!("31s"));
    let expected = fault(429, &body);
    let details = body["error"]["details"].as_array_mut().unwrap();
    details.reverse();
    details.insert(1, json!({"@type": "type.googleapis.com/google.rpc.Tomorrow", "violations": "?"}));
    details.insert(0, json!("no object"));
    details.push(json!({"violations": [violation(TPM, None)]}));
    assert_eq!(fault(429, &body), expected);
}

// === Quotas ===

// wire 4: the longest decides.
#[rstest]
#[case::minute(&[RPM], Cause::RequestsPerMinute)]
#[case::tokens_of_a_minute(&[TPM], Cause::TokensPerMinute)]
#[case::day(&[RPD], Cause::RequestsPerDay)]
#[case::tokens_of_a_day(&[TPD], Cause::TokensPerDay)]
#[case::minute_and_day(&[RPM, RPD], Cause::RequestsPerDay)]
#[case::day_and_minute(&[TPD, RPM, TPM], Cause::TokensPerDay)]
#[case::minute_and_feature(&[STORAGE, RPM], Cause::RequestsPerMinute)]
#[case::first_of_equals(&[TPM, RPM], Cause::TokensPerMinute)]
fn the_longest_violation_decides(#[case] ids: &[&str], #[case] cause: Cause) {
    let violations: Vec<Value> = ids.iter().map(|id| violation(id, Some("20"))).collect();
    let fault = fault(429, &quota(&violations, &json!("31s")));
    assert_eq!((fault.cause, fault.scope, fault.retry), (cause, Scope::Bucket, Retry::OtherKey));
    assert_eq!(fault.violations.len(), ids.len());
    assert_eq!(fault.violations[0].limit, Some(20));
    assert!(fault.is_quota());
}

// wire 5
#[rstest]
#[case::short("31s", None, TWELVE_HOURS)]
#[case::just_below_a_minute("59s", None, TWELVE_HOURS)]
#[case::hours("39043s", Some(39043), Duration::from_secs(39043))]
#[case::beyond_midnight("65205s", Some(65205), TWELVE_HOURS)]
#[case::nonsense("soon", None, TWELVE_HOURS)]
#[case::for_ever("9223372036854775807s", Some(7 * 86_400), TWELVE_HOURS)]
fn a_day_lasts_until_midnight_whatever_a_short_delay_says(
    #[case] delay: &str,
    #[case] hint: Option<u64>,
    #[case] wait: Duration,
) {
    let fault = fault(429, &quota(&[violation(RPD, Some("20"))], &json!(delay)));
    assert_eq!(fault.rest, Rest::Midnight { hint: hint.map(Duration::from_secs) });
    assert_eq!(fault.retry_delay, Some(wait));
}

// wire 6
#[test]
fn a_minute_without_a_delay_ends_with_the_minute() {
    let mut body = quota(&[violation(RPM, Some("5"))], &Value::Null);
    assert_eq!(fault(429, &body).rest, Rest::NextMinute);
    assert_eq!(fault(429, &body).retry_delay, Some(Duration::from_mins(1)));
    body["error"]["details"].as_array_mut().unwrap().pop();
    assert_eq!(fault(429, &body).rest, Rest::NextMinute);
}

// wire 6: the message is exact, the detail is cut to whole seconds.
#[test]
fn the_message_knows_the_delay_to_the_nanosecond() {
    let mut body = quota(&[violation(TPM, Some("1000000"))], &json!("48s"));
    body["error"]["message"] = json!("You exceeded your current quota.\nPlease retry in 48.939935699s.");
    assert_eq!(fault(429, &body).rest, Rest::For(Duration::from_nanos(48_939_935_699)));
}

// wire 6, 9: no minute takes hours to refill.
#[rstest]
#[case::for_ever("9223372036854775807s")]
#[case::hours("39043s")]
fn a_minute_is_a_minute_whatever_a_long_delay_says(#[case] delay: &str) {
    assert_eq!(fault(429, &quota(&[violation(RPM, Some("5"))], &json!(delay))).rest, Rest::NextMinute);
}

// wire 7
#[rstest]
#[case::value_zero(quota(&[violation(RPM, Some("0"))], &json!("12s")))]
#[case::value_zero_of_a_day(quota(&[violation(RPM, Some("5")), violation(RPD, Some("0"))], &json!("12s")))]
#[case::number_zero({
    let mut zero = violation(RPD, None);
    zero["quotaValue"] = json!(0);
    quota(&[zero], &json!("12s"))
})]
#[case::message_alone(google(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded.\n* Quota exceeded for metric: generativelanguage.googleapis.com/x, limit: 0, model: gemini-2.0-flash\nPlease retry in 12.9s."
))]
#[case::message_and_violations({
    let mut body = quota(&[violation(TPM, None), violation(RPM, None), violation(RPD, None)], &json!("12s"));
    body["error"]["message"] = json!("* Quota exceeded for metric: generativelanguage.googleapis.com/x, limit: 0\nPlease retry in 12.9s.");
    body
})]
fn a_limit_of_zero_is_not_a_matter_of_waiting(#[case] body: Value) {
    let fault = fault(429, &body);
    assert_eq!((fault.cause, fault.scope, fault.rest), (Cause::NotOnTier, Scope::Bucket, Rest::OffTier));
    assert_eq!(fault.retry_delay, None);
    assert!(!fault.is_quota());
}

// wire 7: digits that only begin with a zero, or hold one.
#[rstest]
#[case::ten("limit: 10")]
#[case::twenty("limit: 20, model: gemini-2.0-flash")]
#[case::hundred("limit: 100\n")]
fn a_limit_with_a_zero_in_it_is_a_limit(#[case] limit: &str) {
    let message =
        format!("* Quota exceeded for metric: generativelanguage.googleapis.com/x, {limit}\nPlease retry in 5s.");
    let fault = fault(429, &google(429, "RESOURCE_EXHAUSTED", &message));
    assert_eq!((fault.cause, fault.rest), (Cause::QuotaExhausted, Rest::For(Duration::from_secs(5))));
}

// wire 8, 11
#[rstest]
#[case::files(STORAGE)]
#[case::batch("BatchEnqueuedTokensPerProjectPerModel")]
#[case::cache("CachedContentStorageTokensPerModelFreeTier")]
#[case::search_by_the_day("GoogleSearchGroundingRequestsPerDayPerProject")]
#[case::tomorrows("SomethingConcurrentPerProject")]
fn a_features_quota_leaves_the_model_alone(#[case] id: &str) {
    for value in [Some("20"), Some("0"), None] {
        let fault = fault(429, &quota(&[violation(id, value)], &json!("9223372036854775807s")));
        assert_eq!(
            (fault.cause, fault.scope, fault.rest),
            (Cause::FeatureQuota, Scope::Feature, Rest::None),
            "{value:?}"
        );
    }
}

// wire 11
#[test]
fn a_cache_that_is_too_large_for_the_tier_is_the_features() {
    let message = "TotalCachedContentStorageTokensPerModelFreeTier limit exceeded for model gemini-1.5-flash: limit=0, requested=32893";
    assert_eq!(fault(429, &google(429, "RESOURCE_EXHAUSTED", message)).scope, Scope::Feature);
}

#[test]
fn embedding_in_batches_is_asking_the_model() {
    let id = "BatchEmbedContentsRequestsPerMinutePerProjectPerModel-FreeTier";
    assert_eq!(fault(429, &quota(&[violation(id, Some("100"))], &json!("5s"))).cause, Cause::RequestsPerMinute);
}

// wire 10
#[rstest]
#[case::short_of_capacity(google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."))]
#[case::error_code_429(google(
    429,
    "RESOURCE_EXHAUSTED",
    "Resource exhausted. Please try again later. See error-code-429."
))]
#[case::string_code(json!({"error": {"message": "Too many requests", "code": "too_many_requests"}}))]
#[case::a_delay_of_nothing(quota(&[], &json!("0s")))]
fn a_429_without_a_cause_escalates(#[case] body: Value) {
    let fault = fault(429, &body);
    assert_eq!((fault.cause, fault.scope, fault.rest), (Cause::Unexplained, Scope::Bucket, Rest::Escalating));
    assert_eq!(fault.retry, Retry::OtherKey);
}

#[test]
fn a_429_with_a_delay_alone_rests_for_it() {
    let fault = fault(429, &quota(&[], &json!("34.4s")));
    assert_eq!((fault.cause, fault.rest), (Cause::QuotaExhausted, Rest::For(Duration::from_millis(34_400))));
}

#[test]
fn quota_of_the_older_kind_is_read_from_the_error_info() {
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {
            "consumer": "projects/123456789012",
            "quota_limit": "GenerateContentRequestsPerMinutePerProjectPerRegion",
            "quota_limit_value": "60",
            "quota_metric": "generativelanguage.googleapis.com/generate_content_requests"
        }
    });
    let message = "Quota exceeded for quota metric 'Generate Content API requests per minute' and limit '…' of service \
                   'generativelanguage.googleapis.com' for consumer 'project_number:123456789012'.";
    let fault = fault(429, &with_details(429, "RESOURCE_EXHAUSTED", message, json!([info])));
    assert_eq!((fault.cause, fault.consumer_project), (Cause::RequestsPerMinute, Some(123_456_789_012)));
    assert_eq!(fault.violations[0].limit, Some(60));
}

// === The wallet ===

#[rstest]
#[case::spend_cap(
    429,
    "Your project has exceeded its monthly spending cap. Please go to AI Studio …",
    Cause::SpendCapReached
)]
#[case::prepaid(429, "Your prepayment credits are depleted. Please go to AI Studio …", Cause::PrepaymentDepleted)]
#[case::prepaid_402(402, "Your prepayment credits are depleted. Please go to AI Studio …", Cause::PrepaymentDepleted)]
#[case::other_402(402, "Pay first.", Cause::PaymentRequired)]
fn money_rests_the_project(#[case] status: u16, #[case] message: &str, #[case] cause: Cause) {
    let fault = fault(status, &google(status, "RESOURCE_EXHAUSTED", message));
    assert_eq!((fault.cause, fault.scope, fault.retry), (cause, Scope::Project, Retry::OtherKey));
    assert!(matches!(fault.rest, Rest::For(wait) if wait >= Duration::from_mins(30)));
}

#[test]
fn a_402_without_a_body_is_the_wallets() {
    assert_eq!(fault_of(judge_bytes(402, b"")).cause, Cause::PaymentRequired);
}

// === Keys and projects ===

// wire 12, 13, 14
#[rstest]
#[case::invalid(400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID", Cause::KeyInvalid)]
#[case::expired(400, "API key expired. Please renew the API key.", "API_KEY_INVALID", Cause::KeyExpired)]
#[case::unknown(400, "API Key not found. Please pass a valid API key.", "API_KEY_INVALID", Cause::KeyInvalid)]
#[case::by_reason_alone(400, "", "API_KEY_INVALID", Cause::KeyInvalid)]
#[case::by_words_alone(400, "API key not valid. Please pass a valid API key.", "", Cause::KeyInvalid)]
#[case::expired_by_words(400, "API key expired. Please renew the API key.", "", Cause::KeyExpired)]
#[case::suspended(
    403,
    "Permission denied: Consumer 'api_key:AIzaX' has been suspended.",
    "CONSUMER_SUSPENDED",
    Cause::KeySuspended
)]
#[case::suspended_by_words(
    403,
    "Permission denied: Consumer 'api_key:AIzaX' has been suspended.",
    "",
    Cause::KeySuspended
)]
#[case::leaked(403, "Your API key was reported as leaked. Please use another API key.", "", Cause::KeyLeaked)]
#[case::other_api(403, "Requests to this API … are blocked.", "API_KEY_SERVICE_BLOCKED", Cause::KeyRestricted)]
#[case::referrer(
    403,
    "Requests from referer <empty> are blocked.",
    "API_KEY_HTTP_REFERRER_BLOCKED",
    Cause::KeyRestricted
)]
#[case::address(
    403,
    "The provided API key has an IP address restriction.",
    "API_KEY_IP_ADDRESS_BLOCKED",
    Cause::KeyRestricted
)]
#[case::unauthenticated(
    401,
    "Request had invalid authentication credentials.",
    "ACCESS_TOKEN_TYPE_UNSUPPORTED",
    Cause::KeyInvalid
)]
fn a_bad_key_is_disabled(#[case] status: u16, #[case] message: &str, #[case] why: &str, #[case] cause: Cause) {
    let fault = fault(status, &reason(status, "INVALID_ARGUMENT", message, why));
    assert_eq!(
        (fault.cause, fault.scope, fault.rest, fault.retry),
        (cause, Scope::Key, Rest::Disabled, Retry::OtherKey)
    );
    assert_eq!(fault.consumer_project, Some(123_456_789_012));
    assert!(!fault.is_about_the_request());
}

// wire 13, 14
#[rstest]
#[case::suspended(
    "Permission denied: Consumer 'project_number:123456789012' has been suspended.",
    "CONSUMER_SUSPENDED",
    Cause::ProjectSuspended
)]
#[case::denied("Your project has been denied access. Please contact support.", "", Cause::ProjectDenied)]
#[case::disabled(
    "Generative Language API has not been used in project 123456789012 before or it is disabled.",
    "SERVICE_DISABLED",
    Cause::ServiceDisabled
)]
#[case::disabled_by_words(
    "Generative Language API has not been used in project 123456789012 before or it is disabled.",
    "",
    Cause::ServiceDisabled
)]
#[case::gone("Project 123456789012 is gone.", "CONSUMER_INVALID", Cause::ProjectDenied)]
fn a_bad_project_is_disabled(#[case] message: &str, #[case] why: &str, #[case] cause: Cause) {
    let fault = fault(403, &reason(403, "PERMISSION_DENIED", message, why));
    assert_eq!((fault.cause, fault.scope, fault.rest), (cause, Scope::Project, Rest::Disabled));
}

// wire 14
#[test]
fn the_link_to_mend_it_is_kept() {
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "metadata": {"activationUrl": "https://console.developers.google.com/enable?project=123456789012"}
    });
    let help = json!({"@type": "type.googleapis.com/google.rpc.Help", "links": [{"url": "https://example.com/other"}]});
    let fault = fault(403, &with_details(403, "PERMISSION_DENIED", "…", json!([help, info])));
    assert_eq!(fault.help.as_deref(), Some("https://console.developers.google.com/enable?project=123456789012"));
}

#[test]
fn the_project_is_learned_from_the_message() {
    let message = "Generative Language API has not been used in project 123456789012 before or it is disabled.";
    assert_eq!(fault(403, &google(403, "PERMISSION_DENIED", message)).consumer_project, Some(123_456_789_012));
}

// wire 15
#[rstest]
#[case::file("You do not have permission to access the File abc or it may not exist.")]
#[case::cache("CachedContent not found (or permission denied)")]
#[case::tuned_model("You do not have permission to access tuned model tunedModels/abc.")]
fn a_file_of_another_project_is_no_keys_fault(#[case] message: &str) {
    let verdict = judge(403, &google(403, "PERMISSION_DENIED", message));
    let Verdict::TryElsewhere(fault) = verdict else { panic!("{verdict:?}") };
    assert_eq!((fault.cause, fault.scope, fault.rest), (Cause::ResourceForbidden, Scope::Request, Rest::None));
    // Another project may own it; when none does, Google's words are the client's answer.
    assert_eq!(fault.retry, Retry::OtherKey);
    assert!(fault.is_about_the_request());
}

#[test]
fn an_unexplained_403_escalates_on_the_key() {
    let fault = fault(403, &google(403, "PERMISSION_DENIED", "The caller does not have permission"));
    assert_eq!((fault.cause, fault.scope, fault.rest), (Cause::Forbidden, Scope::Key, Rest::Escalating));
}

// wire 16
#[rstest]
#[case::region(400, google(400, "FAILED_PRECONDITION", "User location is not supported for the API use.").to_string(), Cause::RegionUnsupported)]
#[case::html_403(403, "<!DOCTYPE html><title>Error 403 (Forbidden)!!1</title>".to_owned(), Cause::EgressBlocked)]
#[case::html_429(429, "<html><head><title>Sorry...</title></head></html>".to_owned(), Cause::EgressBlocked)]
#[case::proxy(407, String::new(), Cause::EgressBlocked)]
#[case::portal(511, "<html>log in</html>".to_owned(), Cause::EgressBlocked)]
#[case::foreign_401(401, "<html>who are you?</html>".to_owned(), Cause::EgressBlocked)]
#[case::bare_401(401, String::new(), Cause::EgressBlocked)]
fn the_way_out_punishes_no_key(#[case] status: u16, #[case] body: String, #[case] cause: Cause) {
    let fault = fault_of(judge_bytes(status, body.as_bytes()));
    assert_eq!((fault.cause, fault.scope, fault.rest, fault.retry), (cause, Scope::Egress, Rest::None, Retry::Once));
}

// wire 17
#[rstest]
#[case::free_tier(
    "Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio."
)]
#[case::billing("This API method requires billing to be enabled.")]
fn a_tier_that_is_missing_rests_the_project(#[case] message: &str) {
    let fault = fault(400, &google(400, "FAILED_PRECONDITION", message));
    assert_eq!((fault.cause, fault.scope), (Cause::BillingRequired, Scope::Project));
    assert!(matches!(fault.rest, Rest::For(_)));
}

// wire 17
#[test]
fn a_model_for_payers_is_not_on_this_tier() {
    let message = "Imagen API is only accessible to billed users at this time.";
    assert_eq!(fault(400, &google(400, "INVALID_ARGUMENT", message)).cause, Cause::NotOnTier);
}

// wire 18
#[rstest]
#[case::unknown(
    "models/gemini-3.6-flahs is not found for API version v1beta, or is not supported for generateContent."
)]
#[case::retired("This model models/gemini-2.0-flash is no longer available to new users. Please update your code.")]
#[case::vertex(
    "Publisher Model `projects/1/locations/x/publishers/google/models/y` was not found or your project does not have access to it."
)]
fn a_model_that_is_not_there_is_worth_one_other_key(#[case] message: &str) {
    let fault = fault(404, &google(404, "NOT_FOUND", message));
    assert_eq!((fault.cause, fault.scope, fault.retry), (Cause::ModelNotFound, Scope::Bucket, Retry::Once));
    assert!(matches!(fault.rest, Rest::LastResort(_)));
    assert!(fault.is_about_the_request());
}

#[rstest]
#[case::cache(google(404, "NOT_FOUND", "Not found: cache content metadata 8754364356910645200.").to_string())]
#[case::path(String::new())]
#[case::page("<html><title>Error 404 (Not Found)!!1</title></html>".to_owned())]
fn other_things_that_are_not_there_are_the_requests(#[case] body: String) {
    let verdict = judge_bytes(404, body.as_bytes());
    assert!(matches!(&verdict, Verdict::Refused(fault) if fault.cause == Cause::NotFound), "{verdict:?}");
}

// wire 19
#[rstest]
#[case(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")]
#[case(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unknown name \"x\" at 'y': Cannot find field.")]
#[case(400, "FAILED_PRECONDITION", "Precondition check failed.")]
#[case(400, "", "")]
#[case(405, "", "")]
#[case(409, "ALREADY_EXISTS", "Requested entity already exists")]
#[case(412, "FAILED_PRECONDITION", "x")]
#[case(413, "", "Request Entity Too Large")]
#[case(415, "", "")]
#[case(416, "OUT_OF_RANGE", "x")]
#[case(418, "", "")]
#[case(451, "", "")]
fn a_bad_request_is_refused_and_never_rotated(#[case] status: u16, #[case] name: &str, #[case] message: &str) {
    let verdict = judge(status, &google(status, name, message));
    let Verdict::Refused(fault) = verdict else { panic!("{verdict:?}") };
    assert_eq!((fault.scope, fault.rest, fault.retry), (Scope::Request, Rest::None, Retry::Never));
}

// wire 23
#[test]
fn input_above_the_window_is_named() {
    let message = "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).";
    assert_eq!(fault(400, &google(400, "INVALID_ARGUMENT", message)).cause, Cause::InputTooLong);
}

// === Google's own trouble ===

// wire 20, 21, 22
#[rstest]
#[case::overloaded(503, "UNAVAILABLE", Cause::Overloaded, Scope::Model, Retry::BackOff)]
#[case::front_door(503, "", Cause::Unavailable, Scope::Upstream, Retry::BackOff)]
#[case::internal(500, "INTERNAL", Cause::InternalError, Scope::Upstream, Retry::Once)]
#[case::bare_internal(500, "", Cause::InternalError, Scope::Upstream, Retry::Once)]
#[case::not_implemented(501, "UNIMPLEMENTED", Cause::InternalError, Scope::Upstream, Retry::Once)]
#[case::gateway(502, "", Cause::BadGateway, Scope::Upstream, Retry::BackOff)]
#[case::deadline(504, "DEADLINE_EXCEEDED", Cause::DeadlineExceeded, Scope::Upstream, Retry::Once)]
#[case::request_timeout(408, "", Cause::TimedOut, Scope::Upstream, Retry::Once)]
#[case::cancelled(499, "CANCELLED", Cause::Cancelled, Scope::Upstream, Retry::Once)]
#[case::misdirected(421, "", Cause::Unavailable, Scope::Upstream, Retry::BackOff)]
#[case::unknown(599, "", Cause::InternalError, Scope::Upstream, Retry::Once)]
#[case::beyond(999, "", Cause::InternalError, Scope::Upstream, Retry::Once)]
fn googles_trouble_punishes_no_key(
    #[case] status: u16,
    #[case] name: &str,
    #[case] cause: Cause,
    #[case] scope: Scope,
    #[case] retry: Retry,
) {
    let fault = fault(status, &google(status, name, "Sorry."));
    assert_eq!((fault.cause, fault.scope, fault.rest, fault.retry), (cause, scope, Rest::None, retry));
}

#[rstest]
#[case(TransportFault::Connect, Cause::ConnectFailed, Retry::BackOff)]
#[case(TransportFault::Reset, Cause::ConnectionReset, Retry::BackOff)]
#[case(TransportFault::Timeout, Cause::TimedOut, Retry::Once)]
fn no_answer_at_all_punishes_no_key(#[case] transport: TransportFault, #[case] cause: Cause, #[case] retry: Retry) {
    let fault = of_transport(transport);
    assert_eq!((fault.cause, fault.scope, fault.rest, fault.retry), (cause, Scope::Upstream, Rest::None, retry));
    assert_eq!(fault.is_timeout(), transport == TransportFault::Timeout);
}

#[test]
fn overload_may_name_its_delay() {
    let retry = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"}]);
    let fault = fault(503, &with_details(503, "UNAVAILABLE", "The model is overloaded.", retry));
    assert_eq!(fault.retry_delay, Some(Duration::from_secs(3)));
}

// No API key can call such a method, so none is to blame; and the client must not think its own key were bad.
#[rstest]
#[case(401, "CREDENTIALS_MISSING", "API keys are not supported by this API. Expected OAuth2 access token …")]
#[case(401, "", "API keys are not supported by this API. Expected OAuth2 access token …")]
#[case(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "Request had insufficient authentication scopes.")]
fn a_method_for_oauth_alone_disables_no_key(#[case] status: u16, #[case] why: &str, #[case] message: &str) {
    let verdict = judge(status, &reason(status, "UNAUTHENTICATED", message, why));
    let Verdict::TryElsewhere(fault) = verdict else { panic!("{verdict:?}") };
    assert_eq!((fault.cause, fault.scope, fault.retry), (Cause::OauthRequired, Scope::Request, Retry::Never));
}
