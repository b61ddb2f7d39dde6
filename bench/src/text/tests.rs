use std::borrow::Cow;

use super::Text;

#[test]
fn plain_text_is_borrowed_also_inside_options_and_lists() {
    let plain: Option<Text<'_>> = serde_json::from_str(r#""plain""#).unwrap();
    assert!(matches!(plain, Some(Text(Cow::Borrowed("plain")))));
    let list: Vec<Text<'_>> = serde_json::from_str(r#"["one", "two"]"#).unwrap();
    assert!(list.iter().all(|text| matches!(text.0, Cow::Borrowed(_))));
}

#[test]
fn escaped_text_is_unescaped() {
    let escaped: Text<'_> = serde_json::from_str(r#""a\nb""#).unwrap();
    assert_eq!(&*escaped, "a\nb");
}
