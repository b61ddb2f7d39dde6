//! Where the figures come from.

use std::process::{Command, Stdio};

use serde::Serialize;

use crate::table::proc;

/// The machine, as far as it matters for the figures.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    processor: String,
    kernel: String,
    allowed_cores: Vec<u32>,
    /// Where processes are pinned; `None` if there is one core only or no `taskset`.
    cores: Option<Cores>,
}

/// Who runs where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Cores {
    /// The client and the fake upstream.
    pub client: u32,
    /// The proxies.
    pub proxy: u32,
}

// === impl Machine ===

impl Machine {
    pub(super) fn look() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let cpu = read("/proc/cpuinfo");
        let name = proc::field(&cpu, "model name").map(|name| name.trim_start_matches([':', ' ']));
        let allowed_cores = proc::allowed_cores();
        let cores = match *allowed_cores {
            [client, proxy, ..] if has_taskset() => Some(Cores { client, proxy }),
            _ => None,
        };
        Self {
            processor: name.unwrap_or("an unknown processor").to_owned(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            allowed_cores,
            cores,
        }
    }

    pub(super) fn cores(&self) -> Option<Cores> {
        self.cores
    }

    /// In a sentence.
    pub(super) fn describe(&self) -> String {
        let count = self.allowed_cores.len();
        let pinned = match self.cores {
            Some(Cores { client, proxy }) => {
                format!("the proxies on core {proxy}, client and upstream on core {client}")
            }
            None => "nothing pinned (that needs two cores and `taskset`), so expect noise".to_owned(),
        };
        format!("{}, {count} cores, Linux {}; {pinned}.", self.processor, self.kernel)
    }
}

fn has_taskset() -> bool {
    let quiet = || Stdio::null();
    Command::new("taskset")
        .arg("--version")
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .status()
        .is_ok_and(|status| status.success())
}
