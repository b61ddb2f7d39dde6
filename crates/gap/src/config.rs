//! Configuration: what can be set, where it is looked for, and what is said when it is wrong.
//!
//! A setting exists once, in `config.default.toml`: name, default, meaning, names of variables. Everything else follows
//! from there: the reference, `gap config print`, the check for unknown names. The types are in [`Settings`].
//!
//! A value is looked for on the command line, in the environment, in `.env`, in `gap.toml`, and last among the defaults.
//! Reading goes on after an error, so that a person sees all of them at once, each with its name, value, place and what
//! is taken there. That is why the layers are ours: a deserialiser ends at the first wrong field, and knows the file that
//! a value came from but not the line.
//!
//! ## Edges
//! An empty value is no value, since that is how Compose files and shells write "not set". `HOST`, `PORT` and `DEBUG`
//! belong to half the world: a value that is none of ours (`PORT=tcp://10.0.0.1:80`) is a warning, not an end. A secret
//! is in no error, no `Debug` and no print; nor is any line that could not be parsed, since it may be half a secret.

mod catalog;
pub mod changes;
mod checks;
mod document;
mod dotenv;
mod kinds;
mod layers;
mod not_yet;
mod notice;
mod reader;
mod settings;
mod show;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::catalog::Catalog;
pub use self::kinds::Field;
pub use self::kinds::addresses::DatabaseUrl;
pub use self::kinds::fallbacks::Fallback;
pub use self::kinds::pool::{LimitsByHand, UpstreamKey};
use self::layers::{Files, Layers};
pub use self::not_yet::not_yet;
pub use self::notice::{ConfigError, ConfigErrors, Notice, Source};
pub use self::reader::Entry;
use self::reader::Reader;
pub use self::settings::{
    Alerts, Auth, Cache, Context, Limits, LogFormat, Media, MetricsAccess, Models, Pool, Recording, Responses, Server,
    Settings, Signatures, StorageMode, Store, Telemetry, Upstream,
};
pub use self::show::{example, print, reference};

/// Where settings are looked for. `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Inputs {
    /// The environment. Names that are not Unicode are nobody's setting.
    pub env: Vec<(String, OsString)>,
    /// The folder of `.env` and `gap.toml`; the working directory when empty.
    pub dir: PathBuf,
    /// Dotted names and values that were changed at run time; they win.
    pub run_time: Vec<(String, String)>,
    /// Dotted names and values from the command line; they come next.
    pub overrides: Vec<(String, String)>,
    /// Dotted names and values that stand in for the defaults: those of a way to run GAP, such as `gap demo`.
    pub defaults: Vec<(String, String)>,
}

/// A configuration in force.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What a person should know, features that are not built yet included.
    pub warnings: Vec<Notice>,
    /// Every setting as it may be shown, with where its value stands.
    pub entries: Vec<Entry>,
    /// What it was read from.
    origin: Arc<Origin>,
}

/// What a configuration was read from, as it was then: secrets included, so `Debug` shows nothing.
struct Origin {
    inputs: Inputs,
    files: Files,
}

/// Reads the configuration. Errors: everything that is wrong with it.
pub fn load(inputs: Inputs) -> Result<Loaded, ConfigErrors> {
    let mut errors = Vec::new();
    let files =
        Files { dot_env: read(&inputs.dir, ".env", &mut errors), gap_toml: read(&inputs.dir, "gap.toml", &mut errors) };
    resolve(inputs, &files, errors)
}

/// What [`load`] does once the files are read.
fn resolve(inputs: Inputs, files: &Files, mut errors: Vec<ConfigError>) -> Result<Loaded, ConfigErrors> {
    let catalog = Catalog::new();
    let origin = Arc::new(Origin { inputs, files: files.clone() });
    let mut reader = Reader::new(Layers::new(&catalog, origin.inputs.clone(), &origin.files));
    let settings = Settings::read(&mut reader);
    checks::relations(&settings, &mut reader);
    checks::exposures(&settings, &mut reader);
    errors.append(&mut reader.errors);
    if !errors.is_empty() {
        return Err(ConfigErrors(errors));
    }
    let mut loaded = Loaded { settings, warnings: reader.warnings, entries: reader.entries, origin };
    let missing = not_yet(&loaded);
    loaded.warnings.extend(missing);
    Ok(loaded)
}

/// The contents of a file that need not exist.
fn read(dir: &Path, name: &str, errors: &mut Vec<ConfigError>) -> Option<Vec<u8>> {
    match std::fs::read(dir.join(name)) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            errors.push(ConfigError {
                subject: name.to_owned(),
                source: None,
                said: format!("cannot be read: {error}"),
            });
            None
        }
    }
}

/// The configuration of somebody who set nothing.
fn defaults() -> Loaded {
    resolve(Inputs::default(), &Files::default(), Vec::new()).expect("the defaults are valid: a test loads them")
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Origin(..)")
    }
}

// === impl Inputs ===

impl Inputs {
    /// The environment of this process, and the files of its working directory. The one place that reads them.
    pub fn from_process() -> Self {
        let env = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
        Self { env, ..Self::default() }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Sets something as the command line does, by its dotted name.
    #[must_use]
    pub fn with_override(mut self, name: &str, value: impl Into<String>) -> Self {
        self.overrides.push((name.to_owned(), value.into()));
        self
    }

    /// Replaces a default, by its dotted name.
    #[must_use]
    pub fn with_default(mut self, name: &str, value: impl Into<String>) -> Self {
        self.defaults.push((name.to_owned(), value.into()));
        self
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("Inputs")
            .field("env", &self.env.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("dir", &self.dir)
            .field("run_time", &names(&self.run_time))
            .field("overrides", &names(&self.overrides))
            .field("defaults", &names(&self.defaults))
            .finish()
    }
}

// === impl Loaded ===

impl Loaded {
    /// What became of the setting with this dotted name; none if there is no such setting.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The same configuration with these changes made at run time, by dotted name, in place of earlier ones. Secrets that
    /// GAP made up for itself stay. Errors: everything that is wrong with it then.
    pub fn with_run_time(&self, changes: Vec<(String, String)>) -> Result<Self, ConfigErrors> {
        let inputs = Inputs { run_time: changes, ..self.origin.inputs.clone() };
        let mut loaded = resolve(inputs, &self.origin.files, Vec::new())?;
        loaded.settings.auth.clone_from(&Auth {
            access_token_expire_minutes: loaded.settings.auth.access_token_expire_minutes,
            ..self.settings.auth.clone()
        });
        Ok(loaded)
    }

    /// Whether somebody set it, rather than GAP itself.
    pub fn is_explicit(&self, name: &str) -> bool {
        self.entry(name).is_some_and(|entry| entry.source.is_explicit())
    }
}

impl Default for Settings {
    /// The settings of somebody who set nothing.
    fn default() -> Self {
        defaults().settings
    }
}

#[cfg(test)]
mod tests;
