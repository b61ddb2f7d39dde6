//! The table: what a gateway costs beside the floor, in one run.
//!
//! Figures of different runs cannot be compared: machines differ, and one machine differs from itself an hour later. So
//! everything is measured side by side. The proxies have a core to themselves, the client and the fake upstream have
//! the other; all proxies are up the whole time and one is pressed at a time; the rounds are interleaved and their
//! order turns, so that whatever else the machine does hits all of them; and a figure is the median of its rounds.
//!
//! The steady figure is the CPU time of the proxy per request, taken from the kernel's account of the process before
//! and after a run. Requests per second and latencies also depend on how busy the client is.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table goes to standard output, progress to standard error"
)]

mod figures;
mod machine;
mod peers;
mod print;
mod proc;
mod process;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::load::{Outcome, Report, Times};
use crate::net;
use crate::table::figures::{Figure, Samples};
use crate::table::machine::Machine;
use crate::table::peers::{Peer, Row, Task};
use crate::table::process::{Launcher, Running};

/// Options of `bench table`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The gateway to measure, built for release; without it the floors alone are measured
    #[arg(long, value_name = "FILE")]
    pub gap_bin: Option<PathBuf>,
    /// Shorter and fewer rounds: less than a minute, rougher figures
    #[arg(long)]
    pub quick: bool,
    /// Rounds; a figure is the median of them [default: 5, quick: 2]
    #[arg(long)]
    pub rounds: Option<usize>,
    /// Length of each run in seconds [default: 2, quick: 0.4]
    #[arg(long)]
    pub seconds: Option<f64>,
    /// Upstream keys in the gateway's pool
    #[arg(long, default_value_t = 100)]
    pub keys: usize,
    /// Requests per second at which latency is taken
    #[arg(long, default_value_t = 1_000.0)]
    pub rate: f64,
    /// Streams to keep open when memory is taken
    #[arg(long, default_value_t = 1_000)]
    pub streams: usize,
    /// Also write every sample to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Measures everything and prints the table; nothing that was started outlives this, also after Ctrl-C.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    net::runtime(1)?.block_on(async {
        let mut asked_to_end = signal(SignalKind::terminate())?;
        // Whatever is dropped here takes its processes along.
        tokio::select! {
            measured = measure(options) => measured,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                bail!("interrupted");
            }
            _ = asked_to_end.recv() => bail!("ended by SIGTERM"),
        }
    })
}

async fn measure(options: &Options) -> anyhow::Result<()> {
    let machine = Machine::look();
    let launcher = Launcher::new(machine.cores(), options.gap_bin.clone(), options.keys)?;
    let mut bench = Bench::start(options, launcher).await?;
    for round in 0..bench.rounds {
        bench.round(round).await.with_context(|| format!("round {}", round + 1))?;
    }
    println!("{}", print::markdown(&machine, &bench.conditions(), &bench.samples));
    if let Some(path) = &options.json {
        let json = print::json(&machine, &bench.conditions(), &bench.samples)?;
        std::fs::write(path, json).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    match &*bench.wrong {
        [] => Ok(()),
        wrong => bail!("not every answer was right:\n  {}", wrong.join("\n  ")),
    }
}

/// Everything that is up while the table is made.
#[derive(Debug)]
struct Bench<'a> {
    options: &'a Options,
    rounds: usize,
    seconds: f64,
    launcher: Launcher,
    upstream: Running,
    peers: Vec<(Peer, Running)>,
    samples: Samples,
    /// Rows and tasks that cannot be measured: the target does not have the route, or answers it wrongly.
    skipped: Vec<(Row, Task)>,
    /// What was wrong, for people.
    wrong: Vec<String>,
}

// === impl Bench ===

impl<'a> Bench<'a> {
    async fn start(options: &'a Options, launcher: Launcher) -> anyhow::Result<Self> {
        let (rounds, seconds) = if options.quick { (2, 0.4) } else { (5, 2.0) };
        let upstream = launcher.upstream().await?;
        let mut peers = Vec::new();
        for peer in Peer::PROXIES {
            if peer != Peer::Gap || options.gap_bin.is_some() {
                peers.push((peer, launcher.proxy(peer, &upstream).await?));
            }
        }
        Ok(Self {
            options,
            rounds: options.rounds.unwrap_or(rounds).max(1),
            seconds: options.seconds.unwrap_or(seconds),
            launcher,
            upstream,
            peers,
            samples: Samples::default(),
            skipped: Vec::new(),
            wrong: Vec::new(),
        })
    }

    fn conditions(&self) -> print::Conditions {
        print::Conditions {
            rounds: self.rounds,
            seconds: self.seconds,
            rate: self.options.rate,
            streams: self.options.streams,
            keys: self.options.keys,
        }
    }

    async fn round(&mut self, number: usize) -> anyhow::Result<()> {
        eprintln!("round {} of {}", number + 1, self.rounds);
        let rows: Vec<Row> = self.peers.iter().flat_map(|(peer, _)| peer.rows()).collect();
        for task in Task::ALL {
            let direct = self.direct(task).await.with_context(|| format!("the upstream itself, {task}"))?;
            for at in turned(rows.len(), number) {
                self.press(rows[at], task, direct.as_ref()).await?;
            }
        }
        for at in turned(rows.len(), number) {
            self.live_and_let_go(rows[at]).await.with_context(|| format!("{}: memory", rows[at]))?;
        }
        Ok(())
    }

    /// A life of its own for what a process shows only once: how it starts, and what it holds before and while streams
    /// are open.
    async fn live_and_let_go(&mut self, row: Row) -> anyhow::Result<()> {
        let running = self.launcher.proxy(row.peer, &self.upstream).await?;
        self.samples.add(row, Figure::StartMilliseconds, running.started_in.as_secs_f64() * 1_000.0);
        // What is made lazily right after the start belongs to an idle process.
        tokio::time::sleep(Duration::from_millis(if self.options.quick { 200 } else { 1_000 })).await;
        self.samples.add(row, Figure::IdleMegabytes, running.resident_megabytes()?);
        if !self.skipped.contains(&(row, Task::Stream)) {
            let held = self.launcher.hold(&running, row.route, self.options.streams).await?;
            self.samples.add(row, Figure::OpenMegabytes, running.resident_megabytes()?);
            held.end().await?;
        }
        running.end().await
    }

    /// The same without a proxy; what there is to subtract.
    async fn direct(&self, task: Task) -> anyhow::Result<Option<Report>> {
        if !task.is_added() {
            return Ok(None);
        }
        let load = task.load(Row::direct(), self.seconds, self.options.rate);
        match self.launcher.load(&self.upstream, &load).await? {
            Outcome::Measured(report) => Ok(Some(report)),
            Outcome::NotServed { status } => bail!("not served: {status}"),
        }
    }

    async fn press(&mut self, row: Row, task: Task, direct: Option<&Report>) -> anyhow::Result<()> {
        if self.skipped.contains(&(row, task)) {
            return Ok(());
        }
        let (_, running) = self.peers.iter().find(|(peer, _)| *peer == row.peer).context("the peer is not up")?;
        let load = task.load(row, self.seconds, self.options.rate);
        let before = running.cpu_time()?;
        let outcome = self.launcher.load(running, &load).await;
        let after = running.cpu_time().with_context(|| format!("{row}, {task}: the process is gone"))?;
        let cpu = (after.since(&before), after.of_database_since(&before));
        match outcome {
            Ok(Outcome::Measured(report)) => self.sample(row, task, cpu, &report, direct),
            Ok(Outcome::NotServed { status }) => {
                eprintln!("{row}, {task}: not served ({status})");
                self.skipped.push((row, task));
            }
            Err(error) => {
                self.wrong.push(format!("{row}, {task}: {error:#}"));
                self.skipped.push((row, task));
            }
        }
        Ok(())
    }

    fn sample(
        &mut self,
        row: Row,
        task: Task,
        (cpu, of_database): (Duration, Duration),
        report: &Report,
        direct: Option<&Report>,
    ) {
        let micros = |cpu: Duration| cpu.as_secs_f64() * 1e6 / report.requests as f64;
        let per_request = micros(cpu);
        let mut add = |figure, value| self.samples.add(row, figure, value);
        match task {
            Task::Small => {
                add(Figure::CpuSmall, per_request);
                if row.peer == Peer::Gap {
                    add(Figure::CpuDatabase, micros(of_database));
                }
                add(Figure::PerSecond, report.per_second);
                add(Figure::CpuShare, cpu.as_secs_f64() / report.seconds);
            }
            Task::Large => add(Figure::CpuLarge, per_request),
            Task::Stream => add(Figure::CpuStream, per_request),
            Task::PacedStream => add(Figure::CpuPacedStream, per_request),
            Task::Latency => {
                add(Figure::CpuAtRate, per_request);
                if let Some(direct) = direct {
                    add(Figure::AddedP50, report.total.p50 - direct.total.p50);
                    add(Figure::AddedP99, report.total.p99 - direct.total.p99);
                }
            }
            Task::FirstEvent => {
                let first = |report: &Report| report.first_event.map(|times: Times| times.p50);
                if let (Some(through), Some(direct)) = (first(report), direct.and_then(first)) {
                    add(Figure::AddedFirstEvent, through - direct);
                }
            }
        }
    }
}

/// `0..count`, beginning elsewhere in each round: whoever comes first finds other caches than whoever comes last.
fn turned(count: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |at| (at + round) % count)
}
