use proptest::prelude::*;

use super::*;

#[test]
fn paths_and_what_they_ask_for() {
    let model = |action| Call::Model { model: "m".to_owned(), action };
    for (method, path, call) in [
        ("GET", "/v1beta/models", Call::ListModels),
        ("GET", "/v1/models/m", Call::GetModel("m".to_owned())),
        ("POST", "/v1beta/models/m:generateContent", model(Action::GenerateContent)),
        ("POST", "//v1alpha///models/m%3AstreamGenerateContent", model(Action::StreamGenerateContent)),
        ("POST", "/v1beta/tunedModels/m:countTokens", model(Action::CountTokens)),
        ("PUT", "/upload/v1beta/files", Call::UploadFile),
        ("GET", "/v1beta/files/f:download", Call::DownloadFile("f".to_owned())),
        ("GET", "/download/v1beta/files/f:download", Call::SendFile("f".to_owned())),
        ("PATCH", "/v1beta/cachedContents/c", Call::UpdateCache("c".to_owned())),
        ("POST", "/v1beta/batches/b:cancel", Call::CancelBatch("b".to_owned())),
        ("DELETE", "/v1beta/_echo/anything", Call::Echo),
    ] {
        let target = Target::parse(&method.parse().unwrap(), path).unwrap();
        assert_eq!(target.call, call, "{method} {path}");
        assert!(target.rpc().starts_with("google.ai.generativelanguage.v1"));
    }
}

#[test]
fn paths_that_google_does_not_have() {
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/v1beta"),
        ("GET", "/v2/models"),
        ("DELETE", "/v1beta/models/m"),
        ("POST", "/v1beta/models/m"),
        ("POST", "/v1beta/models/m:invent"),
        ("GET", "/upload/v1beta/models"),
        ("GET", "/download/v1beta/files/f"),
        ("POST", "/v1beta/batches/b:delete"),
        ("GET", "/v1beta/models/a/b"),
    ] {
        assert_eq!(Target::parse(&method.parse().unwrap(), path), None, "{method} {path}");
    }
}

proptest! {
    #[test]
    fn no_path_is_too_odd(path in "[/a-z%0-9:\\\\._é]{0,40}", method in "GET|POST|PUT|PATCH|DELETE|OPTIONS") {
        let _target = Target::parse(&method.parse().unwrap(), &path);
    }
}
