//! Rules about files: how long, how finished, how portable.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

use crate::tidy::{Finding, Rule};

/// A source file above this should have become two.
const MAX_LINES: usize = 800;
/// A source file above this begins to smell.
const MANY_LINES: usize = 400;

/// Folders that hold no text of ours.
const SKIPPED: &[&str] = &[
    "target",
    "node_modules",
    ".git",
    ".venv",
    "__pycache__",
    ".pytest_cache",
    "corpus",
    "artifacts",
    "data",
    "logs",
    ".run",
    "coverage",
    "dist",
];

/// Extensions of source code.
const SOURCE: &[&str] = &["rs", "ts", "vue", "js", "mjs", "py", "sh", "css", "sql"];
/// Extensions of other text that people write.
const TEXT: &[&str] = &["md", "toml", "json", "yml", "yaml", "example", "txt"];

/// Marks of unfinished work, cut in two so that this file does not hold them.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
const UNFINISHED_MACROS: &[&str] = &[concat!("to", "do!("), concat!("unimple", "mented!(")];

/// Where a path of one machine begins.
const MACHINES: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("C:\\Us", "ers"),
];

const PUBLIC_REGISTRY: &str = "https://registry.npmjs.org/";

/// The text files of the repository.
#[derive(Debug)]
pub(super) struct Files(Vec<File>);

#[derive(Debug)]
struct File {
    /// Below the root, with `/`.
    path: String,
    text: String,
    /// What the links of a document may lead to.
    root: PathBuf,
}

// === impl Files ===

impl Files {
    /// Reads every text file below this folder, except what is built, installed or private.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
                let entry = entry?;
                let (path, name) = (entry.path(), entry.file_name());
                if entry.file_type()?.is_dir() {
                    if !SKIPPED.iter().any(|skipped| name == *skipped) {
                        folders.push(path);
                    }
                } else if is_text(&path) {
                    let text =
                        std::fs::read_to_string(&path).with_context(|| format!("{} is not UTF-8", path.display()))?;
                    let relative = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                    files.push(File { path: relative, text, root: root.to_owned() });
                }
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self(files))
    }

    /// How many files were read.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is wrong.
    pub(super) fn check(&self) -> Vec<Finding> {
        self.0.iter().flat_map(File::check).collect()
    }

    /// What is not wrong yet.
    pub(super) fn warnings(&self) -> Vec<String> {
        let long =
            self.0.iter().filter(|file| file.is_source() && (MANY_LINES + 1..=MAX_LINES).contains(&file.lines()));
        long.map(|file| format!("{}: {} lines; above {MANY_LINES} a file wants to become two", file.path, file.lines()))
            .collect()
    }
}

fn is_text(path: &Path) -> bool {
    let Some(extension) = path.extension().and_then(|extension| extension.to_str()) else {
        return path.parent().and_then(Path::file_name).is_some_and(|folder| folder == ".ci");
    };
    SOURCE.contains(&extension) || TEXT.contains(&extension)
}

// === impl File ===

impl File {
    fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.is_source() {
            self.check_source(&mut findings);
        }
        if self.path.ends_with("package-lock.json") {
            self.check_registry(&mut findings);
            return findings;
        }
        if self.extension() == Some("md") {
            self.check_links(&mut findings);
        }
        for (number, line) in self.numbered() {
            if MACHINES.iter().any(|path| begins_a_path(line, path)) {
                findings.push(self.finding(Rule::MachinePath, number, "a path of somebody's machine"));
            }
        }
        findings
    }

    fn check_source(&self, findings: &mut Vec<Finding>) {
        if self.lines() > MAX_LINES {
            let text = format!("{} lines; above {MAX_LINES} it should have become two", self.lines());
            findings.push(Finding::new(Rule::Size, &self.path, text));
        }
        for (number, line) in self.numbered() {
            let code = line.trim_start();
            if code.starts_with("#[allow(") || code.starts_with("#![allow(") {
                findings.push(self.finding(Rule::Silenced, number, "use #[expect(lint, reason = \"…\")]"));
            }
            let unfinished = words(line).any(|word| UNFINISHED.contains(&word));
            if unfinished || UNFINISHED_MACROS.iter().any(|mark| line.contains(mark)) {
                findings.push(self.finding(Rule::Unfinished, number, "a mark of unfinished work"));
            }
        }
    }

    fn check_registry(&self, findings: &mut Vec<Finding>) {
        for (number, line) in self.numbered() {
            let address = line.trim().strip_prefix("\"resolved\": \"");
            if address.is_some_and(|address| !address.starts_with(PUBLIC_REGISTRY)) {
                findings.push(self.finding(Rule::Registry, number, "fetches from elsewhere than the public registry"));
            }
        }
    }

    fn check_links(&self, findings: &mut Vec<Finding>) {
        let folder = Path::new(&self.path).parent().unwrap_or(Path::new(""));
        let mut fenced = false;
        for (number, line) in self.numbered() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            if fenced {
                continue;
            }
            for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let target = link.split('#').next().unwrap_or_default();
                let is_elsewhere = target.is_empty() || target.contains(':');
                if !is_elsewhere && !self.root.join(normal(&folder.join(target))).exists() {
                    findings.push(self.finding(Rule::BrokenLink, number, &format!("{target} does not exist")));
                }
            }
        }
    }

    fn finding(&self, rule: Rule, line: usize, text: &str) -> Finding {
        Finding::new(rule, &self.path, format!("line {line}: {text}"))
    }

    fn is_source(&self) -> bool {
        self.extension().is_none_or(|extension| SOURCE.contains(&extension)) && !self.path.contains(".gen.")
    }

    fn extension(&self) -> Option<&str> {
        Path::new(&self.path).extension()?.to_str()
    }

    fn lines(&self) -> usize {
        self.text.lines().count()
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Whether the line holds this as the beginning of a path and not inside a longer one or an address.
fn begins_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '.' | '-' | '_' | '}' | '/' | '*'))
    })
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
}

/// Without `.` and `..`, which the file system would follow through links.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests;
