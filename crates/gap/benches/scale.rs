//! A hundred thousand upstream keys, sealed in a SQLite file: how long a start takes until all of them are open, and how
//! long the page waits for a list of them. The goals: all open within 3 s, and a list within 50 ms for 95 of 100.
//!
//! `cargo bench -p gap --bench scale`; every figure is a time on the clock, so a busy machine tells another tale.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot go on ends, and says what it found")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use gap::app::{App, Mode};
use gap::clock::Clock;
use gap::config::{self, Inputs, Loaded};
use gap::lifecycle::Lifecycle;
use gap::live::Live;
use gap::{database, router, server};
use gap_store::upstream_keys::{KeyDetails, NewUpstreamKey};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use uuid::Uuid;

const KEYS: usize = 100_000;
const AT_A_TIME: usize = 5_000;
const ADMIN: &str = "the-administrators-key";
/// What people do with a long list.
const QUESTIONS: [&str; 6] = [
    "page=1",
    "page=1000&page_size=100",
    "sort=label&order=desc",
    "state=ready&sort=last_used&order=desc",
    "q=key%20of%20team%2077",
    "state=disabled",
];
const ASKED: usize = 40;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(fill(folder.path()));

    let (clock, lifecycle) = (Clock::system(), Lifecycle::default());
    let began = Instant::now();
    let (app, address) = runtime.block_on(start(folder.path(), &clock, &lifecycle));
    let serving = began.elapsed();
    while app.roster.count() < KEYS {
        std::thread::sleep(Duration::from_millis(5));
        assert!(began.elapsed() < Duration::from_mins(2), "{} keys are open", app.roster.count());
    }
    println!("start: serving after {serving:.0?}, {KEYS} sealed keys open after {:.2?}", began.elapsed());

    let mut client = Client::new(address);
    for question in QUESTIONS {
        let mut times: Vec<Duration> = (0..ASKED).map(|_| client.list(question)).collect();
        times.sort_unstable();
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
        println!("list of {KEYS}, {question}: p50 {:.1?}, p95 {:.1?}", at(50), at(95));
    }
    drop(app);
    runtime.block_on(lifecycle.finish(Duration::from_secs(5)));
}

fn settings(folder: &Path) -> Loaded {
    let inputs = Inputs { dir: folder.to_owned(), ..Inputs::default() }
        .with_override("store.database_url", format!("sqlite://{}/gap.db", folder.display()))
        .with_override("store.data_dir", folder.display().to_string())
        .with_override("store.key_storage_mode", "database")
        .with_override("auth.secret_key", "0123456789abcdef0123456789abcdef")
        .with_override("auth.admin_api_keys", ADMIN)
        .with_override("server.host", "127.0.0.1");
    config::load(inputs).unwrap()
}

async fn fill(folder: &Path) {
    let store = database::open(&settings(folder).settings, &Clock::system()).await.unwrap();
    let began = Instant::now();
    for first in (0..KEYS).step_by(AT_A_TIME) {
        let key = |number: usize| NewUpstreamKey {
            id: Uuid::now_v7(),
            secret: SecretString::from(format!("AIzaSy-made-up-for-a-bench-{number:012}")),
            details: KeyDetails { label: format!("key of team {}", number % 1_000), ..KeyDetails::default() },
        };
        let keys: Vec<_> = (first..first + AT_A_TIME).map(key).collect();
        store.upstream_keys().insert_many(&keys, Clock::system().now()).await.unwrap();
    }
    println!("import: {KEYS} keys sealed and written in {:.2?}", began.elapsed());
    store.close().await;
}

async fn start(folder: &Path, clock: &Clock, lifecycle: &Lifecycle) -> (App, SocketAddr) {
    let loaded = settings(folder);
    let store = database::open(&loaded.settings, clock).await.unwrap();
    let app = App::build(Live::new(loaded), store, Mode::Live, clock.clone(), lifecycle.clone()).unwrap();
    app.open().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = router::front_door(&app);
    lifecycle.spawn({
        let (app, lifecycle) = (app.clone(), lifecycle.clone());
        async move { server::serve(listener, door, &app.settings.server, &lifecycle).await }
    });
    (app, address)
}

/// One connection, one request at a time.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn new(address: SocketAddr) -> Self {
        Self { stream: BufReader::new(TcpStream::connect(address).unwrap()) }
    }

    /// How long a list takes, to its last byte.
    fn list(&mut self, question: &str) -> Duration {
        let request =
            format!("GET /api/v1/keys?{question} HTTP/1.1\r\nhost: gap\r\nauthorization: Bearer {ADMIN}\r\n\r\n");
        let began = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        let mut length = 0;
        self.stream.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 200"), "{line}");
        while line != "\r\n" {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        assert!(body.starts_with(b"{\"items\":"));
        began.elapsed()
    }
}
