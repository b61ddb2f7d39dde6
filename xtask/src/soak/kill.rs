//! Ended under load, again and again. After SIGTERM every request that had been accepted is answered whole and the
//! exit code is 0; after either signal the next start is healthy at once.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::http;
use crate::repo::{Profile, Repo};
use crate::service::{DEMO_KEY, POLL, Service, free_port};
use crate::soak::{STREAM, UNARY, chat};
use crate::stopwatch::Stopwatch;

/// The gateway drains for 30 s (server.drain) and then ends what is left.
const DRAIN_LIMIT: Duration = Duration::from_secs(40);
const PATIENCE: Duration = Duration::from_mins(1);
/// Answers that must have come before the signal, so that it meets real load.
const WARM: u64 = 50;

/// Options of `cargo xtask soak kill`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Starts and ends, by SIGTERM and SIGKILL in turn
    #[arg(long, default_value_t = 20)]
    cycles: u32,
    /// Clients at once
    #[arg(long, default_value_t = 16)]
    clients: usize,
}

/// What the clients of one cycle saw.
#[derive(Debug, Default)]
struct Seen {
    /// Answers that were whole and good.
    good: AtomicU64,
    /// Answers that began and were then cut, or were no success.
    broken: AtomicU64,
    stop: AtomicBool,
}

/// Runs all cycles; the first that breaks a promise is a failure.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    let gap = repo.build_gap(Profile::Release)?;
    let folder = repo.target("soak/kill");
    let port = free_port()?;
    for cycle in 0..options.cycles {
        let mut service = Service::demo(&gap, &folder, port)?;
        let start = service.wait_healthy()?;
        let seen = Seen::default();
        let softly = cycle % 2 == 0;
        thread::scope(|scope| -> Result<()> {
            for client in 0..options.clients {
                let seen = &seen;
                scope.spawn(move || load(port, client % 2 == 0, seen));
            }
            let ended = end_under_load(&mut service, &seen, softly);
            seen.stop.store(true, Ordering::Relaxed);
            ended
        })?;
        let (good, broken) = (seen.good.into_inner(), seen.broken.into_inner());
        let how = if softly { "SIGTERM" } else { "SIGKILL" };
        println!("cycle {}: healthy after {start:?}, {good} answers, {how}, {broken} broken", cycle + 1);
        ensure!(!softly || broken == 0, "an orderly end broke {broken} answers");
    }
    Ok(ExitCode::SUCCESS)
}

fn end_under_load(service: &mut Service, seen: &Seen, softly: bool) -> Result<()> {
    let watch = Stopwatch::start();
    while seen.good.load(Ordering::Relaxed) < WARM {
        ensure!(!watch.is_over(PATIENCE), "no load after {PATIENCE:?}");
        thread::sleep(POLL);
    }
    if softly {
        let status = service.terminate(DRAIN_LIMIT)?.context("it still runs long after SIGTERM")?;
        ensure!(status.success(), "it ended with {status} after SIGTERM");
        return Ok(());
    }
    service.kill()
}

/// Asks until told to stop. What never began to be answered is not broken: nobody had accepted it.
fn load(port: u16, streaming: bool, seen: &Seen) {
    let (path, body) = if streaming { (STREAM, chat(50)) } else { (UNARY, chat(1)) };
    while !seen.stop.load(Ordering::Relaxed) {
        match http::post(port, path, DEMO_KEY, &body, PATIENCE) {
            Ok(answer) if answer.status == 200 && answer.body.contains("\"finishReason\"") => {
                seen.good.fetch_add(1, Ordering::Relaxed)
            }
            Err(broken) if !broken.began => continue,
            Ok(_) | Err(_) => seen.broken.fetch_add(1, Ordering::Relaxed),
        };
    }
}
