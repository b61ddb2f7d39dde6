//! What operators do with the database: `gap migrate`, `gap backup`, `gap restore`, `gap db reset`, `gap secret rotate`.
#![expect(clippy::print_stdout, reason = "this module speaks to the terminal")]

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use gap_store::{Address, Store, backup, latest_schema};

use super::Misuse;
use crate::clock::Clock;
use crate::config::{Loaded, Settings};
use crate::database;
use crate::secrets::{self, NewSecret};

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Remove the database with everything in it; the gateway must not be running
    Reset {
        /// Really: nothing of it can be had back
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum SecretCommand {
    /// Seal the database by another secret key: a new one in the data folder, or, if SECRET_KEY is set by you, that one
    /// (with the one before as SECRET_KEY_PREVIOUS)
    Rotate,
}

/// Brings the schema forward, as the next start would.
pub(super) async fn migrate(loaded: &Loaded) -> anyhow::Result<()> {
    let store = open(&loaded.settings).await?;
    println!("The {} has schema {}, the newest that this program knows.", store.address(), latest_schema());
    store.close().await;
    Ok(())
}

/// Writes a backup, beside a running gateway or without one; to standard output where the file is `-`.
pub(super) async fn back_up(loaded: &Loaded, to: &Path) -> anyhow::Result<()> {
    let store = open(&loaded.settings).await?;
    if to == Path::new("-") {
        return pour_backup(store, &loaded.settings.store.data_dir).await;
    }
    let written = backup::create(&store, to, Clock::system().now()).await;
    store.close().await;
    written.map_err(said)?;
    let bytes = std::fs::metadata(to).map_or(0, |file| file.len());
    println!("Wrote {} ({bytes} bytes). It opens with the SECRET_KEY of today; keep that, too.", to.display());
    Ok(())
}

/// Writes a backup to standard output. A whole file first: half a backup would look like one. In the data folder, because
/// a container's other folders are small or cannot be written to.
async fn pour_backup(store: Store, folder: &Path) -> anyhow::Result<()> {
    let file = Passing(folder.join(format!("backup.{}", std::process::id())));
    let written = backup::create(&store, &file.0, Clock::system().now()).await;
    store.close().await;
    written.map_err(said)?;
    let mut from = std::fs::File::open(&file.0)?;
    std::io::copy(&mut from, &mut std::io::stdout().lock())
        .context("the backup cannot be written to standard output")?;
    Ok(())
}

/// A file that is gone when this is.
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        // Where it was never made there is nothing to remove.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Puts a backup in the database's place.
pub(super) async fn restore(loaded: &Loaded, from: &Path, yes: bool) -> anyhow::Result<()> {
    let options = database::options(needed(&loaded.settings)?)?;
    let may_hold_something = match &options.address {
        Address::File(path) => path.exists(),
        Address::Memory | Address::Postgres(_) => true,
    };
    if may_hold_something && !yes {
        let place = &options.address;
        return Err(Misuse(format!("the {place} may hold data, which this replaces; add --yes if you mean it")).into());
    }
    let place = options.address.to_string();
    backup::restore(options, from, Clock::system().now()).await.map_err(said)?;
    println!("Restored {} to the {place}.", from.display());
    Ok(())
}

/// Removes the database.
pub(super) async fn reset(loaded: &Loaded, yes: bool) -> anyhow::Result<()> {
    let address = database::address(needed(&loaded.settings)?)?;
    if !yes {
        return Err(
            Misuse(format!("this removes the {address} with everything in it; add --yes if you mean it")).into()
        );
    }
    backup::reset(&address).await.map_err(said)?;
    println!("Removed the {address}. The next start makes a new one.");
    Ok(())
}

/// Seals the database by another secret key.
pub(super) async fn rotate(loaded: &Loaded, explicit: bool) -> anyhow::Result<()> {
    let settings = needed(&loaded.settings)?;
    if explicit && settings.auth.secret_key_previous.is_none() {
        let way = "SECRET_KEY is set by you: set a new one (`openssl rand -hex 32`), the present one as \
                   SECRET_KEY_PREVIOUS, and run this again";
        return Err(Misuse(way.to_owned()).into());
    }
    // With a previous key, opening is what seals it by the new one.
    let store = open(settings).await?;
    if explicit {
        store.close().await;
        println!("The database opens with SECRET_KEY. SECRET_KEY_PREVIOUS is no longer needed.");
        return Ok(());
    }
    let new = NewSecret::prepare(&settings.store.data_dir)?;
    let changed = store.change_secret(new.secret(), Clock::system().now()).await;
    store.close().await;
    changed.map_err(said)?;
    let path: PathBuf = new.publish()?;
    println!("The database opens with the new secret key in {}. Sessions end at the next start.", path.display());
    Ok(())
}

pub(super) async fn open(settings: &Settings) -> anyhow::Result<Store> {
    Ok(database::open(needed(settings)?, &Clock::system()).await?)
}

/// The settings, if they ask for a database at all.
pub(super) fn needed(settings: &Settings) -> anyhow::Result<&Settings> {
    if settings.wants_database() {
        return Ok(settings);
    }
    let way = "everything is kept in memory: no DATABASE_URL is set, and no storage mode is `database`";
    Err(Misuse(way.to_owned()).into())
}

fn said(error: gap_store::StoreError) -> anyhow::Error {
    let remedy = error.remedy();
    anyhow::Error::new(error).context(remedy)
}

/// The settings with the secret key of the data folder, if there is one. Makes up nothing but that.
pub(super) fn with_secret(mut loaded: Loaded) -> anyhow::Result<(Loaded, bool)> {
    let explicit = loaded.settings.auth.secret_key.is_some();
    if loaded.settings.wants_database() {
        secrets::provide_key(&mut loaded.settings).context("the secret key of the data folder cannot be read")?;
    }
    Ok((loaded, explicit))
}
