//! One value under way, from its first byte to what it says.

use super::findings::{BlockReason, Findings, FinishReason, read_string};
use super::usage::Usage;

/// Longest value that is kept, in bytes of JSON.
const MAX_VALUE: usize = 16 * 1024;
/// Errors may list every quota of a project.
const MAX_ERROR: usize = 64 * 1024;

/// What a value is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    BlockReason,
    Error,
    FinishReason,
    ModelVersion,
    Name,
    ResponseId,
    /// Not kept: only whether it is empty.
    Text,
    Usage,
}

/// The value under way.
#[derive(Debug, Default)]
pub(super) struct Value {
    /// What it is read for.
    pub(super) slot: Option<Slot>,
    /// Its JSON so far.
    json: Vec<u8>,
    /// It is longer than what may be kept.
    overflowed: bool,
}

// === impl Value ===

impl Value {
    pub(super) fn begin(&mut self, slot: Option<Slot>) {
        self.slot = slot;
        self.json.clear();
        self.overflowed = false;
    }

    pub(super) fn keep(&mut self, piece: &[u8]) {
        let limit = match self.slot {
            None | Some(Slot::Text) => return,
            Some(Slot::Error) => MAX_ERROR,
            Some(_) => MAX_VALUE,
        };
        if self.overflowed || self.json.len() + piece.len() > limit {
            self.overflowed = true;
        } else {
            self.json.extend_from_slice(piece);
        }
    }

    /// Reads a complete value for what it was kept for.
    pub(super) fn settle(&self, slot: Slot, findings: &mut Findings) {
        let json = self.json.as_slice();
        match slot {
            Slot::Text => {}
            // That there was an error must not be lost with its text.
            Slot::Error if self.overflowed => findings.error = Some("{}".to_owned()),
            _ if self.overflowed || json == b"null" => {}
            Slot::Error => findings.error = Some(String::from_utf8_lossy(json).into_owned()),
            Slot::Usage => remember(&mut findings.usage, Usage::read(json)),
            Slot::FinishReason => remember(&mut findings.finish_reason, FinishReason::read(json)),
            Slot::BlockReason => remember(&mut findings.block_reason, BlockReason::read(json)),
            Slot::ModelVersion => remember_text(&mut findings.model_version, json),
            Slot::ResponseId => remember_text(&mut findings.response_id, json),
            Slot::Name => remember_text(&mut findings.name, json),
        }
    }
}

fn remember<T>(place: &mut Option<T>, read: Option<T>) {
    if read.is_some() {
        *place = read;
    }
}

/// Google repeats most texts in every event; they are copied once.
fn remember_text(place: &mut Option<String>, json: &[u8]) {
    if let Some(text) = read_string(json)
        && place.as_deref() != Some(&*text)
    {
        *place = Some(text.into_owned());
    }
}
