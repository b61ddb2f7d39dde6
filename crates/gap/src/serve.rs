//! `gap serve`, from its settings to its orderly end.

#[cfg(feature = "demo")]
pub mod demo;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use gap_store::Address;
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::app::{App, BuildError, Mode};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::database::DatabaseError;
use crate::lifecycle::{Asker, Lifecycle, Signals};
use crate::live::Live;
use crate::roster::{Keeping, RosterError};
use crate::secrets::FolderError;
use crate::telemetry::{self, LogError};
use crate::{database, router, server};

/// Why the gateway does not start. All of them are the configuration's fault, and each says what to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A component cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The upstream keys cannot be read.
    #[error("the upstream keys in the database: {0}")]
    Keys(#[from] RosterError),
    /// The system does not let GAP listen to signals.
    #[error("signals cannot be received: {0}")]
    Signals(io::Error),
    /// The address cannot be listened on.
    #[error("server.host and server.port: GAP cannot listen on {address}: {reason}; {remedy}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: io::Error,
        /// What to do about it.
        remedy: String,
    },
}

/// How a gateway ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As it was asked to, whatever was under way finished or cut.
    Orderly,
    /// At once, because it was asked twice.
    AtOnce,
}

/// Serves until the process is asked to stop. `announce` is called when it certainly will.
pub async fn run(loaded: Loaded, mode: Mode, announce: impl FnOnce()) -> Result<Ended, StartError> {
    let mut signals = Signals::take_over().map_err(StartError::Signals)?;
    let settings = loaded.settings.clone();
    let clock = Clock::system();
    let log = telemetry::start(&settings.telemetry, &clock)?;
    for notice in &loaded.warnings {
        warn!("{notice}");
    }
    let lifecycle = Lifecycle::default();
    let listener = listen(SocketAddr::new(settings.server.host, settings.server.port)).await?;
    let address = listener.local_addr().unwrap_or(SocketAddr::new(settings.server.host, settings.server.port));
    let store = database::open(&settings, &clock).await?;
    let live = Live::new(loaded);
    live.take_over(&store).await.map_err(DatabaseError::from)?;
    let app = App::build(live, store, mode, clock, lifecycle.clone())?;
    // Only one log is followed, and this is the first to name it.
    let _ = app.logs.set(log.tail());
    app.open().await?;
    app.begin_chores();
    announce();
    greet(&app, address);

    let door = router::front_door(&app);
    lifecycle.spawn({
        let (app, lifecycle) = (app.clone(), lifecycle.clone());
        async move { server::serve(listener, door, &app.settings.server, &lifecycle).await }
    });
    let asker = signals.next().await;
    // Nobody balances load at a terminal.
    let notice = if asker == Asker::Supervisor { app.settings.server.drain_notice } else { Duration::ZERO };
    info!(drain_s = app.settings.server.drain.as_secs(), "Asked to stop; answers under way may finish");
    let finish = async {
        lifecycle.take_leave(notice).await;
        lifecycle.finish(app.settings.server.drain).await
    };
    tokio::select! {
        in_time = finish => {
            if in_time {
                info!("Stopped");
            } else {
                warn!("Stopped; some answers were still under way after the grace period and were cut");
            }
            Ok(Ended::Orderly)
        }
        _ = signals.next() => {
            warn!("Asked to stop a second time; stopped at once");
            Ok(Ended::AtOnce)
        }
    }
}

/// Binds `address`, or says what to do.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|reason| {
        let port = address.port();
        let remedy = match reason.kind() {
            io::ErrorKind::AddrInUse => {
                format!("end the program that uses port {port}, or choose another with PORT or --port")
            }
            io::ErrorKind::PermissionDenied => format!("port {port} wants privileges; choose one above 1023"),
            io::ErrorKind::AddrNotAvailable => {
                "this machine has no such address; HOST=0.0.0.0 listens on all it has".to_owned()
            }
            _ => "choose another address with HOST and PORT".to_owned(),
        };
        StartError::Listen { address, reason, remedy }
    })
}

fn greet(app: &App, address: SocketAddr) {
    let version = env!("CARGO_PKG_VERSION");
    let keys = app.keyring.summary().total;
    info!(address = %address, upstream_keys = keys, "GAP {version} listens on http://{address}");
    if app.mode == Mode::Demo {
        warn!("DEMO MODE: answers are made up by the built-in simulator, not by Gemini");
    } else if keys == 0 {
        warn!("There is no upstream key: put the Gemini API keys of your projects into GEMINI_API_KEYS");
    }
    info!("{}", kept_where(app));
}

fn kept_where(app: &App) -> String {
    match app.store.address() {
        Address::Memory => {
            "Everything is kept in memory until restart; nothing is written to disk apart from logs".to_owned()
        }
        address if app.roster.keeping() == Keeping::Database => {
            format!("Upstream keys, usage, settings and access keys are kept in the {address}")
        }
        address => format!("Usage, settings and access keys are kept in the {address}"),
    }
}
