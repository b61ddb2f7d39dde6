use super::*;

#[test]
fn a_body_names_its_type_first() {
    insta::assert_snapshot!(
        body("overloaded_error", "Overloaded"),
        @r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
    );
    let error = Error { error_type: "api_error", message: "a\nb", request_id: Some("req_1") };
    insta::assert_snapshot!(
        error.to_json(),
        @r#"{"type":"error","error":{"type":"api_error","message":"a\nb"},"request_id":"req_1"}"#
    );
}
