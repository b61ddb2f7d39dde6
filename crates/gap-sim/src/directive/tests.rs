use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Directives, String> {
    Directives::read(text, 1)
}

#[test]
fn values_may_be_words_quoted_text_or_nothing() {
    let directives = read(r#"Say. [[sim: text="a \"b\" \\ ]] \n" chunks=3 calls=one,two empty]] Thanks."#).unwrap();
    assert_eq!(directives.text.as_deref(), Some("a \"b\" \\ ]] \n"));
    assert_eq!((directives.chunks, directives.empty), (Some(3), true));
    assert_eq!(directives.calls, ["one", "two"]);
}

#[test]
fn several_directives_add_up() {
    let directives = read("[[sim: chunks=3]] and [[sim: delay_ms=20]]").unwrap();
    assert_eq!((directives.chunks, directives.delay_ms), (Some(3), Some(20)));
}

#[test]
fn a_step_hears_what_is_meant_for_it() {
    let task = "[[sim: calls=one chunks=3]] [[sim: step=2 calls=two]] [[sim: step=3 text=done]] [[sim: step=2 spread]]";
    let calls = |step: usize| Directives::read(task, step).unwrap().calls;
    assert_eq!((calls(1), calls(2)), (vec!["one".to_owned()], vec!["two".to_owned()]));
    let second = Directives::read(task, 2).unwrap();
    assert_eq!((second.chunks, second.spread), (None, true), "what is for the first step is not for the second");
    assert_eq!(Directives::read(task, 3).unwrap().text.as_deref(), Some("done"));
    assert_eq!(Directives::read(task, 4).unwrap(), Directives::default());
}

#[test]
fn mistakes_are_named() {
    for (text, what) in [
        ("[[sim: colour=blue]]", "colour"),
        ("[[sim: chunks=many]]", "chunks"),
        ("[[sim: chunks=0]]", "chunks=0"),
        ("[[sim: chunks=99999999999999999999]]", "chunks"),
        ("[[sim: bytes=99999999999]]", "64"),
        ("[[sim: chunks=1000000 chunk_bytes=1000000]]", "bytes"),
        ("[[sim: text=\"open]]", "quotes"),
        ("[[sim: chunks=3", "[[sim:"),
        ("[[sim: step=0 text=x]]", "step=0"),
        ("[[sim: step=2 chunks=0]]", "chunks=0"),
        ("[[sim: args=[1]]]", "args"),
        ("[[sim: =3]]", "name=value"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(what) || error.contains("67108864"), "{text}: {error}");
    }
}

#[test]
fn a_text_without_its_directives_is_what_people_wrote() {
    assert_eq!(Directives::strip("Hello [[sim: text=\"x\" chunks=3]]world"), "Hello world");
    assert_eq!(Directives::strip("[[sim: broken=]"), "broken=]");
    assert_eq!(Directives::strip("no directives"), "no directives");
}

proptest! {
    #[test]
    fn no_prompt_is_too_odd(text in "(\\[\\[sim:|\\]\\]|[a-z=\\\\\" é0-9\\]]){0,30}") {
        let _read = read(&text);
        let _stripped = Directives::strip(&text);
    }

    #[test]
    fn quoted_text_comes_back(text in any::<String>()) {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let read = read(&format!("[[sim: text=\"{quoted}\" chunks=2]]")).unwrap();
        prop_assert_eq!((read.text.as_deref(), read.chunks), (Some(text.as_str()), Some(2)));
    }
}
