//! PostgreSQL, quick and forgetful.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Server, find, folder};
use crate::service::free_port;
use crate::shell;

/// Where Debian keeps its versions.
const VERSIONS: &str = "/usr/lib/postgresql";
/// Who may be the server's user when we are root, whom PostgreSQL refuses.
const USERS: &[&str] = &["postgres", "nobody"];

/// Starts a server; returns its address.
pub(super) fn start() -> Result<(Server, String)> {
    let programs = programs()?;
    let user = user()?;
    let folder = folder("postgres")?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755))?;
    if let Some(user) = &user {
        chown(&folder, Some(user.id), Some(user.group)).context("the folder cannot be given to the server's user")?;
    }
    let data = folder.join("data");
    let mut init = command(&programs.join("initdb"), user.as_ref());
    init.arg("-D").arg(&data).args(["-U", "gap", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"]);
    let said = init.current_dir(&folder).output().context("initdb could not be started")?;
    if !said.status.success() {
        let _ = std::fs::remove_dir_all(&folder);
        bail!("initdb failed: {}", String::from_utf8_lossy(&said.stderr));
    }

    let port = free_port()?.to_string();
    let mut server = command(&programs.join("postgres"), user.as_ref());
    server.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port, "-k"]).arg(&folder);
    // Nothing of it has to survive a crash.
    server.args(["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]);
    let mut server = Server::start(folder, "QUIT", &server)?;
    let is_ready = programs.join("pg_isready");
    server.wait_ready(|| shell::works(Command::new(&is_ready).args(["-h", "127.0.0.1", "-p", &port, "-t", "1"])))?;
    Ok((server, format!("postgresql://gap@127.0.0.1:{port}/postgres")))
}

/// The folder with the newest version's programs.
fn programs() -> Result<PathBuf> {
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().filter_map(Result::ok);
    let mut versions: Vec<_> = versions.map(|entry| entry.path().join("bin")).collect();
    let number = |path: &Path| -> Option<u32> { path.parent()?.file_name()?.to_str()?.parse().ok() };
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    let initdb =
        find("initdb", versions).context("PostgreSQL is not installed; on Debian: apt-get install -y postgresql")?;
    Ok(initdb.parent().unwrap_or(Path::new("/")).to_owned())
}

/// Somebody without rights.
struct User {
    name: &'static str,
    id: u32,
    group: u32,
}

/// Who the server runs as; `None` when we may run it ourselves.
fn user() -> Result<Option<User>> {
    let ask = |arguments: &[&str]| -> Result<u32> {
        let output = Command::new("id").args(arguments).output().context("`id` could not be started")?;
        String::from_utf8_lossy(&output.stdout).trim().parse().context("`id` told no number")
    };
    if ask(&["-u"])? != 0 {
        return Ok(None);
    }
    let found = USERS.iter().find_map(|name| {
        let (id, group) = (ask(&["-u", name]).ok()?, ask(&["-g", name]).ok()?);
        Some(User { name, id, group })
    });
    found
        .map(Some)
        .with_context(|| format!("PostgreSQL does not run as root, and there is no user {}", USERS.join(" or ")))
}

/// The program as that user. `setpriv` becomes the program, so that its process is the server's.
fn command(program: &Path, user: Option<&User>) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={}", user.name)).arg(format!("--regid={}", user.group)).arg("--clear-groups");
    command.arg("--").arg(program);
    command
}
