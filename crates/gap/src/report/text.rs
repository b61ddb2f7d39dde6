//! The report as lines of text, for the log.

use std::fmt::Write as _;
use std::time::Duration;

use tracing::{info, warn};

use super::totals::Amount;
use super::{Capacity, Report, Row, Scope};
use crate::app::App;

/// The target of these lines, by which the log knows to paint them.
pub const TARGET: &str = "gap::report";
/// Rows of each table.
const ROWS: usize = 5;

/// Writes the report into the log every so often, until shutdown.
pub fn begin(app: &App) {
    let minutes = app.settings.telemetry.usage_report_interval_minutes;
    if minutes == 0 {
        return;
    }
    let app_of_task = app.clone();
    app.lifecycle.every(Duration::from_mins(minutes.into()), move || {
        let app = app_of_task.clone();
        async move {
            match Report::make(&app, Scope::All).await {
                Ok(report) => {
                    for line in lines(&report) {
                        info!(target: TARGET, "{line}");
                    }
                }
                Err(error) => warn!("The usage report could not be made: {error}"),
            }
        }
    });
}

/// The report, line by line. Headings begin at the margin; what wants attention begins with `!`.
pub fn lines(report: &Report) -> Vec<String> {
    let mut lines = vec!["Usage report".to_owned()];
    for (name, stretch) in [("today", &report.day), ("7 days", &report.week), ("30 days", &report.month)] {
        lines.push(format!("  {name:<8} {}", sentence(&stretch.used)));
    }
    lines.push(format!(
        "  caches   {} of answers, {} tokens, ${} saved today",
        percent(report.cache.hit_rate),
        report.cache.tokens,
        dollars(report.cache.saved_nanos),
    ));
    table(&mut lines, "Models today", &report.models);
    let Some(pool) = &report.pool else { return lines };
    table(&mut lines, "Upstream keys today", &pool.upstream_keys);
    table(&mut lines, "Access keys today", &pool.access_keys);
    table(&mut lines, "Addresses today", &pool.addresses.day.by_requests);
    let keys = pool.keys;
    lines.push("Capacity today".to_owned());
    lines.push(format!(
        "  {} upstream keys: {} healthy, {} resting, {} disabled",
        keys.total, keys.healthy, keys.resting, keys.disabled
    ));
    lines.extend(pool.capacity.iter().map(capacity));
    let mut chosen: Vec<String> =
        pool.selection.chosen.iter().map(|(why, count)| format!("{} {count}", why.replace('_', " "))).collect();
    chosen.sort_unstable();
    if pool.selection.none > 0 {
        chosen.push(format!("no key {}", pool.selection.none));
    }
    if !chosen.is_empty() {
        lines.push(format!("  chosen since start: {}", chosen.join(", ")));
    }
    lines
}

fn table(lines: &mut Vec<String>, heading: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    lines.push(heading.to_owned());
    lines.extend(rows.iter().take(ROWS).map(|row| {
        let name = match row.label.as_deref().unwrap_or(&row.name) {
            "" => "(none)",
            name => name,
        };
        format!("  {name}: {}", sentence(&row.used))
    }));
    if rows.len() > ROWS {
        lines.push(format!("  and {} more", rows.len() - ROWS));
    }
}

fn sentence(used: &Amount) -> String {
    let mut text = format!("{} requests", used.requests);
    if used.failed > 0 {
        let _ = write!(text, " ({} failed)", used.failed);
    }
    let _ = write!(text, ", {} tokens in, {} out", used.prompt_tokens, used.output_tokens + used.thought_tokens);
    if used.cost_nanos > 0 {
        let _ = write!(text, ", ${}", dollars(used.cost_nanos));
    }
    text
}

fn capacity(capacity: &Capacity) -> String {
    let model = if capacity.model.is_empty() { "other calls" } else { &capacity.model };
    let mut text = match (capacity.left, capacity.capacity) {
        (Some(left), Some(all)) => format!("  {model}: {left} of {all} requests left"),
        _ => format!("  {model}: {} requests, daily limit unknown", capacity.used),
    };
    if let Some(load) = capacity.load {
        let _ = write!(text, ", the day needs {}", percent(load));
    }
    if let Some(dry_at) = capacity.dry_at {
        let _ = write!(text, ", runs dry at {dry_at:.0}");
    }
    if capacity.more_projects > 0 {
        let _ = write!(text, "; add keys of {} more projects", capacity.more_projects);
    }
    if capacity.dry_at.is_some() || capacity.more_projects > 0 { format!("!{text}") } else { text }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// Dollars to the hundredth of a cent.
fn dollars(nanos: i64) -> String {
    format!("{:.4}", nanos as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::super::{CacheSources, CacheUse, Stretch};
    use super::*;

    #[test]
    fn what_wants_attention_is_marked() {
        let mut tight = Capacity {
            model: "gemini-2.5-pro".to_owned(),
            used: 90,
            capacity: Some(100),
            left: Some(10),
            dry_at: None,
            load: Some(0.5),
            projects_without_limit: 0,
            more_projects: 0,
            advice: "enough",
        };
        assert_eq!(capacity(&tight), "  gemini-2.5-pro: 10 of 100 requests left, the day needs 50%");
        tight.more_projects = 2;
        tight.dry_at = Some("2026-06-15T20:00:00Z".parse().unwrap());
        let line = capacity(&tight);
        assert!(
            line.starts_with('!') && line.ends_with("runs dry at 2026-06-15T20:00:00Z; add keys of 2 more projects")
        );
    }

    #[test]
    fn a_users_report_says_nothing_of_the_pool() {
        let used = Amount { requests: 3, failed: 1, prompt_tokens: 10, cost_nanos: 1_234_500_000, ..Amount::default() };
        let stretch = Stretch { used, before: Amount::default() };
        let at = "2026-06-15T20:00:00Z".parse().unwrap();
        let cache = CacheUse { hit_rate: 0.25, tokens: 7, saved_nanos: 0, sources: CacheSources::default() };
        let models = vec![Row { name: "m".to_owned(), label: None, used }];
        let report =
            Report { at, day_began: at, day: stretch, week: stretch, month: stretch, models, cache, pool: None };
        let text = lines(&report).join("\n");
        assert!(text.contains("today    3 requests (1 failed), 10 tokens in, 0 out, $1.2345"), "{text}");
        assert!(text.contains("25% of answers") && !text.contains("Capacity"), "{text}");
    }
}
