//! What must hold between settings that are each valid alone, and what is valid but should be known.

use super::kinds::addresses::{DatabaseUrl, is_local};
use super::kinds::fallbacks;
use super::notice::{ConfigError, Notice};
use super::reader::Reader;
use super::settings::Settings;

/// Complains about settings that do not go together.
pub(super) fn relations(settings: &Settings, reader: &mut Reader) {
    let Settings { server, upstream, pool, auth, context, store, .. } = settings;
    let mut at_most = |holds: bool, small: &'static str, large: &'static str| {
        if !holds {
            reader.clash_of_order(small, large);
        }
    };
    // Each of them would otherwise never have an effect.
    at_most(server.open_after <= pool.deadline, "server.open_after", "pool.deadline");
    at_most(pool.max_wait <= pool.deadline, "pool.max_wait", "pool.deadline");
    at_most(pool.back_off_min <= pool.back_off_max, "pool.back_off_min", "pool.back_off_max");
    at_most(
        upstream.first_byte_timeout <= upstream.total_timeout,
        "upstream.first_byte_timeout",
        "upstream.total_timeout",
    );
    at_most(upstream.idle_timeout <= upstream.total_timeout, "upstream.idle_timeout", "upstream.total_timeout");
    // A body that may be kept but never fits would be refused with 503 for ever.
    at_most(server.replay_limit <= server.replay_budget, "server.replay_limit", "server.replay_budget");
    at_most(context.safety_margin <= context.max_tokens, "context.safety_margin", "context.max_tokens");
    if let Some(said) = fallbacks::fault_of(&pool.fallback_models) {
        reader.clash_within("pool.fallback_models", said);
    }
    if matches!(store.database_url, DatabaseUrl::Postgres(_))
        && auth.secret_key.is_none()
        && !reader.was_refused("auth.secret_key")
    {
        // Instances that share a database must be able to open each other's secrets.
        reader.errors.push(ConfigError {
            subject: "auth.secret_key is not set".to_owned(),
            source: None,
            said: "PostgreSQL requires SECRET_KEY; `openssl rand -hex 32` makes one".to_owned(),
        });
    }
}

/// Warns of what is valid and dangerous.
pub(super) fn exposures(settings: &Settings, reader: &mut Reader) {
    let mut warn = |setting: &str, said: &'static str| {
        if let Some(source) = reader.entry(setting).map(|entry| entry.source.clone()) {
            reader.warnings.push(Notice::Exposed { setting: setting.to_owned(), source, said });
        }
    };
    if settings.server.trusted_proxies.iter().any(|network| network.prefix_len() == 0) {
        warn("server.trusted_proxies", "every client may claim any address, so limits per address hold nobody back");
    }
    let base = &settings.upstream.base_url;
    if base.starts_with("http://") && !is_local(base) {
        warn("upstream.base_url", "upstream keys and requests cross the network unencrypted");
    }
}
