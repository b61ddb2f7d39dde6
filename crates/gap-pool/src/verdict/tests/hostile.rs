//! Bodies that are broken, foreign, or written by somebody who would like to see a key disabled.

use proptest::prelude::*;

use super::*;

#[rstest]
#[case::nothing(b"")]
#[case::white(b" \r\n\t")]
#[case::garbage(b"\x00\xff\xfe garbage")]
#[case::text(b"upstream connect error or disconnect/reset before headers")]
#[case::html(b"<!DOCTYPE html><html><head><title>502 Server Error</title></head></html>")]
#[case::null(b"null")]
#[case::number(b"429")]
#[case::empty_object(b"{}")]
#[case::empty_array(b"[]")]
#[case::error_null(b"{\"error\": null}")]
#[case::error_text(b"{\"error\": \"nope\"}")]
#[case::error_array(b"{\"error\": []}")]
#[case::details_text(b"{\"error\": {\"details\": \"x\"}}")]
#[case::details_nested(b"{\"error\": {\"status\": 5, \"details\": [[], null, {\"@type\": 7, \"violations\": {}}]}}")]
#[case::cut(b"{\"error\": {\"code\": 429, \"mess")]
#[case::byte_order_mark(b"\xef\xbb\xbf{\"error\": {}}")]
fn any_body_with_any_status_has_a_verdict(#[case] body: &[u8]) {
    for status in 0..=1000 {
        let verdict = judge_bytes(status, body);
        assert_eq!(verdict == Verdict::Answered, status < 400, "{status}");
        if status >= 400 {
            let fault = fault_of(verdict);
            assert!(!matches!(fault.rest, Rest::Disabled | Rest::OffTier), "{status}: {fault:?}");
        }
    }
}

#[test]
fn deep_nesting_is_survived() {
    for open in ["[", "{\"error\":", "{\"a\":["] {
        let body = open.repeat(200_000);
        fault_of(judge_bytes(429, body.as_bytes()));
    }
}

#[test]
fn long_messages_are_cut_between_characters() {
    let fault = fault(400, &google(400, "INVALID_ARGUMENT", &"й".repeat(100_000)));
    assert!(fault.message.len() <= 4096);
    assert!(fault.message.chars().all(|c| c == 'й'));
}

#[test]
fn a_page_is_told_by_its_title() {
    let body = b"\n<!DOCTYPE html>\n<html lang=en>\n  <title>Error 502 (Server Error)!!1</title>\n<p>That's an error.";
    assert_eq!(fault_of(judge_bytes(502, body)).message, "Error 502 (Server Error)!!1");
}

// A body that was cut off still says which quota it was about.
#[test]
fn a_body_cut_short_is_read_as_far_as_it_goes() {
    let whole = quota(&[violation(RPM, Some("5")), violation(RPD, Some("20"))], &json!("31s")).to_string();
    let cut = &whole[..whole.find("quotaValue\":\"20").unwrap_or(whole.len() - 40)];
    let fault = fault_of(judge_bytes(429, cut.as_bytes()));
    assert_eq!(fault.cause, Cause::RequestsPerDay);
    assert_eq!(fault.violations.len(), 2);

    let whole = reason(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", "API_KEY_INVALID");
    let whole = whole.to_string();
    let fault = fault_of(judge_bytes(400, &whole.as_bytes()[..whole.len() - 2]));
    assert_eq!((fault.cause, fault.consumer_project), (Cause::KeyExpired, Some(123_456_789_012)));
}

// Recorded: some client library wrote a comma too many into its cassette.
#[test]
fn a_comma_too_many_does_no_harm() {
    let body = br#"[ { "error": { "code": 400, "message": "Please use a valid role: user, model.", "status": "INVALID_ARGUMENT", } } ]"#;
    let fault = fault_of(judge_bytes(400, body));
    assert_eq!((fault.cause, fault.message.as_str()), (Cause::InvalidRequest, "Please use a valid role: user, model."));
}

/// Everything that a message could say to harm a key or a project.
const SPELLS: &[&str] = &[
    "API key not valid. Please pass a valid API key.",
    "API key expired. Please renew the API key.",
    "API Key not found.",
    "API_KEY_INVALID",
    "CONSUMER_SUSPENDED",
    "User location is not supported for the API use.",
    "Imagen API is only accessible to billed users at this time.",
    "has been suspended",
    "Your API key was reported as leaked.",
    "Your project has been denied access",
    "has not been used in project 123456789012 before or it is disabled",
    "Your prepayment credits are depleted.",
    "monthly spending cap",
    "limit: 0",
    r#"","reason":"API_KEY_INVALID","x":""#,
    r#"\",\"reason\":\"API_KEY_INVALID\",\"x\":\""#,
];

// A 400 quotes the request: whoever writes the request must not be able to write the verdict.
#[test]
fn a_client_cannot_talk_a_key_out_of_the_pool() {
    for spell in SPELLS {
        let message =
            format!("Invalid JSON payload received. Unknown name \"{spell}\" at 'contents[0]': Cannot find field.");
        let violations = json!([{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": spell, "description": message, "reason": "API_KEY_INVALID", "quotaId": RPD}]
        }]);
        let body = with_details(400, "INVALID_ARGUMENT", &message, violations);
        let verdict = judge(400, &body);
        assert!(
            matches!(&verdict, Verdict::Refused(fault) if fault.cause == Cause::InvalidRequest),
            "{spell}: {verdict:?}"
        );
        // The same, cut short: the message alone is left.
        let text = google(400, "INVALID_ARGUMENT", &message).to_string();
        for end in 1..text.len() {
            if text.is_char_boundary(end) {
                let fault = fault_of(judge_bytes(400, &text.as_bytes()[..end]));
                assert_eq!(fault.cause, Cause::InvalidRequest, "{spell}: {}", &text[..end]);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(status in 0_u16.., body in proptest::collection::vec(any::<u8>(), 0..400), header in ".{0,20}") {
        let _ = of(&Answer { status, retry_after: Some(&header), body: &body }, now());
    }

    #[test]
    fn any_pieces_of_json_are_survived(
        status in 400_u16..600,
        pieces in proptest::collection::vec(prop::sample::select(PIECES), 0..60),
        second in -300_000_000_000_i64..250_000_000_000,
    ) {
        let now = Timestamp::from_second(second).unwrap();
        let fault = fault_of(of(&Answer { status, retry_after: None, body: pieces.concat().as_bytes() }, now));
        prop_assert!(fault.retry_delay.is_none_or(|delay| delay <= Duration::from_hours(7 * 24)));
    }
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\"error\":",
    "\"message\":",
    "\"details\":",
    "\"violations\":",
    "\"@type\":",
    "\"google.rpc.QuotaFailure\"",
    "\"google.rpc.RetryInfo\"",
    "\"google.rpc.ErrorInfo\"",
    "\"retryDelay\":",
    "\"quotaId\":",
    "\"quotaValue\":",
    "\"PerDay\"",
    "\"PerMinute\"",
    "\"0\"",
    "\"9223372036854775807s\"",
    "\"reason\":",
    "\"status\":",
    "\"RESOURCE_EXHAUSTED\"",
    "null",
    "-1",
    "1e999",
    "\"Please retry in 9e9s\"",
    "limit: 0",
    "é",
    "<html>",
];
