//! Where things are: the workspace, the target folder, the binaries in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::shell;

/// The workspace that this tool belongs to.
#[derive(Debug)]
pub(crate) struct Repo {
    root: PathBuf,
    target: PathBuf,
}

/// How a binary is built. Each has its own folder below `target/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// What `cargo build` does.
    Dev,
    /// What all tests share.
    Ci,
    /// What users run.
    Release,
}

impl Profile {
    /// The name that cargo takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Ci => "ci",
            Self::Release => "release",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Ci => "ci",
            Self::Release => "release",
        }
    }
}

impl Repo {
    /// Finds the workspace that this binary was built from, and its target folder.
    pub(crate) fn discover() -> Result<Self> {
        #[derive(Deserialize)]
        struct Metadata {
            target_directory: PathBuf,
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?.to_owned();
        if !root.join("Cargo.toml").is_file() {
            bail!("the workspace has moved since xtask was built; run `cargo build -p xtask` again");
        }
        let metadata = shell::capture(shell::cargo(&root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Metadata = serde_json::from_str(&metadata).context("cargo metadata")?;
        Ok(Self { root, target: metadata.target_directory })
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the workspace.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A path below the target folder, which is never committed.
    pub(crate) fn target(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.target.join(relative)
    }

    /// Where cargo puts a binary of this profile.
    pub(crate) fn binary(&self, profile: Profile, name: &str) -> PathBuf {
        self.target.join(profile.folder()).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Builds the gateway and says where it is.
    pub(crate) fn build_gap(&self, profile: Profile) -> Result<PathBuf> {
        shell::run(
            shell::cargo(&self.root)
                .args(["build", "--package", "gap", "--bin", "gap", "--profile"])
                .arg(profile.name()),
        )?;
        Ok(self.binary(profile, "gap"))
    }
}
