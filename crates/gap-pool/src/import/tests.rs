use super::*;

fn pairs(text: &str) -> Vec<(Option<&str>, &str)> {
    read(text).unwrap().into_iter().map(|imported| (imported.project, imported.key)).collect()
}

#[test]
fn lines_commas_projects_and_comments() {
    let text = "AIzaA\n# mine\n  shop:AIzaB , AIzaC;123456:AIzaD\r\n\nexample.org:web:AQ.Ab8\n:AIzaE";
    let expected = [
        (None, "AIzaA"),
        (Some("shop"), "AIzaB"),
        (None, "AIzaC"),
        (Some("123456"), "AIzaD"),
        (Some("example.org:web"), "AQ.Ab8"),
        (None, "AIzaE"),
    ];
    assert_eq!(pairs(text), expected);
}

#[test]
fn any_separator_parts_keys_and_quotes_are_passed_over() {
    let keys = [(None, "A1"), (None, "B2"), (None, "C3"), (None, "D4"), (Some("my shop"), "E5")];
    assert_eq!(pairs("A1 B2\tC3|'D4'\r\n\"my shop:E5\""), keys);
}

#[test]
fn a_key_counts_once() {
    assert_eq!(pairs("AIzaA\nshop:AIzaA"), [(None, "AIzaA")]);
}

#[test]
fn every_bad_line_is_named_and_none_is_repeated() {
    let bad = read("AIzaA\nshop:\nshop:AIza secret\nок").unwrap_err();
    let words: Vec<String> = bad.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "line 2: there is no key behind the colon",
            "line 3: a key consists of letters, digits and signs, without blanks",
            "line 4: a key consists of letters, digits and signs, without blanks",
        ]
    );
}

#[test]
fn a_key_is_never_printed() {
    let debug = format!("{:?}", read("shop:AIzaSecret").unwrap());
    assert!(debug.contains("shop") && !debug.contains("AIzaSecret"), "{debug}");
}
