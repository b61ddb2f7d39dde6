//! Prints the reference of what OpenAI's properties become; `cargo xtask docs` keeps it.

use std::io::{self, Write as _};

use gap_protocol::openai::chat::compatibility::reference;

fn main() -> io::Result<()> {
    io::stdout().lock().write_all(reference().as_bytes())
}
