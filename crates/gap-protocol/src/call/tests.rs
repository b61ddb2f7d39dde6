use bytes::Bytes;

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n1234";

fn draft(body: &str, kind: PendingKind) -> Decoded {
    let mut offsets = Vec::new();
    let mut written = String::new();
    for piece in body.split('@') {
        offsets.push(written.len() + piece.len());
        written.push_str(piece);
    }
    offsets.pop();
    let pending = |offset| Pending {
        url: "https://x.test/a".into(),
        kind,
        field: "messages[0].content[1].image_url.url".into(),
        offset,
    };
    let call = Call {
        model_asked: "m".into(),
        model: "m".into(),
        body: Bytes::from(written),
        stream: false,
        plan: ReplyPlan::default(),
        warnings: Warnings::default(),
        resources: Vec::new(),
        cache_hint: None,
        estimated_tokens: 1,
    };
    Decoded::new(call, offsets.into_iter().map(pending).collect())
}

fn fetched(data: &'static [u8], content_type: &str) -> Fetched {
    Fetched::Bytes { data: Bytes::from_static(data), content_type: Some(content_type.to_owned()) }
}

#[test]
fn fetched_media_are_put_where_they_belong_in_their_order() {
    let decoded = draft(r#"{"parts":[{@},{"text":"and"},{@}]}"#, PendingKind::File);
    let uri = Fetched::Uri { uri: "https://g.test/files/1".into(), mime_type: Some("application/pdf".into()) };
    let call = decoded.finish(&[fetched(PNG, "text/html"), uri]).unwrap();
    let expected = concat!(
        r#"{"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgoxMjM0"}},{"text":"and"},"#,
        r#"{"fileData":{"mimeType":"application/pdf","fileUri":"https://g.test/files/1"}}]}"#
    );
    assert_eq!(call.body, expected);
    assert!(call.estimated_tokens > 1);
}

#[test]
fn what_cannot_be_used_is_refused_by_the_field_that_named_it() {
    let refused = |media: Vec<Fetched>| draft("{@}", PendingKind::Image).finish(&media).unwrap_err();
    for media in [
        vec![],
        vec![fetched(b"", "image/png")],
        vec![fetched(b"<html>404</html>", "text/html")],
        vec![fetched(b"GIF89a", "image/png")],
    ] {
        assert_eq!(refused(media).field.as_deref(), Some("messages[0].content[1].image_url.url"));
    }
}

#[test]
fn a_ready_call_needs_nothing() {
    let decoded = draft("{}", PendingKind::Image);
    assert!(decoded.pending().is_empty());
    assert_eq!(decoded.finish(&[]).unwrap().body, "{}");
}

#[test]
fn warnings_are_bounded_and_fit_a_header() {
    let mut warnings = Warnings::default();
    assert_eq!(warnings.header_value(), None);
    warnings.add("user", "is not sent on");
    warnings.add("user", "is not sent on");
    warnings.add("messages[0].name", "ist überflüssig\r\nx: y");
    assert_eq!(
        warnings.header_value().as_deref(),
        Some("user: is not sent on; messages[0].name: ist ?berfl?ssig??x: y")
    );
    for index in 0..10_000 {
        warnings.add(format!("field{index}"), "x".repeat(100));
    }
    let header = warnings.header_value().unwrap();
    assert!(header.len() < 2100, "{}", header.len());
    assert!(header.ends_with("more"), "{header}");
    assert_eq!(warnings.iter().count(), 24);
}

// As recorded, or as reported word for word.
#[test]
fn sentences_of_refusals_name_their_feature() {
    let cases = [
        ("Penalty is not enabled for models/gemini-2.5-flash-lite", Some(Feature::Penalties)),
        ("Logprobs is not enabled for models/gemini-2.5-flash", Some(Feature::Logprobs)),
        ("LogProbs is not supported in streaming mode", Some(Feature::Logprobs)),
        ("Thinking is not enabled for this model", Some(Feature::Thinking)),
        ("Thinking level is not supported for this model.", Some(Feature::ThinkingLevel)),
        ("Thinking budget is not supported for this model.", Some(Feature::ThinkingBudget)),
        ("Budget 0 is invalid. This model only works in thinking mode.", Some(Feature::ThinkingBudget)),
        ("Tool use with a response mime type: 'application/json' is unsupported", Some(Feature::JsonWithTools)),
        ("JSON mode is not enabled for models/gemma-3-27b-it", Some(Feature::JsonMode)),
        ("Developer instruction is not enabled for models/gemma-3-27b-it", Some(Feature::SystemInstruction)),
        ("Function calling is not enabled for models/gemma-3-27b-it", Some(Feature::Tools)),
        ("Function calling with a response mime type: 'application/json' is unsupported", Some(Feature::JsonWithTools)),
        ("Multiple candidates is not enabled for this model", Some(Feature::Candidates)),
        (
            "Invalid JSON payload received. Unknown name \"parametersJsonSchema\" at 'tools[0].function_declarations[0]': Cannot find field.",
            Some(Feature::JsonSchema),
        ),
        ("Request contains an invalid argument.", None),
        ("Please use a valid role: user, model.", None),
        ("The input token count exceeds the maximum number of tokens allowed (1048576).", None),
        ("API key not valid. Please pass a valid API key.", None),
    ];
    for (sentence, feature) in cases {
        assert_eq!(Feature::refused_by(sentence), feature, "{sentence}");
    }
}

#[test]
fn learned_refusals_add_up() {
    let one = Unsupported::default().with(Feature::Penalties);
    let both = one.and(Unsupported::default().with(Feature::Thinking));
    assert!(both.contains(Feature::Penalties) && both.contains(Feature::Thinking));
    assert!(!both.contains(Feature::Seed) && !both.is_empty() && Unsupported::default().is_empty());
}

// wire 55: integers that became strings come back as integers, and nothing else is touched.
#[test]
fn bent_arguments_come_back_as_the_client_declared_them() {
    let place = |keys: &[&str]| Restore(keys.iter().map(|key| (*key != "*").then(|| (*key).to_owned())).collect());
    let tool = ToolPlan { restore: vec![place(&["level"]), place(&["rows", "*", "n"])], ..ToolPlan::default() };
    let sent = r#"{"level":"7","name":"7","rows":[{"n":"1"},{"n":"x"},{}]}"#;
    assert_eq!(tool.restore_arguments(sent), r#"{"level":7,"name":"7","rows":[{"n":1},{"n":"x"},{}]}"#);
    // Without bent places, not even spacing changes; nor does what is no JSON.
    assert_eq!(ToolPlan::default().restore_arguments("{ \"a\" : 7.0 }"), "{ \"a\" : 7.0 }");
    assert_eq!(tool.restore_arguments("{broken"), "{broken");
}

#[test]
fn custom_tools_get_their_text() {
    assert_eq!(ToolPlan::custom_input(r#"{"input":"SELECT 1"}"#), "SELECT 1");
    assert_eq!(ToolPlan::custom_input(r#"{"other":1}"#), r#"{"other":1}"#);
    assert_eq!(ToolPlan::custom_input("free"), "free");
}
