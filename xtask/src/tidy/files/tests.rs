use std::path::PathBuf;

use super::{File, Files, MAX_LINES};
use crate::tidy::Rule;

/// The rules that this text breaks as a file of this name, relative to this package.
fn broken(path: &str, text: &str) -> Vec<Rule> {
    let file = File { path: path.to_owned(), text: text.to_owned(), root: PathBuf::from(env!("CARGO_MANIFEST_DIR")) };
    file.check().into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn long_source_is_an_error_and_longish_source_a_warning() {
    assert_eq!(broken("a.rs", &"x\n".repeat(MAX_LINES)), []);
    assert_eq!(broken("a.rs", &"x\n".repeat(MAX_LINES + 1)), [Rule::Size]);
    assert_eq!(broken("schema.gen.ts", &"x\n".repeat(MAX_LINES + 1)), []);
    assert_eq!(broken("table.json", &"x\n".repeat(MAX_LINES + 1)), []);
    let file = |lines: usize| File { path: "a.rs".to_owned(), text: "x\n".repeat(lines), root: PathBuf::new() };
    assert_eq!(Files(vec![file(400), file(401), file(801)]).warnings().len(), 1);
}

#[test]
fn silenced_lints_are_found() {
    assert_eq!(broken("a.rs", "    #[allow(dead_code)]\n#![allow(unused)]\n"), [Rule::Silenced, Rule::Silenced]);
    assert_eq!(broken("a.rs", "// not #[allow(dead_code)] but\n#[expect(dead_code, reason = \"\")]\n"), []);
}

#[test]
fn unfinished_marks_are_found_as_words() {
    for mark in super::UNFINISHED {
        assert_eq!(broken("a.py", &format!("# {mark}: later\n")), [Rule::Unfinished]);
        assert_eq!(broken("a.py", &format!("x = \"a{mark}\"\n")), []);
    }
    for mark in super::UNFINISHED_MACROS {
        assert_eq!(broken("a.rs", &format!("{mark})")), [Rule::Unfinished]);
    }
}

#[test]
fn paths_of_a_machine_are_found_but_not_addresses() {
    for machine in super::MACHINES {
        assert_eq!(broken("a.md", &format!("see `{machine}me/x`\n")), [Rule::MachinePath], "{machine}");
    }
    let home = super::MACHINES[0];
    assert_eq!(broken("a.md", &format!("https://example.com{home}page\n")), []);
}

#[test]
fn links_of_documents_must_lead_somewhere() {
    assert_eq!(broken("README.md", "[a](Cargo.toml) [b](src/main.rs#x) [c](#here) [d](https://example.com)\n"), []);
    assert_eq!(broken("src/notes.md", "[up](../Cargo.toml)\n"), []);
    assert_eq!(broken("README.md", "[gone](missing.md)\n"), [Rule::BrokenLink]);
    assert_eq!(broken("README.md", "```\n[gone](missing.md)\n```\n"), []);
}

#[test]
fn a_lock_file_must_name_the_public_registry() {
    assert_eq!(broken("e2e/package-lock.json", "  \"resolved\": \"https://registry.npmjs.org/a/-/a-1.tgz\",\n"), []);
    assert_eq!(broken("e2e/package-lock.json", "  \"resolved\": \"http://mirror.local/a-1.tgz\",\n"), [Rule::Registry]);
}
