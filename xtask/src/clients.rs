//! The heavy real clients, each in an environment of its own below `target/clients/`, against a gateway in front of the
//! simulator.
//!
//! Each has one script in `e2e/clients/` that does what its columns ask for and prints `ok NAME` for each, and `version …`.
//! They come in their newest version: this is how we hear of changes. What no client can tell is read from the simulator
//! ([`journal`]): whether calls came back with the thought signatures that the model gave them, whether a picture arrived,
//! whether the upstream was left together with the gateway.

mod journal;
mod list;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use self::list::{CLIENTS, Client};
use self::table::{Row, Table};
use crate::repo::{Profile, Repo};
use crate::service::{DEMO_KEY, Service, free_port};
use crate::{environments, http, shell};

/// What scripts share.
const SHARED: &[&str] = &["common.mjs", "ai_sdk.mjs"];

/// Options of `cargo xtask clients`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// These clients only
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Against this address in place of a gateway of our own; its access key is read from GAP_KEY
    #[arg(long)]
    url: Option<String>,
    /// Writes what came of it into docs/reference/clients.md
    #[arg(long, conflicts_with = "url")]
    record: bool,
}

/// A model whose keys all rest, for what a client makes of it.
const RESTING: &str = "gemini-2.0-flash-lite";

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

    let day = shell::capture(Command::new("date").args(["-u", "+%F"]))?.trim().to_owned();
    let mut table = Table::default();
    for client in
        CLIENTS.iter().filter(|client| options.only.is_empty() || options.only.iter().any(|name| name == client.name))
    {
        println!("\n=== {}", client.name);
        if let Some(port) = simulator {
            journal::forget(port)?;
        }
        let said = try_client(repo, client, &url, &key, simulator.is_some()).unwrap_or_else(|error| {
            println!("{error:#}");
            String::new()
        });
        let seen = simulator.map(journal::seen).transpose()?;
        table.add(Row::new(client, &said, seen.as_ref()));
        if options.record {
            table.record(repo, &day)?;
        }
    }
    println!("\n{}", table.text());
    Ok(if table.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A simulator, and a gateway in front of it.
fn start(repo: &Repo, gap: &Path) -> Result<(Service, Service)> {
    let folder = repo.target("clients/gap");
    let mut simulator = Service::simulator(gap, &folder, free_port()?)?;
    simulator.wait_healthy()?;
    let fault =
        format!(r#"{{"action": {{"preset": "quota_per_minute", "retry_delay": "40s"}}, "model": "{RESTING}"}}"#);
    let answer = http::post(simulator.port(), "/_sim/faults", "", &fault, Duration::from_secs(5))?;
    ensure!(answer.status < 300, "the simulator answers {}: {}", answer.status, answer.body);
    let mut gateway = Service::gateway(gap, &folder, free_port()?, simulator.port())?;
    gateway.wait_healthy()?;
    Ok((simulator, gateway))
}

/// What the client's script said. It is told of a resting model where there is one.
fn try_client(repo: &Repo, client: &Client, url: &str, key: &std::ffi::OsStr, resting: bool) -> Result<String> {
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
    command.current_dir(&folder).env("GAP_URL", url).env("GAP_KEY", key);
    if resting {
        command.env("GAP_RESTING", RESTING);
    }
    let (_, said) = shell::tee(&mut command)?;
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
    for name in SHARED.iter().chain([&client.script]) {
        let from = script.with_file_name(name);
        std::fs::copy(&from, folder.join(name)).with_context(|| format!("{}", from.display()))?;
    }
    Ok(folder.join(client.script))
}
