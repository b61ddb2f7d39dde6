//! Faults by script: what goes wrong, for which requests, how often.

mod preset;

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

pub(crate) use preset::Answer as PresetAnswer;
pub use preset::{Preset, PresetError};

use crate::directive::Directives;
use crate::glob;

/// A rule: requests that match suffer a fault.
///
/// The first rule that matches and is not used up counts; one request suffers one fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub action: Action,
    /// For how many requests; without it, until the rule is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How many matching requests pass untouched before it begins.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// Only this upstream key; may hold `*`, like the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Only this model in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Only this call (`generateContent`, `files.list`, …) or this HTTP method (`GET`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only this path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What happens to a request.
///
/// `after` counts the events of a stream that arrive whole; an answer in one piece is one event.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// One of Google's errors, instead of an answer: `{"preset": "overloaded"}`.
    Preset(PresetError),
    /// Anything else.
    Script(Script),
}

/// Faults that are not simply one of Google's errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Script {
    /// The connection is reset (TCP RST; with HTTP/2 the stream) before anything was answered.
    ResetBeforeHeaders,
    /// The connection is closed in an orderly way before anything was answered.
    CloseBeforeHeaders,
    /// Headers and then the connection breaks.
    CutAfterHeaders,
    /// Half of the answer, ended as if it were the whole.
    TruncatedBody,
    /// 200 with an empty body.
    EmptyBody,
    /// 200 with something that is not JSON.
    GarbageJson,
    /// 200 with a page of HTML.
    HtmlPage,
    /// The right answer under `text/plain`.
    WrongContentType,
    /// Waits before it answers.
    StallBeforeHeaders(StallBefore),
    /// Headers at once, then nothing for a while.
    StallAfterHeaders(StallBefore),
    /// A pause between two events.
    StallBetweenEvents(Stall),
    /// A pause in the middle of an event.
    StallInsideEvent(Stall),
    /// The connection breaks between two events.
    CutBetweenEvents(After),
    /// The connection breaks in the middle of an event.
    CutInsideEvent(After),
    /// The stream ends as if complete, between two events, without a finish reason.
    EndBetweenEvents(After),
    /// The stream ends as if complete, in the middle of an event.
    EndInsideEvent(After),
    /// An error as an event of a stream, which then ends.
    ErrorEvent(ErrorEvent),
    /// An event that is not JSON, and the stream goes on.
    GarbageEvent(After),
    /// The answer in small pieces with pauses.
    SlowDrip(Drip),
    /// The answer in pieces of these sizes, again and again, each in a write of its own.
    Split(Split),
    /// An answer as the directives say: `{"answer": {"finish": "SAFETY"}}`.
    Answer(Box<Directives>),
    /// An answer word for word.
    Reply(Reply),
}

/// Where in a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// How many events arrive whole before it.
    pub after: u64,
}

/// A wait before the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StallBefore {
    /// How long, in milliseconds.
    pub ms: u64,
    /// What follows: the name of a preset, or any action; without it the answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "then")]
    pub then: Option<Box<Action>>,
}

/// A pause within an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// How many events arrive whole before it.
    #[serde(default)]
    pub after: u64,
    /// How long, in milliseconds.
    pub ms: u64,
    /// What follows.
    #[serde(default)]
    pub then: Afterwards,
}

/// How an answer goes on after a pause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Afterwards {
    /// As if nothing had happened.
    #[default]
    GoOn,
    /// The connection breaks.
    Cut,
    /// The body ends as if complete.
    End,
}

/// An error in the middle of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorEvent {
    /// How many events arrive whole before it.
    #[serde(default)]
    pub after: u64,
    /// Which error.
    pub preset: Preset,
}

/// Small pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drip {
    /// Bytes per piece.
    pub bytes: usize,
    /// Pause between pieces, in milliseconds.
    pub delay_ms: u64,
}

/// Pieces of given sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Sizes in bytes, repeated.
    pub sizes: Vec<usize>,
}

/// An answer word for word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers, in place of Google's.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body: text as it is, anything else as JSON.
    #[serde(default)]
    pub body: Value,
}

// === impl Fault ===

impl Fault {
    /// A fault for every request, until it is removed.
    pub fn new(action: impl Into<Action>) -> Self {
        Self { action: action.into(), times: None, skip: 0, key: None, model: None, method: None, path: None }
    }

    /// Only for so many requests.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Lets so many matching requests pass first.
    #[must_use]
    pub fn skip(self, skip: u64) -> Self {
        Self { skip, ..self }
    }

    /// Only with this upstream key.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// Only for this model.
    #[must_use]
    pub fn model(self, model: impl Into<String>) -> Self {
        Self { model: Some(model.into()), ..self }
    }

    /// Only for this call or HTTP method.
    #[must_use]
    pub fn method(self, method: impl Into<String>) -> Self {
        Self { method: Some(method.into()), ..self }
    }

    /// Only for this path.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// What is wrong with it, if anything.
    fn check(&self) -> Result<(), String> {
        self.action.check()
    }
}

// === impl Action ===

impl Action {
    fn check(&self) -> Result<(), String> {
        let Self::Script(script) = self else { return Ok(()) };
        match script {
            Script::SlowDrip(Drip { bytes: 0, .. }) => Err("slow_drip.bytes must be at least 1".to_owned()),
            Script::Split(Split { sizes }) if sizes.is_empty() || sizes.contains(&0) => {
                Err("split.sizes must be a list of sizes of at least 1".to_owned())
            }
            Script::Reply(reply) => reply.check(),
            Script::StallBeforeHeaders(StallBefore { then: Some(then), .. })
            | Script::StallAfterHeaders(StallBefore { then: Some(then), .. }) => then.check(),
            _ => Ok(()),
        }
    }
}

impl From<Preset> for Action {
    fn from(preset: Preset) -> Self {
        Self::Preset(PresetError::new(preset))
    }
}

impl From<PresetError> for Action {
    fn from(error: PresetError) -> Self {
        Self::Preset(error)
    }
}

impl From<Script> for Action {
    fn from(script: Script) -> Self {
        Self::Script(script)
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Preset(error) => error.serialize(serializer),
            Self::Script(script) => script.serialize(serializer),
        }
    }
}

// Not `untagged`: its error is "did not match any variant", which helps nobody who writes one by hand.
impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let is_preset = value.as_object().is_some_and(|members| members.contains_key("preset"));
        let action = if is_preset {
            serde_json::from_value(value).map(Self::Preset)
        } else {
            serde_json::from_value(value).map(Self::Script)
        };
        action.map_err(D::Error::custom)
    }
}

/// `"overloaded"` is short for `{"preset": "overloaded"}`.
fn then<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<Action>>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    let preset = value.is_string().then(|| serde_json::from_value::<Preset>(value.clone()).ok()).flatten();
    let action = match preset {
        Some(preset) => preset.into(),
        None => serde_json::from_value(value).map_err(D::Error::custom)?,
    };
    Ok(Some(Box::new(action)))
}

// === impl Reply ===

impl Reply {
    fn check(&self) -> Result<(), String> {
        if !(200..=599).contains(&self.status) {
            return Err(format!("reply.status = {} is not a final HTTP status (200 to 599)", self.status));
        }
        for (name, value) in &self.headers {
            if http::HeaderName::try_from(name).is_err() || http::HeaderValue::try_from(value).is_err() {
                return Err(format!("reply.headers: {name:?}: {value:?} is not an HTTP header"));
            }
        }
        Ok(())
    }

    /// The body's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            other => crate::wire::pretty(other),
        }
    }
}

// === the list ===

/// What a rule is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) key: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    /// The call's name, if the path is one of Google's.
    pub(crate) call: Option<&'a str>,
    pub(crate) verb: &'a str,
    pub(crate) path: &'a str,
}

/// All rules, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    last_id: u64,
}

#[derive(Debug)]
struct Rule {
    id: u64,
    fault: Fault,
    /// Matching requests so far, those that were let pass included.
    seen: u64,
}

/// How many rules there may be: more are a mistake, and every request looks through them.
const MOST_RULES: usize = 10_000;

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> Result<u64, String> {
        fault.check()?;
        if self.rules.len() >= MOST_RULES {
            return Err(format!("there are {MOST_RULES} faults already; DELETE /_sim/faults removes them"));
        }
        self.last_id += 1;
        self.rules.push(Rule { id: self.last_id, fault, seen: 0 });
        Ok(self.last_id)
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault that this request suffers, which is hereby used once.
    pub(crate) fn take(&mut self, asked: Asked<'_>) -> Option<Action> {
        for rule in &mut self.rules {
            if rule.is_used_up() || !rule.fault.is_about(asked) {
                continue;
            }
            rule.seen += 1;
            if rule.seen > rule.fault.skip {
                return Some(rule.fault.action.clone());
            }
        }
        None
    }

    /// The rules with what is left of them.
    pub(crate) fn list(&self) -> Vec<Value> {
        let rules = self.rules.iter().map(|rule| {
            let mut shown = json!({"id": rule.id, "used": rule.seen.saturating_sub(rule.fault.skip)});
            if let (Value::Object(shown), Ok(Value::Object(fault))) = (&mut shown, serde_json::to_value(&rule.fault)) {
                shown.extend::<Map<String, Value>>(fault);
            }
            shown
        });
        rules.collect()
    }
}

impl Rule {
    fn is_used_up(&self) -> bool {
        self.fault.times.is_some_and(|times| self.seen >= self.fault.skip.saturating_add(times))
    }
}

impl Fault {
    fn is_about(&self, asked: Asked<'_>) -> bool {
        let fits = |pattern: &Option<String>, value: Option<&str>| {
            pattern.as_ref().is_none_or(|pattern| value.is_some_and(|value| glob::fits(pattern, value)))
        };
        let method = self.method.as_ref().is_none_or(|method| {
            method.eq_ignore_ascii_case(asked.verb) || asked.call.is_some_and(|call| glob::fits(method, call))
        });
        method && fits(&self.key, asked.key) && fits(&self.model, asked.model) && fits(&self.path, Some(asked.path))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn ok() -> u16 {
    200
}

/// A length in milliseconds, as a duration.
pub(crate) fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
