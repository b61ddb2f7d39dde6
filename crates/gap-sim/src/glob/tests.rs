use super::fits;

#[test]
fn a_star_stands_for_any_run() {
    let cases = [
        ("gemini-2.5-*", "gemini-2.5-flash", true),
        ("gemini-2.5-*", "gemini-2.0-flash", false),
        ("*flash*", "gemini-2.5-flash-lite", true),
        ("*", "", true),
        ("", "", true),
        ("", "x", false),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c", false),
        ("ab*ba", "aba", false),
        ("/v1beta/files/*", "/v1beta/files/abc", true),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(fits(pattern, text), expected, "{pattern} against {text}");
    }
}
