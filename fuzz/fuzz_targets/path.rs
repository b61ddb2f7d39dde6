//! Paths and queries of any text: no panic, and what passes stays below a version of the API.
#![no_main]

use gap_protocol::gemini::path::{Target, normalise, strip_credentials};
use http::Method;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (path, query) = input;
    let normal = normalise(path);
    assert_eq!(normalise(&normal), normal);
    if let Ok(target) = Target::parse(&normal) {
        let _ = (target.framing(Some(query)), target.repeatable(&Method::POST), target.model());
        let upstream = target.upstream_path();
        assert!(upstream.starts_with('/') && upstream.contains("v1"));
        assert!(!upstream.split('/').any(|segment| segment == ".." || segment == "."));
        let again = Target::parse(&upstream).expect("what leads upstream is a native path itself");
        assert_eq!(again.upstream_path(), upstream);
    }
    let stripped = strip_credentials(query);
    assert!(
        !stripped.split('&').any(|pair| pair == "key" || pair.starts_with("key=") || pair.starts_with("access_token="))
    );
    assert_eq!(strip_credentials(&stripped), stripped);
});
