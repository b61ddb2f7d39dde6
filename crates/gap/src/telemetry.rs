//! Logs: one line per event, pretty for people, JSON for machines; on stderr and, with `LOG_DIR`, in files.
//!
//! Lines are written by threads of their own, so that a slow disk or terminal never holds up a request; when such a
//! thread falls far behind, lines are dropped rather than memory filled, and the log says how many.

pub mod files;
mod line;
mod queue;
pub mod tail;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use self::files::DailyFile;
use self::line::{Form, LineLayer};
use self::queue::{Queue, Writer};
use self::tail::LogTail;
use crate::clock::Clock;
use crate::config::{LogFormat, Telemetry};

/// Keeps the log writers alive; dropping it writes what is still queued.
#[must_use = "dropping the guard ends the log"]
#[derive(Debug, Default)]
pub struct LogGuard {
    writers: Vec<Writer>,
    tail: LogTail,
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
    /// The system gives no thread to write with.
    #[error("the log cannot be written: {0}")]
    Thread(io::Error),
}

/// Starts logging for this process. Call once; a second call changes nothing.
pub fn start(settings: &Telemetry, clock: &Clock) -> Result<LogGuard, LogError> {
    let filter = EnvFilter::builder()
        .parse(&settings.log_level)
        .map_err(|error| LogError::Level(settings.log_level.clone(), error.to_string()))?;
    let form = |colour| match settings.format {
        LogFormat::Json => Form::Json,
        LogFormat::Pretty => Form::Pretty { colour },
    };
    let mut guard = LogGuard::default();
    let mut outlets = vec![guard.outlet(form(io::stderr().is_terminal()), io::stderr(), clock)?];
    outlets.push(guard.outlet(form(false), guard.tail.writer(), clock)?);
    let mut errors = Vec::new();
    if let Some(dir) = &settings.log_dir {
        let open = |name: &str| {
            DailyFile::open(dir, name, settings.log_cleanup_days, clock.clone())
                .map_err(|reason| LogError::Directory { dir: dir.clone(), reason })
        };
        outlets.push(guard.outlet(form(false), open("app.log")?, clock)?);
        errors.push(guard.outlet(form(false), open("error.log")?, clock)?);
    }
    let all = LineLayer { outlets, clock: clock.clone() }.with_filter(filter);
    let of_errors = LineLayer { outlets: errors, clock: clock.clone() };
    let of_errors = settings.log_dir.is_some().then(|| of_errors.with_filter(LevelFilter::ERROR));
    // Tests start several apps in one process; the first one's log serves them all.
    let _ = tracing_subscriber::registry().with(all).with(of_errors).try_init();
    Ok(guard)
}

impl LogGuard {
    /// The newest lines.
    pub fn tail(&self) -> LogTail {
        self.tail.clone()
    }

    fn outlet<T>(&mut self, form: Form, target: T, clock: &Clock) -> Result<(Form, Queue), LogError>
    where
        T: io::Write + Send + 'static,
    {
        let clock = clock.clone();
        let lost = move |count| {
            form.warning(
                clock.now(),
                format_args!("{count} lines are missing here: the log could not be written in time"),
            )
        };
        let (queue, writer) = queue::start(target, lost).map_err(LogError::Thread)?;
        self.writers.push(writer);
        Ok((form, queue))
    }
}

#[cfg(test)]
mod tests;
