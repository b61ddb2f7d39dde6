//! The built-in simulator: behind the gateway for `gap demo`, alone for `gap simulate`.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use gap_sim::{Options, Simulator, Tls};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::config::Inputs;
use crate::lifecycle::Signals;

/// The access key of the demo, unless somebody set one.
const ACCESS_KEY: &str = "demo";

/// The simulator in Google's place, on a port of its own that only this machine reaches.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    keys: String,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Starts it.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let options = Options::demo();
        let keys = options.keys.iter().map(|key| key.key.as_str()).collect::<Vec<_>>().join(",");
        let stop = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "it must outlive the gateway's own tasks, which still ask it")]
        let task = tokio::spawn({
            let stop = stop.clone();
            async move {
                if let Err(error) = gap_sim::serve(listener, Simulator::new(options), None, stop).await {
                    tracing::error!(error = %error, "The simulator ended: {error}");
                }
            }
        });
        Ok(Self { address, keys, stop, task })
    }

    /// Points a gateway at it. Its address and keys win over whatever is set: no real key may come here, and no demo may
    /// go to Google.
    pub fn configure(&self, inputs: Inputs) -> Inputs {
        inputs
            .with_override("upstream.base_url", format!("http://{}", self.address))
            .with_override("pool.keys", self.keys.as_str())
            .with_default("auth.passwords", ACCESS_KEY)
            // A demo is for trying things out, a limit would end that after a minute.
            .with_default("limits.requests_per_minute", "0")
            .with_default("limits.requests_per_day_per_ip", "0")
    }

    /// Ends it.
    pub async fn stop(self) {
        self.stop.cancel();
        // Its end is the end of the process; a panic in it was its own affair.
        let _ = self.task.await;
    }
}

/// `gap simulate`: what the command line says.
#[derive(Debug)]
pub struct Simulation {
    /// Where to listen.
    pub address: SocketAddr,
    /// In place of the options' seed.
    pub seed: Option<u64>,
    /// A JSON file of options.
    pub options: Option<PathBuf>,
    /// Serve TLS, and write the certificate to this file.
    pub certificate: Option<PathBuf>,
    /// Whether the control API is served.
    pub control: bool,
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The options cannot be read.
    #[error("--options {file}: {said}", file = file.display())]
    Options {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        said: String,
    },
    /// The certificate cannot be made or written.
    #[error("--tls-cert {file}: {said}", file = file.display())]
    Certificate {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        said: String,
    },
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] StartError),
}

impl Simulation {
    /// Binds the address; returns its URL, and what serves there until the process is asked to stop.
    pub async fn start(self) -> Result<(String, impl Future<Output = ()>), SimulationError> {
        let mut signals = Signals::take_over().map_err(StartError::Signals)?;
        let options = self.options()?;
        let tls = self.tls()?;
        let listener = super::listen(self.address).await?;
        let address = listener.local_addr().unwrap_or(self.address);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let stop = CancellationToken::new();
        let running = async move {
            let serving = gap_sim::serve(listener, Simulator::new(options), tls, stop.clone());
            let stopping = async {
                signals.next().await;
                stop.cancel();
            };
            let (served, ()) = tokio::join!(serving, stopping);
            if let Err(error) = served {
                tracing::error!(error = %error, "The simulator ended: {error}");
            }
        };
        Ok((format!("{scheme}://{address}"), running))
    }

    fn options(&self) -> Result<Options, SimulationError> {
        let mut options = match &self.options {
            None => Options::demo(),
            Some(file) => {
                let wrong = |said: String| SimulationError::Options { file: file.clone(), said };
                let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
                serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?
            }
        };
        options.seed = self.seed.unwrap_or(options.seed);
        options.control = self.control && (options.control || self.options.is_none());
        Ok(options)
    }

    fn tls(&self) -> Result<Option<Tls>, SimulationError> {
        let Some(file) = &self.certificate else { return Ok(None) };
        let wrong = |said: String| SimulationError::Certificate { file: file.clone(), said };
        let (tls, certificate) = Tls::self_signed().map_err(|error| wrong(error.to_string()))?;
        std::fs::write(file, certificate).map_err(|error| wrong(error.to_string()))?;
        Ok(Some(tls))
    }
}
