//! Which clients there are, and what each is asked to do.

/// A client, and what must be installed for it.
#[derive(Debug)]
pub(super) struct Client {
    /// Its name in the table and for `--only`.
    pub(super) name: &'static str,
    /// `NAME.py` or `NAME.mjs` in e2e/clients.
    pub(super) script: &'static str,
    /// What pip or npm installs.
    pub(super) packages: &'static [&'static str],
    /// The columns that it has.
    pub(super) steps: &'static [Step],
}

/// A column of the table that a script speaks of: it prints `ok NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Chat,
    Stream,
    Tools,
    Schema,
    Vision,
    Search,
    Errors,
    Cancel,
    Task,
}

use Step::{Cancel, Chat, Errors, Schema, Search, Stream, Task, Tools, Vision};

/// Every column, in order, with what it stands for in the document.
pub(super) const STEPS: &[(Step, &str, &str)] = &[
    (Chat, "chat", "one answer, whole"),
    (Stream, "stream", "one in pieces, with what it cost where the client tells it"),
    (
        Tools,
        "tools",
        "two calls at once, another after their results, then words; of a model that refuses a call without its thought signature",
    ),
    (Schema, "schema", "an answer in the form of a nested schema with `$ref` and unions"),
    (Vision, "vision", "a picture as a data URL or a file; it must have arrived at Gemini"),
    (Search, "search", "a web search by the client's own words for it, with its sources"),
    (
        Errors,
        "errors",
        "a model that does not exist, and one whose keys all rest (not asked of agents, which wait); each must be the error that the client has for it",
    ),
    (Cancel, "cancel", "leaving in the middle of a stream; Gemini must be left at once as well"),
    (Task, "task", "a task of several steps with tools"),
];

const LIBRARY: &[Step] = &[Chat, Stream, Tools, Schema, Vision, Errors, Cancel];
const WITH_SEARCH: &[Step] = &[Chat, Stream, Tools, Schema, Vision, Search, Errors, Cancel];
/// What Google gave up, and what does as its successors do.
const SMALL: &[Step] = &[Chat, Stream, Tools];
const AGENT: &[Step] = &[Chat, Stream, Tools, Vision, Search, Errors, Cancel, Task];

const fn client(
    name: &'static str,
    script: &'static str,
    packages: &'static [&'static str],
    steps: &'static [Step],
) -> Client {
    Client { name, script, packages, steps }
}

/// Every client. They come in their newest version.
pub(super) const CLIENTS: &[Client] = &[
    // Gemini's own API
    client("google-genai", "google_genai.py", &["google-genai"], WITH_SEARCH),
    client("google-generativeai", "google_generativeai.py", &["google-generativeai"], SMALL),
    client("langchain-google-genai", "langchain_google.py", &["langchain-google-genai"], LIBRARY),
    client("llama-index", "llama_index_google.py", &["llama-index-llms-google-genai"], LIBRARY),
    client("pydantic-ai", "pydantic_ai_google.py", &["pydantic-ai-slim[google]"], LIBRARY),
    client("google-adk", "google_adk.py", &["google-adk"], WITH_SEARCH),
    client("litellm", "litellm_gemini.py", &["litellm"], LIBRARY),
    client("@google/genai", "google_genai.mjs", &["@google/genai"], SMALL),
    client("@google/generative-ai", "google_generative_ai.mjs", &["@google/generative-ai"], SMALL),
    client("@ai-sdk/google", "ai_sdk_google.mjs", &["ai", "@ai-sdk/google", "zod"], WITH_SEARCH),
    client("@google/gemini-cli", "gemini_cli.mjs", &["@google/gemini-cli"], AGENT),
    // OpenAI's, chat completions and Responses
    client("openai", "openai_sdk.py", &["openai"], LIBRARY),
    client("openai-agents", "openai_agents.py", &["openai-agents"], WITH_SEARCH),
    client("langchain-openai", "langchain_openai_chat.py", &["langchain-openai"], LIBRARY),
    client("llama-index-openai", "llama_index_openai.py", &["llama-index-llms-openai-like"], LIBRARY),
    client("pydantic-ai-openai", "pydantic_ai_openai.py", &["pydantic-ai-slim[openai]"], LIBRARY),
    client("litellm-openai", "litellm_openai.py", &["litellm"], LIBRARY),
    client("autogen", "autogen_openai.py", &["autogen-agentchat", "autogen-ext[openai]"], LIBRARY),
    client("instructor", "instructor_openai.py", &["instructor"], &[Chat, Stream, Tools, Schema, Vision, Errors]),
    // Its calls come back as words, its answers have no form.
    client(
        "smolagents",
        "smolagents_openai.py",
        &["smolagents[openai]"],
        &[Chat, Stream, Tools, Vision, Errors, Cancel],
    ),
    client("crewai", "crewai_openai.py", &["crewai"], &[Chat, Stream, Tools, Schema, Errors]),
    client("dspy", "dspy_openai.py", &["dspy"], &[Chat, Schema, Vision, Errors]),
    client("llm", "llm_cli.py", &["llm"], LIBRARY),
    // It calls no tools: its edits are words.
    client("aider", "aider_cli.py", &["aider-chat"], &[Chat, Stream, Task]),
    client("@ai-sdk/openai-compatible", "ai_sdk_openai.mjs", &["ai", "@ai-sdk/openai-compatible", "zod"], LIBRARY),
    client("@ai-sdk/openai-chat", "ai_sdk_chat.mjs", &["ai", "@ai-sdk/openai", "zod"], LIBRARY),
    client("@ai-sdk/openai", "ai_sdk_responses.mjs", &["ai", "@ai-sdk/openai", "zod"], WITH_SEARCH),
    client("@langchain/openai", "langchain_js.mjs", &["@langchain/openai", "@langchain/core", "zod"], LIBRARY),
    client("@openai/agents", "openai_agents.mjs", &["@openai/agents", "zod"], LIBRARY),
    client("@openai/codex", "codex.mjs", &["@openai/codex"], AGENT),
    client("opencode-ai", "opencode.mjs", &["opencode-ai"], &[Chat, Stream, Tools, Errors, Cancel, Task]),
    // Anthropic's
    client("anthropic", "anthropic_sdk.py", &["anthropic", "pydantic"], WITH_SEARCH),
    client("langchain-anthropic", "langchain_anthropic_chat.py", &["langchain-anthropic"], WITH_SEARCH),
    client("pydantic-ai-anthropic", "pydantic_ai_anthropic.py", &["pydantic-ai-slim[anthropic]"], LIBRARY),
    client("litellm-anthropic", "litellm_anthropic.py", &["litellm"], LIBRARY),
    client("@ai-sdk/anthropic", "ai_sdk_anthropic.mjs", &["ai", "@ai-sdk/anthropic", "zod"], WITH_SEARCH),
    client("@anthropic-ai/claude-code", "claude_code.mjs", &["@anthropic-ai/claude-code"], AGENT),
];
