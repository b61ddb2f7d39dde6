//! Writes the reference of what OpenAI's properties become.

use std::fs;
use std::path::Path;

use gap_protocol::openai::chat::compatibility::reference;

fn main() -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openai-compatibility.md");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, reference())
}
