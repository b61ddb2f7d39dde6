use proptest::prelude::*;
use rstest::rstest;
use secrecy::ExposeSecret;

use super::*;

fn env(pairs: &[(&str, &str)]) -> Inputs {
    pairs.iter().fold(Inputs::default(), |inputs, (name, value)| inputs.with_env(name, *value))
}

fn files(dot_env: &str, gap_toml: &str) -> Files {
    Files { dot_env: Some(dot_env.into()), gap_toml: Some(gap_toml.into()) }
}

fn loaded(inputs: Inputs, files: &Files) -> Loaded {
    resolve(inputs, files, Vec::new()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn complaints(inputs: Inputs, files: &Files) -> Vec<String> {
    let errors = resolve(inputs, files, Vec::new()).expect_err("nothing is wrong");
    errors.iter().map(ToString::to_string).collect()
}

fn warnings(loaded: &Loaded) -> Vec<String> {
    loaded.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_defaults_are_valid_and_complete() {
    let loaded = defaults();
    let catalog = Catalog::new();
    let names: Vec<&str> = loaded.entries.iter().map(|entry| entry.name).collect();
    for item in &catalog.items {
        assert!(names.contains(&&*item.name), "{} is in the file and nobody reads it", item.name);
        assert!(!item.meaning.is_empty(), "{} has no meaning", item.name);
    }
    assert_eq!(names.len(), catalog.items.len());
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let Settings { server, pool, auth, limits, .. } = loaded.settings;
    assert_eq!((server.port, server.docs, limits.requests_per_minute), (7860, true, 60));
    assert!(pool.keys.is_empty() && auth.passwords.is_empty());
}

#[test]
fn every_variable_names_one_setting() {
    let catalog = Catalog::new();
    let mut names: Vec<String> = catalog.items.iter().flat_map(catalog::Item::variables).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn a_missing_feature_is_one_of_the_settings() {
    for notice in not_yet::names() {
        assert!(Catalog::new().find(notice).is_some(), "{notice}");
    }
}

#[test]
fn nearer_places_win() {
    let files = files("PORT=2\nLOG_LEVEL=warn", "[server]\nport = 1\nkeep_alive = \"7s\"");
    let port = |inputs: Inputs| {
        let loaded = loaded(inputs, &files);
        (loaded.settings.server.port, loaded.entry("server.port").unwrap().source.to_string())
    };
    assert_eq!(port(Inputs::default()), (2, ".env:1 PORT".to_owned()));
    assert_eq!(port(env(&[("PORT", "3")])), (3, "env PORT".to_owned()));
    let both = env(&[("PORT", "3"), ("GAP_SERVER__PORT", "4")]);
    assert_eq!(port(both.clone()), (4, "env GAP_SERVER__PORT".to_owned()));
    assert_eq!(port(both.with_override("server.port", "5")), (5, "command line".to_owned()));
    let loaded = loaded(Inputs::default().with_default("server.keep_alive", "1s"), &files);
    assert_eq!(loaded.settings.server.keep_alive.as_secs(), 7, "a mode's default is a default");
}

#[test]
fn empty_is_not_set() {
    let files = files("GEMINI_API_KEYS=\nPORT=''", "[server]\nport = 9");
    let loaded = loaded(env(&[("PORT", "  "), ("SECRET_KEY", "")]), &files);
    assert_eq!(loaded.settings.server.port, 9);
    assert!(loaded.settings.auth.secret_key.is_none() && loaded.settings.pool.keys.is_empty());
}

#[test]
fn lists_of_one_place_add_up_and_count_once() {
    let inputs = env(&[("ADMIN_API_KEY", "a1,a2"), ("ADMIN_TOKEN", "t1\na1"), ("GEMINI_API_KEYS", "k1, k2\nk3,,k1")]);
    let loaded = loaded(inputs, &Files::default());
    let plain = |secrets: &[secrecy::SecretString]| {
        secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(plain(&loaded.settings.auth.admin_api_keys), ["a1", "a2", "t1"]);
    let keys: Vec<_> = loaded.settings.pool.keys.iter().map(|key| key.secret.clone()).collect();
    assert_eq!(plain(&keys), ["k1", "k2", "k3"]);
    assert_eq!(warnings(&loaded).len(), 2, "{:?}", warnings(&loaded));
}

#[test]
fn all_errors_come_at_once_with_name_value_place_and_remedy() {
    let files =
        files("GAP_POOL__MAX_ATTEMTS=3\nnonsense", "[limits]\nrequsts_per_minute = 1\n[pool]\nmax_wait = \"20m\"");
    let said = complaints(env(&[("LOG_LEVEL", "loud"), ("GEMINI_BASE_URL", "https://x/v1beta")]), &files);
    insta::assert_snapshot!(said.join("\n"), @r"
    malformed line (.env:2): a line is NAME=value; a value of several lines wants quotes
    unknown setting pool.max_attemts (.env:1 GAP_POOL__MAX_ATTEMTS): did you mean GAP_POOL__MAX_ATTEMPTS?
    unknown setting limits.requsts_per_minute (gap.toml:2): did you mean requests_per_minute?
    upstream.base_url = https://x/v1beta (env GEMINI_BASE_URL): must not end in a version: every request brings its own
    telemetry.log_level = loud (env LOG_LEVEL): takes off, error, warn, info, debug or trace, or by part, such as info,gap=debug
    pool.max_wait = 20m (gap.toml:4): must be at most pool.deadline = 600s (default)
    ");
}

#[test]
fn other_programs_variables_are_left_alone() {
    let inputs = env(&[
        ("HOST", "my-machine"),
        ("PORT", "tcp://10.0.0.1:80"),
        ("DEBUG", "express:*"),
        ("GAP_VERSION", "1"),
        ("SERVER_PORT", "x"),
    ]);
    let loaded = loaded(inputs, &Files::default());
    assert_eq!(loaded.settings.server.port, 7860);
    insta::assert_snapshot!(warnings(&loaded).join("\n"), @r"
    server.host = my-machine (env HOST) is not for GAP; 0.0.0.0 (default) is used
    server.port = tcp://10.0.0.1:80 (env PORT) is not for GAP; 7860 (default) is used
    telemetry.debug = express:* (env DEBUG) is not for GAP; false (default) is used
    ");
}

#[test]
fn features_to_come_are_named() {
    let inputs = env(&[("REDIS_URL", "redis://:hunter2@h"), ("ENABLE_NATIVE_CACHING", "TRUE"), ("ENABLE_DOCS", "no")]);
    let loaded = loaded(inputs, &Files::default());
    assert_eq!(
        warnings(&loaded),
        ["REDIS_URL (env REDIS_URL) has no effect yet: sharing between instances is not built"]
    );
}

#[rstest]
#[case("PASSWORD", "hunter2hunter2")]
#[case("SECRET_KEY", "hunter2-0123456789-0123456789-0123456789")]
#[case("SECRET_KEY", "hunter2")]
#[case("GEMINI_API_KEYS", "hunter2 with a blank")]
#[case("DATABASE_URL", "postgresql+asyncpg://u:hunter2@h/d?ssl=require")]
#[case("DATABASE_URL", "mysql://u:hunter2@h/d")]
#[case("REDIS_URL", "redis://:hunter2@h:6379/0")]
#[case("REDIS_URL", "http://:hunter2@h")]
#[case("GEMINI_BASE_URL", "https://u:hunter2@h")]
fn a_secret_is_never_repeated(#[case] name: &str, #[case] value: &str) {
    let said = match resolve(env(&[(name, value)]), &Files::default(), Vec::new()) {
        Ok(loaded) => format!("{}{loaded:?}", print(&loaded)),
        Err(errors) => format!("{errors}{errors:?}"),
    };
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn postgresql_wants_a_secret_key() {
    let url = ("DATABASE_URL", "postgresql://u:p@h/d");
    let said = complaints(env(&[url]), &Files::default());
    assert_eq!(said, ["auth.secret_key is not set: PostgreSQL requires SECRET_KEY; `openssl rand -hex 32` makes one"]);
    let with = env(&[url, ("SECRET_KEY", "0123456789abcdef0123456789abcdef")]);
    assert!(loaded(with, &Files::default()).settings.wants_database());
}

#[rstest]
#[case("sqlite:///./data/x.db", "sqlite://./data/x.db")]
#[case("sqlite+aiosqlite:///./data/x.db", "sqlite://./data/x.db")]
#[case("sqlite+aiosqlite:////abs/x.db", "sqlite:///abs/x.db")]
#[case("sqlite://data/x.db", "sqlite://data/x.db")]
#[case("sqlite::memory:", "sqlite::memory:")]
fn databases_are_spelled_in_many_ways(#[case] url: &str, #[case] shown: &str) {
    let loaded = loaded(env(&[("DATABASE_URL", url)]), &Files::default());
    assert_eq!(loaded.settings.store.database_url.shown(), shown);
}

#[test]
fn an_open_door_is_said() {
    let loaded = loaded(
        env(&[("TRUSTED_PROXIES", "0.0.0.0/0"), ("GEMINI_BASE_URL", "http://mirror.example.org")]),
        &Files::default(),
    );
    let said = warnings(&loaded).join("\n");
    assert!(said.contains("hold nobody back") && said.contains("unencrypted"), "{said}");
}

#[test]
fn debug_speaks_of_our_own_steps_alone() {
    let level = |pairs: &[(&str, &str)]| loaded(env(pairs), &Files::default()).settings.telemetry.log_level;
    assert_eq!(level(&[("DEBUG", "1")]), "info,gap=debug");
    assert_eq!(level(&[("DEBUG", "1"), ("LOG_LEVEL", "WARNING")]), "warn");
}

#[test]
fn a_file_that_is_no_text_is_named() {
    let files = Files { dot_env: Some(b"A=1\n\xFF".to_vec()), gap_toml: Some(b"port = = 1".to_vec()) };
    let said = complaints(Inputs::default(), &files);
    assert!(said[0].starts_with(".env (.env:2): is not UTF-8"), "{said:?}");
    assert!(said[1].starts_with("malformed TOML (gap.toml:1): "), "{said:?}");
}

#[test]
fn what_is_printed_names_every_setting_and_marks_what_was_set() {
    let loaded = loaded(env(&[("PORT", "7861")]), &Files::default());
    let printed = print(&loaded);
    for entry in &loaded.entries {
        assert!(printed.contains(entry.name), "{}", entry.name);
    }
    let line = printed.lines().find(|line| line.starts_with("server.port ")).unwrap();
    assert!(line.contains(" 7861 ") && line.ends_with("* env PORT"), "{line}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(dot_env in ".{0,200}", gap_toml in ".{0,200}", name in "[A-Z_]{1,20}", value in ".{0,40}") {
        let _ = resolve(env(&[(&name, &value)]), &files(&dot_env, &gap_toml), Vec::new());
    }

    #[test]
    fn no_value_of_any_setting_makes_it_panic(index in 0_usize..60, value in ".{0,40}") {
        let catalog = Catalog::new();
        let item = &catalog.items[index % catalog.items.len()];
        let _ = resolve(env(&[(&item.variable(), &value)]), &Files::default(), Vec::new());
    }
}

#[test]
fn a_name_that_is_nearly_a_setting_is_pointed_out_where_it_must_be_ours() {
    let dot_env = "GEMINI_API_KEY=AIzaSecret\nPASSWORDS=x\nSECRETKEY=y\ngemini_api_keys=z\nNODE_ENV=production\n";
    let said = warnings(&loaded(env(&[("GEMINI_API_KEY", "foreign"), ("GAP_PORT", "1")]), &files(dot_env, "")));
    assert_eq!(
        said,
        [
            "env GAP_PORT is no setting; did you mean PORT?",
            ".env:1 GEMINI_API_KEY is no setting; did you mean GEMINI_API_KEYS?",
            ".env:2 PASSWORDS is no setting; did you mean PASSWORD?",
            ".env:3 SECRETKEY is no setting; did you mean SECRET_KEY?",
            ".env:4 gemini_api_keys is no setting; did you mean GEMINI_API_KEYS?",
        ]
    );
    let both = warnings(&loaded(env(&[]), &files("GEMINI_API_KEY=a1234567\nGEMINI_API_KEYS=b1234567\n", "")));
    assert!(both.iter().all(|said| !said.contains("did you mean")), "{both:?}");
}
