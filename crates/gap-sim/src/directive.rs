//! What a prompt itself asks the simulator for: `[[sim: text="Hello" chunks=3 delay_ms=20]]`.
//!
//! A test can so say in one place what it asks and what it wants to hear, through any client and any gateway, and tests
//! that run at once do not disturb one another. Directives are read from the last turn of the user alone, so that a
//! conversation that goes on does not hear the same again.
//!
//! A task of several steps is written out in one prompt: `[[sim: calls=read]] [[sim: step=2 calls=write]] [[sim: step=3
//! text="Done"]]`. What stands beside a `step` is for the answer of that number since the prompt, all else for the first.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// How a directive begins.
pub(crate) const DIRECTIVE: &str = "[[sim:";

/// Longer answers are a mistake, and would fill the memory.
const MOST_TEXT: usize = 64 << 20;
const MOST_CHUNKS: usize = 1_000_000;
const MOST_CALLS: usize = 256;
const MOST_STEPS: usize = 10_000;

/// Everything a directive can say. What is not said is as the model would do it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a directive of its own")]
pub struct Directives {
    /// Which answer since the prompt is meant, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// The text of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Answers with the prompt's own text, without directives.
    #[serde(skip_serializing_if = "is_default")]
    pub echo: bool,
    /// The length of the text that is made up, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// How many events a stream has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<usize>,
    /// How many bytes of text each event has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunk_bytes: Option<usize>,
    /// The pause between two events of a stream, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The time until the headers, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_ms: Option<u64>,
    /// Functions to be called, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
    /// Arguments of all these calls, in place of made-up ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Map<String, Value>>,
    /// In a stream, every call comes in an event of its own.
    #[serde(skip_serializing_if = "is_default")]
    pub spread: bool,
    /// The finish reason; `NONE` leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
    /// Refuses the prompt for this reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// 200 with STOP and nothing else.
    #[serde(skip_serializing_if = "is_default")]
    pub empty: bool,
    /// The text of the thoughts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thoughts: Option<String>,
    /// How many tokens thinking took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought_tokens: Option<u64>,
    /// How many tokens of the prompt came from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Leaves `usageMetadata` out.
    #[serde(skip_serializing_if = "is_default")]
    pub no_usage: bool,
}

impl Directives {
    /// Reads every `[[sim: …]]` in a text that is meant for this step; says what is wrong with one that cannot be read,
    /// whichever step it is for.
    pub(crate) fn read(text: &str, step: usize) -> Result<Self, String> {
        let mut directives = Self::default();
        let mut rest = text;
        while let Some(at) = rest.find(DIRECTIVE) {
            let mut one = Self::default();
            rest = one.read_one(&rest[at + DIRECTIVE.len()..])?;
            one.check()?;
            if one.step.unwrap_or(1) == step {
                directives = one.or(directives);
            }
        }
        directives.check()?;
        Ok(directives)
    }

    /// A text without its directives.
    pub(crate) fn strip(text: &str) -> String {
        let mut stripped = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(DIRECTIVE) {
            stripped.push_str(&rest[..at]);
            let inside = &rest[at + DIRECTIVE.len()..];
            match Self::default().read_one(inside) {
                Ok(after) => rest = after,
                Err(_) => rest = inside,
            }
        }
        stripped.push_str(rest);
        stripped.trim().to_owned()
    }

    /// Reads up to `]]` and answers what follows it.
    fn read_one<'a>(&mut self, text: &'a str) -> Result<&'a str, String> {
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix("]]") {
                return Ok(after);
            }
            let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace() || letter == ']');
            let Some(end) = end.filter(|end| *end > 0) else {
                return Err("a directive is written as [[sim: name=value name=\"value\"]]".to_owned());
            };
            let name = &rest[..end];
            rest = &rest[end..];
            let Some(after) = rest.strip_prefix('=') else {
                self.set(name, "true")?;
                continue;
            };
            let (value, after) = value(after)?;
            self.set(name, &value)?;
            rest = after;
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "step" => self.step = Some(parse(name, value)?),
            "text" => self.text = Some(value.to_owned()),
            "echo" => self.echo = parse(name, value)?,
            "bytes" => self.bytes = Some(parse(name, value)?),
            "chunks" => self.chunks = Some(parse(name, value)?),
            "chunk_bytes" => self.chunk_bytes = Some(parse(name, value)?),
            "delay_ms" => self.delay_ms = Some(parse(name, value)?),
            "first_ms" => self.first_ms = Some(parse(name, value)?),
            "calls" => self.calls = value.split(',').map(|call| call.trim().to_owned()).collect(),
            "args" => self.args = Some(serde_json::from_str(value).map_err(|_| wrong(name, value, "a JSON object"))?),
            "spread" => self.spread = parse(name, value)?,
            "finish" => self.finish = Some(value.to_owned()),
            "block" => self.block = Some(value.to_owned()),
            "empty" => self.empty = parse(name, value)?,
            "thoughts" => self.thoughts = Some(value.to_owned()),
            "thought_tokens" => self.thought_tokens = Some(parse(name, value)?),
            "cached_tokens" => self.cached_tokens = Some(parse(name, value)?),
            "no_usage" => self.no_usage = parse(name, value)?,
            _ => return Err(format!("the simulator knows no directive {name:?}; docs/guide/simulator.md lists them")),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if let Some(step) = self.step.filter(|step| *step == 0 || *step > MOST_STEPS) {
            return Err(format!("step={step} must be between 1 and {MOST_STEPS}"));
        }
        let chunks = self.chunks.unwrap_or(1);
        let made_up = chunks.saturating_mul(self.chunk_bytes.unwrap_or(1)).max(self.bytes.unwrap_or(0));
        if chunks == 0 || chunks > MOST_CHUNKS {
            return Err(format!("chunks={chunks} must be between 1 and {MOST_CHUNKS}"));
        }
        if self.chunk_bytes == Some(0) {
            return Err("chunk_bytes=0 must be at least 1".to_owned());
        }
        if made_up > MOST_TEXT {
            return Err(format!(
                "an answer of {made_up} bytes is more than the {MOST_TEXT} that the simulator makes up"
            ));
        }
        if self.calls.len() > MOST_CALLS {
            return Err(format!("{} calls are more than the {MOST_CALLS} that the simulator makes", self.calls.len()));
        }
        Ok(())
    }

    /// These, and where they say nothing, the others.
    pub(crate) fn or(self, others: Self) -> Self {
        Self {
            step: self.step.or(others.step),
            text: self.text.or(others.text),
            echo: self.echo || others.echo,
            bytes: self.bytes.or(others.bytes),
            chunks: self.chunks.or(others.chunks),
            chunk_bytes: self.chunk_bytes.or(others.chunk_bytes),
            delay_ms: self.delay_ms.or(others.delay_ms),
            first_ms: self.first_ms.or(others.first_ms),
            calls: if self.calls.is_empty() { others.calls } else { self.calls },
            args: self.args.or(others.args),
            spread: self.spread || others.spread,
            finish: self.finish.or(others.finish),
            block: self.block.or(others.block),
            empty: self.empty || others.empty,
            thoughts: self.thoughts.or(others.thoughts),
            thought_tokens: self.thought_tokens.or(others.thought_tokens),
            cached_tokens: self.cached_tokens.or(others.cached_tokens),
            no_usage: self.no_usage || others.no_usage,
        }
    }
}

// As in a prompt, only that each value is JSON: text, a number, a list of texts.
impl<'de> Deserialize<'de> for Directives {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::deserialize(deserializer)?;
        let mut directives = Self::default();
        for (name, value) in &members {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                    items.join(",")
                }
                other => other.to_string(),
            };
            directives.set(name, &text).map_err(D::Error::custom)?;
        }
        directives.check().map_err(D::Error::custom)?;
        Ok(directives)
    }
}

/// A value and what follows it: a word, or text in quotes in which `\` takes the next character as it is.
fn value(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|letter: char| letter.is_whitespace() || letter == ']').unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, other)) => value.push(other),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("a directive's quotes are not closed".to_owned())
}

fn parse<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    let wanted =
        if value.parse::<f64>().is_ok() { "a whole number that is not too large" } else { "a number, true or false" };
    value.parse().map_err(|_| wrong(name, value, wanted))
}

fn wrong(name: &str, value: &str, wanted: &str) -> String {
    format!("the directive {name}={value:?} must be {wanted}")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_default(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests;
