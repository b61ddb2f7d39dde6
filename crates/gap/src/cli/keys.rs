//! What operators do with upstream keys from a terminal: `gap keys import`, `gap keys list`, `gap keys check`.
//!
//! They work on the database, beside a running gateway or without one; a running one takes over what was changed within
//! half a minute. No key is ever printed.
#![expect(clippy::print_stdout, reason = "this module speaks to the terminal")]

use std::fs::File;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use futures_util::StreamExt;
use gap_pool::{Policy, Standing};
use gap_store::Store;

use super::Misuse;
use super::database::{needed, open};
use crate::clock::Clock;
use crate::config::{Loaded, StorageMode};
use crate::keyring::{Finding, Keyring, Terms};
use crate::lifecycle::Lifecycle;
use crate::roster::import::{MOST_BYTES, Parsed};
use crate::roster::{Filter, Keeping, Order, Roster, Sort};
use crate::upstream::Upstream;

/// Keys that are looked at at a time.
const AT_ONCE: usize = 16;
/// Keys that are read at a time to be printed.
const PAGE: usize = 1_000;
/// What a SQLite database begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Enter keys: lines of `key` or `project:key`, JSON, an export of gemini-balance or new-api, or the database of the
    /// original GAP
    Import {
        /// The file; `-` reads standard input
        #[arg(value_name = "FILE")]
        from: PathBuf,
        /// Change nothing; only say what would come of it
        #[arg(long)]
        dry_run: bool,
    },
    /// List the keys, masked
    List,
    /// Ask Google about every key; exit code 1 if any is refused
    Check,
}

/// Does one of them; whether all is well.
pub(super) async fn run(loaded: &Loaded, command: &KeysCommand) -> anyhow::Result<bool> {
    let settings = needed(&loaded.settings)?;
    if settings.store.key_storage_mode == StorageMode::Memory {
        let way = "upstream keys are taken from GEMINI_API_KEYS at every start (KEY_STORAGE_MODE=memory); set it to \
                   `database` to keep them in the database";
        return Err(Misuse(way.to_owned()).into());
    }
    let store = open(settings).await?;
    let done = with_roster(loaded, command, &store).await;
    store.close().await;
    done
}

async fn with_roster(loaded: &Loaded, command: &KeysCommand, store: &Store) -> anyhow::Result<bool> {
    let clock = Clock::system();
    let terms = Terms { policy: Policy::default(), ..Terms::default() };
    let keyring = Keyring::new(terms, clock.clone(), Lifecycle::default());
    let roster = Roster::new(keyring.clone(), store.clone(), clock, Keeping::Database);
    roster.open_whole().await?;
    match command {
        KeysCommand::Import { from, dry_run } => import(&roster, from, *dry_run).await,
        KeysCommand::List => list(&roster, &keyring),
        KeysCommand::Check => check(loaded, &roster, &keyring).await,
    }
}

async fn import(roster: &Roster, from: &Path, dry_run: bool) -> anyhow::Result<bool> {
    let parsed = if is_database(from) {
        let keys = gap_store::foreign::original_keys(from).await.map_err(|error| Misuse(error.to_string()))?;
        Parsed::of_original(keys)
    } else {
        Parsed::read(&text(from)?).map_err(|error| Misuse(format!("{}: {error}", from.display())))?
    };
    let report = roster.import(parsed, dry_run).await?;
    for note in &report.notes {
        println!("line {}: {}", note.line, note.message);
    }
    for project in &report.new_projects {
        println!("{} project {project}", if dry_run { "would enter" } else { "entered" });
    }
    println!("{}", report.in_words());
    Ok(true)
}

fn is_database(from: &Path) -> bool {
    let mut start = [0; SQLITE.len()];
    let read = File::open(from).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *SQLITE
}

fn text(from: &Path) -> anyhow::Result<Vec<u8>> {
    let named = || format!("{} cannot be read", from.display());
    let mut bytes = Vec::new();
    let most = MOST_BYTES as u64 + 1;
    if from.as_os_str() == "-" {
        stdin().take(most).read_to_end(&mut bytes).with_context(named)?;
    } else {
        File::open(from).with_context(named)?.take(most).read_to_end(&mut bytes).with_context(named)?;
    }
    if bytes.len() > MOST_BYTES {
        return Err(Misuse(format!("an import has {MOST_BYTES} bytes at most; cut {} in two", from.display())).into());
    }
    Ok(bytes)
}

fn list(roster: &Roster, keyring: &Keyring) -> anyhow::Result<bool> {
    println!("{:36}  {:12}  {:8}  {:20}  label", "id", "key", "state", "project");
    let mut skip = 0;
    loop {
        let (page, total) = roster.page(&Filter::default(), Sort::Created, Order::Asc, skip, PAGE);
        for entry in &page {
            let state = match keyring.glance(entry.key).map(|glance| glance.standing) {
                Some(Standing::Ready) => "ready",
                Some(Standing::Resting) => "resting",
                Some(Standing::Disabled) | None => "disabled",
            };
            let project = entry.details.project.and_then(|id| roster.find_project(id));
            let project = project.map_or_else(|| "-".to_owned(), |project| project.details.label);
            println!("{}  {:12}  {state:8}  {project:20}  {}", entry.id, entry.masked, entry.details.label);
        }
        skip += page.len();
        if page.is_empty() || skip >= total {
            println!("{total} keys");
            return Ok(true);
        }
    }
}

async fn check(loaded: &Loaded, roster: &Roster, keyring: &Keyring) -> anyhow::Result<bool> {
    let upstream = Arc::new(Upstream::new(&loaded.settings.upstream)?);
    let (entries, total) = roster.page(&Filter::default(), Sort::Created, Order::Asc, 0, usize::MAX);
    let looks = futures_util::stream::iter(entries).map(|entry| {
        let upstream = &upstream;
        async move { (keyring.recheck(entry.key, upstream).await, entry) }
    });
    let mut looks = looks.buffer_unordered(AT_ONCE);
    let [mut good, mut limited, mut invalid, mut unreachable] = [0_usize; 4];
    while let Some((found, entry)) = looks.next().await {
        let Some(found) = found else { continue };
        let (count, word) = match found.finding {
            Finding::Good => (&mut good, "good"),
            Finding::Limited => (&mut limited, "limited"),
            Finding::Invalid => (&mut invalid, "invalid"),
            Finding::Unreachable => (&mut unreachable, "unreachable"),
        };
        *count += 1;
        if found.finding != Finding::Good {
            println!("{}  {:12}  {word}  {}", entry.id, entry.masked, found.message);
        }
    }
    println!("{total} keys: {good} good, {limited} limited, {invalid} invalid, {unreachable} unreachable");
    Ok(invalid + unreachable == 0)
}
