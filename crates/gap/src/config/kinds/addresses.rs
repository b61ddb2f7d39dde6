//! Settings that are addresses: of the upstream, of GAP itself, of browsers' pages, of proxies, of databases.

use std::net::IpAddr;
use std::path::PathBuf;

use http::Uri;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use super::{Kind, bare, one, parts};
use crate::config::document::Raw;

/// `text` without what an address may carry in secret: the user part and the query.
fn redacted(text: &str) -> String {
    // The last `@`: a password with an unescaped `/` or `@` must not slip through.
    let (head, tail) = match text.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
            (format!("{scheme}…@"), after)
        }
        None => (String::new(), text),
    };
    match tail.split_once('?') {
        Some((tail, _)) => bare(&format!("{head}{tail}?…")),
        None => bare(&format!("{head}{tail}")),
    }
}

fn shown(raw: &Raw) -> String {
    match raw {
        Raw::One(text) => redacted(text.trim()),
        Raw::Many(items) => items.iter().map(|item| redacted(item.trim())).collect::<Vec<_>>().join(", "),
    }
}

// === http ===

/// An http(s) address without credentials, query and trailing slash.
pub(in crate::config) struct HttpUrl {
    /// Whether a path that ends in an API version is refused, because GAP adds the version.
    pub(in crate::config) unversioned: bool,
}

impl Kind for HttpUrl {
    type Value = String;

    fn takes(&self) -> String {
        "an http(s) address such as https://gap.example.org".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        let takes = || format!("takes {}", self.takes());
        let text = one(raw, self)?;
        let Some((scheme, rest)) = text.split_once("://") else { return Err(takes()) };
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(takes());
        }
        if text.contains('@') {
            return Err("must not hold credentials".to_owned());
        }
        if text.contains(['?', '#']) {
            return Err("must not have a query or a fragment".to_owned());
        }
        let text = format!("{scheme}://{}", rest.trim_end_matches('/'));
        let uri: Uri = text.parse().map_err(|_| takes())?;
        let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or_else(takes)?;
        let after_host = authority.as_str().rsplit(']').next().unwrap_or_default();
        if after_host.contains(':') && authority.port_u16().is_none_or(|port| port == 0) {
            return Err("must have a port from 1 to 65535, or none".to_owned());
        }
        if self.unversioned && matches!(uri.path().rsplit('/').next(), Some("v1" | "v1beta" | "v1alpha" | "v2")) {
            return Err("must not end in a version: every request brings its own".to_owned());
        }
        Ok(text)
    }

    fn show(&self, raw: &Raw) -> String {
        shown(raw)
    }
}

/// Whether an http(s) address is of this machine, where nobody listens in.
pub(in crate::config) fn is_local(url: &str) -> bool {
    let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A prefix before all paths: empty, or `/gap`.
pub(in crate::config) struct PathPrefix;

impl Kind for PathPrefix {
    type Value = String;

    fn takes(&self) -> String {
        "a path such as /gap".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        let text = one(raw, self)?.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        if text.is_empty() {
            return Ok(String::new());
        }
        if !text.starts_with('/') {
            return Err("must begin with a slash".to_owned());
        }
        if text.contains("//") || !text.chars().all(plain) {
            return Err("takes a path of letters, digits and -._~ such as /gap".to_owned());
        }
        Ok(text.to_owned())
    }
}

/// An origin as browsers write it, or `*`. Apps in a shell have schemes of their own (`app://obsidian.md`).
pub(in crate::config) struct Origin;

impl Kind for Origin {
    type Value = String;

    fn takes(&self) -> String {
        "an origin such as https://chat.example.org, or *".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        let text = one(raw, self)?;
        if text == "*" {
            return Ok(text.to_owned());
        }
        let takes = || format!("takes {}", self.takes());
        let (scheme, host) = text.split_once("://").ok_or_else(takes)?;
        let host = host.strip_suffix('/').unwrap_or(host);
        let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        let host_ok =
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
        if host.contains('/') {
            return Err("must not have a path".to_owned());
        }
        if !scheme_ok || !host_ok {
            return Err(takes());
        }
        // Browsers send both in lower case, and origins are compared byte by byte.
        Ok(format!("{scheme}://{host}").to_ascii_lowercase())
    }

    fn show(&self, raw: &Raw) -> String {
        shown(raw)
    }
}

/// A host, with or without a port: `files.example.org`, `10.0.0.7:8080`.
pub(in crate::config) struct HostName;

impl Kind for HostName {
    type Value = String;

    fn takes(&self) -> String {
        "a host such as files.example.org, or host:port".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        let text = one(raw, self)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        if text.is_empty() || text.contains("://") || !text.bytes().all(plain) {
            return Err(format!("takes {}", self.takes()));
        }
        Ok(text.to_ascii_lowercase())
    }
}

/// Networks and single addresses; `none` is the empty list.
pub(in crate::config) struct Networks;

impl Kind for Networks {
    type Value = Vec<IpNet>;

    fn takes(&self) -> String {
        "addresses or networks such as 10.0.0.0/8, separated by commas; or none".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<Vec<IpNet>, String> {
        let parts = parts(raw);
        if let [only] = parts.as_slice()
            && only.eq_ignore_ascii_case("none")
        {
            return Ok(Vec::new());
        }
        let mut networks = Vec::new();
        for part in parts {
            let address = part.parse::<IpAddr>().map(IpNet::from);
            let network = part.parse::<IpNet>().or(address).map_err(|_| match part {
                "*" => "takes addresses or networks; every address is 0.0.0.0/0, ::/0".to_owned(),
                _ => format!("takes {}; {} is none", self.takes(), bare(part)),
            })?;
            let network = network.trunc();
            if !networks.contains(&network) {
                networks.push(network);
            }
        }
        Ok(networks)
    }
}

// === databases ===

/// Where the store is.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A SQLite file, relative to the working directory unless absolute.
    SqliteFile(PathBuf),
    /// SQLite in memory: gone at the end.
    SqliteMemory,
    /// A PostgreSQL server, as `postgres://…`. Secret, because it may hold a password.
    Postgres(SecretString),
}

impl DatabaseUrl {
    /// The address as it may be shown: without user and password.
    pub fn shown(&self) -> String {
        match self {
            Self::SqliteFile(path) => format!("sqlite://{}", path.display()),
            Self::SqliteMemory => "sqlite::memory:".to_owned(),
            Self::Postgres(url) => redacted(url.expose_secret()),
        }
    }
}

/// The spellings of SQLite and PostgreSQL addresses, SQLAlchemy's (`sqlite+aiosqlite:///./x.db`) included.
pub(in crate::config) struct Database;

impl Kind for Database {
    type Value = DatabaseUrl;

    fn takes(&self) -> String {
        "sqlite://path or postgresql://user:password@host/name".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<DatabaseUrl, String> {
        let takes = || format!("takes {}", self.takes());
        let (scheme, rest) = one(raw, self)?.split_once(':').ok_or_else(takes)?;
        let scheme = scheme.to_ascii_lowercase();
        let (system, driver) =
            scheme.split_once('+').map_or((&*scheme, None), |(system, driver)| (system, Some(driver)));
        match system {
            "sqlite" => sqlite(rest, driver.is_some()),
            "postgres" | "postgresql" => postgres(rest).ok_or_else(takes),
            _ => Err(takes()),
        }
    }

    fn show(&self, raw: &Raw) -> String {
        shown(raw)
    }
}

/// SQLAlchemy's third slash ends the (empty) host and a fourth begins an absolute path; elsewhere the third already does.
/// `sqlite:///./x.db`, which nobody writes for a path below the root, is taken as SQLAlchemy's, too.
fn sqlite(rest: &str, sqlalchemy: bool) -> Result<DatabaseUrl, String> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !query.is_empty() && query != "mode=rwc" {
        return Err("takes a SQLite address without parameters".to_owned());
    }
    let path = path.strip_prefix("//").unwrap_or(path);
    let relative = path.strip_prefix('/').filter(|rest| sqlalchemy || rest.starts_with('.') || *rest == ":memory:");
    let path = relative.unwrap_or(path);
    match path {
        // `sqlite://` is SQLAlchemy's shortest way to say memory.
        "" | ":memory:" => Ok(DatabaseUrl::SqliteMemory),
        path if path.contains('\0') || path.ends_with('/') => Err("takes the path of a file".to_owned()),
        path => Ok(DatabaseUrl::SqliteFile(PathBuf::from(path))),
    }
}

/// asyncpg says `ssl=`, libpq and everybody else `sslmode=`.
fn postgres(rest: &str) -> Option<DatabaseUrl> {
    let rest = rest.strip_prefix("//")?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parameters: Vec<String> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| match parameter.strip_prefix("ssl=") {
            Some(mode) => format!("sslmode={mode}"),
            None => parameter.to_owned(),
        })
        .collect();
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host).split('/').next()?;
    let by_socket = parameters.iter().any(|parameter| parameter.starts_with("host="));
    if (host.is_empty() && !by_socket) || place.contains(char::is_whitespace) {
        return None;
    }
    let mark = if parameters.is_empty() { "" } else { "?" };
    Some(DatabaseUrl::Postgres(SecretString::from(format!("postgres://{place}{mark}{}", parameters.join("&")))))
}

/// The address of a Redis server.
pub(in crate::config) struct RedisUrl;

impl Kind for RedisUrl {
    type Value = SecretString;

    fn takes(&self) -> String {
        "redis://host:6379/0, or rediss:// for TLS".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<SecretString, String> {
        let text = one(raw, self)?;
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let known = ["redis", "rediss", "unix", "redis+unix"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        if !known || rest.is_empty() || text.contains(char::is_whitespace) {
            return Err(format!("takes {}", self.takes()));
        }
        Ok(SecretString::from(text))
    }

    fn show(&self, raw: &Raw) -> String {
        shown(raw)
    }
}
