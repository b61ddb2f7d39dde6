//! What Linux tells of a process below `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context;

/// The kernel counts in hundredths of a second towards user space on every architecture that Rust's tier 1 has.
const TICKS_PER_SECOND: u64 = 100;

/// What the thread that keeps a database is called (sqlx names it so); the kernel cuts names off.
const DATABASE: &str = "sqlx-sqlite";

/// CPU time of a process up to now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CpuTime {
    /// Nanoseconds of each living thread: exact, but a thread that ends takes its share away.
    pub threads: BTreeMap<u32, u64>,
    /// Those of them that keep a database.
    pub database: BTreeSet<u32>,
    /// Ticks of the whole process, ended threads included: complete, but coarse.
    pub ticks: u64,
}

// === impl CpuTime ===

impl CpuTime {
    /// Reads the account of a process.
    pub(super) fn of(pid: u32) -> anyhow::Result<Self> {
        let stat = read(&format!("/proc/{pid}/stat"))?;
        let ticks = ticks(&stat).with_context(|| format!("/proc/{pid}/stat has another form: {stat}"))?;
        let (mut threads, mut database) = (BTreeMap::new(), BTreeSet::new());
        let folder = format!("/proc/{pid}/task");
        for entry in std::fs::read_dir(&folder).with_context(|| folder.clone())? {
            let Some(thread) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // A thread may end between the two looks; a kernel may be built without this file.
            let Ok(schedstat) = std::fs::read_to_string(format!("{folder}/{thread}/schedstat")) else { continue };
            threads.extend(nanoseconds(&schedstat).map(|time| (thread, time)));
            let name = std::fs::read_to_string(format!("{folder}/{thread}/comm")).unwrap_or_default();
            if name.starts_with(DATABASE) {
                database.insert(thread);
            }
        }
        Ok(Self { threads, database, ticks })
    }

    /// What the threads that keep a database have spent since `before`.
    pub(super) fn of_database_since(&self, before: &Self) -> Duration {
        Duration::from_nanos(self.database.iter().map(|thread| self.spent(*thread, before)).sum())
    }

    fn spent(&self, thread: u32, before: &Self) -> u64 {
        let time = |account: &Self| account.threads.get(&thread).copied().unwrap_or_default();
        time(self).saturating_sub(time(before))
    }

    /// What was spent since `before`: by the exact account if no thread is missing in it, else by the coarse one.
    pub(super) fn since(&self, before: &Self) -> Duration {
        let whole = !before.threads.is_empty() && before.threads.keys().all(|id| self.threads.contains_key(id));
        if !whole {
            return Duration::from_millis((self.ticks.saturating_sub(before.ticks)) * 1_000 / TICKS_PER_SECOND);
        }
        Duration::from_nanos(self.threads.keys().map(|thread| self.spent(*thread, before)).sum())
    }
}

/// Resident memory of a process in MB.
pub(super) fn resident_megabytes(pid: u32) -> anyhow::Result<f64> {
    let status = read(&format!("/proc/{pid}/status"))?;
    let kibibytes = field(&status, "VmRSS:").and_then(|value| value.strip_suffix(" kB")?.trim().parse::<u64>().ok());
    Ok(kibibytes.with_context(|| format!("/proc/{pid}/status names no VmRSS"))? as f64 * 1_024.0 / 1e6)
}

/// The cores that this process may run on.
pub(super) fn allowed_cores() -> Vec<u32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    field(&status, "Cpus_allowed_list:").map(cores).unwrap_or_default()
}

/// User and system time out of `/proc/PID/stat`. The name in the parentheses may hold anything, parentheses too.
pub(super) fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    user.checked_add(system)
}

/// Time on a core out of `/proc/PID/task/TID/schedstat`.
pub(super) fn nanoseconds(schedstat: &str) -> Option<u64> {
    schedstat.split_ascii_whitespace().next()?.parse().ok()
}

/// A field of a file of lines `name: value`.
pub(super) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

/// A list such as `0-2,5`; what is not understood is left out.
pub(super) fn cores(list: &str) -> Vec<u32> {
    let range = |range: &str| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.to_owned())
}
