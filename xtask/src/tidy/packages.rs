//! Rules about crates, read from `cargo metadata` and the manifests.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::repo::Repo;
use crate::shell;
use crate::tidy::{Finding, Rule, licences};

/// Who may know whom. ARCHITECTURE.md says why; a crate that is not named knows none of ours.
const ARROWS: &[(&str, &[&str])] = &[
    ("gap", &["gap-store", "gap-pool", "gap-protocol", "gap-sim"]),
    // They are small and quick to test because the world is not in them.
    ("gap-protocol", &[]),
    ("gap-pool", &[]),
    ("gap-store", &[]),
    // It must not share our mistakes, so it shares nothing.
    ("gap-sim", &[]),
    ("bench", &[]),
    ("xtask", &[]),
];

/// Crates that must stay without the world.
const PURE: &[&str] = &["gap-protocol", "gap-pool"];

/// The world: asynchronous, or I/O, or dice that nobody holds.
const WORLD: &[&str] = &[
    "tokio",
    "tokio-util",
    "hyper",
    "hyper-util",
    "axum",
    "reqwest",
    "mio",
    "socket2",
    "async-std",
    "smol",
    "getrandom",
    "rand",
];

/// What must not be linked. ring does the same work without a C toolchain of minutes, and statically.
const BANNED: &[&str] = &["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys"];

/// What `cargo metadata` says, as far as we ask.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    path: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Debug, Deserialize)]
struct EdgeKind {
    /// `None` for what is linked, `dev` or `build` otherwise.
    kind: Option<String>,
}

/// Checks what this machine builds: crates for other systems need not be here.
pub(super) fn check(repo: &Repo, host: &str) -> Result<Vec<Finding>> {
    let mut command = shell::cargo(repo.root());
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--offline",
        "--all-features",
        "--filter-platform",
        host,
    ]);
    let metadata: Metadata = serde_json::from_str(&shell::capture(&mut command)?).context("cargo metadata")?;
    let mut findings = metadata.check();
    let root = read(&repo.path("Cargo.toml"))?;
    let members = metadata
        .members()
        .map(|package| Ok((package.name.as_str(), read(&package.manifest_path)?)))
        .collect::<Result<Vec<_>>>()?;
    findings.extend(check_manifests(&root, &members));
    Ok(findings)
}

fn read(path: &std::path::Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))
}

// === impl Metadata ===

impl Metadata {
    fn check(&self) -> Vec<Finding> {
        let mut findings = self.arrows();
        findings.extend(self.pure());
        findings.extend(self.banned());
        findings.extend(self.licences());
        findings.extend(self.duplicates());
        findings
    }

    fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// Everything that is built here, ours or not.
    fn built(&self) -> impl Iterator<Item = &Package> {
        let ids: BTreeSet<&str> = self.resolve.nodes.iter().map(|node| node.id.as_str()).collect();
        self.packages.iter().filter(move |package| ids.contains(package.id.as_str()))
    }

    fn arrows(&self) -> Vec<Finding> {
        let ours: BTreeSet<&str> = self.members().map(|package| package.name.as_str()).collect();
        let mut findings = Vec::new();
        for package in self.members() {
            let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
                findings.push(Finding::new(Rule::Arrow, &package.name, "is not in the table of arrows"));
                continue;
            };
            for dependency in &package.dependencies {
                let is_ours = dependency.path.is_some() && ours.contains(dependency.name.as_str());
                if is_ours && !allowed.contains(&dependency.name.as_str()) {
                    let arrow = format!("{} -> {}", package.name, dependency.name);
                    findings.push(Finding::new(Rule::Arrow, arrow, "this crate may not know that one"));
                }
            }
        }
        findings
    }

    fn pure(&self) -> Vec<Finding> {
        let names: HashMap<&str, &str> =
            self.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let mut findings = Vec::new();
        for package in self.members().filter(|package| PURE.contains(&package.name.as_str())) {
            for id in self.linked(&package.id) {
                let name = names.get(id).copied().unwrap_or(id);
                if WORLD.contains(&name) {
                    let arrow = format!("{} -> {name}", package.name);
                    findings.push(Finding::new(Rule::Pure, arrow, "a pure crate links this, perhaps through another"));
                }
            }
        }
        findings
    }

    /// Everything that ends up in a binary with this package.
    fn linked<'a>(&'a self, start: &'a str) -> BTreeSet<&'a str> {
        let nodes: HashMap<&str, &Node> = self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut seen = BTreeSet::new();
        let mut next = vec![start];
        while let Some(id) = next.pop() {
            for edge in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
                let is_linked = edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
                if is_linked && seen.insert(edge.pkg.as_str()) {
                    next.push(&edge.pkg);
                }
            }
        }
        seen
    }

    fn banned(&self) -> Vec<Finding> {
        self.built()
            .filter(|package| BANNED.contains(&package.name.as_str()))
            .map(|package| {
                Finding::new(Rule::Banned, &package.name, "must not be linked; `cargo tree -i` says who wants it")
            })
            .collect()
    }

    fn licences(&self) -> Vec<Finding> {
        self.built()
            .filter(|package| !package.license.as_deref().is_some_and(licences::is_allowed))
            .map(|package| {
                let licence = package.license.as_deref().unwrap_or("none named");
                Finding::new(Rule::Licence, &package.name, format!("its licence ({licence}) is not on the list"))
            })
            .collect()
    }

    fn duplicates(&self) -> Vec<Finding> {
        let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for package in self.built() {
            versions.entry(&package.name).or_default().insert(compatibility(&package.version));
        }
        versions
            .into_iter()
            .filter(|(_, majors)| majors.len() > 1)
            .map(|(name, majors)| {
                let list = majors.into_iter().collect::<Vec<_>>().join(" and ");
                Finding::new(Rule::Duplicate, name, format!("{list} are both built; `cargo tree -d` says for whom"))
            })
            .collect()
    }
}

/// The part of a version that must be equal for two to be compatible: `1`, `0.4`, `0.0.3`.
fn compatibility(version: &str) -> &str {
    let mut end = 0;
    for part in version.split(['.', '-', '+']) {
        end += part.len();
        if part != "0" {
            break;
        }
        end += 1;
    }
    version.get(..end).unwrap_or(version)
}

/// Versions stand in the root manifest, are used, and every package takes the workspace's lints.
fn check_manifests(root: &str, members: &[(&str, String)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = BTreeSet::new();
    for (package, manifest) in members {
        for (table, key, value) in entries(manifest) {
            if !table.ends_with("dependencies") {
                continue;
            }
            if key.ends_with(".workspace") || value.contains("workspace = true") {
                used.insert(key.trim_end_matches(".workspace").to_owned());
            } else {
                let subject = format!("{package}: {key}");
                findings.push(Finding::new(
                    Rule::OwnVersion,
                    subject,
                    "versions stand in the root Cargo.toml; use .workspace = true",
                ));
            }
        }
        let takes_lints =
            entries(manifest).any(|(table, key, value)| table == "lints" && key == "workspace" && value == "true");
        if !takes_lints {
            findings.push(Finding::new(Rule::Lints, *package, "has no `[lints] workspace = true`"));
        }
    }
    for (table, key, _) in entries(root) {
        if table == "workspace.dependencies" && !used.contains(key) {
            findings.push(Finding::new(Rule::Unused, key, "is a workspace dependency that no package uses"));
        }
    }
    findings
}

/// `(table, key, value)` of every line that sets something: as much TOML as our manifests use.
fn entries(manifest: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut table = "";
    manifest.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            table = name.trim_start_matches('[');
            return None;
        }
        let (key, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        Some((table, key.trim(), value.trim()))
    })
}

#[cfg(test)]
mod tests;
