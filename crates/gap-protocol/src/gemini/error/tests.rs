use super::*;

#[test]
fn a_plain_error_is_printed_as_google_prints_it() {
    // errors/503-pydantic-ai-test-google-model-file-search-tool: the same bytes.
    insta::assert_snapshot!(Status::new(503, "The model is overloaded. Please try again later.").to_json(), @r#"
    {
      "error": {
        "code": 503,
        "message": "The model is overloaded. Please try again later.",
        "status": "UNAVAILABLE"
      }
    }
    "#);
    assert!(Status::new(500, "x").to_json().ends_with("}\n"));
}

#[test]
fn details_carry_their_types_and_googles_field_names() {
    let violation = QuotaViolation {
        quota_metric: "generativelanguage.googleapis.com/generate_content_free_tier_requests".into(),
        quota_id: "GenerateRequestsPerDayPerProjectPerModel-FreeTier".into(),
        quota_dimensions: BTreeMap::from([("model".into(), "gemini-2.5-flash".into())]),
        quota_value: Some("250".into()),
    };
    let status = Status::new(429, "Used up.")
        .with_help(vec![Link { description: "Quotas".into(), url: "https://ai.google.dev/".into() }])
        .with_quota_failure(vec![violation, QuotaViolation::default()])
        .with_retry_info(Duration::from_millis(50_001))
        .with_error_info("API_KEY_INVALID", "googleapis.com", BTreeMap::new())
        .with_bad_request(vec![
            FieldViolation { field: "contents[0]".into(), description: "wrong".into() },
            FieldViolation { field: String::new(), description: "all wrong".into() },
        ]);
    insta::assert_snapshot!(status.to_json(), @r#"
    {
      "error": {
        "code": 429,
        "message": "Used up.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
          {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [
              {
                "description": "Quotas",
                "url": "https://ai.google.dev/"
              }
            ]
          },
          {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [
              {
                "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
                "quotaDimensions": {
                  "model": "gemini-2.5-flash"
                },
                "quotaValue": "250"
              },
              {
                "quotaMetric": "",
                "quotaId": ""
              }
            ]
          },
          {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": "51s"
          },
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com"
          },
          {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [
              {
                "field": "contents[0]",
                "description": "wrong"
              },
              {
                "description": "all wrong"
              }
            ]
          }
        ]
      }
    }
    "#);
}

#[test]
fn retry_delays_are_whole_seconds_and_never_early() {
    let delay = |millis| match &Status::new(429, "").with_retry_info(Duration::from_millis(millis)).details[0] {
        Detail::RetryInfo { retry_delay } => retry_delay.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(delay(0), "0s");
    assert_eq!(delay(1), "1s");
    assert_eq!(delay(1000), "1s");
    assert_eq!(delay(51_600), "52s");
}

#[test]
fn every_status_has_a_name_and_recorded_ones_have_googles() {
    for (http, name) in [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (413, "INVALID_ARGUMENT"),
        (429, "RESOURCE_EXHAUSTED"),
        (499, "CANCELLED"),
        (500, "INTERNAL"),
        (502, "UNAVAILABLE"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
        (302, "UNKNOWN"),
    ] {
        assert_eq!(status_of(http), name, "{http}");
    }
    assert!((0..=u16::MAX).all(|http| !status_of(http).is_empty()));
}
