use super::*;
use crate::call::Problem;

fn refusal(status: u16, message: &str) -> Refusal {
    let body = serde_json::json!({"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}});
    Refusal::of(status, body.to_string().as_bytes())
}

#[test]
fn a_sentence_decides_the_code() {
    // The sentences were all recorded.
    let cases = [
        (
            400,
            "The input token count exceeds the maximum number of tokens allowed (1048576).",
            Some("context_length_exceeded"),
        ),
        (
            400,
            "The input token count (1200022) exceeds the maximum number of tokens allowed (1048576).",
            Some("context_length_exceeded"),
        ),
        (
            404,
            "models/unknown is not found for API version v1, or is not supported for GenerateContent.",
            Some("model_not_found"),
        ),
        (400, "* GenerateContentRequest.model: unexpected model name format\n", Some("model_not_found")),
        (400, "Unsupported MIME type: image/svg+xml", Some("invalid_image_format")),
        (
            400,
            "Invalid JSON payload received. Unknown name \"x\" at 'generation_config': Cannot find field.",
            Some("unknown_parameter"),
        ),
        (400, "Request contains an invalid argument.", None),
    ];
    for (status, message, code) in cases {
        assert_eq!(refusal(status, message).code, code, "{message}");
    }
}

#[test]
fn the_param_is_the_clients_own_field() {
    let cases = [
        (
            "Unable to submit request because it has a maxOutputTokens value of 0 at 'generation_config.max_output_tokens'",
            Some("max_tokens"),
        ),
        ("* GenerateContentRequest.generation_config.stop_sequences: too many\n", Some("stop")),
        ("* GenerateContentRequest.contents[0].parts[1].inline_data: bad", Some("messages")),
        ("Invalid value at 'tools[0].function_declarations[0].name'", Some("tools")),
        ("Invalid value at 'brand_new_field'", Some("brand_new_field")),
        ("Request contains an invalid argument.", None),
        ("The model is not found in v1beta at ''", None),
    ];
    for (message, param) in cases {
        assert_eq!(refusal(400, message).param.as_deref(), param, "{message}");
    }
}

#[test]
fn a_field_violation_counts_more_than_the_sentence() {
    let body = r#"[{"error":{"code":400,"message":"bad","details":[{"@type":"x"},
        {"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"description":"?"},{"field":"generation_config.top_p"}]}]}}]"#;
    assert_eq!(Refusal::of(400, body.as_bytes()).param.as_deref(), Some("top_p"));
}

#[test]
fn what_is_no_error_body_still_gives_a_sentence() {
    // wire 1
    for body in ["", "<html>", "[]", "{}", "{\"error\":7}", "null"] {
        let refusal = Refusal::of(400, body.as_bytes());
        assert_eq!(
            (refusal.message.as_str(), refusal.param, refusal.code),
            ("The upstream refused the request.", None, None)
        );
    }
}

#[test]
fn the_body_is_openais() {
    insta::assert_snapshot!(
        refusal(404, "models/x is not found for API version v1beta.").to_json(),
        @r#"{"error":{"message":"models/x is not found for API version v1beta.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#
    );
    let error = DecodeError::new(Problem::Missing, "messages", "a list is needed");
    insta::assert_snapshot!(
        Refusal::from(&error).to_json(),
        @r#"{"error":{"message":"messages: a list is needed","type":"invalid_request_error","param":"messages","code":"missing_required_parameter"}}"#
    );
}
