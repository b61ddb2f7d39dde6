//! How often somebody may guess.
//!
//! Both judges count per client address, so a wrong password from one address never keeps another out.
//!
//! [`Throttle`] stands before the login: after a few failures every further one makes the next attempt wait twice as long,
//! until a success or an hour without one.
//!
//! [`Guesses`] stands before the access keys of the environment, which people choose and which may be short: a bucket
//! that wrong keys fill and time empties. Stored access keys and sessions cannot be guessed, so they are not asked. A client
//! that is misconfigured and asks all day with a wrong key harms nobody behind the same address.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clients::{Client, Clients, Remembered};

/// Clients that are remembered.
const MOST_CLIENTS: usize = 16_384;
/// Failures that cost nothing: people mistype.
const FREE: u32 = 3;
/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// After so long without a failure everything is forgotten.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Wrong keys at once.
const MOST_GUESSES: u32 = 120;
/// Wrong keys that are forgiven in a minute.
const FORGIVEN: u32 = 120;

/// Makes those wait who fail to log in.
#[derive(Debug)]
pub struct Throttle {
    clients: Clients<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    /// The last one.
    at: Timestamp,
}

/// Counts wrong access keys.
#[derive(Debug)]
pub struct Guesses {
    clients: Clients<Level>,
}

#[derive(Debug, Default)]
struct Level {
    /// In thousandths of a guess, at the time of the last one.
    thousandths: u64,
    at: Timestamp,
}

// === impl Throttle ===

impl Default for Throttle {
    fn default() -> Self {
        Self { clients: Clients::new(MOST_CLIENTS) }
    }
}

impl Throttle {
    /// Attempts something, unless the client has to wait. `attempt` says what came of it; an error is a failure.
    ///
    /// One attempt of a client at a time: many at once count as many.
    pub fn attempt<T, E>(
        &self,
        client: Client,
        now: Timestamp,
        attempt: impl FnOnce() -> Result<T, E>,
    ) -> Result<Result<T, E>, Duration> {
        let attempted = self.clients.with(client, now, |failures| {
            if failures.is_over(now) {
                failures.count = 0;
            }
            let wait = failures.waits_until().duration_since(now);
            if failures.count > 0 && wait.is_positive() {
                return Err(wait.unsigned_abs());
            }
            let came_of_it = attempt();
            if came_of_it.is_err() {
                failures.count = failures.count.saturating_add(1);
                failures.at = now;
            }
            Ok(came_of_it)
        });
        if matches!(attempted, Ok(Ok(_))) {
            self.clients.forget(client);
        }
        attempted
    }

    /// Forgets whom it need not remember.
    pub fn sweep(&self, now: Timestamp) {
        self.clients.sweep(now);
    }
}

impl Failures {
    /// When the next attempt may come.
    fn waits_until(&self) -> Timestamp {
        let Some(beyond) = self.count.checked_sub(FREE) else { return self.at };
        let wait = Duration::from_secs(1).saturating_mul(2_u32.saturating_pow(beyond.min(20)));
        self.at.saturating_add(wait.min(LONGEST_WAIT)).unwrap_or(Timestamp::MAX)
    }
}

impl Remembered for Failures {
    fn is_over(&self, now: Timestamp) -> bool {
        self.count == 0 || now.duration_since(self.at) > FORGOTTEN_AFTER
    }

    fn weight(&self, _: Timestamp) -> u64 {
        self.count.into()
    }
}

// === impl Guesses ===

impl Default for Guesses {
    fn default() -> Self {
        Self { clients: Clients::new(MOST_CLIENTS) }
    }
}

impl Guesses {
    /// How long the client has to wait until its next key is looked at; none when it need not.
    pub fn wait(&self, client: Client, now: Timestamp) -> Option<Duration> {
        let level = self.clients.find(client, |level| level.now(now))?;
        let over = (level + 1_000).checked_sub(u64::from(MOST_GUESSES) * 1_000).filter(|over| *over > 0)?;
        Some(Duration::from_millis(over * 60 / u64::from(FORGIVEN)))
    }

    /// The client presented a wrong key.
    pub fn note(&self, client: Client, now: Timestamp) {
        self.clients.with(client, now, |level| *level = Level { thousandths: level.now(now) + 1_000, at: now });
    }

    /// Forgets whom it need not remember.
    pub fn sweep(&self, now: Timestamp) {
        self.clients.sweep(now);
    }
}

impl Level {
    fn now(&self, now: Timestamp) -> u64 {
        let passed = u64::try_from(now.duration_since(self.at).as_millis()).unwrap_or_default();
        self.thousandths.saturating_sub(passed.saturating_mul(FORGIVEN.into()) / 60)
    }
}

impl Remembered for Level {
    fn is_over(&self, now: Timestamp) -> bool {
        self.now(now) == 0
    }

    fn weight(&self, now: Timestamp) -> u64 {
        self.now(now)
    }
}

#[cfg(test)]
mod tests;
