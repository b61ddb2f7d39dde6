use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Vec<(String, String)> {
    let (pairs, malformed) = parse(text);
    assert!(malformed.is_empty(), "{malformed:?}");
    pairs.into_iter().map(|pair| (pair.name, pair.value)).collect()
}

fn value(text: &str) -> String {
    read(text).remove(0).1
}

#[test]
fn values_are_read_as_shells_and_docker_do() {
    assert_eq!(value("A=b"), "b");
    assert_eq!(value("  export A = b c  # comment"), "b c");
    assert_eq!(value("A=b#c"), "b#c", "no blank before it: part of a password");
    assert_eq!(value("A='b # \\n $c'"), "b # \\n $c");
    assert_eq!(value(r#"A="b\n\"c\" \\ \$d" # comment"#), "b\n\"c\" \\ $d");
    assert_eq!(value("A=\"k1\nk2\"\nB=c"), "k1\nk2");
    assert_eq!(value("\u{feff}A=b\r\n"), "b");
    assert_eq!(value("A="), "");
    assert_eq!(value("A=b=c"), "b=c");
}

#[test]
fn comments_and_blank_lines_are_nothing() {
    assert!(read("# A=b\n\n   \n#").is_empty());
}

#[test]
fn a_line_that_cannot_be_read_is_named_and_the_others_are_read() {
    let (pairs, malformed) = parse("A=1\nhunter2\nB='x\n");
    assert_eq!(pairs.len(), 1);
    assert_eq!(malformed.iter().map(|line| line.line).collect::<Vec<_>>(), [2, 3]);
    let (pairs, malformed) = parse("1A=1\nA B=2\n=3\nA=\"1\" 2\nC=4");
    assert_eq!((pairs.len(), malformed.len()), (1, 4));
    assert_eq!(pairs[0].line, 5);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(.|\n){0,300}") {
        let (pairs, malformed) = parse(&text);
        let lines = text.matches('\n').count() + 1;
        prop_assert!(pairs.iter().all(|pair| (1..=lines).contains(&pair.line) && is_name(&pair.name)));
        prop_assert!(malformed.iter().all(|line| (1..=lines).contains(&line.line)));
    }

    #[test]
    fn what_is_quoted_comes_back(value in "[^'\r]{0,80}") {
        prop_assert_eq!(self::value(&format!("A='{value}'")), value);
    }
}
