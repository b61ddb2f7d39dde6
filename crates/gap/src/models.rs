//! Which models there are, and what each can do.
//!
//! What they can do is a table, compiled in, and changed by a file that is followed while GAP runs. Which there are, Google
//! says, and not the same to every project: the list is the union over the projects of the upstream keys, asked for when
//! somebody wants it, believed for a while, and renewed in the background.
//!
//! ## Edges
//! An old list is better than none: while Google does not answer, it stays. Where there never was one, the names that the
//! table knows stand in. A file that has become unusable changes nothing, and the log says what is wrong with it.

mod listing;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use gap_protocol::models::{Alias, ModelTable, TableError};
use tracing::{info, warn};

pub use self::listing::{List, Listing};
use crate::lifecycle::Lifecycle;

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What models can do. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Models(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    built_in: ModelTable,
    table: ArcSwap<ModelTable>,
    file: Option<Followed>,
}

/// The file with changes to the table.
#[derive(Debug)]
struct Followed {
    path: PathBuf,
    /// When it had last been written when it was last read.
    seen: Mutex<Option<SystemTime>>,
}

/// Why the table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file cannot be understood.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong, and where.
        reason: TableError,
    },
    /// The compiled-in table is broken.
    #[error("the built-in table of models: {0}")]
    BuiltIn(#[from] TableError),
}

// === impl Models ===

impl Models {
    /// The built-in table with the changes in `file` and the operator's own names.
    ///
    /// Errors: a file that cannot be read or understood.
    pub fn load(file: Option<&Path>, aliases: &[Alias]) -> Result<Self, ModelsError> {
        let built_in = ModelTable::built_in()?.with_aliases(aliases);
        let table = match file {
            Some(path) => changed(&built_in, path)?,
            None => built_in.clone(),
        };
        let follow = |path: &Path| Followed { path: path.to_owned(), seen: Mutex::new(written_at(path)) };
        Ok(Self(Arc::new(Inner { built_in, table: ArcSwap::from_pointee(table), file: file.map(follow) })))
    }

    /// The table as it is now.
    pub fn table(&self) -> Arc<ModelTable> {
        self.0.table.load_full()
    }

    /// Follows the file from now on.
    pub fn follow(&self, lifecycle: &Lifecycle) {
        if self.0.file.is_none() {
            return;
        }
        let models = self.clone();
        lifecycle.every(LOOK_EVERY, move || {
            models.look();
            std::future::ready(())
        });
    }

    /// Reads the file again if it has been written since.
    pub fn look(&self) {
        let Some(Followed { path, seen }) = &self.0.file else { return };
        let written = written_at(path);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == written {
            return;
        }
        *seen = written;
        match changed(&self.0.built_in, path) {
            Ok(table) => {
                self.0.table.store(Arc::new(table));
                info!("The table of models was read again from {}", path.display());
            }
            Err(error) => warn!(%error, "models.file: {error}; the table stays as it was"),
        }
    }
}

fn changed(built_in: &ModelTable, path: &Path) -> Result<ModelTable, ModelsError> {
    let name = || path.display().to_string();
    let contents = std::fs::read_to_string(path).map_err(|reason| ModelsError::Unreadable { path: name(), reason })?;
    let changed = built_in.overridden_by(&contents).map(|table| table.with_aliases(built_in.aliases()));
    changed.map_err(|reason| ModelsError::Unusable { path: name(), reason })
}

fn written_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests;
