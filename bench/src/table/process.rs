//! The processes of a measurement: started on their core, gone with it.
//!
//! Every process dies when its handle is dropped. They live in a folder of their own without settings, so that nobody's
//! `.env` changes a figure, and write what they say to files there, which is what they do in production.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::load::{Outcome, Route};
use crate::net;
use crate::table::machine::Cores;
use crate::table::peers::{Load, Peer};
use crate::table::proc::{self, CpuTime};

/// How long a process may take to answer its first request.
const START: Duration = Duration::from_secs(30);
/// How often it is asked whether it does.
const ASK_AGAIN: Duration = Duration::from_micros(500);
/// How long opening all streams may take.
const OPEN: Duration = Duration::from_mins(1);
/// How long a run of the client may take beyond its own limits.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a process may take to end.
const END: Duration = Duration::from_secs(10);
/// How much of what a process said is shown when it fails.
const LAST_WORDS: usize = 2_000;

/// A thousand streams are two thousand sockets: more than many shells allow, never more than they may allow.
const WITH_ALL_FILES: &str = r#"ulimit -n "$(ulimit -H -n)"; exec "$@""#;
/// What a gateway under test lets in, and never runs out of.
const ACCESS_KEY: &str = "bench";
const NO_LIMIT: &str = "0";

/// Starts processes.
#[derive(Debug)]
pub(super) struct Launcher {
    cores: Option<Cores>,
    bench: PathBuf,
    gap: Option<PathBuf>,
    keys: usize,
    folder: TempDir,
}

/// A server that answers.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    pid: u32,
    port: u16,
    pub started_in: Duration,
}

/// A client that keeps streams open.
#[derive(Debug)]
pub(super) struct Held(Child);

#[derive(Clone, Copy, Debug)]
enum Side {
    Client,
    Proxy,
}

// === impl Launcher ===

impl Launcher {
    pub(super) fn new(cores: Option<Cores>, gap: Option<PathBuf>, keys: usize) -> anyhow::Result<Self> {
        let gap = match gap {
            Some(gap) => Some(gap.canonicalize().with_context(|| format!("{} cannot be measured", gap.display()))?),
            None => None,
        };
        let bench = std::env::current_exe().context("where this program is cannot be found out")?;
        let folder = tempfile::Builder::new().prefix("gap-bench-").tempdir()?;
        ensure!(keys > 0, "a gateway needs a key");
        Ok(Self { cores, bench, gap, keys, folder })
    }

    /// Starts the fake upstream.
    pub(super) async fn upstream(&self) -> anyhow::Result<Running> {
        let port = net::free_port().await?;
        let mut command = self.command(Side::Client, &self.bench);
        command.args(["upstream", "--port", &port.to_string()]);
        self.start("upstream", command, port).await
    }

    /// Starts a proxy in front of it.
    pub(super) async fn proxy(&self, peer: Peer, upstream: &Running) -> anyhow::Result<Running> {
        let port = net::free_port().await?;
        let (port_text, upstream) = (port.to_string(), upstream.url());
        let command = match peer {
            Peer::FloorJson | Peer::FloorRaw => {
                let mut command = self.command(Side::Proxy, &self.bench);
                command.args(["floor", "--port", &port_text, "--upstream", &upstream]);
                command.args((peer == Peer::FloorRaw).then_some("--raw"));
                command
            }
            Peer::Gap => {
                let gap = self.gap.as_ref().context("there is no gateway to measure")?;
                let mut command = self.command(Side::Proxy, gap);
                command.args(["serve", "--host", "127.0.0.1", "--port", &port_text]).envs(self.settings(&upstream));
                command
            }
            Peer::Direct => bail!("the upstream is no proxy"),
        };
        self.start(&peer.to_string(), command, port).await
    }

    /// Runs the client against a server.
    pub(super) async fn load(&self, target: &Running, load: &Load) -> anyhow::Result<Outcome> {
        let mut command = self.command(Side::Client, &self.bench);
        command
            .args(["load", "--target", &target.url(), "--key", ACCESS_KEY, "--model", load.model])
            .args(["--route", route(load.route)])
            .args(["--prompt", &load.prompt.to_string(), "--connections", &load.connections.to_string()])
            .args(["--seconds", &load.seconds.to_string()])
            .args(load.stream.then_some("--stream"));
        if let Some(rate) = load.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        let most = Duration::try_from_secs_f64(load.seconds)? + PATIENCE;
        let output = timeout(most, command.stdin(Stdio::null()).stderr(Stdio::piped()).output());
        let output = output.await.context("the client does not come back")??;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("error: "));
        }
        serde_json::from_slice(&output.stdout).context("the client's report is not understood")
    }

    /// Opens streams at a server and keeps them.
    pub(super) async fn hold(&self, target: &Running, words: Route, streams: usize) -> anyhow::Result<Held> {
        let mut command = self.command(Side::Client, &self.bench);
        command.args(["hold", "--target", &target.url(), "--key", ACCESS_KEY]).args([
            "--route",
            route(words),
            "--streams",
            &streams.to_string(),
        ]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("the client has no output")?).lines();
        let line =
            timeout(OPEN, lines.next_line()).await.with_context(|| format!("no {streams} streams in {OPEN:?}"))??;
        ensure!(line.as_deref() == Some(&*format!("open {streams}")), "{streams} streams could not be opened");
        Ok(Held(child))
    }

    /// What turns GAP into a gateway that answers everything: a pool of keys, one caller, and no limits by address.
    fn settings(&self, upstream: &str) -> Vec<(&'static str, String)> {
        let keys: Vec<String> = (0..self.keys).map(|number| format!("AIzaSyBench{number:028}")).collect();
        vec![
            ("GEMINI_BASE_URL", upstream.to_owned()),
            ("GEMINI_API_KEYS", keys.join(",")),
            ("USERS_API_KEY", ACCESS_KEY.to_owned()),
            ("MAX_REQUESTS_PER_MINUTE", NO_LIMIT.to_owned()),
            ("MAX_REQUESTS_PER_DAY_PER_IP", NO_LIMIT.to_owned()),
        ]
    }

    fn command(&self, side: Side, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", WITH_ALL_FILES, "sh"]);
        if let Some(Cores { client, proxy }) = self.cores {
            let core = match side {
                Side::Client => client,
                Side::Proxy => proxy,
            };
            command.args(["taskset", "-c", &core.to_string()]);
        }
        command.arg(program).current_dir(self.folder.path()).env_clear().kill_on_drop(true);
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command
    }

    /// Starts a server and waits for its first answer.
    async fn start(&self, name: &str, mut command: Command, port: u16) -> anyhow::Result<Running> {
        let log = self.folder.path().join(format!("{name}-{port}.log"));
        let file = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let start = Instant::now();
        let mut child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
        let pid = child.id().with_context(|| format!("{name} has ended at once"))?;
        while !is_healthy(port).await {
            if let Some(status) = child.try_wait()? {
                bail!("{name} has ended with {status}:\n{}", last_words(&log));
            }
            if start.elapsed() > START {
                bail!("{name} does not answer after {START:?}:\n{}", last_words(&log));
            }
            sleep(ASK_AGAIN).await;
        }
        Ok(Running { child, pid, port, started_in: start.elapsed() })
    }
}

fn route(route: Route) -> &'static str {
    match route {
        Route::Native => "native",
        Route::Openai => "openai",
    }
}

/// Whether `/healthz` is answered with 200.
async fn is_healthy(port: u16) -> bool {
    const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    const WELL: &[u8; 12] = b"HTTP/1.1 200";
    let Ok(mut stream) = net::connect(&format!("127.0.0.1:{port}")).await else { return false };
    let mut status = [0; WELL.len()];
    let asked = async {
        stream.write_all(ASK).await?;
        stream.read_exact(&mut status).await
    };
    matches!(timeout(Duration::from_secs(1), asked).await, Ok(Ok(_))) && status == *WELL
}

fn last_words(log: &Path) -> String {
    let said = std::fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&said[said.len().saturating_sub(LAST_WORDS)..]).into_owned()
}

// === impl Running ===

impl Running {
    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn cpu_time(&self) -> anyhow::Result<CpuTime> {
        CpuTime::of(self.pid)
    }

    pub(super) fn resident_megabytes(&self) -> anyhow::Result<f64> {
        proc::resident_megabytes(self.pid)
    }

    /// Ends it and waits until it is gone.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        timeout(END, self.child.kill()).await.context("a process does not end")??;
        Ok(())
    }
}

// === impl Held ===

impl Held {
    /// Closes all streams and waits until the client is gone.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        drop(self.0.stdin.take());
        let status = timeout(END, self.0.wait()).await.context("the client with the streams does not end")??;
        ensure!(status.success(), "the client with the streams ended with {status}");
        Ok(())
    }
}
