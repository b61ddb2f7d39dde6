//! A judge of Gemini's requests: Google's own description, and the rules that it does not say.

use serde_json::{Map, Value};

use crate::support::shared::document;

/// Judges bodies of `generateContent`.
pub(crate) struct Judge(Value);

type Verdict = Result<(), String>;

impl Judge {
    /// The judge, if Google's description is at hand.
    pub(crate) fn load() -> Option<Self> {
        document("specs/gemini-v1beta-openapi3-rev20260413.json").map(Self)
    }

    /// Whether Google would take a body for a request.
    pub(crate) fn check(&self, body: &Value) -> Verdict {
        self.object("GenerateContentRequest", body, "body", &["model"])?;
        Self::turns(body)?;
        Self::tools(body)
    }

    fn object(&self, name: &str, value: &Value, path: &str, absent: &[&str]) -> Verdict {
        let schema = &self.0["components"]["schemas"][name];
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let is_schema_of_alternatives = name == "Schema" && value.get("anyOf").is_some();
            if !absent.contains(&required) && value.get(required).is_none() && !is_schema_of_alternatives {
                return Err(format!("{path}.{required} is required"));
            }
        }
        self.value(schema, value, path)
    }

    fn value(&self, schema: &Value, value: &Value, path: &str) -> Verdict {
        if let Some(reference) = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str()) {
            return self.object(reference.rsplit('/').next().unwrap(), value, path, &[]);
        }
        if let Some(allowed) = schema["enum"].as_array() {
            return if allowed.contains(value) {
                Ok(())
            } else {
                Err(format!("{path} is {value}, not of {allowed:?}"))
            };
        }
        let fits = match schema["type"].as_str() {
            Some("string") if schema["format"] == "int64" => value.is_i64() || value.is_string(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("number") => value.is_number(),
            Some("integer") => value.as_i64().is_some_and(|integer| i32::try_from(integer).is_ok()),
            Some("array") => {
                for (index, item) in value.as_array().ok_or(format!("{path} is no array"))?.iter().enumerate() {
                    self.value(&schema["items"], item, &format!("{path}[{index}]"))?;
                }
                true
            }
            Some("object") => {
                let members = value.as_object().ok_or(format!("{path} is no object"))?;
                for (key, member) in members {
                    let path = format!("{path}.{key}");
                    match (schema["properties"].get(key), schema.get("additionalProperties")) {
                        (Some(schema), _) | (None, Some(schema)) => self.value(schema, member, &path)?,
                        (None, None) => return Err(format!("{path} does not exist")),
                    }
                }
                true
            }
            _ => true,
        };
        if fits { Ok(()) } else { Err(format!("{path} is {value}")) }
    }

    fn turns(body: &Value) -> Verdict {
        let turns = body["contents"].as_array().ok_or("no contents")?;
        if turns.is_empty() {
            return Err("contents are empty".to_owned());
        }
        let mut open: Vec<&Value> = Vec::new();
        for (index, turn) in turns.iter().enumerate() {
            let path = format!("contents[{index}]");
            let role = if index.is_multiple_of(2) { "user" } else { "model" };
            if turn["role"] != role {
                return Err(format!("{path} is the {}'s, not the {role}'s", turn["role"]));
            }
            let parts = turn["parts"].as_array().filter(|parts| !parts.is_empty()).ok_or(format!("{path} is empty"))?;
            parts.iter().enumerate().try_for_each(|(at, part)| Self::part(part, &format!("{path}.parts[{at}]")))?;
            let of = |kind: &str| parts.iter().filter_map(|part| part.get(kind)).collect::<Vec<_>>();
            let responses = of("functionResponse");
            let names = |list: &[&Value]| list.iter().map(|one| one["name"].clone()).collect::<Vec<_>>();
            if names(&open) != names(&responses) {
                return Err(format!("{path} answers {:?}, and {:?} were called", names(&responses), names(&open)));
            }
            for (call, response) in open.iter().zip(&responses) {
                if call.get("id") != response.get("id") {
                    return Err(format!("{path}: ids differ: {call} {response}"));
                }
            }
            open = of("functionCall");
        }
        // The last turn's own calls cannot have been answered.
        if turns.len().is_multiple_of(2) && !open.is_empty() {
            return Err("calls at the end have no responses".to_owned());
        }
        let system = body["systemInstruction"]["parts"].as_array().into_iter().flatten();
        system.enumerate().try_for_each(|(at, part)| Self::part(part, &format!("systemInstruction.parts[{at}]")))
    }

    fn part(part: &Value, path: &str) -> Verdict {
        const KINDS: [&str; 5] = ["text", "inlineData", "fileData", "functionCall", "functionResponse"];
        let kinds = KINDS.iter().filter(|kind| part.get(**kind).is_some()).count();
        if kinds != 1 {
            return Err(format!("{path} has {kinds} kinds: {part}"));
        }
        if part["text"] == "" && part.get("thoughtSignature").is_none() {
            return Err(format!("{path} is empty"));
        }
        let call = part.get("functionCall").or_else(|| part.get("functionResponse"));
        if let Some(name) = call.map(|call| call["name"].as_str().unwrap_or_default())
            && !is_name(name)
        {
            return Err(format!("{path} calls {name:?}"));
        }
        Ok(())
    }

    fn tools(body: &Value) -> Verdict {
        let tools: Vec<&Map<String, Value>> =
            body["tools"].as_array().into_iter().flatten().filter_map(Value::as_object).collect();
        let mut names = Vec::new();
        for function in tools.iter().filter_map(|tool| tool.get("functionDeclarations")?.as_array()).flatten() {
            let name = function["name"].as_str().unwrap_or_default();
            if !is_name(name) || names.contains(&name) {
                return Err(format!("a function is called {name:?}"));
            }
            names.push(name);
            if function.get("parameters").is_some() && function.get("parametersJsonSchema").is_some() {
                return Err(format!("{name} has two schemas"));
            }
        }
        let config = &body["toolConfig"]["functionCallingConfig"];
        if !config.is_null() && names.is_empty() {
            return Err("function calling is configured without functions".to_owned());
        }
        for allowed in config["allowedFunctionNames"].as_array().into_iter().flatten() {
            if !names.iter().any(|name| allowed == name) || config["mode"] != "ANY" {
                return Err(format!("{allowed} is allowed, in mode {}", config["mode"]));
            }
        }
        let thinking = &body["generationConfig"]["thinkingConfig"];
        if thinking.get("thinkingBudget").is_some() && thinking.get("thinkingLevel").is_some() {
            return Err("both a budget and a level".to_owned());
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c));
    starts && goes_on && name.len() <= 64
}
