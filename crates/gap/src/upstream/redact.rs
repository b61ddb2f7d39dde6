//! Google's own error texts repeat what they should not: the API key (`Consumer 'api_key:AIza…' has been
//! suspended.`) and the number of the project it belongs to. Neither is a client's business, nor a log's.

use std::borrow::Cow;

/// What stands in place of a secret.
const MASK: &str = "[redacted]";

/// Whether a character belongs to a value.
type Belongs = fn(char) -> bool;

/// Marks after which a value follows that must not be shown, and what the value is made of.
const MARKS: &[(&str, Belongs)] = &[
    ("api_key:", is_key_char),
    ("project_number:", is_digit),
    ("projects/", is_digit),
    ("project number ", is_digit),
    ("project ", is_digit),
    ("project=", is_digit),
];

/// Beginnings of keys as Google issues them.
const KEY_PREFIXES: &[&str] = &["AIza", "AQ."];

/// Shorter "keys" exist only in tests, and would be cut out of the middle of words.
const MIN_SECRET_LENGTH: usize = 6;

/// A key is at least this long behind its prefix; shorter words that begin alike are words.
const MIN_KEY_LENGTH: usize = 16;

/// `text` without `secret`, without anything that looks like an API key, and without project numbers.
pub fn text<'a>(text: &'a str, secret: &str) -> Cow<'a, str> {
    let mut result = Cow::Borrowed(text);
    if secret.len() >= MIN_SECRET_LENGTH && result.contains(secret) {
        result = Cow::Owned(result.replace(secret, MASK));
    }
    for (mark, belongs) in MARKS {
        result = mask_after(result, mark, *belongs);
    }
    for prefix in KEY_PREFIXES {
        result = mask_keys(result, prefix);
    }
    result
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Replaces the run of `belongs` characters behind each `mark`; a run of digits shorter than 6 is no project number.
fn mask_after<'a>(text: Cow<'a, str>, mark: &str, belongs: Belongs) -> Cow<'a, str> {
    rewrite(text, mark, |rest| {
        let run = rest.chars().take_while(|c| belongs(*c)).count();
        (run >= 6).then_some(run)
    })
}

fn mask_keys<'a>(text: Cow<'a, str>, prefix: &str) -> Cow<'a, str> {
    rewrite(text, prefix, |rest| {
        let run = rest.chars().take_while(|c| is_key_char(*c)).count();
        (run >= MIN_KEY_LENGTH).then_some(run)
    })
}

/// Copies `text`, masking behind each `mark` as many ASCII characters as `length` says.
fn rewrite<'a>(text: Cow<'a, str>, mark: &str, length: impl Fn(&str) -> Option<usize>) -> Cow<'a, str> {
    if !text.contains(mark) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    let mut changed = false;
    while let Some(at) = rest.find(mark) {
        let (before, behind) = rest.split_at(at + mark.len());
        out.push_str(before);
        rest = behind;
        if let Some(run) = length(behind) {
            out.push_str(MASK);
            rest = &behind[run..];
            changed = true;
        }
    }
    if !changed {
        return text;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "AIzaSyA-1234567890abcdefghijklmnopqrst_u";

    #[test]
    fn google_repeats_the_key_of_a_suspended_consumer() {
        let said = format!("Permission denied: Consumer 'api_key:{KEY}' has been suspended.");
        assert_eq!(text(&said, "other"), "Permission denied: Consumer 'api_key:[redacted]' has been suspended.");
    }

    #[test]
    fn project_numbers_go_in_every_spelling() {
        let said = r#"{"consumer": "projects/123456789012", "m": "in project 123456789012 before", "n": "project_number:123456"}"#;
        let kept = text(said, "");
        assert!(!kept.contains("123456"), "{kept}");
        assert!(kept.contains("in project [redacted] before"));
    }

    #[test]
    fn a_key_of_any_shape_goes_when_it_is_the_one_in_use() {
        assert_eq!(text("key my-odd.key! is bad", "my-odd.key!"), "key [redacted] is bad");
        assert_eq!(text(&format!("x {KEY} y"), ""), "x AIza[redacted] y");
    }

    #[test]
    fn ordinary_text_is_not_touched() {
        for said in
            ["* GenerateContentRequest.model: unexpected model name format", "projects/my-name", "AIzawa wrote", ""]
        {
            assert!(matches!(text(said, "secret"), Cow::Borrowed(_)), "{said}");
        }
    }

    proptest! {
        #[test]
        fn the_secret_never_survives(before in ".{0,40}", after in ".{0,40}", secret in "[A-Za-z0-9_.-]{8,40}") {
            let said = format!("{before}{secret}{after}");
            let masked = text(&said, &secret);
            prop_assert!(!masked.contains(&secret) || MASK.contains(&secret));
        }
    }
}
