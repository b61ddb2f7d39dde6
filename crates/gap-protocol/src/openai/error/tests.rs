use super::*;

#[test]
fn a_body_has_all_four_fields_in_openais_order() {
    insta::assert_snapshot!(
        body("Incorrect API key provided", "invalid_request_error", None, Some("invalid_api_key")),
        @r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#
    );
}

#[test]
fn a_message_cannot_break_out_of_its_string_or_line() {
    let written = body("a \"quoted\"\r\n\u{2028}line", "server_error", Some("messages[0]"), None);
    assert!(!written.contains(['\r', '\n']));
    let read: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(read["error"]["message"], "a \"quoted\"\r\n\u{2028}line");
    assert_eq!(read["error"]["param"], "messages[0]");
    assert!(read["error"]["code"].is_null());
}
