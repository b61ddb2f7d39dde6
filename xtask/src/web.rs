//! The web page: its packages, its scripts, its build.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::repo::Repo;
use crate::{environments, shell};

/// Builds the page into `web/dist`.
pub(crate) fn run(repo: &Repo) -> Result<ExitCode> {
    install(repo)?;
    shell::run(npm(repo).args(["run", "build"]))?;
    Ok(ExitCode::SUCCESS)
}

/// The packages of the lock file, fetched when they have changed.
pub(crate) fn install(repo: &Repo) -> Result<()> {
    environments::node_modules(&folder(repo))
}

/// npm, in the page's folder.
pub(crate) fn npm(repo: &Repo) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder(repo));
    command
}

fn folder(repo: &Repo) -> PathBuf {
    repo.path("web")
}
