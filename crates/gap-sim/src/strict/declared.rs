//! Functions that are declared, and schemas.

use std::collections::HashSet;

use serde_json::Value;

use crate::error::{ApiError, Mistakes};
use crate::models::Model;
use crate::request::{Config, FunctionDeclaration, Generate};

pub(super) fn tools(model: &Model, request: &Generate) -> Result<(), ApiError> {
    let mut wrong = Mistakes::default();
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
    wrong.into_result()?;
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
    let unknown = config.allowed_function_names.iter().position(|name| !names.contains(name.as_str()));
    match unknown {
        Some(index) => Err(ApiError::invalid(format!("* {place}[{index}]: the function is not declared.\n"))),
        None => Ok(()),
    }
}

fn function_declaration(function: &FunctionDeclaration, place: &str, wrong: &mut Mistakes) {
    // Wire 51; 128 since 2026.
    let first = function.name.bytes().next();
    let begins = first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let good = function.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte));
    if !begins || !good || function.name.len() > 128 {
        wrong.add(
            format_args!("{place}.name"),
            "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, \
             A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.",
        );
    }
    for (one, other, name) in [
        (&function.parameters, &function.parameters_json_schema, "parameters"),
        (&function.response, &function.response_json_schema, "response"),
    ] {
        if one.is_some() && other.is_some() {
            wrong.add(
                format_args!("{place}.{name}"),
                format_args!("{name} and {name}_json_schema are mutually exclusive."),
            );
        }
        if let Some(schema) = one {
            schema_rules(schema, &format!("{place}.{name}"), wrong);
        }
    }
}

pub(super) fn answer_schema(config: &Config) -> Result<(), ApiError> {
    let place = "GenerateContentRequest.generation_config.response_schema";
    let mut wrong = Mistakes::default();
    if config.response_schema.is_some() && config.json_schema().is_some() {
        wrong.add(place, "response_schema and response_json_schema are mutually exclusive.");
    }
    let kind = config.response_mime_type.as_deref();
    let fits = matches!(kind, Some("application/json" | "text/x.enum"));
    if (config.response_schema.is_some() || config.json_schema().is_some()) && !fits {
        wrong.add(place, "only supported when response_mime_type is application/json or text/x.enum.");
    }
    if let Some(schema) = &config.response_schema {
        schema_rules(schema, place, &mut wrong);
    }
    wrong.into_result()
}

/// The rules of Google's `Schema` (wire 52–59). JSON Schemas are not looked at.
fn schema_rules(schema: &Value, place: &str, wrong: &mut Mistakes) {
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("TYPE_UNSPECIFIED");
    let properties = schema.get("properties").and_then(Value::as_object);
    let list = |name: &str| schema.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, name) in list("required").iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        if !properties.is_some_and(|properties| properties.contains_key(name)) {
            wrong.add(format_args!("{place}.required[{index}]"), "property is not defined");
        }
    }
    if kind == "ARRAY" && schema.get("items").is_none() {
        wrong.add(format_args!("{place}.items"), "missing field.");
    }
    if !list("enum").is_empty() && !matches!(kind, "STRING" | "TYPE_UNSPECIFIED") {
        wrong.add(format_args!("{place}.enum"), "only allowed for STRING type");
    }
    if list("enum").iter().any(|value| value.as_str() == Some("")) {
        wrong.add(format_args!("{place}.enum[0]"), "cannot be empty");
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    if kind == "STRING" && !matches!(format, "" | "enum" | "date-time") {
        wrong.add(format_args!("{place}.format"), "only 'enum' and 'date-time' are supported for STRING type");
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
