//! What there is to say about a configuration: where a value stands, what is wrong, what is merely odd.

use std::fmt;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `config.default.toml`.
    Default,
    /// The default of a way to run GAP, such as `gap demo`.
    Mode,
    /// Taken from another setting, named here.
    Follows(&'static str),
    /// A line (from 1) of `gap.toml`.
    GapToml(usize),
    /// A line (from 1) of `.env`, and the name that stands there.
    DotEnv(usize, String),
    /// An environment variable.
    Environment(String),
    /// The command line.
    CommandLine,
    /// Changed at run time, by the admin API.
    RunTime,
    /// Several places whose lists add up.
    Several(Vec<Source>),
}

impl Source {
    /// Whether somebody set the value, rather than GAP itself.
    pub fn is_explicit(&self) -> bool {
        !matches!(self, Self::Default | Self::Mode | Self::Follows(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Mode => f.write_str("default of this mode"),
            Self::Follows(setting) => write!(f, "follows {setting}"),
            Self::GapToml(line) => write!(f, "gap.toml:{line}"),
            Self::DotEnv(line, name) if name.is_empty() => write!(f, ".env:{line}"),
            Self::DotEnv(line, name) => write!(f, ".env:{line} {name}"),
            Self::Environment(name) => write!(f, "env {name}"),
            Self::CommandLine => f.write_str("command line"),
            Self::RunTime => f.write_str("changed at run time"),
            Self::Several(sources) => {
                for (index, source) in sources.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{source}")?;
                }
                Ok(())
            }
        }
    }
}

/// One thing that is wrong: which setting, its value (masked if secret), where it stands, what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong: `pool.max_attempts = 0`, `unknown setting limits.requsts`, `line`.
    pub(super) subject: String,
    /// Where it stands; none for what is nowhere, such as a secret that is required.
    pub(super) source: Option<Source>,
    /// What is wrong with it, or what it takes.
    pub(super) said: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, source, said } = self;
        match source {
            Some(source) => write!(f, "{subject} ({source}): {said}"),
            None => write!(f, "{subject}: {said}"),
        }
    }
}

impl ConfigError {
    /// The dotted name of the setting that is wrong, if it is one that exists.
    pub fn setting(&self) -> &str {
        self.subject.split(" = ").next().unwrap_or_default()
    }

    /// What is wrong with it, or what it takes.
    pub fn said(&self) -> &str {
        &self.said
    }
}

/// Everything that is wrong with a configuration, never empty.
///
/// `Display` writes one line each; the lines after the first begin with `error: `, so that whoever prints
/// `error: {errors}` gets a list like a compiler's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub(super) Vec<ConfigError>);

impl ConfigErrors {
    /// The errors, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\nerror: ")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

/// Something that a person should know but that does not keep GAP from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A variable that orchestrators and shells set for themselves holds something that is not ours.
    Foreign {
        /// The setting.
        setting: String,
        /// The value as found.
        value: String,
        /// Where it stands.
        source: Source,
        /// The value that is used.
        used: String,
        /// Where that one stands.
        used_source: Source,
    },
    /// A list of secrets names some of them several times; each counts once.
    Repeated {
        /// The setting.
        setting: String,
        /// Where it stands.
        source: Source,
        /// How many values are superfluous.
        count: usize,
    },
    /// A setting stands twice in one place with different values.
    Shadowed {
        /// The setting.
        setting: String,
        /// The one that counts.
        used: Source,
        /// The one that does not.
        ignored: Source,
    },
    /// A name that is nobody's setting, and nearly one.
    NearMiss {
        /// Where it stands.
        source: Source,
        /// What was most likely meant.
        meant: String,
    },
    /// A setting is valid, but what it asks for is not built yet.
    NotYet {
        /// The name under which it was set, such as `REDIS_URL`.
        name: String,
        /// Where it stands.
        source: Source,
        /// What is not built.
        feature: &'static str,
    },
    /// A setting is valid and dangerous.
    Exposed {
        /// The setting.
        setting: String,
        /// Where it stands.
        source: Source,
        /// What it leads to.
        said: &'static str,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { setting, value, source, used, used_source } => {
                write!(f, "{setting} = {value} ({source}) is not for GAP; {used} ({used_source}) is used")
            }
            Self::Repeated { setting, source, count: 1 } => {
                write!(f, "{setting} ({source}): one value stands there twice; it counts once")
            }
            Self::Repeated { setting, source, count } => {
                write!(f, "{setting} ({source}): {count} values are repetitions; each value counts once")
            }
            Self::Shadowed { setting, used, ignored } => {
                write!(f, "{setting} ({ignored}) is ignored, because {used} sets it too")
            }
            Self::NearMiss { source, meant } => write!(f, "{source} is no setting; did you mean {meant}?"),
            Self::NotYet { name, source, feature } => {
                write!(f, "{name} ({source}) has no effect yet: {feature} is not built")
            }
            Self::Exposed { setting, source, said } => write!(f, "{setting} ({source}): {said}"),
        }
    }
}
