//! The gateway as a child process: started in a clean environment, asked for its health, ended with us.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::stopwatch::Stopwatch;
use crate::{http, shell};

/// How often a state that only polling can see is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(50);
/// Longer than any start should take, on a slow machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running `gap demo`, `gap simulate` or `gap serve`. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    port: u16,
    /// What answers 200 once it is up.
    health: &'static str,
}

/// The access key of the demo.
pub(crate) const DEMO_KEY: &str = "demo";

impl Service {
    /// Starts `gap demo` in this folder (created if missing), which also takes its log.
    pub(crate) fn demo(gap: &Path, folder: &Path, port: u16) -> Result<Self> {
        Self::start(gap, folder, "gap.log", &["demo"], &[], port, "/healthz")
    }

    /// Starts `gap simulate` in this folder: two keys without limits, no delays, and the control API.
    pub(crate) fn simulator(gap: &Path, folder: &Path, port: u16) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let options = r#"{"control": true, "keys": [{"key": "sim-1", "project": 1}, {"key": "sim-2", "project": 2}]}"#;
        let file = folder.join("simulator.json");
        std::fs::write(&file, options).with_context(|| format!("{}", file.display()))?;
        Self::start(gap, folder, "sim.log", &["simulate", "--options", "simulator.json"], &[], port, "/_sim/state")
    }

    /// Starts `gap serve` in this folder, in front of such a simulator, with [`DEMO_KEY`] as access key.
    pub(crate) fn gateway(gap: &Path, folder: &Path, port: u16, simulator: u16) -> Result<Self> {
        let upstream = format!("http://127.0.0.1:{simulator}");
        let settings = [
            ("GEMINI_BASE_URL", upstream.as_str()),
            ("GEMINI_API_KEYS", "sim-1,sim-2"),
            ("USERS_API_KEY", DEMO_KEY),
            ("MAX_REQUESTS_PER_MINUTE", "0"),
            ("MAX_REQUESTS_PER_DAY_PER_IP", "0"),
        ];
        Self::start(gap, folder, "gap.log", &["serve"], &settings, port, "/healthz")
    }

    fn start(
        gap: &Path,
        folder: &Path,
        log: &str,
        arguments: &[&str],
        settings: &[(&str, &str)],
        port: u16,
        health: &'static str,
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let log = File::options().create(true).append(true).open(folder.join(log)).context("the log")?;
        let mut command = Command::new(gap);
        command.args(arguments).args(["--host", "127.0.0.1", "--port", &port.to_string()]).current_dir(folder);
        // Settings of the developer's shell would make every machine behave differently.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| format!("{} could not be started", gap.display()))?;
        Ok(Self { child, port, health })
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says that it is up; says how long that took.
    pub(crate) fn wait_healthy(&mut self) -> Result<Duration> {
        let watch = Stopwatch::start();
        while !watch.is_over(START_LIMIT) {
            if http::get(self.port, self.health, Duration::from_secs(2)).is_ok_and(|answer| answer.status == 200) {
                return Ok(watch.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status} instead of starting");
            }
            std::thread::sleep(POLL);
        }
        bail!("it was not healthy after {START_LIMIT:?}")
    }

    /// Asks it to end (SIGTERM) and waits; `None` when it still runs after `limit`.
    pub(crate) fn terminate(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        shell::works(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        let watch = Stopwatch::start();
        while !watch.is_over(limit) {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            std::thread::sleep(POLL);
        }
        Ok(None)
    }

    /// Ends it at once (SIGKILL).
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Resident memory in bytes, where the system tells it.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kilobytes * 1024)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.kill();
    }
}

/// A port that nobody uses at this moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?.local_addr()?.port())
}
