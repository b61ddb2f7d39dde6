//! Documents that the code writes.

use std::fs;
use std::path::Path;

fn committed(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap_or_default()
}

#[test]
fn the_example_of_an_environment_is_fresh() {
    assert!(committed(".env.example") == gap::config::example(), "run `gap config example > .env.example`");
}

#[test]
fn the_reference_of_settings_is_fresh() {
    assert!(committed("docs/reference/config.md") == gap::config::reference(), "run `cargo xtask docs`");
}

#[test]
fn the_description_of_the_admin_api_is_fresh() {
    let description = gap::api::admin::routes().1.to_pretty_json().unwrap();
    assert!(committed("docs/reference/openapi.json").trim() == description, "run `cargo xtask docs`");
}

#[test]
fn every_variable_of_the_original_is_known() {
    let example = gap::config::example();
    for name in [
        "SECRET_KEY",
        "SECRET_KEY_PREVIOUS",
        "GEMINI_API_KEYS",
        "PASSWORD",
        "USERS_API_KEY",
        "ADMIN_API_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "KEY_STORAGE_MODE",
        "CONTEXT_STORAGE_MODE",
        "ENABLE_NATIVE_CACHING",
        "ENABLE_CONTEXT_COMPLETION",
        "MAX_REQUESTS_PER_MINUTE",
        "MAX_REQUESTS_PER_DAY_PER_IP",
        "MAX_INPUT_TOKENS_PER_DAY_PER_IP",
        "DISABLE_SAFETY_FILTERING",
        "PROTECT_STATUS_PAGE",
        "ACCESS_TOKEN_EXPIRE_MINUTES",
        "USAGE_REPORT_INTERVAL_MINUTES",
        "DEFAULT_MAX_CONTEXT_TOKENS",
        "CONTEXT_TOKEN_SAFETY_MARGIN",
        "DEFAULT_CONTEXT_TTL_DAYS",
        "MAX_CONTEXT_RECORDS_MEMORY",
        "STREAM_SAVE_REPLY",
        "LOG_DIR",
        "LOG_CLEANUP_DAYS",
        "PUBLIC_URL",
        "ENABLE_DOCS",
        "ROOT_PATH",
        "HOST",
        "PORT",
        "DEBUG",
        "LOG_LEVEL",
        "CORS_ORIGINS",
        "TRUSTED_PROXIES",
        "GEMINI_BASE_URL",
    ] {
        assert!(example.lines().any(|line| line.starts_with(&format!("#{name}="))), "{name}");
    }
}
