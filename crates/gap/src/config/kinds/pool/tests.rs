use rstest::rstest;
use secrecy::ExposeSecret;

use super::*;

fn keys(text: &str) -> Result<Vec<(Option<String>, String)>, String> {
    let keys = UpstreamKeys.parse(&Raw::One(text.to_owned()))?;
    Ok(keys.into_iter().map(|key| (key.project, key.secret.expose_secret().to_owned())).collect())
}

#[test]
fn a_key_may_name_its_project() {
    let found =
        keys("AIza-one, team:AIza-two\n123456789012:AIza-three, example.org:team:AIza-four, :AIza-five").unwrap();
    let found: Vec<(Option<&str>, &str)> = found.iter().map(|(project, key)| (project.as_deref(), &**key)).collect();
    assert_eq!(
        found,
        [
            (None, "AIza-one"),
            (Some("team"), "AIza-two"),
            (Some("123456789012"), "AIza-three"),
            (Some("example.org:team"), "AIza-four"),
            (None, "AIza-five"),
        ]
    );
}

#[rstest]
#[case::no_key("team:", "no key behind the colon")]
#[case::blank("AIza one", "a blank")]
#[case::quoted("\"AIza-one\"", "a quote")]
#[case::two_projects("a:AIza-one, b:AIza-one", "another project")]
#[case::two_projects_one_unknown("AIza-one, b:AIza-one", "another project")]
fn what_is_wrong_with_a_key_is_said_without_the_key(#[case] text: &str, #[case] said: &str) {
    let error = keys(text).unwrap_err();
    assert!(error.contains(said) && !error.contains("AIza"), "{error}");
}

#[test]
fn a_key_that_stands_there_twice_counts_once() {
    assert_eq!(keys("a:AIza-one, a:AIza-one").unwrap().len(), 1);
    assert_eq!(UpstreamKeys.repetitions(&Raw::One("a:AIza-one, a:AIza-one".to_owned())), 1);
}

#[test]
fn limits_are_by_model() {
    let read = |text: &str| ModelLimits.parse(&Raw::One(text.to_owned()));
    let limits = Limits { requests_per_minute: Some(5), requests_per_day: Some(100), ..Limits::default() };
    assert_eq!(
        read("gemini-2.5-pro rpm=5 rpd=100").unwrap(),
        LimitsByHand { model: Some("gemini-2.5-pro".into()), limits }
    );
    assert_eq!(read("* rpm=5 rpd=100").unwrap(), LimitsByHand { model: None, limits });
}

#[rstest]
#[case::nothing("", "takes a model")]
#[case::no_model("rpm=5", "takes a model")]
#[case::no_limit("gemini-2.5-pro", "names no limit")]
#[case::pattern("gemini-* rpm=5", "whole names")]
#[case::unknown("gemini-2.5-pro qpm=5", "rpm, tpm, rpd and tpd")]
#[case::zero("gemini-2.5-pro rpm=0", "at least 1")]
#[case::word("gemini-2.5-pro rpm=many", "at least 1")]
fn limits_that_mean_nothing_are_refused(#[case] text: &str, #[case] said: &str) {
    let error = ModelLimits.parse(&Raw::One(text.to_owned())).unwrap_err();
    assert!(error.contains(said), "{error}");
}
