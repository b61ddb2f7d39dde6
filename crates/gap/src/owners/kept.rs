//! Whose a resource is, beyond a restart: in the store, under names that outlive the process.
//!
//! A name is written down before the answer that tells of it goes out: a client that has been told of its file finds it
//! again. Where the store cannot write, the answer goes out all the same, because the file is there; the log says so.

use gap_pool::ProjectId;
use gap_store::StoreError;
use gap_store::resources::{Resource, ResourceFilter};
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use super::MOST;
use crate::app::App;

/// Rows that are read at a time.
const PAGE: u32 = 1_000;
/// Google keeps files for two days (wire 37), and says of nothing else how long it stays. What is used is noted anew.
const OF_FILES: SignedDuration = SignedDuration::from_hours(49);
const OF_OTHERS: SignedDuration = SignedDuration::from_hours(24 * 60);

/// Writes down that these names are `project`'s, and which access key made them; an empty one where it was none of ours.
pub async fn record(app: &App, names: Vec<String>, project: ProjectId, owner: &str) {
    let in_memory = app.store.address().is_memory();
    let names: Vec<String> = names.into_iter().filter(|name| !in_memory || is_listed(name)).collect();
    if names.is_empty() {
        return;
    }
    let Some((project, upstream_key)) = app.keyring.lasting_name(project) else { return };
    for name in names {
        let written = app.store.resources().record(&row(&name, &project, &upstream_key, owner, app.clock.now())).await;
        if let Err(error) = written {
            warn!("Whose a resource is could not be written down; after a restart it may not be found: {error}");
            return;
        }
    }
}

/// Strikes a name that is gone.
pub async fn strike(app: &App, name: &str) {
    if let Err(error) = app.store.resources().delete(name).await {
        warn!("A resource that is gone could not be struck from the list: {error}");
    }
}

/// Without a database only what people look at is written down: the rest would be there twice, and last no longer.
fn is_listed(name: &str) -> bool {
    name.starts_with("files/")
}

/// Takes in what was written down, as soon as all keys are there: before this returns, unless there are very many.
pub async fn load(app: &App) {
    if app.store.address().is_memory() {
        return;
    }
    if app.roster.is_whole() {
        take_in(app).await;
        return;
    }
    let app = app.clone();
    app.lifecycle.clone().spawn(async move {
        tokio::select! {
            () = app.lifecycle.stopping() => {}
            () = async { app.roster.whole().await; take_in(&app).await } => {}
        }
    });
}

async fn take_in(app: &App) {
    match read(app).await {
        Ok(0) => {}
        Ok(count) => info!(count, "The projects of {count} resources are known"),
        Err(error) => warn!("Whose resources are whose cannot be read: {error}"),
    }
}

async fn read(app: &App) -> Result<usize, StoreError> {
    let mut filter = ResourceFilter::default();
    let mut count = 0;
    loop {
        let rows = app.store.resources().list(&filter, PAGE, app.clock.now()).await?;
        for Resource { name, project, upstream_key, owner, .. } in &rows {
            if let Some(project) = app.keyring.project_by(upstream_key, project) {
                if owner.is_empty() {
                    app.owners.note(name, project);
                } else {
                    app.owners.note_made(name, project, &owner.as_str().into());
                }
                count += 1;
            }
        }
        let Some(last) = rows.last().filter(|_| rows.len() == PAGE as usize && count < MOST) else { return Ok(count) };
        filter.after = Some(last.name.clone());
    }
}

fn row(name: &str, project: &str, upstream_key: &str, owner: &str, now: Timestamp) -> Resource {
    let kind = name.split('/').next().unwrap_or_default();
    let stays = if kind == "files" { OF_FILES } else { OF_OTHERS };
    Resource {
        name: name.to_owned(),
        kind: kind.to_owned(),
        project: project.to_owned(),
        upstream_key: upstream_key.to_owned(),
        owner: owner.to_owned(),
        detail: None,
        created_at: now,
        expires_at: now.checked_add(stays).ok(),
    }
}
