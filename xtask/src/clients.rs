//! The heavy real clients, each in an environment of its own below `target/clients/`, against `gap demo`.
//!
//! Each has one script in `e2e/clients/` that tries a chat, a stream and a tool call and prints `ok chat`,
//! `ok stream`, `ok tools` and `version …`. They come in their newest version: this is how we hear of changes.

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
}

const CLIENTS: &[Client] = &[
    Client { name: "google-genai", script: "google_genai.py", packages: &["google-genai"] },
    Client { name: "google-generativeai", script: "google_generativeai.py", packages: &["google-generativeai"] },
    Client { name: "langchain-google-genai", script: "langchain_google.py", packages: &["langchain-google-genai"] },
    Client { name: "llama-index", script: "llama_index_google.py", packages: &["llama-index-llms-google-genai"] },
    Client { name: "pydantic-ai", script: "pydantic_ai_google.py", packages: &["pydantic-ai-slim[google]"] },
    Client { name: "google-adk", script: "google_adk.py", packages: &["google-adk"] },
    Client { name: "litellm", script: "litellm_gemini.py", packages: &["litellm"] },
    Client { name: "openai", script: "openai_sdk.py", packages: &["openai"] },
    Client { name: "langchain-openai", script: "langchain_openai_chat.py", packages: &["langchain-openai"] },
    Client { name: "llama-index-openai", script: "llama_index_openai.py", packages: &["llama-index-llms-openai-like"] },
    Client { name: "pydantic-ai-openai", script: "pydantic_ai_openai.py", packages: &["pydantic-ai-slim[openai]"] },
    Client { name: "instructor", script: "instructor_openai.py", packages: &["instructor"] },
    Client { name: "smolagents", script: "smolagents_openai.py", packages: &["smolagents[openai]"] },
    Client { name: "litellm-openai", script: "litellm_openai.py", packages: &["litellm"] },
    Client { name: "@google/genai", script: "google_genai.mjs", packages: &["@google/genai"] },
    Client { name: "@google/generative-ai", script: "google_generative_ai.mjs", packages: &["@google/generative-ai"] },
    Client { name: "@ai-sdk/google", script: "ai_sdk_google.mjs", packages: &["ai", "@ai-sdk/google", "zod"] },
    Client {
        name: "@ai-sdk/openai-compatible",
        script: "ai_sdk_openai.mjs",
        packages: &["ai", "@ai-sdk/openai-compatible", "zod"],
    },
    Client { name: "@ai-sdk/openai", script: "ai_sdk_responses.mjs", packages: &["ai", "@ai-sdk/openai", "zod"] },
    Client { name: "@openai/codex", script: "codex.mjs", packages: &["@openai/codex"] },
    Client { name: "@google/gemini-cli", script: "gemini_cli.mjs", packages: &["@google/gemini-cli"] },
];

const STEPS: &[&str] = &["chat", "stream", "tools"];

/// Options of `cargo xtask clients`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// These clients only
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Against this address in place of a demo of our own; its access key is read from GAP_KEY
    #[arg(long)]
    url: Option<String>,
}

/// Runs every client and prints the table; one that fails makes the command fail.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    if let Some(name) = options.only.iter().find(|name| !CLIENTS.iter().any(|client| client.name == name.as_str())) {
        let names: Vec<&str> = CLIENTS.iter().map(|client| client.name).collect();
        bail!("there is no client '{name}'; there are {}", names.join(", "));
    }
    let mut service = None;
    let (url, key) = if let Some(url) = &options.url {
        (url.clone(), std::env::var_os("GAP_KEY").unwrap_or_else(|| DEMO_KEY.into()))
    } else {
        let gap = repo.build_gap(Profile::Dev)?;
        let service = service.insert(Service::demo(&gap, &repo.target("clients/gap"), free_port()?)?);
        service.wait_healthy()?;
        (format!("http://127.0.0.1:{}", service.port()), DEMO_KEY.into())
    };

    let mut table =
        vec!["| client | version | chat | stream | tools |".to_owned(), "| --- | --- | --- | --- | --- |".to_owned()];
    let mut good = true;
    for client in
        CLIENTS.iter().filter(|client| options.only.is_empty() || options.only.iter().any(|name| name == client.name))
    {
        println!("\n=== {}", client.name);
        let said = try_client(repo, client, &url, &key).unwrap_or_else(|error| {
            println!("{error:#}");
            String::new()
        });
        let version = said.lines().find_map(|line| line.strip_prefix("version ")).unwrap_or("?");
        let did = |step: &str| said.lines().any(|line| line.strip_prefix("ok ") == Some(step));
        good &= STEPS.iter().all(|step| did(step));
        let cells: Vec<&str> = STEPS.iter().map(|step| if did(step) { "ok" } else { "FAILED" }).collect();
        table.push(format!("| {} | {version} | {} |", client.name, cells.join(" | ")));
    }
    println!("\n{}", table.join("\n"));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    std::fs::copy(script, &copy).with_context(|| format!("{}", script.display()))?;
    Ok(copy)
}
