//! The canonical request, typed: what [`schema`](crate::schema) let through.

use serde::Deserialize;
use serde_json::{Map, Value};

/// `GenerateContentRequest`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Generate {
    pub(crate) model: Option<String>,
    pub(crate) contents: Vec<Content>,
    pub(crate) system_instruction: Option<Content>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) tool_config: ToolConfig,
    pub(crate) safety_settings: Vec<SafetySetting>,
    pub(crate) generation_config: Config,
    pub(crate) cached_content: Option<String>,
    pub(crate) service_tier: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Content {
    pub(crate) role: Option<String>,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Part {
    pub(crate) text: Option<String>,
    pub(crate) thought: bool,
    pub(crate) thought_signature: Option<String>,
    pub(crate) inline_data: Option<Blob>,
    pub(crate) file_data: Option<FileData>,
    pub(crate) function_call: Option<FunctionCall>,
    pub(crate) function_response: Option<FunctionResponse>,
    pub(crate) executable_code: Option<Value>,
    pub(crate) code_execution_result: Option<Value>,
    pub(crate) tool_call: Option<Value>,
    pub(crate) tool_response: Option<Value>,
}

impl Part {
    /// Whether one of the members of `data` is set.
    pub(crate) fn has_data(&self) -> bool {
        self.text.is_some()
            || self.inline_data.is_some()
            || self.file_data.is_some()
            || self.function_call.is_some()
            || self.function_response.is_some()
            || self.executable_code.is_some()
            || self.code_execution_result.is_some()
            || self.tool_call.is_some()
            || self.tool_response.is_some()
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Blob {
    pub(crate) mime_type: String,
    pub(crate) data: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FileData {
    pub(crate) mime_type: String,
    pub(crate) file_uri: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FunctionCall {
    pub(crate) name: String,
    pub(crate) args: Map<String, Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FunctionResponse {
    pub(crate) name: String,
    pub(crate) response: Map<String, Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Tool {
    pub(crate) function_declarations: Vec<FunctionDeclaration>,
    pub(crate) code_execution: Option<Value>,
    pub(crate) google_search: Option<Value>,
    pub(crate) google_search_retrieval: Option<Value>,
    pub(crate) url_context: Option<Value>,
    pub(crate) google_maps: Option<Value>,
    pub(crate) file_search: Option<Value>,
    pub(crate) computer_use: Option<Value>,
}

impl Tool {
    /// Whether it holds a tool that Google runs by itself.
    pub(crate) fn is_built_in(&self) -> bool {
        let all = [
            &self.code_execution,
            &self.google_search,
            &self.google_search_retrieval,
            &self.url_context,
            &self.google_maps,
            &self.file_search,
            &self.computer_use,
        ];
        all.iter().any(|tool| tool.is_some())
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FunctionDeclaration {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) parameters: Option<Value>,
    pub(crate) parameters_json_schema: Option<Value>,
    pub(crate) response: Option<Value>,
    pub(crate) response_json_schema: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ToolConfig {
    pub(crate) function_calling_config: FunctionCallingConfig,
    pub(crate) include_server_side_tool_invocations: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FunctionCallingConfig {
    pub(crate) mode: Option<String>,
    pub(crate) allowed_function_names: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SafetySetting {
    pub(crate) category: String,
}

/// `GenerationConfig`.
#[expect(clippy::struct_field_names, reason = "the names are Google's")]
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Config {
    pub(crate) temperature: Option<f64>,
    pub(crate) top_p: Option<f64>,
    pub(crate) top_k: Option<i64>,
    pub(crate) candidate_count: Option<i64>,
    pub(crate) max_output_tokens: Option<i64>,
    pub(crate) stop_sequences: Vec<String>,
    pub(crate) presence_penalty: Option<f64>,
    pub(crate) frequency_penalty: Option<f64>,
    pub(crate) response_logprobs: bool,
    pub(crate) logprobs: Option<i64>,
    pub(crate) seed: Option<i64>,
    pub(crate) response_mime_type: Option<String>,
    pub(crate) response_schema: Option<Value>,
    pub(crate) response_json_schema: Option<Value>,
    #[serde(rename = "_responseJsonSchema")]
    pub(crate) internal_response_json_schema: Option<Value>,
    pub(crate) response_modalities: Vec<String>,
    pub(crate) thinking_config: Option<ThinkingConfig>,
    pub(crate) speech_config: Option<Value>,
    pub(crate) image_config: Option<ImageConfig>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageConfig {
    pub(crate) aspect_ratio: Option<String>,
    pub(crate) image_size: Option<String>,
}

impl Config {
    /// The JSON Schema of the answer, under either of its names.
    pub(crate) fn json_schema(&self) -> Option<&Value> {
        self.response_json_schema.as_ref().or(self.internal_response_json_schema.as_ref())
    }

    /// Whether the answer must be JSON.
    pub(crate) fn wants_json(&self) -> bool {
        self.response_mime_type.as_deref() == Some("application/json")
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ThinkingConfig {
    pub(crate) include_thoughts: bool,
    pub(crate) thinking_budget: Option<i64>,
    pub(crate) thinking_level: Option<String>,
}

impl ToolConfig {
    pub(crate) fn is_set(&self) -> bool {
        self.function_calling_config.mode.is_some() || self.include_server_side_tool_invocations
    }
}

impl Generate {
    /// Every function that is declared.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &FunctionDeclaration> {
        self.tools.iter().flat_map(|tool| &tool.function_declarations)
    }

    /// The roles as Google reads them: everything that is not the model is the user.
    pub(crate) fn is_model(content: &Content) -> bool {
        content.role.as_deref() == Some("model")
    }
}
