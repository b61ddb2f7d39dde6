//! PostgreSQL and Redis for the tests: real servers, in a temporary folder, on free ports, gone with us.
//!
//! "Gone with us" must hold however we end. A drop is not enough: nobody drops anything on SIGTERM. So each server has a
//! keeper, a few lines of shell that wait on a pipe whose other end only we hold; when it closes, for whatever reason,
//! the keeper ends the server and removes the folder.

mod postgres;
mod redis;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::service::POLL;
use crate::shell;
use crate::stopwatch::Stopwatch;

/// Longer than any start should take, on a slow machine.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How often a start is tried: somebody may take the free port in between.
const TRIES: u32 = 3;

/// `$1` is the folder, `$2` the signal that ends the server at once, the rest its command line.
const KEEPER: &str = r#"
folder=$1 signal=$2
shift 2
trap : TERM INT HUP
"$@" </dev/null >"$folder/log" 2>&1 &
server=$!
cat >/dev/null
kill -"$signal" "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"#;

/// Both servers; ended when dropped.
#[derive(Debug)]
pub(crate) struct Servers {
    variables: Vec<(&'static str, String)>,
    _running: Vec<Server>,
}

/// A server and its keeper.
#[derive(Debug)]
struct Server {
    keeper: Child,
    folder: PathBuf,
}

/// What tells where a server of ours is, and how to start one.
struct Kind {
    name: &'static str,
    variable: &'static str,
    start: fn() -> Result<(Server, String)>,
}

const KINDS: &[Kind] = &[
    Kind { name: "PostgreSQL", variable: "GAP_TEST_POSTGRES", start: postgres::start },
    Kind { name: "Redis", variable: "GAP_TEST_REDIS", start: redis::start },
];

// === impl Servers ===

impl Servers {
    /// Starts both, except those that the environment names already.
    pub(crate) fn start() -> Result<Self> {
        let (mut variables, mut running) = (Vec::new(), Vec::new());
        for kind in KINDS {
            if std::env::var_os(kind.variable).is_some() {
                println!("{}: the server that {} names", kind.name, kind.variable);
                continue;
            }
            let (server, address) = start(kind)?;
            println!("{}: {address}", kind.name);
            variables.push((kind.variable, address));
            running.push(server);
        }
        Ok(Self { variables, _running: running })
    }

    /// Tells a command where they are.
    pub(crate) fn announce<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.variables.iter().map(|(name, address)| (name, address)))
    }
}

fn start(kind: &Kind) -> Result<(Server, String)> {
    let mut tries = 0;
    loop {
        tries += 1;
        match (kind.start)() {
            Err(error) if tries < TRIES => println!("{} did not start, once more: {error:#}", kind.name),
            result => return result.with_context(|| format!("{} could not be started", kind.name)),
        }
    }
}

// === impl Server ===

impl Server {
    /// Starts a server that writes its log into this folder.
    fn start(folder: PathBuf, signal: &str, command: &Command) -> Result<Self> {
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&folder).arg(signal);
        keeper.arg(command.get_program()).args(command.get_args()).current_dir(&folder);
        let keeper = keeper.stdin(Stdio::piped()).spawn().context("sh could not be started")?;
        Ok(Self { keeper, folder })
    }

    /// Waits until the server answers.
    fn wait_ready(&mut self, mut is_ready: impl FnMut() -> bool) -> Result<()> {
        let watch = Stopwatch::start();
        while !watch.is_over(START_LIMIT) {
            if is_ready() {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        bail!("it was not ready after {START_LIMIT:?}; its last words:\n{log}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closes the pipe, upon which the keeper ends the server.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A new folder for one server.
fn folder(name: &str) -> Result<PathBuf> {
    let made =
        shell::capture(Command::new("mktemp").arg("-d").arg(std::env::temp_dir().join(format!("gap-{name}-XXXXXX"))))?;
    Ok(PathBuf::from(made.trim_end()))
}

/// Where a program is that Debian keeps out of the path, or that is in the path.
fn find(name: &str, folders: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.into_iter().chain(std::env::split_paths(&path)).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether a path can be handed to a URL as it is.
fn as_text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}

#[cfg(test)]
mod tests;
