//! Takes the data out of server-sent events.
//!
//! Not a parser for the world: Gemini and the gateways under test send one `data:` line per event, and so one line is
//! one event here. The product's own parser is not used, so that a mistake of it cannot hide itself.

#[cfg(test)]
mod tests;

/// Cuts a stream of bytes into data lines.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    /// The beginning of a line whose end has not arrived.
    rest: Vec<u8>,
}

impl Splitter {
    /// Hands the data of every line that `chunk` completes to `each`; stops at the first error.
    pub(crate) fn push<E>(&mut self, chunk: &[u8], mut each: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', chunk) {
            let line = &chunk[from..end];
            from = end + 1;
            if self.rest.is_empty() {
                data_of(line, &mut each)?;
            } else {
                self.rest.extend_from_slice(line);
                let line = std::mem::take(&mut self.rest);
                data_of(&line, &mut each)?;
            }
        }
        self.rest.extend_from_slice(&chunk[from..]);
        Ok(())
    }

    /// Whether the last line had its end.
    pub(crate) fn is_whole(&self) -> bool {
        self.rest.is_empty()
    }
}

fn data_of<E>(line: &[u8], each: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    match line.strip_prefix(b"data:") {
        Some(data) => each(data.trim_ascii()),
        None => Ok(()),
    }
}
