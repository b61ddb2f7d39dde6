use proptest::prelude::*;

use super::*;

// wire 100
#[test]
fn base64_is_read_leniently() {
    let cases = [
        ("aGVsbG8=", Ok("aGVsbG8=")),
        ("aGVsbG8", Ok("aGVsbG8=")),
        (" aGVs\r\n bG8= \n", Ok("aGVsbG8=")),
        ("_-8", Ok("/+8=")),
        ("aGVsbG8%3D", Ok("aGVsbG8=")),
        ("%2B%2F8=", Ok("+/8=")),
        ("", Err("is empty")),
        ("====", Err("is empty")),
        ("aGVsb", Err("is cut off: it is not whole base64")),
        ("aGVs!G8=", Err("is not base64")),
        ("aG=VsbG8", Err("is not base64")),
        ("aGVs\"G8=", Err("is not base64")),
        ("ä", Err("is not base64")),
    ];
    for (text, expected) in cases {
        let result = normalise(Cow::Borrowed(text));
        assert_eq!(result.as_deref(), expected.map_err(str::to_owned).as_ref().map(|text| *text), "{text}");
    }
}

proptest! {
    #[test]
    fn what_was_encoded_passes_without_a_copy(bytes in proptest::collection::vec(any::<u8>(), 1..2000)) {
        let text = STANDARD.encode(&bytes);
        prop_assert!(matches!(normalise(Cow::Borrowed(&text)), Ok(Cow::Borrowed(same)) if same == text));
        prop_assert!(bytes.starts_with(&head(&text)));
    }

    #[test]
    fn anything_else_becomes_standard_or_is_refused(text in "[A-Za-z0-9+/_=%\\- \n]{0,40}") {
        if let Ok(standard) = normalise(Cow::Borrowed(&text)) {
            prop_assert!(is_standard(standard.as_bytes()), "{standard}");
        }
    }
}
