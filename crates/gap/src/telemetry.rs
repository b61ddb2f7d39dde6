//! Logs: one line per event, pretty for people, JSON for machines; on stderr and, with `LOG_DIR`, in files.
//!
//! Lines are written by a thread of their own, so that a slow disk or terminal never holds up a request; when that
//! thread falls far behind, lines are dropped rather than memory filled.

pub mod files;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use self::files::DailyFile;
use crate::clock::Clock;
use crate::config::{LogFormat, Telemetry};

/// Keeps the log writers alive; dropping it writes what is still queued.
#[must_use = "dropping the guard ends the log"]
#[derive(Debug, Default)]
pub struct LogGuard {
    writers: Vec<WorkerGuard>,
}

/// The logs cannot be written where the settings want them.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `LOG_DIR` cannot be used.
    #[error("telemetry.log_dir {dir}: {reason}; give a folder that this user may write to, or unset LOG_DIR", dir = dir.display())]
    Directory {
        /// The folder.
        dir: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// `LOG_LEVEL` is no filter.
    #[error("telemetry.log_level {0}: {1}")]
    Level(String, String),
}

/// Starts logging for this process. Call once; a second call changes nothing.
pub fn start(settings: &Telemetry, clock: &Clock) -> Result<LogGuard, LogError> {
    let filter = || {
        EnvFilter::builder()
            .parse(&settings.log_level)
            .map_err(|error| LogError::Level(settings.log_level.clone(), error.to_string()))
    };
    let json = settings.format == LogFormat::Json;
    let mut guard = LogGuard::default();
    let mut writer = |target: Box<dyn io::Write + Send>| {
        let (writer, worker) = NonBlockingBuilder::default().buffered_lines_limit(8 * 1024).finish(target);
        guard.writers.push(worker);
        writer
    };
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    let colour = io::stderr().is_terminal();
    layers.push(layer(writer(Box::new(io::stderr())), json, colour).with_filter(filter()?).boxed());
    if let Some(dir) = &settings.log_dir {
        let mut open = |name: &str| {
            DailyFile::open(dir, name, settings.log_cleanup_days, clock.clone())
                .map(|file| writer(Box::new(file)))
                .map_err(|reason| LogError::Directory { dir: dir.clone(), reason })
        };
        layers.push(layer(open("app.log")?, json, false).with_filter(filter()?).boxed());
        layers.push(layer(open("error.log")?, json, false).with_filter(LevelFilter::ERROR).boxed());
    }
    // Tests start several apps in one process; the first one's log serves them all.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(guard)
}

fn layer(writer: NonBlocking, json: bool, colour: bool) -> Box<dyn Layer<Registry> + Send + Sync> {
    if json {
        return json_layer(writer).boxed();
    }
    tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colour).with_target(false).boxed()
}

fn json_layer<W>(writer: W) -> impl Layer<Registry> + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(writer)
}

#[cfg(test)]
mod tests;
