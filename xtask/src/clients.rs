//! The heavy real clients, each in an environment of its own below `target/clients/`, against a gateway in front of the
//! simulator.
//!
//! Each has one script in `e2e/clients/` that tries a chat, a stream and a tool call and prints `ok chat`,
//! `ok stream`, `ok tools` and `version …`; an agent does a task of several steps as well and prints `ok task`. They come in
//! their newest version: this is how we hear of changes. What no client can tell is read from the simulator: whether the calls
//! came back with the thought signatures that the model gave them.

mod signatures;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::repo::{Profile, Repo};
use crate::service::{DEMO_KEY, Service, free_port};
use crate::{environments, shell};

/// A client, and what must be installed for it.
#[derive(Debug)]
struct Client {
    name: &'static str,
    /// `NAME.py` or `NAME.mjs` in e2e/clients.
    script: &'static str,
    packages: &'static [&'static str],
    steps: &'static [&'static str],
}

/// Every column of the table that a script speaks of.
const STEPS: &[&str] = &["chat", "stream", "tools", "task"];
/// What a library is asked for, and an agent.
const LIBRARY: &[&str] = &["chat", "stream", "tools"];
const AGENT: &[&str] = STEPS;

const fn library(name: &'static str, script: &'static str, packages: &'static [&'static str]) -> Client {
    Client { name, script, packages, steps: LIBRARY }
}

const fn agent(name: &'static str, script: &'static str, packages: &'static [&'static str]) -> Client {
    Client { name, script, packages, steps: AGENT }
}

const CLIENTS: &[Client] = &[
    library("google-genai", "google_genai.py", &["google-genai"]),
    library("google-generativeai", "google_generativeai.py", &["google-generativeai"]),
    library("langchain-google-genai", "langchain_google.py", &["langchain-google-genai"]),
    library("llama-index", "llama_index_google.py", &["llama-index-llms-google-genai"]),
    library("pydantic-ai", "pydantic_ai_google.py", &["pydantic-ai-slim[google]"]),
    library("google-adk", "google_adk.py", &["google-adk"]),
    library("litellm", "litellm_gemini.py", &["litellm"]),
    library("openai", "openai_sdk.py", &["openai"]),
    library("langchain-openai", "langchain_openai_chat.py", &["langchain-openai"]),
    library("llama-index-openai", "llama_index_openai.py", &["llama-index-llms-openai-like"]),
    library("pydantic-ai-openai", "pydantic_ai_openai.py", &["pydantic-ai-slim[openai]"]),
    library("instructor", "instructor_openai.py", &["instructor"]),
    library("smolagents", "smolagents_openai.py", &["smolagents[openai]"]),
    library("litellm-openai", "litellm_openai.py", &["litellm"]),
    // It calls no tools: its edits are words.
    Client { name: "aider", script: "aider_cli.py", packages: &["aider-chat"], steps: &["chat", "stream", "task"] },
    library("@google/genai", "google_genai.mjs", &["@google/genai"]),
    library("@google/generative-ai", "google_generative_ai.mjs", &["@google/generative-ai"]),
    library("@ai-sdk/google", "ai_sdk_google.mjs", &["ai", "@ai-sdk/google", "zod"]),
    library("@ai-sdk/openai-compatible", "ai_sdk_openai.mjs", &["ai", "@ai-sdk/openai-compatible", "zod"]),
    library("@ai-sdk/openai", "ai_sdk_responses.mjs", &["ai", "@ai-sdk/openai", "zod"]),
    agent("@openai/codex", "codex.mjs", &["@openai/codex"]),
    agent("@anthropic-ai/claude-code", "claude_code.mjs", &["@anthropic-ai/claude-code"]),
    agent("opencode-ai", "opencode.mjs", &["opencode-ai"]),
    agent("@google/gemini-cli", "gemini_cli.mjs", &["@google/gemini-cli"]),
];

/// What the scripts of agents share.
const SHARED: &str = "common.mjs";

/// Options of `cargo xtask clients`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// These clients only
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Against this address in place of a gateway of our own; its access key is read from GAP_KEY
    #[arg(long)]
    url: Option<String>,
}

/// Runs every client and prints the table; one that fails makes the command fail.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    if let Some(name) = options.only.iter().find(|name| !CLIENTS.iter().any(|client| client.name == name.as_str())) {
        let names: Vec<&str> = CLIENTS.iter().map(|client| client.name).collect();
        bail!("there is no client '{name}'; there are {}", names.join(", "));
    }
    let mut servers = None;
    let (url, key) = if let Some(url) = &options.url {
        (url.clone(), std::env::var_os("GAP_KEY").unwrap_or_else(|| DEMO_KEY.into()))
    } else {
        let gap = repo.build_gap(Profile::Dev)?;
        let (_, gateway) = servers.insert(start(repo, &gap)?);
        (format!("http://127.0.0.1:{}", gateway.port()), DEMO_KEY.into())
    };
    let simulator = servers.as_ref().map(|(simulator, _)| simulator.port());

    let mut table = vec![
        format!("| client | version | {} | signatures |", STEPS.join(" | ")),
        "| --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    let mut good = true;
    for client in
        CLIENTS.iter().filter(|client| options.only.is_empty() || options.only.iter().any(|name| name == client.name))
    {
        println!("\n=== {}", client.name);
        if let Some(port) = simulator {
            signatures::forget(port)?;
        }
        let said = try_client(repo, client, &url, &key).unwrap_or_else(|error| {
            println!("{error:#}");
            String::new()
        });
        let version = said.lines().find_map(|line| line.strip_prefix("version ")).unwrap_or("?");
        let did = |step: &str| said.lines().any(|line| line.strip_prefix("ok ") == Some(step));
        let cell = |step: &&'static str| match (client.steps.contains(step), did(step)) {
            (false, _) => "-",
            (true, true) => "ok",
            (true, false) => "FAILED",
        };
        let signed = simulator.map(signatures::seen).transpose()?;
        let mut cells: Vec<String> = STEPS.iter().map(|step| cell(step).to_owned()).collect();
        cells.push(signed.as_ref().map_or("?".to_owned(), ToString::to_string));
        good &= !cells.iter().any(|cell| cell.starts_with("FAILED"));
        table.push(format!("| {} | {version} | {} |", client.name, cells.join(" | ")));
    }
    println!("\n{}", table.join("\n"));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A simulator, and a gateway in front of it.
fn start(repo: &Repo, gap: &Path) -> Result<(Service, Service)> {
    let folder = repo.target("clients/gap");
    let mut simulator = Service::simulator(gap, &folder, free_port()?)?;
    simulator.wait_healthy()?;
    let mut gateway = Service::gateway(gap, &folder, free_port()?, simulator.port())?;
    gateway.wait_healthy()?;
    Ok((simulator, gateway))
}

/// What the client's script said.
fn try_client(repo: &Repo, client: &Client, url: &str, key: &std::ffi::OsStr) -> Result<String> {
    let folder = repo.target("clients").join(client.name.trim_start_matches('@').replace('/', "-"));
    let script = repo.path("e2e/clients").join(client.script);
    let mut command = if Path::new(client.script).extension().is_some_and(|extension| extension == "py") {
        let mut command = Command::new(python(&folder, client)?);
        command.arg(script);
        command
    } else {
        let mut command = Command::new("node");
        command.arg(node(&folder, client, &script)?);
        command
    };
    let (_, said) = shell::tee(command.current_dir(&folder).env("GAP_URL", url).env("GAP_KEY", key))?;
    Ok(said)
}

fn python(folder: &Path, client: &Client) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, format!("{}\n", client.packages.join("\n")))?;
    environments::python(&folder.join("venv"), &requirements)
}

/// Says where the script may run: node looks for packages beside the script.
fn node(folder: &Path, client: &Client, script: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    environments::once(&folder.join("node_modules"), &client.packages.join(" "), || {
        std::fs::write(folder.join("package.json"), r#"{"private": true, "type": "module"}"#)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-fund", "--no-audit"]).args(client.packages);
        shell::run(npm.current_dir(folder))
    })?;
    let copy = folder.join(client.script);
    for (from, to) in [(script.to_owned(), &copy), (script.with_file_name(SHARED), &folder.join(SHARED))] {
        std::fs::copy(&from, to).with_context(|| format!("{}", from.display()))?;
    }
    Ok(copy)
}
