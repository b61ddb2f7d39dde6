//! Which project owns which resource at Google: files, caches, batches, operations.
//!
//! What one project's key has made, another project's key cannot see: Google answers 403, and the client thinks
//! that its file is gone. So the names in the answers that pass are noted with the project whose key asked, and whoever
//! names one of them later is served by a key of that project. A name that nobody has noted goes to any key, as before.
//!
//! Google knows projects, not the people behind a gateway: whoever shares a project with somebody could read their files.
//! So a name is also noted with the access key that made it, and nobody else gets it but an administrator.
//!
//! ## Edges
//! What was made elsewhere, or before a restart without a database, is nobody's: whoever knows its name gets it, and only
//! administrators see it in a list.
//!
//! Names are kept in memory, the least recently used are forgotten first. Where there is a database they are written down
//! as well ([`kept`]), so that a restart forgets none.

pub mod kept;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gap_pool::{Affinity, ProjectId};
use gap_protocol::json::{self, Node};

use crate::caller::{Caller, Role};

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
/// Of these, those that only their makers see. Caches have a ledger of their own; a tuned model is made for others.
const PRIVATE: [&str; 7] =
    ["files", "batches", "operations", "fileSearchStores", "corpora", "interactions", "generatedFiles"];
/// Within a body, such a name stands in an address (`…/v1beta/files/abc`) or alone.
const IN_BODIES: [&[u8]; 3] = [b"files/", b"cachedContents/", b"fileSearchStores/"];

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

#[derive(Clone, Debug)]
struct Entry {
    project: ProjectId,
    /// The access key that made it, if that is known.
    maker: Option<Arc<str>>,
    turn: u64,
}

// === impl Owners ===

impl Owners {
    /// Remembers that the resource `name` is `project`'s, if it is one that belongs to anybody. Whether that is news.
    pub fn note(&self, name: &str, project: ProjectId) -> bool {
        is_owned(name) && self.known().insert(name, project, None) != Some(project)
    }

    /// The same of one that the access key `maker` has made.
    pub fn note_made(&self, name: &str, project: ProjectId, maker: &Arc<str>) -> bool {
        is_owned(name) && self.known().insert(name, project, Some(Arc::clone(maker))) != Some(project)
    }

    /// Whether `caller` may have the resource `name`: not what somebody else has made, nor a part of it.
    pub fn may_have(&self, caller: &Caller, name: &str) -> bool {
        caller.role == Role::Administrator
            || !is_private(name)
            || self.look_up(name, |entry| entry.maker.clone()).flatten().is_none_or(|maker| maker == caller.id)
    }

    /// Whether the access key `maker` has made the resource.
    pub fn is_made_by(&self, maker: &str, name: &str) -> bool {
        self.look_up(name, |entry| entry.maker.as_deref() == Some(maker)).unwrap_or_default()
    }

    /// The first name in the body of a native request that `caller` may not have. The body is searched, not parsed.
    pub fn foreign_in(&self, caller: &Caller, body: &[u8]) -> Option<String> {
        if caller.role == Role::Administrator || self.is_empty() {
            return None;
        }
        let body = without_escapes(body);
        IN_BODIES.iter().find_map(|mark| {
            let mut names =
                memchr::memmem::find_iter(&body, mark).filter_map(|at| name_at(body.get(at..)?, mark.len()));
            names.find(|name| !self.may_have(caller, name)).map(str::to_owned)
        })
    }

    /// Where the access key `maker` has something of this collection: what it has made or used last decides.
    pub fn home_of(&self, maker: &str, collection: &str) -> Option<ProjectId> {
        let known = self.known();
        let is_one = |name: &str| name.strip_prefix(collection).is_some_and(|rest| rest.starts_with('/'));
        let names = known.by_turn.values().rev().filter(|name| is_one(name));
        let mut entries = names.filter_map(|name| known.by_name.get(name));
        entries.find(|entry| entry.maker.as_deref() == Some(maker)).map(|entry| entry.project)
    }

    /// The resource is gone.
    pub fn forget(&self, name: &str) {
        self.known().remove(name);
    }

    /// Whose the resource is, or else what it is a part of: `fileSearchStores/a/documents/b` is where its store is.
    pub fn find(&self, name: &str) -> Option<ProjectId> {
        self.look_up(name, |entry| entry.project)
    }

    fn look_up<T>(&self, name: &str, see: impl Fn(&Entry) -> T) -> Option<T> {
        let mut known = self.known();
        let mut name = name;
        loop {
            if let Some(entry) = known.find(name) {
                return Some(see(entry));
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
        if self.is_empty() {
            return None;
        }
        let body = without_escapes(body);
        IN_BODIES.iter().find_map(|mark| {
            let places = memchr::memmem::find_iter(&body, mark).take(MOST_OF_A_BODY);
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
    fn insert(&mut self, name: &str, project: ProjectId, maker: Option<Arc<str>>) -> Option<ProjectId> {
        let before = self.remove(name);
        let (before, made) = before.map_or((None, None), |before| (Some(before.project), before.maker));
        while self.by_name.len() >= MOST {
            let Some((_, oldest)) = self.by_turn.pop_first() else { break };
            self.by_name.remove(&oldest);
        }
        self.turn += 1;
        // Whoever made it stays who made it.
        self.by_name.insert(name.into(), Entry { project, maker: made.or(maker), turn: self.turn });
        self.by_turn.insert(self.turn, name.into());
        before
    }

    fn remove(&mut self, name: &str) -> Option<Entry> {
        let entry = self.by_name.remove(name)?;
        self.by_turn.remove(&entry.turn);
        Some(entry)
    }

    fn find(&mut self, name: &str) -> Option<&Entry> {
        let entry = self.by_name.get_mut(name)?;
        self.turn += 1;
        let before = std::mem::replace(&mut entry.turn, self.turn);
        if let Some(name) = self.by_turn.remove(&before) {
            self.by_turn.insert(self.turn, name);
        }
        Some(entry)
    }
}

/// Whether a resource of this name belongs to a project. An operation does, also one of a model's.
fn is_owned(name: &str) -> bool {
    let mut segments = name.split('/');
    let collection = segments.next().unwrap_or_default();
    let is_member = segments.next().is_some_and(|id| !id.is_empty());
    name.len() <= LONGEST && is_member && (OWNED.contains(&collection) || name.contains("/operations/"))
}

/// Whether only its maker sees it.
fn is_private(name: &str) -> bool {
    let collection = name.split('/').next().unwrap_or_default();
    PRIVATE.contains(&collection) || name.contains("/operations/")
}

/// Whether it is a collection of what only its makers see.
pub fn is_private_collection(name: &str) -> bool {
    PRIVATE.contains(&name) || name.ends_with("/operations")
}

/// JSON without the escapes that letters and slashes of a name may be hidden behind. Good for looking, not for reading.
fn without_escapes(json: &[u8]) -> Cow<'_, [u8]> {
    let hides = |mark: &[u8]| memchr::memmem::find(json, mark).is_some();
    if !hides(br"\/") && !hides(br"\u00") {
        return Cow::Borrowed(json);
    }
    let mut plain = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (before, escape) = rest.split_at(at);
        plain.extend_from_slice(before);
        let letter = escape.strip_prefix(br"\u00").and_then(|code| std::str::from_utf8(code.get(..2)?).ok());
        let (letter, length) = match (letter.and_then(|code| u8::from_str_radix(code, 16).ok()), escape.get(1)) {
            (Some(letter), _) => (Some(letter), 6),
            (None, Some(escaped)) => (Some(*escaped), 2),
            (None, None) => (None, 1),
        };
        plain.extend(letter);
        rest = escape.get(length..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
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
