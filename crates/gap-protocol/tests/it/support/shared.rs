//! Captures and specifications that are kept outside of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A folder or file of them, or nothing, saying so.
#[expect(clippy::disallowed_methods, reason = "a test's input, not a setting of the product")]
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let shared = std::env::var("GAP_SHARED_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    let path = Path::new(&shared).join(path);
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

/// A JSON document of them.
pub(crate) fn document(path: &str) -> Option<Value> {
    Some(serde_json::from_slice(&fs::read(shared(path)?).unwrap()).unwrap())
}
