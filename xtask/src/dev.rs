//! Build and restart on every change. The old version serves until the new one has been built.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use clap::Args;

use crate::repo::{Profile, Repo};
use crate::shell;
use crate::stopwatch::Stopwatch;

/// Fast enough to feel immediate, slow enough to cost nothing.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// Streams that are open when a new version is ready get this long.
const DRAIN: Duration = Duration::from_secs(3);
/// What a build is made of, below the workspace.
const WATCHED: &[&str] = &["crates", "Cargo.toml", "Cargo.lock", ".env", "gap.toml"];

/// Options of `cargo xtask dev`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Port of the backend
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Use the upstream keys of .env in place of the built-in simulator
    #[arg(long)]
    live: bool,
}

/// Runs until it is interrupted.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    let mut running: Option<Child> = None;
    let mut seen = None;
    loop {
        let now = newest(repo);
        if now != seen {
            seen = now;
            match repo.build_gap(Profile::Dev) {
                Ok(gap) => {
                    if let Some(old) = running.take() {
                        end(old)?;
                    }
                    running = Some(start(repo, &gap, options)?);
                }
                Err(error) if running.is_some() => println!("{error:#}; the version before goes on serving"),
                Err(error) => println!("{error:#}; waiting for a change"),
            }
        }
        if let Some(status) = running.as_mut().and_then(|child| child.try_wait().transpose()).transpose()? {
            println!("the gateway ended with {status}; waiting for a change");
            running = None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn start(repo: &Repo, gap: &Path, options: &Options) -> Result<Child> {
    let mut command = Command::new(gap);
    command.arg(if options.live { "serve" } else { "demo" }).args(["--port", &options.port.to_string()]);
    println!("$ {}", shell::line(&command));
    command.current_dir(repo.root()).spawn().with_context(|| format!("{} could not be started", gap.display()))
}

fn end(mut child: Child) -> Result<()> {
    shell::works(Command::new("kill").args(["-TERM", &child.id().to_string()]));
    let watch = Stopwatch::start();
    while child.try_wait()?.is_none() {
        if watch.is_over(DRAIN) {
            child.kill()?;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The newest file and how many there are: a deleted file is a change too.
fn newest(repo: &Repo) -> Option<(SystemTime, usize)> {
    let mut found = (SystemTime::UNIX_EPOCH, 0);
    let mut paths: Vec<PathBuf> = WATCHED.iter().map(|path| repo.path(path)).collect();
    while let Some(path) = paths.pop() {
        // Editors replace files: one that is gone at this moment is back at the next look.
        let Ok(about) = path.metadata() else { continue };
        if about.is_dir() {
            paths.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else {
            found = (found.0.max(about.modified().ok()?), found.1 + 1);
        }
    }
    Some(found)
}
