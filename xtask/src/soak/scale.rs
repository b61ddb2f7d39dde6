//! Many streams at once, round after round. Memory may grow in the first round only.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::http;
use crate::repo::{Profile, Repo};
use crate::service::{DEMO_KEY, Service, free_port};
use crate::soak::{STREAM, chat};
use crate::stopwatch::Stopwatch;

/// A client thread only reads a socket.
const STACK: usize = 128 * 1024;
/// An event may be late on a busy machine, but not this late.
const PATIENCE: Duration = Duration::from_mins(1);
const MEGABYTE: u64 = 1024 * 1024;

/// Options of `cargo xtask soak scale`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Streams at once
    #[arg(long, default_value_t = 1000)]
    streams: usize,
    /// Events of each stream
    #[arg(long, default_value_t = 200)]
    events: u32,
    /// Begin no round after this many minutes
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// Megabytes by which memory may grow after the first round
    #[arg(long, default_value_t = 16)]
    growth: u64,
}

/// Runs rounds until the time is over; a lost stream or growing memory is a failure.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    let gap = repo.build_gap(Profile::Release)?;
    let mut service = Service::demo(&gap, &repo.target("soak/scale"), free_port()?)?;
    service.wait_healthy()?;
    let idle = service.memory().unwrap_or(0);
    println!("idle: {} MB", idle / MEGABYTE);

    let watch = Stopwatch::start();
    let limit = Duration::from_mins(options.minutes);
    let mut first = None;
    let mut round = 0;
    while round == 0 || !watch.is_over(limit) {
        round += 1;
        let took = Stopwatch::start();
        let lost = one_round(service.port(), options)?;
        let memory = service.memory().unwrap_or(0);
        println!(
            "round {round}: {} streams in {:.1} s, {} MB, {} lost",
            options.streams,
            took.elapsed().as_secs_f64(),
            memory / MEGABYTE,
            lost.len()
        );
        for reason in lost.iter().take(5) {
            println!("  {reason}");
        }
        ensure!(lost.is_empty(), "streams were lost");
        let first = *first.get_or_insert(memory);
        ensure!(memory <= first + options.growth * MEGABYTE, "memory grows from round to round");
    }
    Ok(ExitCode::SUCCESS)
}

/// What went wrong, by stream.
fn one_round(port: u16, options: &Options) -> Result<Vec<String>> {
    let body = chat(options.events);
    thread::scope(|scope| {
        let mut clients = Vec::with_capacity(options.streams);
        for _ in 0..options.streams {
            let client = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || check(port, &body));
            clients.push(client.context("a client thread could not be started")?);
        }
        Ok(clients
            .into_iter()
            .filter_map(|client| match client.join() {
                Ok(result) => result.err().map(|error| format!("{error:#}")),
                Err(_) => Some("a client panicked".to_owned()),
            })
            .collect())
    })
}

fn check(port: u16, body: &str) -> Result<()> {
    let answer = http::post(port, STREAM, DEMO_KEY, body, PATIENCE)?;
    ensure!(answer.status == 200, "status {}: {}", answer.status, answer.body);
    ensure!(answer.body.contains("\"finishReason\""), "a stream ended without a finish: …{}", tail(&answer.body));
    ensure!(!answer.body.contains("\"error\""), "an error in the stream: …{}", tail(&answer.body));
    Ok(())
}

fn tail(body: &str) -> &str {
    let from = body.len().saturating_sub(200);
    body.char_indices().find(|(at, _)| *at >= from).map_or(body, |(at, _)| body.get(at..).unwrap_or(body))
}
