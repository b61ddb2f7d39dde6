use super::*;

fn upstream(path: &str) -> String {
    let path = normalise(path);
    match Target::parse(&path) {
        Ok(target) => target.upstream_path().into_owned(),
        Err(error) => format!("refused: {error}"),
    }
}

#[test]
fn slashes_and_encoded_colons_are_normalised_and_nothing_else() {
    // wire 31
    for (path, normal) in [
        ("/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent"),
        ("//v1beta///models/m%3AgenerateContent", "/v1beta/models/m:generateContent"),
        ("/v1beta/models/m%3agenerateContent", "/v1beta/models/m:generateContent"),
        ("/v1/files/a%2Fb%20c%253A", "/v1/files/a%2Fb%20c%253A"),
        ("/v1/files/%3", "/v1/files/%3"),
        ("/v1/files/%3B%3", "/v1/files/%3B%3"),
        ("/v1/ä//ö%3Aü/", "/v1/ä/ö:ü/"),
        ("", ""),
        ("//", "/"),
    ] {
        assert_eq!(normalise(path), normal, "{path}");
        assert_eq!(matches!(normalise(path), Cow::Borrowed(_)), path == normal, "{path}");
        assert_eq!(normalise(normal), normal, "twice: {path}");
    }
}

#[test]
fn every_prefix_leads_to_its_version() {
    // wire 31; CLIENTS: `/v2` is served as `/v1beta`, and may stand before whatever an SDK appends.
    for (path, expected) in [
        ("/v1/models", "/v1/models"),
        ("/v1beta/models", "/v1beta/models"),
        ("/v1alpha/auth_tokens", "/v1alpha/auth_tokens"),
        ("/v2/models/m:generateContent", "/v1beta/models/m:generateContent"),
        ("/v2/v1/models/m:generateContent", "/v1/models/m:generateContent"),
        ("/v2/v1beta/models", "/v1beta/models"),
        ("/v2/v1alpha/models", "/v1alpha/models"),
        ("/v2/v2/models", "/v1beta/models"),
        ("/upload/v1/files", "/upload/v1/files"),
        ("/upload/v1beta/files", "/upload/v1beta/files"),
        ("/upload/v2/files", "/upload/v1beta/files"),
        ("/v2/upload/v1/files", "/upload/v1/files"),
        ("/v2/upload/v2/files", "/upload/v1beta/files"),
        ("/download/v1beta/files/f:download", "/download/v1beta/files/f:download"),
        ("/v2/download/v1/files/f:download", "/download/v1/files/f:download"),
        ("//v1//models", "/v1/models"),
        ("v1/models", "/v1/models"),
    ] {
        assert_eq!(upstream(path), expected, "{path}");
    }
}

#[test]
fn websockets_keep_their_service_and_method() {
    // wire 133
    for (path, expected) in [
        (
            "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
            "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
        ),
        (
            "//ws/google.ai.generativelanguage.v2.GenerativeService.BidiGenerateContent",
            "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
        ),
        (
            "/v2/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained",
            "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained",
        ),
        (
            "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic",
            "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic",
        ),
    ] {
        assert_eq!(upstream(path), expected, "{path}");
    }
    let target = Target::parse("/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent").unwrap();
    assert_eq!((target.kind, target.version), (Kind::WebSocket, Version::V1));
    assert_eq!((target.resource, target.method), ("GenerativeService", Some("BidiGenerateContent")));
    assert!(!target.repeatable(&Method::GET));
}

#[test]
fn targets_say_resource_method_and_model() {
    let of = |path: &'static str| {
        let target = Target::parse(path).unwrap();
        (target.resource, target.method, target.model.map(Cow::into_owned))
    };
    let model = |name: &str| Some(name.to_owned());
    assert_eq!(
        of("/v1/models/gemini-2.5-flash:generateContent"),
        ("models/gemini-2.5-flash", Some("generateContent"), model("gemini-2.5-flash"))
    );
    assert_eq!(
        of("/v1beta/tunedModels/x:generateContent"),
        ("tunedModels/x", Some("generateContent"), model("tunedModels/x"))
    );
    assert_eq!(of("/v1beta/dynamic/d:generateContent"), ("dynamic/d", Some("generateContent"), model("dynamic/d")));
    assert_eq!(of("/v1/models/a%2Db:countTokens"), ("models/a%2Db", Some("countTokens"), model("a-b")));
    // Reading a description spends no quota, and operations and files are no models.
    assert_eq!(of("/v1beta/models/gemini-2.5-flash"), ("models/gemini-2.5-flash", None, None));
    assert_eq!(of("/v1beta/models/veo/operations/o"), ("models/veo/operations/o", None, None));
    assert_eq!(of("/v1beta/files/f:download"), ("files/f", Some("download"), None));
    assert_eq!(of("/v1beta/files:register"), ("files", Some("register"), None));
    assert_eq!(of("/v1beta/batches/b:cancel"), ("batches/b", Some("cancel"), None));
    assert_eq!(of("/v1beta/models:generateContent"), ("models", Some("generateContent"), None));
    assert_eq!(of("/v1beta/models/:generateContent"), ("models/", Some("generateContent"), None));
    // Only the last segment has a method.
    assert_eq!(of("/v1beta/a:b/c"), ("a:b/c", None, None));
    assert_eq!(of("/v1beta/models/"), ("models/", None, None));
}

#[test]
fn what_would_leave_the_api_is_refused() {
    for path in [
        "/v1beta/..",
        "/v1beta/../secret",
        "/v1beta/./models",
        "/v1beta/models/%2e%2e/x",
        "/v1beta/models/.%2E/x",
        "/v1beta/models/..%2fx",
        "/v1beta/models/x%2F%2e%2E",
        "/../v1beta/models",
        "/v2/../v1/models",
    ] {
        assert_eq!(Target::parse(path), Err(PathError::Traversal), "{path}");
    }
    for path in ["/v1beta/a\\b", "/v1beta/%5C..%5c", "/v1beta/models%5Cx"] {
        assert_eq!(Target::parse(path), Err(PathError::Backslash), "{path}");
    }
    for path in ["/v1beta/a%00", "/v1beta/a%0d%0aHost:x", "/v1beta/\u{7f}", "/v1beta/a\nb"] {
        assert_eq!(Target::parse(path), Err(PathError::Control), "{path}");
    }
    // Dots inside a name climb nowhere.
    for path in ["/v1beta/models/gemini-2.5-flash", "/v1beta/files/...", "/v1beta/files/a..b", "/v1beta/files/.a"] {
        assert!(Target::parse(path).is_ok(), "{path}");
    }
}

#[test]
fn what_leads_nowhere_is_refused_with_the_reason() {
    let error = |path| Target::parse(path).unwrap_err();
    for path in
        ["", "/", "/models/m:generateContent", "/v3/models", "/v1beta1/publishers/google/models/m:x", "/V1/models"]
    {
        assert_eq!(error(path), PathError::Version, "{path}");
    }
    for path in ["/v1", "/v1beta/", "/v2", "/v2/v1", "/upload/v1", "/download/v1/"] {
        assert_eq!(error(path), PathError::Empty, "{path}");
    }
    for path in [
        "/ws",
        "/ws/",
        "/ws/google.ai.generativelanguage",
        "/ws/google.ai.generativelanguage.v1",
        "/ws/google.ai.generativelanguage.v1.Service",
        "/ws/google.ai.generativelanguage.v1.Service.",
        "/ws/google.ai.generativelanguage.v1..Method",
        "/ws/google.ai.generativelanguage.v1.Service.Method/more",
        "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
    ] {
        assert_eq!(error(path), PathError::Service, "{path}");
    }
    assert_eq!(error("/ws/google.ai.generativelanguage.v9.Service.Method"), PathError::Version);
    assert!(error("/v3/models").to_string().contains("v1beta"));
}

#[test]
fn a_path_that_needs_no_change_is_not_copied() {
    for path in ["/v1/models", "/upload/v1beta/files", "/ws/google.ai.generativelanguage.v1.S.M"] {
        assert!(matches!(Target::parse(path).unwrap().upstream_path(), Cow::Borrowed(same) if same == path), "{path}");
    }
    assert!(matches!(Target::parse("/v2/models").unwrap().upstream_path(), Cow::Owned(_)));
}

#[test]
fn the_framing_follows_method_and_alt() {
    // wire 28
    let stream = "/v1beta/models/m:streamGenerateContent";
    for (path, query, framing) in [
        (stream, Some("alt=sse"), Framing::Sse),
        (stream, Some("key=k&alt=sse"), Framing::Sse),
        (stream, Some("%24alt=sse%3Benum-encoding%3Dint"), Framing::Sse),
        (stream, Some("$alt=json;enum-encoding=int"), Framing::JsonArray),
        (stream, Some("alt=json"), Framing::JsonArray),
        (stream, Some("balt=sse&alt"), Framing::JsonArray),
        (stream, Some(""), Framing::JsonArray),
        (stream, None, Framing::JsonArray),
        ("/v1beta/models/m:streamTomorrow", Some("alt=sse"), Framing::Sse),
        ("/v1beta/models/m:generateContent", Some("alt=sse"), Framing::Json),
        ("/v1beta/interactions", None, Framing::Json),
        ("/upload/v1beta/files:stream", None, Framing::Json),
    ] {
        assert_eq!(Target::parse(path).unwrap().framing(query), framing, "{path}?{query:?}");
    }
}

#[test]
fn only_what_creates_nothing_may_be_sent_twice() {
    // wire 138
    let repeatable = |verb: Method, path: &str| Target::parse(path).unwrap().repeatable(&verb);
    for method in
        ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents", "predict"]
    {
        assert!(repeatable(Method::POST, &format!("/v1beta/models/m:{method}")), "{method}");
    }
    for method in ["predictLongRunning", "batchGenerateContent", "asyncBatchEmbedContent", "tomorrow", ""] {
        assert!(!repeatable(Method::POST, &format!("/v1beta/models/m:{method}")), "{method}");
    }
    for path in
        ["/v1beta/files", "/v1beta/files/f", "/v1beta/models/m/operations/o", "/download/v1beta/files/f:download"]
    {
        assert!(repeatable(Method::GET, path) && repeatable(Method::HEAD, path), "{path}");
        for verb in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(!repeatable(verb, path), "{path}");
        }
    }
    assert!(!repeatable(Method::POST, "/upload/v1beta/models/m:generateContent"));
    assert!(!repeatable(Method::DELETE, "/v1beta/models/m:generateContent"));
}

#[test]
fn credentials_are_stripped_and_the_rest_is_verbatim() {
    // wire 26
    for (query, stripped) in [
        ("key=k", ""),
        ("key=", ""),
        ("key", ""),
        ("alt=sse&key=k", "alt=sse"),
        ("key=k&alt=sse", "alt=sse"),
        ("a=1&key=k&b=2&access_token=t&c=3", "a=1&b=2&c=3"),
        ("key=a&key=b", ""),
        ("k%65y=k&%24key=k&$access_token=t&oauth_token=o&bearer_token=b&x=y", "x=y"),
        ("$alt=json;enum-encoding=int&key=k", "$alt=json;enum-encoding=int"),
        ("%24alt=json%3Benum-encoding%3Dint&key=k", "%24alt=json%3Benum-encoding%3Dint"),
        ("pageToken=a%3D%3D+b&&force=True&key=k", "pageToken=a%3D%3D+b&&force=True"),
        ("monkey=k&keys=1&KEY=k&x=key=k", "monkey=k&keys=1&KEY=k&x=key=k"),
        ("upload_id=AF1&upload_protocol=resumable", "upload_id=AF1&upload_protocol=resumable"),
        ("", ""),
    ] {
        assert_eq!(strip_credentials(query), stripped, "{query}");
        assert_eq!(matches!(strip_credentials(query), Cow::Borrowed(_)), query == stripped, "{query}");
    }
}
