//! The gateway under test: built, routed and served as the binary does it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use gap::app::{App, Mode};
use gap::clock::Clock;
use gap::config::{self, Inputs};
use gap::lifecycle::Lifecycle;
use gap::live::Live;
use gap::{database, router, server};
use gap_sim::{Control, Options, Simulator, Tls};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::client::Client;

/// The access key of the tests.
pub(crate) const ACCESS_KEY: &str = "test-access-key";
/// The upstream keys unless a test wants others, each in a project of its own.
pub(crate) const KEYS: [&str; 3] = ["sim-upstream-key-one", "sim-upstream-key-two", "sim-upstream-key-three"];

/// A running gateway. When it is dropped, no lease may be open and no task may go on.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
    /// The simulator upstream; where somebody else is, it just sits there.
    pub(crate) sim: Control,
    /// The gateway's time.
    pub(crate) clock: Clock,
    /// Where the upstream is.
    pub(crate) upstream: SocketAddr,
    client: Client,
    stop_upstream: CancellationToken,
}

/// What a test wants to be otherwise.
pub(crate) struct Setup {
    keys: Vec<String>,
    settings: Vec<(&'static str, String)>,
    options: Options,
    upstream: Upstream,
}

enum Upstream {
    Simulator,
    /// Somebody else, at this address.
    Elsewhere(SocketAddr),
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with().start().await
    }

    pub(crate) fn with() -> Setup {
        Setup {
            keys: KEYS.map(str::to_owned).to_vec(),
            settings: vec![
                ("auth.users_api_keys", ACCESS_KEY.to_owned()),
                ("pool.max_wait", "0s".to_owned()),
                // A test that sends many requests is not about these limits.
                ("limits.requests_per_minute", "0".to_owned()),
                ("limits.requests_per_day_per_ip", "0".to_owned()),
            ],
            options: Options::with_keys(KEYS),
            upstream: Upstream::Simulator,
        }
    }

    /// A client that presents the access key.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(crate) async fn get(&self, path: &str) -> super::Reply {
        self.client.get(path).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<String>) -> super::Reply {
        self.client.post(path, body.into()).await
    }

    /// The keys of the requests that have arrived upstream, in order.
    pub(crate) fn keys_used(&self) -> Vec<String> {
        self.sim.requests().into_iter().filter_map(|request| request.key).collect()
    }

    /// How many requests have arrived upstream.
    pub(crate) fn arrived(&self) -> usize {
        self.sim.requests().len()
    }
}

impl Setup {
    /// Other upstream keys, each in a project of its own.
    pub(crate) fn keys<const N: usize>(mut self, keys: [&str; N]) -> Self {
        self.options.keys = Options::with_keys(keys).keys;
        self.keys = keys.map(str::to_owned).to_vec();
        self
    }

    /// Other options of the simulator; its keys become the gateway's.
    pub(crate) fn options(mut self, options: Options) -> Self {
        self.keys = options.keys.iter().map(|key| key.key.clone()).collect();
        self.options = options;
        self
    }

    /// A setting by its dotted name.
    pub(crate) fn set(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// Somebody else upstream.
    pub(crate) fn upstream(mut self, address: SocketAddr) -> Self {
        self.upstream = Upstream::Elsewhere(address);
        self
    }

    pub(crate) async fn start(self) -> TestApp {
        let stop_upstream = CancellationToken::new();
        let simulator = Simulator::new(self.options);
        let sim = simulator.control();
        let upstream = match self.upstream {
            Upstream::Simulator => {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                serve_simulator(listener, simulator, None, stop_upstream.clone())
            }
            Upstream::Elsewhere(address) => address,
        };
        // A folder without a developer's `.env`.
        let mut inputs = Inputs { dir: PathBuf::from("/nonexistent"), ..Inputs::default() }
            .with_override("upstream.base_url", format!("http://{upstream}"))
            .with_override("pool.keys", self.keys.join(","));
        for (name, value) in self.settings {
            inputs = inputs.with_override(name, value);
        }
        let loaded = config::load(inputs).unwrap();
        let clock = Clock::hand("2026-06-15T12:00:00Z".parse::<Timestamp>().unwrap());
        let lifecycle = Lifecycle::default();
        let store = database::open(&loaded.settings, &clock).await.unwrap();
        let app = App::build(Live::new(loaded), store, Mode::Live, clock.clone(), lifecycle.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        app.open().await.unwrap();
        app.begin_chores();
        let door = router::front_door(&app);
        lifecycle.spawn({
            let (app, lifecycle) = (app.clone(), lifecycle.clone());
            async move { server::serve(listener, door, &app.settings.server, &lifecycle).await }
        });
        let client = Client::new(address, Some(ACCESS_KEY));
        TestApp { app, address, sim, clock, upstream, client, stop_upstream }
    }
}

/// Serves `simulator` beside the test.
#[expect(clippy::disallowed_methods, reason = "the upstream is no part of the gateway whose tasks are counted")]
pub(crate) fn serve_simulator(
    listener: TcpListener,
    simulator: Simulator,
    tls: Option<Tls>,
    stop: CancellationToken,
) -> SocketAddr {
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { gap_sim::serve(listener, simulator, tls, stop).await.unwrap() });
    address
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop_upstream.cancel();
        let lifecycle = self.app.lifecycle.clone();
        let in_time = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(lifecycle.finish(Duration::from_secs(5)))
        });
        if !std::thread::panicking() {
            assert!(in_time, "{} tasks still run", self.app.lifecycle.running());
            assert_eq!(self.app.keyring.open_leases(), 0, "leases are open");
            assert_eq!(self.app.bodies.budget.used(), 0, "request bodies are held");
        }
    }
}
