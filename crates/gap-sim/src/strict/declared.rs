//! Functions that are declared, and schemas.

use std::collections::HashSet;

use serde_json::Value;

use crate::error::ApiError;
use crate::models::Model;
use crate::request::{Config, FunctionDeclaration, Generate};

pub(super) fn tools(model: &Model, request: &Generate) -> Result<(), ApiError> {
    let mut wrong = String::new();
    let mut names = HashSet::new();
    for (tool_index, tool) in request.tools.iter().enumerate() {
        for (index, function) in tool.function_declarations.iter().enumerate() {
            let place = format!("GenerateContentRequest.tools[{tool_index}].function_declarations[{index}]");
            function_declaration(function, &place, &mut wrong);
            if !names.insert(function.name.as_str()) && wrong.is_empty() {
                return Err(ApiError::invalid(format!("Duplicate function declaration found: {}", function.name)));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(ApiError::invalid(wrong));
    }
    let built_in = request.tools.iter().any(crate::request::Tool::is_built_in);
    if !names.is_empty() && !model.functions {
        return Err(ApiError::invalid(format!("Function calling is not enabled for models/{}", model.id())));
    }
    // Wire 69.
    if built_in && !names.is_empty() && !model.is_third_generation() {
        return Err(ApiError::invalid(
            "Built-in tools ({google_search}) and Function Calling cannot be combined in the same request. Please choose one.",
        ));
    }
    if built_in && !names.is_empty() && !request.tool_config.include_server_side_tool_invocations {
        let message = "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.";
        return Err(ApiError::invalid(message));
    }
    calling(request, &names)
}

fn calling(request: &Generate, names: &HashSet<&str>) -> Result<(), ApiError> {
    let config = &request.tool_config.function_calling_config;
    let mode = config.mode.as_deref().unwrap_or("AUTO");
    if mode == "ANY" && names.is_empty() {
        return Err(ApiError::invalid("Function calling config is set without function_declarations."));
    }
    let place = "GenerateContentRequest.tool_config.function_calling_config.allowed_function_names";
    if !config.allowed_function_names.is_empty() && !matches!(mode, "ANY" | "VALIDATED") {
        return Err(ApiError::invalid(format!(
            "* {place}: only allowed when the function calling mode is ANY or VALIDATED.\n"
        )));
    }
    let unknown = config.allowed_function_names.iter().position(|name| !names.contains(name.as_str()));
    match unknown {
        Some(index) => Err(ApiError::invalid(format!("* {place}[{index}]: the function is not declared.\n"))),
        None => Ok(()),
    }
}

fn function_declaration(function: &FunctionDeclaration, place: &str, wrong: &mut String) {
    // Wire 51; 128 since 2026.
    let first = function.name.bytes().next();
    let begins = first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let good = function.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte));
    if !begins || !good || function.name.len() > 128 {
        *wrong += &format!(
            "* {place}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, \
             A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.\n"
        );
    }
    for (one, other, name) in [
        (&function.parameters, &function.parameters_json_schema, "parameters"),
        (&function.response, &function.response_json_schema, "response"),
    ] {
        if one.is_some() && other.is_some() {
            *wrong += &format!("* {place}.{name}: {name} and {name}_json_schema are mutually exclusive.\n");
        }
        if let Some(schema) = one {
            schema_rules(schema, &format!("{place}.{name}"), wrong);
        }
    }
}

pub(super) fn answer_schema(config: &Config) -> Result<(), ApiError> {
    let place = "GenerateContentRequest.generation_config.response_schema";
    let mut wrong = String::new();
    if config.response_schema.is_some() && config.json_schema().is_some() {
        wrong += &format!("* {place}: response_schema and response_json_schema are mutually exclusive.\n");
    }
    let kind = config.response_mime_type.as_deref();
    let fits = matches!(kind, Some("application/json" | "text/x.enum"));
    if (config.response_schema.is_some() || config.json_schema().is_some()) && !fits {
        let kind = "only supported when response_mime_type is application/json or text/x.enum.";
        wrong += &format!("* {place}: {kind}\n");
    }
    if let Some(schema) = &config.response_schema {
        schema_rules(schema, place, &mut wrong);
    }
    if wrong.is_empty() { Ok(()) } else { Err(ApiError::invalid(wrong)) }
}

/// The rules of Google's `Schema` (wire 52–59). JSON Schemas are not looked at.
fn schema_rules(schema: &Value, place: &str, wrong: &mut String) {
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("TYPE_UNSPECIFIED");
    let properties = schema.get("properties").and_then(Value::as_object);
    let list = |name: &str| schema.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, name) in list("required").iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        if !properties.is_some_and(|properties| properties.contains_key(name)) {
            *wrong += &format!("* {place}.required[{index}]: property is not defined\n");
        }
    }
    if kind == "ARRAY" && schema.get("items").is_none() {
        *wrong += &format!("* {place}.items: missing field.\n");
    }
    if !list("enum").is_empty() && !matches!(kind, "STRING" | "TYPE_UNSPECIFIED") {
        *wrong += &format!("* {place}.enum: only allowed for STRING type\n");
    }
    if list("enum").iter().any(|value| value.as_str() == Some("")) {
        *wrong += &format!("* {place}.enum[0]: cannot be empty\n");
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    if kind == "STRING" && !matches!(format, "" | "enum" | "date-time") {
        *wrong += &format!("* {place}.format: only 'enum' and 'date-time' are supported for STRING type\n");
    }
    for (name, property) in properties.into_iter().flatten() {
        schema_rules(property, &format!("{place}.properties[{name}]"), wrong);
    }
    if let Some(items) = schema.get("items") {
        schema_rules(items, &format!("{place}.items"), wrong);
    }
    for (index, choice) in list("anyOf").iter().enumerate() {
        schema_rules(choice, &format!("{place}.any_of[{index}]"), wrong);
    }
}
