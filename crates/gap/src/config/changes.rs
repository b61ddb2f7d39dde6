//! Settings as the admin API shows and changes them: by flat names, as JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use super::catalog::{Catalog, Item};
use super::document::Raw;
use super::kinds::{Field, bare};
use super::{ConfigErrors, Loaded};

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The flat name: the lower-case form of its usual variable, or else its dotted name.
    pub name: String,
    /// The dotted name, as in `gap.toml`.
    pub setting: String,
    /// The section of `gap.toml`.
    pub section: &'static str,
    /// What it means.
    pub meaning: String,
    /// The value as it may be shown; secrets are masked.
    pub value: String,
    /// The default as it may be shown.
    pub default: String,
    /// Where the value stands.
    pub source: String,
    /// What it takes, in a few words.
    pub takes: String,
    /// How a form asks for it.
    pub field: Field,
    /// Whether it may be changed while GAP runs.
    pub changeable: bool,
    /// Whether that was done.
    pub changed: bool,
}

/// A change that cannot be made: the name as it was given, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchangeable {
    /// The name, as it was given.
    pub name: String,
    /// What is wrong.
    pub said: String,
}

/// Changes by dotted name; none gives a setting back to the configuration.
pub type Changes = BTreeMap<String, Option<String>>;

/// Names are no longer; of what is no name so much is said again.
const LONGEST_NAME: usize = 100;

/// Every setting, in the order of the default file.
pub fn settings(loaded: &Loaded) -> Vec<Setting> {
    let shape = |item: &Item| {
        let entry = loaded.entry(&item.name)?;
        let default = match &item.default {
            Raw::One(text) => bare(text),
            Raw::Many(items) if items.is_empty() => bare(""),
            Raw::Many(items) => items.join(", "),
        };
        Some(Setting {
            name: item.flat_name(),
            setting: item.name.clone(),
            section: item.section,
            meaning: item.meaning.clone(),
            value: entry.shown.clone(),
            default,
            source: entry.source.to_string(),
            takes: entry.takes.clone(),
            field: entry.field.clone(),
            changeable: item.changeable,
            changed: entry.source == super::Source::RunTime,
        })
    };
    Catalog::new().items.iter().filter_map(shape).collect()
}

/// Reads changes as they come in: flat or dotted names with JSON values; null gives a setting back.
///
/// With them what cannot be changed: every name that does not exist or is fixed at start, and every value that is no text,
/// number or switch.
pub fn read(wanted: &BTreeMap<String, Value>) -> (Changes, Vec<Unchangeable>) {
    let catalog = Catalog::new();
    let (mut changes, mut wrong) = (Changes::new(), Vec::new());
    for (name, value) in wanted {
        let said = match catalog.find_any(name) {
            Some(item) if !item.changeable => {
                "is fixed while GAP runs; set it in the configuration and start again".into()
            }
            Some(item) => match text(value) {
                Ok(text) => {
                    if changes.insert(item.name.clone(), text).is_none() {
                        continue;
                    }
                    format!("is another name of {}, which is given, too", item.name)
                }
                Err(said) => said.to_owned(),
            },
            None => match catalog.guess(name) {
                Some(meant) => format!("is no setting; did you mean {}?", meant.flat_name()),
                None => "is no setting; GET shows those that exist".to_owned(),
            },
        };
        wrong.push(Unchangeable { name: name.chars().take(LONGEST_NAME).collect(), said });
    }
    (changes, wrong)
}

/// The errors of a configuration with these changes, by the names under which the changes were given.
pub fn explain(errors: &ConfigErrors, wanted: &BTreeMap<String, Value>) -> Vec<Unchangeable> {
    let catalog = Catalog::new();
    let given = |setting: &str| {
        wanted.keys().find(|name| catalog.find_any(name).is_some_and(|item| item.name == setting)).cloned()
    };
    let explain = |error: &super::ConfigError| Unchangeable {
        name: given(error.setting()).unwrap_or_else(|| error.setting().to_owned()),
        said: error.said().to_owned(),
    };
    errors.iter().map(explain).collect()
}

/// A value as it would stand in the configuration.
fn text(value: &Value) -> Result<Option<String>, &'static str> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Bool(on) => on.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.trim().is_empty() => {
            return Err("is empty; null gives it back to the configuration");
        }
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => return Err("takes a text, a number or a switch"),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn flat_and_dotted_names_are_taken() {
        let (changes, wrong) = read(&wanted(&[
            ("max_requests_per_minute", json!(7)),
            ("server.docs", json!(false)),
            ("disable_safety_filtering", json!(true)),
            ("max_requests_per_day_per_ip", Value::Null),
        ]));
        let expected = [
            ("limits.requests_per_day_per_ip", None),
            ("limits.requests_per_minute", Some("7")),
            ("server.docs", Some("false")),
            ("upstream.disable_safety_filtering", Some("true")),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        assert_eq!((changes, wrong), (Changes::from(expected), Vec::new()));
    }

    #[test]
    fn everything_that_cannot_be_changed_is_named() {
        let (_, wrong) = read(&wanted(&[
            ("max_request_per_minute", json!(7)),
            ("nonsense", json!(7)),
            ("port", json!(8000)),
            ("max_requests_per_minute", json!([1])),
        ]));
        let said: Vec<String> = wrong.iter().map(|wrong| format!("{} {}", wrong.name, wrong.said)).collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        max_request_per_minute is no setting; did you mean max_requests_per_minute?
        max_requests_per_minute takes a text, a number or a switch
        nonsense is no setting; GET shows those that exist
        port is fixed while GAP runs; set it in the configuration and start again
        ");
    }

    #[test]
    fn what_is_far_too_long_for_a_name_is_said_in_short() {
        let (_, wrong) = read(&wanted(&[(&"max_requests".repeat(100_000), json!(7))]));
        assert_eq!((wrong[0].name.len(), wrong[0].said.as_str()), (100, "is no setting; GET shows those that exist"));
    }

    #[test]
    fn a_change_wins_over_the_environment_and_is_checked_like_it() {
        let loaded = super::super::load(
            super::super::Inputs { dir: "/nonexistent".into(), ..Default::default() }
                .with_env("MAX_REQUESTS_PER_MINUTE", "5"),
        )
        .unwrap();
        let changed = loaded.with_run_time(vec![("limits.requests_per_minute".to_owned(), "9".to_owned())]).unwrap();
        assert_eq!((loaded.settings.limits.requests_per_minute, changed.settings.limits.requests_per_minute), (5, 9));
        let asked = wanted(&[("max_requests_per_minute", json!("many"))]);
        let errors = loaded.with_run_time(vec![("limits.requests_per_minute".to_owned(), "many".to_owned())]);
        let explained = explain(&errors.unwrap_err(), &asked);
        assert_eq!(explained.len(), 1);
        assert_eq!(explained[0].name, "max_requests_per_minute");
    }
}
