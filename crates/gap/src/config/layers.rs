//! Puts the places that hold settings on top of each other: for each setting, its values by precedence.

use std::collections::HashMap;
use std::ffi::OsString;

use super::catalog::{Catalog, Item};
use super::document::{self, Raw};
use super::notice::{ConfigError, Notice, Source};
use super::{Inputs, dotenv};

/// Names that shells, orchestrators and other programs use for themselves.
const FOREIGN: [&str; 3] = ["HOST", "PORT", "DEBUG"];

/// The contents of the configuration files, as far as they exist.
#[derive(Clone, Default)]
pub(super) struct Files {
    pub(super) dot_env: Option<Vec<u8>>,
    pub(super) gap_toml: Option<Vec<u8>>,
}

/// One value of a setting.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) raw: Raw,
    pub(super) source: Source,
    /// Whether it may be somebody else's: then it is skipped, not refused, if it does not parse.
    pub(super) foreign: bool,
}

/// The values of every setting, the one that counts first; below all stands the default.
#[derive(Default)]
pub(super) struct Layers {
    candidates: HashMap<String, Vec<Candidate>>,
    pub(super) errors: Vec<ConfigError>,
    pub(super) warnings: Vec<Notice>,
}

impl Layers {
    /// Lays out `inputs` and `files`: changes at run time, command line, environment, `.env`, `gap.toml`, mode, default.
    pub(super) fn new(catalog: &Catalog, inputs: Inputs, files: &Files) -> Self {
        let mut layers = Self::default();
        layers.add_named(catalog, inputs.run_time, &Source::RunTime);
        layers.add_named(catalog, inputs.overrides, &Source::CommandLine);
        let environment = layers.environment(catalog, inputs.env);
        // The rest of the environment is other people's.
        layers.warn_of_near_misses(catalog, &environment, |name| name.starts_with("GAP_"));
        layers.add_variables(catalog, &environment);
        if let Some(text) = layers.text(files.dot_env.as_deref(), ".env", |line| Source::DotEnv(line, String::new())) {
            let variables = layers.dot_env(catalog, &text);
            layers.warn_of_near_misses(catalog, &variables, |_| true);
            layers.add_variables(catalog, &variables);
        }
        if let Some(text) = layers.text(files.gap_toml.as_deref(), "gap.toml", Source::GapToml) {
            layers.add_document(catalog, &text);
        }
        layers.add_named(catalog, inputs.defaults, &Source::Mode);
        for item in &catalog.items {
            layers.push(item, Candidate { raw: item.default.clone(), source: Source::Default, foreign: false });
        }
        layers
    }

    /// The values of the setting `name`, the one that counts first.
    pub(super) fn of(&self, name: &str) -> &[Candidate] {
        self.candidates.get(name).map_or(&[], Vec::as_slice)
    }

    fn push(&mut self, item: &Item, candidate: Candidate) {
        // Empty is how Docker Compose and shells write "not set".
        if !candidate.raw.is_empty() || candidate.source == Source::Default {
            self.candidates.entry(item.name.clone()).or_default().push(candidate);
        }
    }

    fn text(&mut self, bytes: Option<&[u8]>, file: &str, at: fn(usize) -> Source) -> Option<String> {
        let bytes = bytes?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(error) => {
                let before = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
                let line = 1 + before.matches('\n').count();
                let said = "is not UTF-8 from here on; save the file as UTF-8".to_owned();
                self.errors.push(ConfigError { subject: file.to_owned(), source: Some(at(line)), said });
                None
            }
        }
    }

    fn environment(&mut self, catalog: &Catalog, env: Vec<(String, OsString)>) -> Vec<Variable> {
        let mut variables = Vec::new();
        for (name, value) in env {
            let ours = catalog.find_variable(&name).is_some() || is_systematic(&name);
            let source = Source::Environment(name.clone());
            match value.into_string() {
                Ok(value) => variables.push(Variable { name, value, source }),
                Err(_) if ours && !FOREIGN.contains(&name.as_str()) => {
                    let said = "is not UTF-8".to_owned();
                    self.errors.push(ConfigError { subject: name, source: Some(source), said });
                }
                Err(_) => {}
            }
        }
        variables
    }

    fn dot_env(&mut self, catalog: &Catalog, text: &str) -> Vec<Variable> {
        let (pairs, malformed) = dotenv::parse(text);
        self.errors.extend(malformed.into_iter().map(|malformed| ConfigError {
            subject: "malformed line".to_owned(),
            source: Some(Source::DotEnv(malformed.line, String::new())),
            said: malformed.said.to_owned(),
        }));
        let mut variables: Vec<Variable> = Vec::new();
        for pair in pairs {
            let variable =
                Variable { source: Source::DotEnv(pair.line, pair.name.clone()), name: pair.name, value: pair.value };
            // As in a shell, the last one counts.
            if let Some(earlier) = variables.iter_mut().find(|earlier| earlier.name == variable.name) {
                if let Some(item) = catalog.find_variable(&variable.name).filter(|_| earlier.value != variable.value) {
                    let (used, ignored) = (variable.source.clone(), earlier.source.clone());
                    self.warnings.push(Notice::Shadowed { setting: item.name.clone(), used, ignored });
                }
                *earlier = variable;
            } else {
                variables.push(variable);
            }
        }
        variables
    }

    fn add_variables(&mut self, catalog: &Catalog, variables: &[Variable]) {
        for variable in variables.iter().filter(|variable| is_systematic(&variable.name)) {
            if catalog.find_variable(&variable.name).is_none() {
                self.errors.push(unknown_variable(catalog, variable));
            }
        }
        let by_name: HashMap<&str, &Variable> = variables.iter().map(|variable| (&*variable.name, variable)).collect();
        for item in &catalog.items {
            let found = item.variables().filter_map(|name| by_name.get(&*name).copied());
            let found: Vec<Candidate> = found.map(Variable::candidate).filter(|c| !c.raw.is_empty()).collect();
            if item.is_list() {
                self.candidates.entry(item.name.clone()).or_default().extend(joined(found));
            } else {
                self.push_first(item, found);
            }
        }
    }

    /// Names what is nearly a setting: a key in `GEMINI_API_KEY` would otherwise be missed without a word.
    fn warn_of_near_misses(&mut self, catalog: &Catalog, variables: &[Variable], ours: impl Fn(&str) -> bool) {
        for variable in variables.iter().filter(|variable| ours(&variable.name) && !is_systematic(&variable.name)) {
            let Some(meant) = catalog.near(&variable.name) else { continue };
            // Whoever has set the right one too needs the other for something else.
            if variables.iter().any(|other| other.name == meant) {
                continue;
            }
            let source = match &variable.source {
                Source::Environment(name) => Source::Environment(shortened(name)),
                Source::DotEnv(line, name) => Source::DotEnv(*line, shortened(name)),
                other => other.clone(),
            };
            self.warnings.push(Notice::NearMiss { source, meant });
        }
    }

    /// Of several names for one value in one place, the first counts.
    fn push_first(&mut self, item: &Item, found: Vec<Candidate>) {
        let mut used: Option<(Source, Raw)> = None;
        for candidate in found {
            match &used {
                Some((source, raw)) if *raw != candidate.raw => self.warnings.push(Notice::Shadowed {
                    setting: item.name.clone(),
                    used: source.clone(),
                    ignored: candidate.source.clone(),
                }),
                Some(_) => {}
                None => {
                    used = Some((candidate.source.clone(), candidate.raw.clone()));
                    self.push(item, candidate);
                }
            }
        }
    }

    fn add_named(&mut self, catalog: &Catalog, values: Vec<(String, String)>, source: &Source) {
        // The last one counts, as on every command line.
        for (name, value) in values.into_iter().rev() {
            match catalog.find(&name) {
                Some(item) => {
                    let candidate = Candidate { raw: Raw::One(value), source: source.clone(), foreign: false };
                    self.push(item, candidate);
                }
                None => self.errors.push(unknown_setting(catalog, &name, source.clone())),
            }
        }
    }

    fn add_document(&mut self, catalog: &Catalog, text: &str) {
        let leaves = match document::parse(text) {
            Ok(leaves) => leaves,
            Err(errors) => {
                self.errors.extend(errors.into_iter().map(|error| ConfigError {
                    subject: "malformed TOML".to_owned(),
                    source: Some(Source::GapToml(error.line)),
                    said: error.said,
                }));
                return;
            }
        };
        for leaf in leaves {
            let source = Source::GapToml(leaf.line);
            match (catalog.find(&leaf.name), leaf.raw) {
                (Some(item), Some(raw)) => self.push(item, Candidate { raw, source, foreign: false }),
                (Some(item), None) => {
                    let said = if item.is_list() { "takes a list of texts" } else { "takes a single value" };
                    self.errors.push(ConfigError { subject: leaf.name, source: Some(source), said: said.to_owned() });
                }
                (None, None) if catalog.has_section(&leaf.name) => {}
                (None, Some(_)) if catalog.has_section(&leaf.name) => {
                    let said = format!("is a section; write [{}] and its settings below", leaf.name);
                    self.errors.push(ConfigError { subject: leaf.name, source: Some(source), said });
                }
                (None, _) => self.errors.push(unknown_setting(catalog, &leaf.name, source)),
            }
        }
    }
}

/// A variable of the environment or of `.env`. Holds secrets: no `Debug`.
struct Variable {
    name: String,
    value: String,
    source: Source,
}

impl Variable {
    fn candidate(&self) -> Candidate {
        let foreign = FOREIGN.contains(&self.name.as_str());
        Candidate { raw: Raw::One(self.value.clone()), source: self.source.clone(), foreign }
    }
}

/// The lists of one place add up: somebody who sets both `ADMIN_API_KEY` and `ADMIN_TOKEN` means both.
fn joined(mut found: Vec<Candidate>) -> Option<Candidate> {
    if found.len() < 2 {
        return found.pop();
    }
    let sources = found.iter().map(|candidate| candidate.source.clone()).collect();
    let items = found.into_iter().flat_map(|candidate| match candidate.raw {
        Raw::One(text) => vec![text],
        Raw::Many(items) => items,
    });
    // One text, so that each part is still taken apart at its commas and lines.
    let raw = Raw::One(items.collect::<Vec<_>>().join("\n"));
    Some(Candidate { raw, source: Source::Several(sources), foreign: false })
}

/// `GAP_<SECTION>__<NAME>`; other names below `GAP_` may be anybody's.
fn is_systematic(variable: &str) -> bool {
    variable.strip_prefix("GAP_").is_some_and(|rest| rest.contains("__"))
}

fn unknown_variable(catalog: &Catalog, variable: &Variable) -> ConfigError {
    let name = variable.name.trim_start_matches("GAP_").replacen("__", ".", 1).to_lowercase();
    let said = match catalog.guess(&name) {
        Some(item) => format!("did you mean {}?", item.variable()),
        None => "`gap config print` lists the settings that exist".to_owned(),
    };
    let source = match &variable.source {
        Source::Environment(name) => Source::Environment(shortened(name)),
        Source::DotEnv(line, name) => Source::DotEnv(*line, shortened(name)),
        other => other.clone(),
    };
    ConfigError { subject: format!("unknown setting {}", shortened(&name)), source: Some(source), said }
}

fn unknown_setting(catalog: &Catalog, name: &str, source: Source) -> ConfigError {
    let said = match catalog.guess(name) {
        // The section is right, so the key says it all.
        Some(item) if name.split('.').next() == Some(item.section) => format!("did you mean {}?", item.key),
        Some(item) => format!("did you mean {}?", item.name),
        None => "`gap config print` lists the settings that exist".to_owned(),
    };
    ConfigError { subject: format!("unknown setting {}", shortened(name)), source: Some(source), said }
}

/// Names come from outside, too: printable, and no longer than any real one.
fn shortened(name: &str) -> String {
    name.chars().take(60).flat_map(char::escape_debug).collect()
}
