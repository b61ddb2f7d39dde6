//! Alerts: what an operator should hear of without looking, posted to an address of theirs.
//!
//! Three things are worth it: an upstream key that is out for good, a model whose quota will not last the day, and requests
//! that fail more than they should. They are looked for from time to time, beside the requests. The body is JSON; with
//! `alerts.secret` it is signed, so that the receiver can tell it from anybody's.
//!
//! ## Edges
//! - The same alert is not sent again before `alerts.cool_down` is over.
//! - The receiver is away: a few tries with growing pauses, then the log says so and the alert is given up.
//! - Keys that are out when GAP starts are old news.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use gap_pool::{KeyId, KeyState};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::Sha256;
use tracing::{info, warn};

use crate::app::App;
use crate::config::Alerts as Settings;
use crate::outbound::Outbound;

/// Says that the body comes from somebody who knows the secret: `sha256=` and HMAC-SHA256 of the body in hex.
pub const X_GAP_SIGNATURE: HeaderName = HeaderName::from_static("x-gap-signature");

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Tries of one alert.
const TRIES: u32 = 4;
/// The pause after the first of them that fails; each further one is five times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Alerts of one look; more say nothing more.
const MOST_AT_ONCE: usize = 20;

/// What the receiver gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// `key_disabled`, `quota_runs_dry` or `error_rate`.
    pub alert: &'static str,
    /// What it is about: a masked key, a model; empty for all.
    pub subject: String,
    /// What happened, for a person.
    pub message: String,
    /// When it was seen.
    pub at: Timestamp,
    /// Which GAP it was.
    pub version: &'static str,
}

/// Requests so far, and those that failed though their client asked rightly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All.
    pub requests: u64,
    /// Failed.
    pub failed: u64,
}

/// What has been seen.
#[derive(Debug, Default)]
pub struct Watch {
    disabled: Option<HashSet<KeyId>>,
    tallies: VecDeque<(Timestamp, Tally)>,
    /// When each alert was sent last.
    sent: HashMap<(&'static str, String), Timestamp>,
}

/// Looks for what is worth an alert until shutdown, if the settings name an address.
pub fn begin(app: &App, outbound: &Outbound) {
    if app.settings.alerts.url.is_none() {
        return;
    }
    let (app, outbound) = (app.clone(), outbound.clone());
    let lifecycle = app.lifecycle.clone();
    lifecycle.clone().spawn(async move {
        let mut watch = Watch::default();
        let going_round = async {
            loop {
                watch.round(&app, &outbound).await;
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::select! {
            () = lifecycle.stopping() => {}
            () = going_round => {}
        }
    });
}

// === impl Watch ===

impl Watch {
    /// Looks once, and sends what it finds.
    pub async fn round(&mut self, app: &App, outbound: &Outbound) {
        for alert in self.look(app) {
            deliver(&app.settings.alerts, outbound, &alert).await;
        }
    }

    fn look(&mut self, app: &App) -> Vec<Alert> {
        let now = app.clock.now();
        let mut found = self.disabled_keys(app);
        for forecast in app.keyring.outlook(app.books.since()) {
            if let (Some(dry_at), Some(left)) = (forecast.dry_at, forecast.left) {
                let message = format!(
                    "The quota of {} runs dry at {dry_at:.0} at the present rate: {left} requests are left today, keys of {} more projects are needed.",
                    forecast.model, forecast.more_projects
                );
                found.push(("quota_runs_dry", forecast.model, message));
            }
        }
        found.extend(self.error_rate(&app.settings.alerts, app.books.tally(), now));
        self.unless_sent(found, &app.settings.alerts, now)
    }

    /// Keys that are out for good and were not when it was looked last.
    fn disabled_keys(&mut self, app: &App) -> Vec<(&'static str, String, String)> {
        let known = self.disabled.as_ref();
        if known.is_some_and(|known| known.len() == app.keyring.summary().disabled) {
            return Vec::new();
        }
        let mut disabled = HashSet::new();
        let mut found = Vec::new();
        for key in app.keyring.keys() {
            let KeyState::Disabled { reason, .. } = &key.state else { continue };
            disabled.insert(key.id);
            if known.is_some_and(|known| !known.contains(&key.id)) {
                let reason = reason.name().replace('_', " ");
                let message = format!("The upstream key {} is out until somebody mends it: {reason}.", key.label);
                found.push(("key_disabled", key.label, message));
            }
        }
        self.disabled = Some(disabled);
        found
    }

    /// Whether more requests failed of late than should.
    fn error_rate(
        &mut self,
        settings: &Settings,
        tally: Tally,
        now: Timestamp,
    ) -> Option<(&'static str, String, String)> {
        let window = SignedDuration::try_from(settings.window).unwrap_or(SignedDuration::MAX);
        self.tallies.push_back((now, tally));
        // The newest of those that are old enough is where the window begins.
        while self.tallies.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= window) {
            self.tallies.pop_front();
        }
        let (_, before) = *self.tallies.front()?;
        let requests = tally.requests.saturating_sub(before.requests);
        let failed = tally.failed.saturating_sub(before.failed);
        let threshold = u64::from(settings.error_rate);
        if threshold == 0 || requests < settings.min_requests || failed * 100 < requests * threshold {
            return None;
        }
        let message = format!("{failed} of the last {requests} requests failed.");
        Some(("error_rate", String::new(), message))
    }

    /// Those that were not sent a while ago.
    fn unless_sent(
        &mut self,
        found: Vec<(&'static str, String, String)>,
        settings: &Settings,
        now: Timestamp,
    ) -> Vec<Alert> {
        let cool_down = SignedDuration::try_from(settings.cool_down).unwrap_or(SignedDuration::MAX);
        self.sent.retain(|_, at| now.duration_since(*at) < cool_down);
        let mut alerts = Vec::new();
        for (alert, subject, message) in found {
            if alerts.len() == MOST_AT_ONCE || self.sent.contains_key(&(alert, subject.clone())) {
                continue;
            }
            self.sent.insert((alert, subject.clone()), now);
            alerts.push(Alert { alert, subject, message, at: now, version: env!("CARGO_PKG_VERSION") });
        }
        alerts
    }
}

/// Posts an alert, several times if need be.
async fn deliver(settings: &Settings, outbound: &Outbound, alert: &Alert) {
    let Some(url) = &settings.url else { return };
    let Ok(body) = serde_json::to_vec(alert).map(Bytes::from) else { return };
    let mut headers = HeaderMap::new();
    if let Some(signature) = settings.secret.as_ref().and_then(|secret| signature(secret, &body)) {
        headers.insert(X_GAP_SIGNATURE, signature);
    }
    let mut pause = FIRST_PAUSE;
    for at in 1..=TRIES {
        match outbound.post(url.expose_secret(), headers.clone(), body.clone()).await {
            Ok(()) => {
                info!(alert = alert.alert, subject = alert.subject, "An alert was sent: {}", alert.message);
                return;
            }
            Err(error) if at < TRIES && error.may_pass() => {
                tokio::time::sleep(pause).await;
                pause *= 5;
            }
            Err(error) => {
                warn!(alert = alert.alert, "alerts.url takes no alert ({error}); it was: {}", alert.message);
                return;
            }
        }
    }
}

fn signature(secret: &SecretString, body: &[u8]) -> Option<HeaderValue> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(body);
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            url: None,
            secret: None,
            error_rate: 50,
            min_requests: 10,
            window: Duration::from_mins(5),
            cool_down: Duration::from_hours(1),
        }
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap()
    }

    #[test]
    fn an_error_rate_is_of_the_last_minutes_and_of_enough_requests() {
        let (mut watch, settings) = (Watch::default(), settings());
        let mut look = |requests, failed, minute| {
            watch.error_rate(&settings, Tally { requests, failed }, at(minute)).map(|(_, _, message)| message)
        };
        assert_eq!(look(0, 0, 0), None);
        assert_eq!(look(9, 9, 1), None, "too few to mean anything");
        assert_eq!(look(20, 12, 2).as_deref(), Some("12 of the last 20 requests failed."));
        assert_eq!(look(120, 12, 3), None);
        assert_eq!(
            look(131, 22, 9).as_deref(),
            Some("10 of the last 11 requests failed."),
            "minute 3 is the beginning"
        );
    }

    #[test]
    fn the_same_is_not_said_twice_in_a_while() {
        let (mut watch, settings) = (Watch::default(), settings());
        let found = || vec![("key_disabled", "AIza…1".to_owned(), "x".to_owned())];
        assert_eq!(watch.unless_sent(found(), &settings, at(0)).len(), 1);
        assert_eq!(watch.unless_sent(found(), &settings, at(59)).len(), 0);
        assert_eq!(watch.unless_sent(found(), &settings, at(60)).len(), 1);
        let many = (0..100).map(|key| ("key_disabled", format!("key {key}"), String::new())).collect();
        assert_eq!(watch.unless_sent(many, &settings, at(60)).len(), MOST_AT_ONCE);
    }

    #[test]
    fn a_signature_is_the_usual_one() {
        // RFC 4231, test case 2.
        let signed = signature(&SecretString::from("Jefe"), b"what do ya want for nothing?").unwrap();
        assert_eq!(signed, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
