//! Rules about crates, read from `cargo metadata`, `cargo tree` and the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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

/// What `cargo metadata` says about our own packages, as far as we ask.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    path: Option<PathBuf>,
}

/// A crate that is built here, as `cargo tree` tells it: with the features in use, which the metadata cannot say.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Built {
    name: String,
    version: String,
    licence: String,
}

/// Checks what this machine builds: crates for other systems need not be here.
pub(super) fn check(repo: &Repo, host: &str) -> Result<Vec<Finding>> {
    let mut command = shell::cargo(repo.root());
    command.args(["metadata", "--format-version", "1", "--locked", "--offline", "--no-deps"]);
    let metadata: Metadata = serde_json::from_str(&shell::capture(&mut command)?).context("cargo metadata")?;
    let mut findings = check_arrows(&metadata.packages);
    for name in PURE {
        findings.extend(check_pure(name, &tree(repo, host, &["--package", name, "--edges", "normal"])?));
    }
    findings.extend(check_built(&tree(repo, host, &["--workspace"])?));

    let root = read(&repo.path("Cargo.toml"))?;
    let packages = metadata.packages.iter();
    let manifests = packages
        .map(|package| Ok((package.name.as_str(), read(&package.manifest_path)?)))
        .collect::<Result<Vec<_>>>()?;
    findings.extend(check_manifests(&root, &manifests));
    Ok(findings)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))
}

fn tree(repo: &Repo, host: &str, which: &[&str]) -> Result<BTreeSet<Built>> {
    let mut command = shell::cargo(repo.root());
    command.args(["tree", "--locked", "--offline", "--all-features", "--target", host]);
    command.args(["--prefix", "none", "--format", "{p}\t{l}"]).args(which);
    Ok(parse_tree(&shell::capture(&mut command)?))
}

fn parse_tree(text: &str) -> BTreeSet<Built> {
    let lines = text.lines().filter_map(|line| {
        let (package, licence) = line.split_once('\t')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?.to_owned(), words.next()?.trim_start_matches('v').to_owned());
        Some(Built { name, version, licence: licence.trim_end_matches(" (*)").trim().to_owned() })
    });
    lines.collect()
}

fn check_arrows(packages: &[Package]) -> Vec<Finding> {
    let ours: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
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

fn check_pure(name: &str, linked: &BTreeSet<Built>) -> Vec<Finding> {
    let world = linked.iter().filter(|built| WORLD.contains(&built.name.as_str()));
    world
        .map(|built| {
            let arrow = format!("{name} -> {}", built.name);
            Finding::new(
                Rule::Pure,
                arrow,
                "a pure crate links this, perhaps through another; `cargo tree -i` says which",
            )
        })
        .collect()
}

/// Bans, licences and duplicates.
fn check_built(built: &BTreeSet<Built>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Built { name, version, licence } in built {
        versions.entry(name).or_default().insert(compatibility(version));
        if BANNED.contains(&name.as_str()) {
            findings.push(Finding::new(Rule::Banned, name, "must not be linked; `cargo tree -i` says who wants it"));
        }
        if !licences::is_allowed(licence) {
            findings.push(Finding::new(Rule::Licence, name, format!("its licence ({licence:?}) is not on the list")));
        }
    }
    for (name, majors) in versions.into_iter().filter(|(_, majors)| majors.len() > 1) {
        let list = majors.into_iter().collect::<Vec<_>>().join(" and ");
        findings.push(Finding::new(
            Rule::Duplicate,
            name,
            format!("{list} are both built; `cargo tree -d` says for whom"),
        ));
    }
    findings
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
