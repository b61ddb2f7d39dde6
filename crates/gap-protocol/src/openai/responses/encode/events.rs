//! Events of a stream, numbered.

use crate::json::ObjectWriter;
use crate::openai::chat::write::write_number;

/// Writes events, or nothing where nobody listens.
#[derive(Debug)]
pub(super) struct Events<'e> {
    out: Option<&'e mut Vec<u8>>,
    /// The number of the next event.
    pub(super) sequence: u64,
}

// === impl Events ===

impl<'e> Events<'e> {
    /// Into a stream whose next event has this number.
    pub(super) fn into_stream(out: &'e mut Vec<u8>, sequence: u64) -> Self {
        Self { out: Some(out), sequence }
    }

    /// Into nothing.
    pub(super) fn unheard() -> Self {
        Self { out: None, sequence: 0 }
    }

    /// Whether anybody listens.
    pub(super) fn heard(&self) -> bool {
        self.out.is_some()
    }

    /// Tells an event.
    pub(super) fn tell(&mut self, kind: &str, members: impl FnOnce(&mut ObjectWriter<'_>)) {
        let Some(out) = self.out.as_deref_mut() else { return };
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: ");
        let mut object = ObjectWriter::open(out);
        object.text("type", kind);
        write_number(object.key("sequence_number"), self.sequence);
        members(&mut object);
        object.close();
        out.extend_from_slice(b"\n\n");
        self.sequence += 1;
    }

    /// Tells an event of the item at a place.
    pub(super) fn of_item(&mut self, kind: &str, place: u64, id: &str, members: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.tell(kind, |object| {
            object.text("item_id", id);
            write_number(object.key("output_index"), place);
            members(object);
        });
    }

    /// Tells that an item begins or is done; `item` is the item as JSON.
    pub(super) fn item(&mut self, kind: &str, place: u64, item: &[u8]) {
        self.tell(kind, |object| {
            write_number(object.key("output_index"), place);
            object.key("item").extend_from_slice(item);
        });
    }
}

/// A text from its letters, in quotes.
pub(super) fn quoted(object: &mut ObjectWriter<'_>, key: &str, letters: &[u8]) {
    let out = object.key(key);
    out.push(b'"');
    out.extend_from_slice(letters);
    out.push(b'"');
}
