//! The stages, as data, and what each runs.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::ci::Stage;
use crate::ci::report::Tally;
use crate::environments;
use crate::repo::{Profile, Repo};
use crate::servers::Servers;
use crate::{docs, shell, tidy, web};

/// In the order in which they run.
pub(super) const STAGES: &[Stage] = &[
    Stage { name: "fmt", about: "the code is formatted", after: &[], run: format },
    Stage { name: "fetch", about: "every dependency of Cargo.lock is here", after: &[], run: fetch },
    Stage { name: "tidy", about: "the house rules hold", after: &["fetch"], run: keep_tidy },
    Stage { name: "web", about: "the page's format, lints, types, tests and build", after: &[], run: build_page },
    Stage { name: "clippy", about: "no lint is left", after: &["fetch"], run: lint },
    Stage { name: "build", about: "everything builds", after: &["fetch"], run: build },
    Stage { name: "test", about: "Rust tests, with a PostgreSQL and a Redis", after: &["build"], run: test },
    Stage { name: "doctest", about: "examples in the documentation", after: &["build"], run: test_examples },
    Stage { name: "doc", about: "the documentation has no broken link", after: &["build"], run: document },
    Stage { name: "generated", about: "generated documents are fresh", after: &["build"], run: check_generated },
    Stage {
        name: "image",
        about: "the container's stage builds the program",
        after: &["web", "build"],
        run: build_image,
    },
    Stage {
        name: "e2e-python",
        about: "Google's and OpenAI's Python SDKs against the binary",
        after: &["build"],
        run: drive_python,
    },
    Stage { name: "e2e-js", about: "their JavaScript SDKs against the binary", after: &["build"], run: drive_js },
    Stage {
        name: "e2e-web",
        about: "the page in a real browser, against the binary",
        after: &["web", "build"],
        run: drive_page,
    },
];

/// What every cargo command of a run shares: other features or another profile would build everything again.
const SHARED: &[&str] = &["--locked", "--workspace", "--all-features", "--profile", "ci"];
/// What the stage `build` builds.
const TARGETS: &[&str] = &["--lib", "--bins", "--tests", "--examples"];

fn format(repo: &Repo) -> Result<Tally> {
    shell::run(shell::cargo(repo.root()).args(["fmt", "--all", "--", "--check"]))?;
    Ok(Tally::default())
}

fn fetch(repo: &Repo) -> Result<Tally> {
    let host = tidy::host(repo)?;
    shell::run(shell::cargo(repo.root()).args(["fetch", "--locked", "--target"]).arg(host))?;
    Ok(Tally::default())
}

fn keep_tidy(repo: &Repo) -> Result<Tally> {
    ensure!(tidy::check(repo)?, "see above");
    Ok(Tally::default())
}

fn build_page(repo: &Repo) -> Result<Tally> {
    // The script that the Dockerfile runs.
    shell::run(Command::new(repo.path("deployment/docker/build-page.sh")).arg(repo.path("web/dist")))?;
    for script in ["format:check", "lint", "type-check"] {
        shell::run(web::npm(repo).args(["run", "--silent", script]))?;
    }
    let report = repo.target("e2e/vitest.xml");
    remove(&report)?;
    let mut tests = web::npm(repo);
    tests.args(["run", "--silent", "test:unit", "--", "--reporter=default", "--reporter=junit"]);
    let ended = shell::run(tests.arg(format!("--outputFile.junit={}", report.display())));
    finish(Tally::from_junit(&read(&report)?), ended)
}

fn lint(repo: &Repo) -> Result<Tally> {
    shell::run(shell::cargo(repo.root()).arg("clippy").args(SHARED).args(["--all-targets", "--", "-D", "warnings"]))?;
    Ok(Tally::default())
}

fn build(repo: &Repo) -> Result<Tally> {
    // With the tests: building binaries alone first would choose other features for shared dependencies.
    shell::run(shell::cargo(repo.root()).arg("build").args(SHARED).args(TARGETS))?;
    Ok(Tally::default())
}

fn test(repo: &Repo) -> Result<Tally> {
    let servers = Servers::start()?;
    if !shell::works(shell::cargo(repo.root()).args(["nextest", "--version"])) {
        println!("cargo-nextest is not installed; using cargo test");
        let mut command = shell::cargo(repo.root());
        command.arg("test").args(SHARED).args(["--lib", "--bins", "--tests", "--examples", "--no-fail-fast"]);
        return cargo_test(servers.announce(&mut command).env("INSTA_UPDATE", "no"));
    }
    let report = repo.target("nextest/ci/junit.xml");
    remove(&report)?;
    let mut command = shell::cargo(repo.root());
    command.args([
        "nextest",
        "run",
        "--profile",
        "ci",
        "--locked",
        "--workspace",
        "--all-features",
        "--cargo-profile",
        "ci",
    ]);
    let ended = shell::run(servers.announce(&mut command).env("INSTA_UPDATE", "no"));
    finish(Tally::from_junit(&read(&report)?), ended)
}

fn test_examples(repo: &Repo) -> Result<Tally> {
    cargo_test(shell::cargo(repo.root()).args(["test", "--doc", "--no-fail-fast"]).args(SHARED))
}

fn document(repo: &Repo) -> Result<Tally> {
    let mut command = shell::cargo(repo.root());
    command.arg("doc").args(SHARED).args(["--no-deps", "--document-private-items"]);
    shell::run(command.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"))?;
    Ok(Tally::default())
}

fn check_generated(repo: &Repo) -> Result<Tally> {
    let stale = docs::stale(repo, &repo.binary(Profile::Ci, "gap"))?;
    if !stale.is_empty() {
        bail!("{} no longer match the code; run `cargo xtask docs`", stale.join(", "));
    }
    Ok(Tally::default())
}

/// The script that the Dockerfile runs, without Docker; the other one is run by the stage `web`. The end-to-end tests go on with what they make.
fn build_image(repo: &Repo) -> Result<Tally> {
    let mut script = shell::without_our_package(Command::new(repo.path("deployment/docker/build-program.sh")));
    // Built already with these options: this tells whether the script finds the program.
    shell::run(script.arg(repo.target("image/gap")).args(SHARED).args(TARGETS))?;
    Ok(Tally::default())
}

fn drive_python(repo: &Repo) -> Result<Tally> {
    let folder = repo.path("e2e/python");
    let python = environments::python(&repo.target("e2e-venv"), &folder.join("requirements.txt"))?;
    let report = repo.target("e2e/pytest.xml");
    remove(&report)?;
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-p", "no:cacheprovider"]).arg(format!("--junitxml={}", report.display()));
    let ended = shell::run(command.current_dir(folder).env("GAP_BIN", repo.binary(Profile::Ci, "gap")));
    finish(Tally::from_junit(&read(&report)?), ended)
}

fn drive_js(repo: &Repo) -> Result<Tally> {
    let folder = repo.path("e2e/js");
    environments::node_modules(&folder)?;
    let report = repo.target("e2e/node.tap");
    remove(&report)?;
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter=spec", "--test-reporter-destination=stdout"]);
    command.arg("--test-reporter=tap").arg(format!("--test-reporter-destination={}", report.display()));
    let ended = shell::run(command.current_dir(folder).env("GAP_BIN", repo.binary(Profile::Ci, "gap")));
    finish(Tally::from_tap(&read(&report)?), ended)
}

fn drive_page(repo: &Repo) -> Result<Tally> {
    let report = repo.target("e2e/playwright.xml");
    remove(&report)?;
    let mut command = web::npm(repo);
    command.args(["run", "--silent", "test:e2e"]).env("CI", "1").env("PLAYWRIGHT_JUNIT_OUTPUT_FILE", &report);
    let ended = shell::run(command.env("GAP_BIN", repo.binary(Profile::Ci, "gap")));
    finish(Tally::from_junit(&read(&report)?), ended)
}

fn cargo_test(command: &mut Command) -> Result<Tally> {
    let (success, said) = shell::tee(command)?;
    let ended = if success { Ok(()) } else { Err(anyhow::anyhow!("`{}` failed", shell::line(command))) };
    finish(Some(Tally::from_cargo_test(&said)), ended)
}

/// A runner that failed without a failed test (it could not start, say) is an error of the stage; one whose tests
/// failed has said so, and its counts are the result.
fn finish(tally: Option<Tally>, ended: Result<()>) -> Result<Tally> {
    match (tally, ended) {
        (Some(tally), Err(error)) if tally.failed == 0 => Err(error),
        (Some(tally), _) => Ok(tally),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => bail!("the tests ran but left no report"),
    }
}

/// A report of an earlier run must not be taken for this one's.
fn remove(report: &std::path::Path) -> Result<()> {
    if let Some(folder) = report.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::remove_file(report) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} could not be removed", report.display()))
        }
        _ => Ok(()),
    }
}

fn read(report: &std::path::Path) -> Result<String> {
    match std::fs::read_to_string(report) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        other => other.with_context(|| format!("{} could not be read", report.display())),
    }
}
