//! The binary itself: how it starts, what it says, how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use insta::assert_snapshot;

use crate::support::app::ACCESS_KEY;
use crate::support::client::{Client, within};
use crate::support::{EVENTS, UNARY, prompt};

pub(crate) fn gap(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gap"));
    command.args(arguments).current_dir(dir).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A gateway on a port of its own; killed when dropped.
struct Running {
    child: Child,
    address: std::net::SocketAddr,
    /// What it has said until it listened.
    heard: String,
    rest: BufReader<std::process::ChildStderr>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut rest = BufReader::new(child.stderr.take().unwrap());
        let mut heard = String::new();
        let address = loop {
            let mut line = String::new();
            assert_ne!(rest.read_line(&mut line).unwrap(), 0, "ended: {heard}");
            heard.push_str(&line);
            if let Some((_, address)) = line.split_once("listens on http://") {
                break address.split_whitespace().next().unwrap().parse().unwrap();
            }
        };
        Self { child, address, heard, rest }
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Its exit code, and what else it has said.
    fn end(&mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.rest.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn help_and_version_help() {
    let dir = tempfile::tempdir().unwrap();
    let help = said(&gap(dir.path(), &["--help"]).output().unwrap());
    for command in ["serve", "demo", "simulate", "config", "healthcheck"] {
        assert!(help.contains(command), "{help}");
    }
    assert!(said(&gap(dir.path(), &["--version"]).output().unwrap()).starts_with("gap "));
    assert_eq!(gap(dir.path(), &["srve"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("gap.toml"), "[limits]\nrequests_per_minut = 5\n").unwrap();
    fs::write(dir.path().join(".env"), "SECRET_KEY=hunter2\n").unwrap();
    for arguments in [&["serve"][..], &["config", "check"]] {
        let mut command = gap(dir.path(), arguments);
        let output = command.env("GAP_POOL__MAX_ATTEMPTS", "0").env("LOG_LEVEL", "loud").output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = said(&output);
        assert!(!said.contains("hunter2"));
        insta::allow_duplicates! {
            assert_snapshot!(said, @r"
            error: unknown setting limits.requests_per_minut (gap.toml:2): did you mean requests_per_minute?
            error: pool.max_attempts = 0 (env GAP_POOL__MAX_ATTEMPTS): must be at least 1
            error: auth.secret_key = set (7 characters) (.env:1 SECRET_KEY): must have at least 32 bytes; `openssl rand -hex 32` makes one
            error: telemetry.log_level = loud (env LOG_LEVEL): takes off, error, warn, info, debug or trace, or by part, such as info,gap=debug
            ");
        }
    }
}

#[test]
fn a_busy_port_is_the_configurations_fault() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = gap(dir.path(), &["serve", "--host", "127.0.0.1", "--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = said(&output).replace(&port, "PORT");
    assert!(said.contains("error: ") && said.contains("Address already in use") && said.contains("--port"), "{said}");
    assert!(!said.contains("access key"), "a password that will never work is not shown: {said}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let folder = dir.path().join("file/data");
    let output = gap(dir.path(), &["serve"])
        .env("KEY_STORAGE_MODE", "database")
        .env("GAP_STORE__DATA_DIR", &folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("give GAP_STORE__DATA_DIR a folder"), "{}", said(&output));
    let output = gap(dir.path(), &["serve"]).env("LOG_DIR", &folder).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("LOG_DIR"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_configuration_it_starts_closed_and_shows_a_password_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut running = Running::start(gap(dir.path(), &["serve", "--host", "127.0.0.1", "--port", "0"]));
    let (_, password) = running.heard.lines().next().unwrap().rsplit_once(' ').unwrap();
    assert!(running.heard.starts_with("No PASSWORD is set."), "{}", running.heard);
    assert_eq!(Client::new(running.address, None).get("/v1beta/models").await.status, 401);
    let reply = Client::new(running.address, Some(password)).get("/v1beta/models").await;
    assert_eq!(reply.status, 503, "there is no upstream key");
    running.signal("-TERM");
    let password = password.to_owned();
    let (code, rest) = running.end();
    assert_eq!(code, Some(0));
    assert!(!rest.contains(&password));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_database_asked_for_the_secrets_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = gap(dir.path(), &["serve", "--host", "127.0.0.1", "--port", "0"]);
        command.env("CONTEXT_STORAGE_MODE", "database").env("LOG_DIR", "logs");
        command.env("REDIS_URL", "redis://127.0.0.1:1");
        Running::start(command)
    };
    let mut running = start();
    let file = dir.path().join("data/initial-password");
    let password = fs::read_to_string(&file).unwrap().trim().to_owned();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(dir.path().join("data/secret-key")).unwrap().permissions().mode() & 0o777, 0o600);
    running.signal("-TERM");
    let (code, rest) = running.end();
    assert_eq!(code, Some(0));
    let all = format!("{}{rest}{}", running.heard, fs::read_to_string(dir.path().join("logs/app.log")).unwrap());
    assert!(!all.contains(&password), "{all}");
    assert!(all.contains("REDIS_URL") && all.contains("sharing between instances is not built"), "{all}");

    let mut again = start();
    assert_eq!(Client::new(again.address, Some(&password)).get("/v1beta/models").await.status, 503, "it still holds");
    again.signal("-INT");
    assert_eq!(again.end().0, Some(0));
}

fn demo(dir: &Path) -> Running {
    Running::start(gap(dir, &["demo", "--host", "127.0.0.1", "--port", "0"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_needs_nothing_and_says_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut running = demo(dir.path());
    let client = Client::new(running.address, Some("demo"));
    assert_eq!(client.post(UNARY, prompt("hi")).await.status, 200);
    assert_eq!(client.get("/healthz").await.json()["mode"], "demo");
    assert!(client.get("/healthz").await.json()["warning"].as_str().unwrap().contains("DEMO"));
    let url = format!("http://{}", running.address);
    assert!(gap(dir.path(), &["healthcheck", "--url", &url]).output().unwrap().status.success());
    running.signal("-TERM");
    let (code, rest) = running.end();
    assert_eq!(code, Some(0));
    assert!(rest.contains("DEMO MODE"), "{rest}");
    assert_eq!(gap(dir.path(), &["healthcheck", "--url", &url]).output().unwrap().status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_signal_lets_answers_finish_and_the_second_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut running = demo(dir.path());
    let client = Client::new(running.address, Some("demo"));
    let story = "[[sim: chunks=20 delay_ms=30]] Tell me a story.";
    let response = within(client.begin(http::Method::POST, EVENTS, prompt(story))).await;
    running.signal("-TERM");
    let body = within(http_body_util::BodyExt::collect(response.into_body())).await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains(r#""finishReason": "STOP""#));
    assert_eq!(running.end().0, Some(0));

    let mut running = demo(dir.path());
    let client = Client::new(running.address, Some(ACCESS_KEY)).header("x-goog-api-key", "demo");
    let endless = "[[sim: chunks=100000 delay_ms=50]] Tell me a story.";
    let _open = within(client.begin(http::Method::POST, EVENTS, prompt(endless))).await;
    running.signal("-TERM");
    let mut line = String::new();
    while !line.contains("Asked to stop") {
        line.clear();
        assert_ne!(running.rest.read_line(&mut line).unwrap(), 0);
    }
    running.signal("-TERM");
    assert_eq!(running.end().0, Some(130));
}

#[test]
fn settings_whose_feature_is_to_come_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let output = gap(dir.path(), &["config", "check"])
        .env("REDIS_URL", "redis://h")
        .env("PORT", "tcp://10.0.0.1:80")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_snapshot!(said(&output), @r"
    warning: server.port = tcp://10.0.0.1:80 (env PORT) is not for GAP; 7860 (default) is used
    warning: REDIS_URL (env REDIS_URL) has no effect yet: sharing between instances is not built
    The configuration is valid.
    ");
}

#[test]
fn the_simulator_runs_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = gap(dir.path(), &["simulate", "--port", "0", "--tls-cert", "cert.pem"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("The simulator listens on https://127.0.0.1:"), "{line}");
    assert!(fs::read_to_string(dir.path().join("cert.pem")).unwrap().contains("BEGIN CERTIFICATE"));
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let output = gap(dir.path(), &["simulate", "--options", "none.json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--options none.json"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_door_is_shut_readiness_says_so_and_everything_works() {
    let dir = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = gap(dir.path(), &["demo", "--host", "127.0.0.1", "--port", "0"]);
        command.env("GAP_SERVER__DRAIN_NOTICE", "10m");
        Running::start(command)
    };
    let mut running = start();
    assert_eq!(Client::new(running.address, None).get("/readyz").await.status, 200);
    running.signal("-TERM");
    let told = async { while Client::new(running.address, None).get("/readyz").await.status != 503 {} };
    within(told).await;
    assert_eq!(Client::new(running.address, None).get("/healthz").await.status, 200, "it lives");
    assert_eq!(Client::new(running.address, Some("demo")).post(UNARY, prompt("hi")).await.status, 200);
    running.signal("-TERM");
    assert_eq!(running.end().0, Some(130));

    // Who stops it at a terminal does not wait.
    let mut running = start();
    running.signal("-INT");
    assert_eq!(running.end().0, Some(0));
}

#[test]
fn a_name_that_is_nearly_a_setting_is_pointed_out() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".env"), "GEMINI_API_KEY=AIzaSyHidden\nUNRELATED=1\n").unwrap();
    let output = gap(dir.path(), &["config", "check"]).output().unwrap();
    assert!(output.status.success());
    assert_snapshot!(said(&output), @r"
    warning: .env:1 GEMINI_API_KEY is no setting; did you mean GEMINI_API_KEYS?
    The configuration is valid.
    ");
}
