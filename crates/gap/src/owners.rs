//! Which project owns which resource at Google: files, caches, batches, operations.
//!
//! What one project's key has made, another project's key cannot see: Google answers 403, and the client thinks
//! that its file is gone. So the names in the answers that pass are noted with the project whose key asked, and whoever
//! names one of them later is served by a key of that project. A name that nobody has noted goes to any key, as before.
//!
//! ## Edges
//! Names are kept in memory, the least recently used are forgotten first. Where there is a database they are written down
//! as well ([`kept`]), so that a restart forgets none.

pub mod kept;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gap_pool::{Affinity, ProjectId};
use gap_protocol::json::{self, Node};

/// About ten megabytes of memory.
const MOST: usize = 50_000;
/// Google's names are shorter.
const LONGEST: usize = 200;
/// Names of one body that are looked for.
const MOST_OF_A_BODY: usize = 64;
/// The collections whose members belong to a project. Models belong to everybody.
const OWNED: [&str; 9] = [
    "files",
    "cachedContents",
    "batches",
    "operations",
    "tunedModels",
    "fileSearchStores",
    "corpora",
    "interactions",
    "generatedFiles",
];
/// Within a body, such a name stands in an address (`…/v1beta/files/abc`) or alone.
const IN_BODIES: [&[u8]; 2] = [b"files/", b"cachedContents/"];

/// The resources whose project is known.
#[derive(Debug, Default)]
pub struct Owners(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    by_name: HashMap<Box<str>, Entry>,
    /// The least recently used first.
    by_turn: BTreeMap<u64, Box<str>>,
    turn: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    project: ProjectId,
    turn: u64,
}

// === impl Owners ===

impl Owners {
    /// Remembers that the resource `name` is `project`'s, if it is one that belongs to anybody. Whether that is news.
    pub fn note(&self, name: &str, project: ProjectId) -> bool {
        is_owned(name) && self.known().insert(name, project) != Some(project)
    }

    /// The resource is gone.
    pub fn forget(&self, name: &str) {
        self.known().remove(name);
    }

    /// Whose the resource is, or else what it is a part of: `fileSearchStores/a/documents/b` is where its store is.
    pub fn find(&self, name: &str) -> Option<ProjectId> {
        let mut known = self.known();
        let mut name = name;
        loop {
            if let Some(project) = known.find(name) {
                return Some(project);
            }
            let (parent, _) = name.rsplit_once('/')?;
            if !parent.contains('/') {
                return None;
            }
            name = parent;
        }
    }

    /// Where a request belongs that names these; the first that is known decides.
    pub fn affinity<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Affinity {
        names.into_iter().find_map(|name| self.find(name)).map_or(Affinity::None, Affinity::Must)
    }

    /// Whose resource the body of a native request names, as far as it names one that is known. The body is searched,
    /// not parsed.
    pub fn find_in(&self, body: &[u8]) -> Option<ProjectId> {
        if self.known().by_name.is_empty() {
            return None;
        }
        IN_BODIES.iter().find_map(|mark| {
            let places = memchr::memmem::find_iter(body, mark).take(MOST_OF_A_BODY);
            places.filter_map(|at| name_at(body.get(at..)?, mark.len())).find_map(|name| self.find(name))
        })
    }

    /// Notes every resource that a page of a list names; those that are news.
    pub fn note_page(&self, page: &[u8], project: ProjectId) -> Vec<String> {
        let Ok(page) = json::parse(page) else { return Vec::new() };
        let lists = page.members().unwrap_or_default().iter().filter_map(|member| member.value.items());
        let names = lists.flatten().filter_map(|item| item.find("name").and_then(Node::text));
        names.filter(|name| self.note(name, project)).map(Into::into).collect()
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.known().by_name.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Known ===

impl Known {
    /// The project before, if it was known.
    fn insert(&mut self, name: &str, project: ProjectId) -> Option<ProjectId> {
        let before = self.remove(name);
        while self.by_name.len() >= MOST {
            let Some((_, oldest)) = self.by_turn.pop_first() else { break };
            self.by_name.remove(&oldest);
        }
        self.turn += 1;
        self.by_name.insert(name.into(), Entry { project, turn: self.turn });
        self.by_turn.insert(self.turn, name.into());
        before
    }

    fn remove(&mut self, name: &str) -> Option<ProjectId> {
        let entry = self.by_name.remove(name)?;
        self.by_turn.remove(&entry.turn);
        Some(entry.project)
    }

    fn find(&mut self, name: &str) -> Option<ProjectId> {
        let entry = self.by_name.get_mut(name)?;
        self.turn += 1;
        let before = std::mem::replace(&mut entry.turn, self.turn);
        if let Some(name) = self.by_turn.remove(&before) {
            self.by_turn.insert(self.turn, name);
        }
        Some(entry.project)
    }
}

/// Whether a resource of this name belongs to a project. An operation does, also one of a model's.
fn is_owned(name: &str) -> bool {
    let mut segments = name.split('/');
    let collection = segments.next().unwrap_or_default();
    let is_member = segments.next().is_some_and(|id| !id.is_empty());
    name.len() <= LONGEST && is_member && (OWNED.contains(&collection) || name.contains("/operations/"))
}

/// The name that `text` begins with, whose collection is so long.
fn name_at(text: &[u8], collection: usize) -> Option<&str> {
    let id = text.get(collection..)?;
    let length = id.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
    let name = text.get(..collection + length).filter(|_| length > 0)?;
    std::str::from_utf8(name).ok()
}

#[cfg(test)]
mod tests;
