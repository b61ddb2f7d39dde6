use rstest::rstest;

use super::addresses::{HttpUrl, Networks, Origin, PathPrefix};
use super::quantities::{LogFilter, Size, Span};
use super::*;

fn read<K: Kind>(kind: &K, text: &str) -> Result<K::Value, String> {
    kind.parse(&Raw::One(text.to_owned()))
}

#[rstest]
#[case("10", 10_000)]
#[case("500ms", 500)]
#[case("1m30s", 90_000)]
#[case("2 h", 7_200_000)]
#[case("1d", 86_400_000)]
fn durations(#[case] text: &str, #[case] millis: u128) {
    assert_eq!(read(&Span::some(), text).unwrap().as_millis(), millis);
}

#[rstest]
#[case("")]
#[case("-1s")]
#[case("1.5s")]
#[case("1x")]
#[case("s")]
#[case("0")]
#[case("8d")]
#[case("99999999999999999999h")]
#[case("18446744073709551615")]
fn no_durations(#[case] text: &str) {
    assert!(read(&Span::some(), text).is_err());
}

#[rstest]
#[case("1024", 1024)]
#[case("32MiB", 33_554_432)]
#[case("2 gb", 2_000_000_000)]
#[case("0", 0)]
fn sizes(#[case] text: &str, #[case] bytes: u64) {
    assert_eq!(read(&Size(0..=u64::MAX), text), Ok(bytes));
}

#[rstest]
#[case("1.5MiB")]
#[case("MiB")]
#[case("1MiB2")]
#[case("99999999999TiB")]
fn no_sizes(#[case] text: &str) {
    assert!(read(&Size(0..=u64::MAX), text).is_err());
}

#[test]
fn numbers_say_their_bounds() {
    let port = Whole(1..=10_u16);
    assert_eq!(read(&port, "+7"), Ok(7));
    assert_eq!(read(&port, "0"), Err("must be at least 1".to_owned()));
    assert_eq!(read(&port, "-5"), Err("must be at least 1".to_owned()));
    assert_eq!(read(&port, "70000"), Err("must be at most 10".to_owned()));
    assert_eq!(read(&port, "1e1"), Err("takes a whole number from 1 to 10".to_owned()));
}

#[test]
fn switches_are_read_in_any_case() {
    for text in ["true", "TRUE", "1", "Yes", "on"] {
        assert_eq!(read(&Switch, text), Ok(true));
    }
    for text in ["false", "0", "No", "OFF"] {
        assert_eq!(read(&Switch, text), Ok(false));
    }
    assert!(read(&Switch, "maybe").is_err());
}

#[test]
fn a_word_that_is_nearly_right_is_guessed() {
    let modes = OneOf(&[("memory", 1), ("database", 2)]);
    assert_eq!(read(&modes, "Memory"), Ok(1));
    assert_eq!(read(&modes, "databse"), Err("takes memory or database; did you mean database?".to_owned()));
}

#[test]
fn addresses_of_http() {
    let base = HttpUrl { unversioned: true };
    assert_eq!(read(&base, "HTTP://h:1/p/"), Ok("http://h:1/p".to_owned()));
    assert_eq!(read(&base, "https://[::1]:1"), Ok("https://[::1]:1".to_owned()));
    for wrong in
        ["h", "ftp://h", "http://", "http://u:p@h", "http://h?x", "http://h:0", "http://h:99999", "https://h/v1beta"]
    {
        assert!(read(&base, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn prefixes_origins_networks() {
    assert_eq!(read(&PathPrefix, "/gap/"), Ok("/gap".to_owned()));
    assert_eq!(read(&PathPrefix, "/"), Ok(String::new()));
    assert!(read(&PathPrefix, "gap").is_err() && read(&PathPrefix, "/a//b").is_err());
    assert_eq!(read(&Origin, "HTTPS://Chat.example.org/"), Ok("https://chat.example.org".to_owned()));
    assert_eq!(read(&Origin, "app://obsidian.md"), Ok("app://obsidian.md".to_owned()));
    assert!(read(&Origin, "https://h/path").is_err() && read(&Origin, "h").is_err());
    assert_eq!(read(&Networks, "none").unwrap().len(), 0);
    assert_eq!(read(&Networks, "10.1.2.3/8, ::1\n10.0.0.0/8").unwrap().len(), 2);
    assert!(read(&Networks, "*").unwrap_err().contains("0.0.0.0/0"));
}

#[test]
fn levels_by_the_names_of_python_too() {
    assert_eq!(read(&LogFilter, "WARNING"), Ok("warn".to_owned()));
    assert_eq!(read(&LogFilter, "info, gap::relay=DEBUG"), Ok("info,gap::relay=debug".to_owned()));
    assert!(read(&LogFilter, "info,=debug").is_err() && read(&LogFilter, "gap=loud").is_err());
}

#[test]
fn what_is_shown_can_be_read_on_one_line() {
    assert_eq!(bare("a b"), "\"a b\"");
    assert_eq!(bare("a\nb"), "\"a\\nb\"");
    assert_eq!(bare(&"x".repeat(200)).chars().count(), 101);
}
