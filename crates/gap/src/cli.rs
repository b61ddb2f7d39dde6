//! The command line. What a person types and reads; everything behind it is elsewhere.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this module is what speaks to the terminal")]

mod database;
mod healthcheck;
mod keys;

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use secrecy::ExposeSecret;
use tokio::runtime::{Builder, Runtime};

use crate::app::Mode;
use crate::config::{self, ConfigErrors, Inputs, Loaded};
use crate::database::DatabaseError;
use crate::secrets::{self, Password};
use crate::serve::{self, Ended, StartError};

/// Wrong configuration or command line (the shell's convention for misuse).
const EXIT_CONFIG: u8 = 2;
/// Ended by a second signal (128 + SIGINT).
const EXIT_AT_ONCE: u8 = 130;

/// A self-hosted gateway in front of Google's Gemini API.
///
/// Put the API keys of your Google projects into GEMINI_API_KEYS and point every Gemini client at this address.
/// Settings come from environment variables, from `.env` and from `gap.toml` in the working directory;
/// `gap config print` shows them all with where each comes from.
#[derive(Debug, Parser)]
#[command(name = "gap", version, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve clients with the configured upstream keys
    Serve(Listen),
    /// Serve clients with the built-in Gemini simulator as upstream: needs no key, answers are made up
    #[cfg(feature = "demo")]
    Demo(Listen),
    /// Run the Gemini simulator alone, to test clients against
    #[cfg(feature = "demo")]
    Simulate(Simulate),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the description of the admin API (OpenAPI, JSON)
    Openapi,
    /// Bring the database to this program's schema (every start does)
    Migrate,
    /// Write a backup of the database; the gateway may run meanwhile
    Backup {
        /// The file to write; it must not exist. `-` is standard output
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
    /// Put a backup in the place of the database; the gateway must not be running
    Restore {
        /// The backup
        #[arg(value_name = "FILE")]
        from: PathBuf,
        /// Really replace what the database holds
        #[arg(long)]
        yes: bool,
    },
    /// Do something to the database as a whole
    #[command(subcommand)]
    Db(database::DbCommand),
    /// Enter, list or check upstream keys in the database; a running gateway takes changes over
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Replace the secret key
    #[command(subcommand)]
    Secret(database::SecretCommand),
    /// Ask a running gateway whether it lives; exit code 0 if so (for containers)
    Healthcheck {
        /// The gateway's address; by default this machine at the configured PORT
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
}

#[derive(Debug, Default, Args)]
struct Listen {
    /// Address to listen on, in place of HOST
    #[arg(long, value_name = "IP")]
    host: Option<IpAddr>,
    /// Port to listen on, in place of PORT
    #[arg(long, short)]
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum ConfigCommand {
    /// Say everything that is wrong with the configuration; exit code 2 if anything is
    Check,
    /// Print every setting with its value (secrets masked) and where it comes from
    Print,
    /// Print the reference of all settings as Markdown
    Reference,
    /// Print a commented `.env` with the usual settings
    Example,
}

/// Options of `gap simulate`.
#[cfg(feature = "demo")]
#[derive(Debug, Args)]
struct Simulate {
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one and prints it
    #[arg(long, short, default_value_t = 8001)]
    port: u16,
    /// Same seed, same answers; in place of the seed of the options
    #[arg(long)]
    seed: Option<u64>,
    /// Options as a JSON file (keys, projects, limits); see docs/guide/simulator.md. Without it: the demo's keys
    #[arg(long, value_name = "FILE")]
    options: Option<PathBuf>,
    /// Serve HTTPS with HTTP/2 and a self-signed certificate, which is written to this file
    #[arg(long, value_name = "PEM")]
    tls_cert: Option<PathBuf>,
    /// Leave out the control API below /_sim/
    #[arg(long)]
    no_control: bool,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

/// 2 when the configuration is at fault, 1 for everything else.
fn exit_code(error: &anyhow::Error) -> u8 {
    let misuse =
        error.is::<ConfigErrors>() || error.is::<StartError>() || error.is::<Misuse>() || error.is::<DatabaseError>();
    if misuse { EXIT_CONFIG } else { 1 }
}

/// An argument that is none of the configuration's, and wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misuse(String);

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(listen) => serve(&listen),
        #[cfg(feature = "demo")]
        Command::Demo(listen) => demo(&listen),
        #[cfg(feature = "demo")]
        Command::Simulate(options) => simulate(options),
        Command::Config(command) => config(command),
        Command::Healthcheck { url } => healthcheck(url),
        Command::Openapi => openapi(),
        Command::Keys(command) => {
            let mut good = true;
            with_database(async |loaded, _| {
                good = keys::run(&loaded, &command).await?;
                Ok(())
            })?;
            Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Migrate => with_database(async |loaded, _| database::migrate(&loaded).await),
        Command::Backup { to } => with_database(async |loaded, _| database::back_up(&loaded, &to).await),
        Command::Restore { from, yes } => with_database(async |loaded, _| database::restore(&loaded, &from, yes).await),
        Command::Db(database::DbCommand::Reset { yes }) => {
            with_database(async |loaded, _| database::reset(&loaded, yes).await)
        }
        Command::Secret(database::SecretCommand::Rotate) => {
            with_database(async |loaded, explicit| database::rotate(&loaded, explicit).await)
        }
    }
}

/// Runs what an operator does with the database; told whether the secret key was set by somebody.
fn with_database(task: impl AsyncFnOnce(Loaded, bool) -> anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    let (loaded, explicit) = database::with_secret(load(&Listen::default(), Inputs::from_process())?)?;
    runtime()?.block_on(task(loaded, explicit))?;
    Ok(ExitCode::SUCCESS)
}

fn config(command: ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check => {
            let loaded = load(&Listen::default(), Inputs::from_process())?;
            for notice in &loaded.warnings {
                println!("warning: {notice}");
            }
            println!("The configuration is valid.");
        }
        ConfigCommand::Print => print!("{}", config::print(&load(&Listen::default(), Inputs::from_process())?)),
        ConfigCommand::Reference => print!("{}", config::reference()),
        ConfigCommand::Example => print!("{}", config::example()),
    }
    Ok(ExitCode::SUCCESS)
}

fn openapi() -> anyhow::Result<ExitCode> {
    println!("{}", crate::api::admin::routes().1.to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}

fn load(listen: &Listen, mut inputs: Inputs) -> Result<Loaded, ConfigErrors> {
    if let Some(host) = listen.host {
        inputs = inputs.with_override("server.host", host.to_string());
    }
    if let Some(port) = listen.port {
        inputs = inputs.with_override("server.port", port.to_string());
    }
    config::load(inputs)
}

fn serve(listen: &Listen) -> anyhow::Result<ExitCode> {
    let mut loaded = load(listen, Inputs::from_process())?;
    let password = provide_secrets(&mut loaded)?;
    let runtime = runtime()?;
    let ended = runtime.block_on(serve::run(loaded, Mode::Live, || show(&password)));
    runtime.shutdown_background();
    Ok(code_of(ended?))
}

#[cfg(feature = "demo")]
fn demo(listen: &Listen) -> anyhow::Result<ExitCode> {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let upstream = serve::demo::Upstream::start().await.context("the simulator could not be started")?;
        let mut loaded = load(listen, upstream.configure(Inputs::from_process()))?;
        let password = provide_secrets(&mut loaded)?;
        let ended = serve::run(loaded, Mode::Demo, || show(&password)).await;
        upstream.stop().await;
        anyhow::Ok(ended?)
    });
    runtime.shutdown_background();
    Ok(code_of(ended?))
}

#[cfg(feature = "demo")]
fn simulate(options: Simulate) -> anyhow::Result<ExitCode> {
    let simulation = serve::demo::Simulation {
        address: (options.host, options.port).into(),
        seed: options.seed,
        options: options.options,
        certificate: options.tls_cert,
        control: !options.no_control,
    };
    let runtime = runtime()?;
    runtime.block_on(async {
        let (url, running) = simulation.start().await.map_err(|error| match error {
            serve::demo::SimulationError::Listen(error) => anyhow::Error::from(error),
            other => Misuse(other.to_string()).into(),
        })?;
        println!("The simulator listens on {url}");
        running.await;
        anyhow::Ok(())
    })?;
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

fn provide_secrets(loaded: &mut Loaded) -> Result<Password, StartError> {
    Ok(secrets::provide(&mut loaded.settings)?)
}

/// Shows a password that was made up here, where no log collector looks, and once.
fn show(password: &Password) {
    match password {
        Password::Configured => {}
        Password::Shown(password) => {
            let password = password.expose_secret();
            eprintln!("No PASSWORD is set. Until the next start the access key is {password}");
        }
        Password::Written(file) => eprintln!("No PASSWORD is set. The access key is in {}", file.display()),
    }
}

fn healthcheck(url: Option<String>) -> anyhow::Result<ExitCode> {
    let url = match url {
        Some(url) => url,
        None => healthcheck::own_address(&load(&Listen::default(), Inputs::from_process())?.settings.server),
    };
    let target = healthcheck::Target::parse(&url).map_err(|error| Misuse(format!("--url {url}: {error}")))?;
    healthcheck::ask(&target).with_context(|| format!("{url} is not healthy"))?;
    println!("healthy");
    Ok(ExitCode::SUCCESS)
}

fn code_of(ended: Ended) -> ExitCode {
    match ended {
        Ended::Orderly => ExitCode::SUCCESS,
        Ended::AtOnce => ExitCode::from(EXIT_AT_ONCE),
    }
}

/// As many threads as there are cores; on a single core everything happens in this one, since another would only have
/// to be woken.
fn runtime() -> anyhow::Result<Runtime> {
    let single = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut builder = if single { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build().context("the runtime could not be started")
}
