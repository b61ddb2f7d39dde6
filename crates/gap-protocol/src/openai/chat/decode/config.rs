//! `generationConfig`, in the making.

use std::borrow::Cow;

use crate::json::ObjectWriter;

/// Fields of `generationConfig` and their JSON. A field that is set again is replaced: what a client says in Gemini's own
/// words counts more than what it says in OpenAI's.
#[derive(Debug, Default)]
pub(crate) struct Config<'n>(Vec<(Cow<'n, str>, Cow<'n, str>)>);

impl<'n> Config<'n> {
    pub(crate) fn set(&mut self, field: impl Into<Cow<'n, str>>, json: impl Into<Cow<'n, str>>) {
        let (field, json) = (field.into(), json.into());
        match self.0.iter_mut().find(|(name, _)| *name == field) {
            Some((_, value)) => *value = json,
            None => self.0.push((field, json)),
        }
    }

    /// Lays other fields over these.
    pub(crate) fn replace_by(&mut self, other: Self) {
        for (field, json) in other.0 {
            self.set(field, json);
        }
    }

    pub(crate) fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, json)| json.as_ref())
    }

    pub(crate) fn write(&self, writer: &mut ObjectWriter<'_>) {
        if self.0.is_empty() {
            return;
        }
        let mut object = ObjectWriter::open(writer.key("generationConfig"));
        for (field, json) in &self.0 {
            object.raw(field, json);
        }
        object.close();
    }
}
