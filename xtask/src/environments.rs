//! Python and node environments below `target/`, made once and again only when their list of packages changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;

/// A virtual environment with the packages of a requirements file; says where its python is.
pub(crate) fn python(folder: &Path, requirements: &Path) -> Result<PathBuf> {
    let wanted = std::fs::read_to_string(requirements).with_context(|| format!("{}", requirements.display()))?;
    let python = folder.join("bin/python");
    let version = shell::capture(Command::new("python3").arg("--version")).context("python3 is needed")?;
    once(folder, &format!("{version}{wanted}"), || {
        shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements);
        shell::run(&mut pip)
    })?;
    Ok(python)
}

/// `node_modules` exactly as the lock file of this folder says.
pub(crate) fn node_modules(folder: &Path) -> Result<()> {
    let lock = std::fs::read_to_string(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    once(&folder.join("node_modules"), &lock, || shell::run(Command::new("npm").arg("ci").current_dir(folder)))
}

/// Does the work unless the folder carries the stamp of the same work.
pub(crate) fn once(folder: &Path, wanted: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = folder.join(".made-from");
    if std::fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    work()?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(&stamp, wanted).with_context(|| format!("{} could not be written", stamp.display()))
}
