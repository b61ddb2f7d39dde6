//! What operators do with the database, on the command line.

use std::fs;
use std::path::Path;

use crate::binary::{gap, said};

const SECRET: &str = "a-secret-key-of-thirty-two-bytes-or-more";
const OTHER: &str = "another-secret-key-of-more-than-thirty-two";

/// Runs `gap` on a database in `dir`: its exit code, and what it said.
fn run(dir: &Path, secret: Option<&str>, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = gap(dir, arguments);
    command.env("DATABASE_URL", "sqlite://./data/gap.db");
    if let Some(secret) = secret {
        command.env("SECRET_KEY", secret);
    }
    let output = command.output().unwrap();
    (output.status.code(), said(&output))
}

#[test]
fn a_backup_brings_a_lost_database_back() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = run(dir.path(), Some(SECRET), &["migrate"]);
    assert!(code == Some(0) && text.contains("SQLite file ./data/gap.db has schema"), "{text}");
    let (code, text) = run(dir.path(), Some(SECRET), &["backup", "copy.db"]);
    assert!(code == Some(0) && text.contains("Wrote copy.db"), "{text}");
    let (code, text) = run(dir.path(), Some(SECRET), &["backup", "copy.db"]);
    assert!(code == Some(1) && text.contains("copy.db"), "never over an earlier one: {text}");

    let (code, text) = run(dir.path(), Some(SECRET), &["db", "reset"]);
    assert!(code == Some(2) && text.contains("--yes"), "{text}");
    assert!(dir.path().join("data/gap.db").exists());
    assert_eq!(run(dir.path(), Some(SECRET), &["db", "reset", "--yes"]).0, Some(0));
    assert!(!dir.path().join("data/gap.db").exists());

    let (code, text) = run(dir.path(), Some(OTHER), &["restore", "copy.db"]);
    assert!(code == Some(1) && text.contains("SECRET_KEY"), "with another secret it would not open: {text}");
    let (code, text) = run(dir.path(), Some(SECRET), &["restore", "copy.db"]);
    assert!(code == Some(0), "{text}");
    let (code, text) = run(dir.path(), Some(SECRET), &["restore", "copy.db"]);
    assert!(code == Some(2) && text.contains("--yes"), "{text}");
    assert_eq!(run(dir.path(), Some(SECRET), &["restore", "copy.db", "--yes"]).0, Some(0));
}

#[test]
fn a_backup_leaves_a_container_through_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let output = gap(dir.path(), &["backup", "-"])
        .env("DATABASE_URL", "sqlite://./data/gap.db")
        .env("SECRET_KEY", SECRET)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    fs::write(dir.path().join("copy.db"), output.stdout).unwrap();
    let left = fs::read_dir(dir.path().join("data")).unwrap().map(|file| file.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with("backup")), "nothing stays behind");
    let (code, text) = run(dir.path(), Some(SECRET), &["restore", "copy.db", "--yes"]);
    assert!(code == Some(0), "{text}");
}

#[test]
fn nothing_is_done_to_a_database_that_nobody_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [&["migrate"][..], &["backup", "x"], &["restore", "x"], &["db", "reset", "--yes"]] {
        let output = gap(dir.path(), arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("DATABASE_URL"), "{}", said(&output));
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_secret_key_of_ones_own_is_replaced_in_two_steps() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(dir.path(), Some(SECRET), &["migrate"]).0, Some(0));
    let (code, text) = run(dir.path(), Some(SECRET), &["secret", "rotate"]);
    assert!(code == Some(2) && text.contains("SECRET_KEY_PREVIOUS"), "{text}");
    let (code, text) = run(dir.path(), Some(OTHER), &["migrate"]);
    assert!(code == Some(2) && text.contains("SECRET_KEY does not open"), "{text}");

    let mut rotate = gap(dir.path(), &["secret", "rotate"]);
    rotate.env("DATABASE_URL", "sqlite://./data/gap.db").env("SECRET_KEY", OTHER).env("SECRET_KEY_PREVIOUS", SECRET);
    assert_eq!(rotate.output().unwrap().status.code(), Some(0));
    assert_eq!(run(dir.path(), Some(OTHER), &["migrate"]).0, Some(0));
    assert_eq!(run(dir.path(), Some(SECRET), &["migrate"]).0, Some(2));
}

#[test]
fn a_made_up_secret_key_is_replaced_at_once_and_survives_being_cut_short() {
    let dir = tempfile::tempdir().unwrap();
    let (key, next) = (dir.path().join("data/secret-key"), dir.path().join("data/secret-key.next"));
    assert_eq!(run(dir.path(), None, &["migrate"]).0, Some(0));
    let first = fs::read_to_string(&key).unwrap();
    let (code, text) = run(dir.path(), None, &["secret", "rotate"]);
    assert!(code == Some(0) && !text.contains(first.trim()), "{text}");
    let second = fs::read_to_string(&key).unwrap();
    assert!(first != second && !next.exists() && !text.contains(second.trim()));
    assert_eq!(run(dir.path(), None, &["migrate"]).0, Some(0));

    // Cut short before the database was sealed anew, and after.
    fs::write(&next, OTHER).unwrap();
    assert_eq!(run(dir.path(), None, &["migrate"]).0, Some(0));
    assert!(fs::read_to_string(&key).unwrap() == OTHER && !next.exists());
    fs::write(&next, OTHER).unwrap();
    fs::write(&key, &second).unwrap();
    assert_eq!(run(dir.path(), None, &["migrate"]).0, Some(0));
    assert!(fs::read_to_string(&key).unwrap() == OTHER && !next.exists());
}

#[test]
fn keys_are_imported_listed_and_never_printed() {
    const KEY: &str = "AIzaSyOfAnOperatorOnATerminal0123456789";
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = run(dir.path(), Some(SECRET), &["keys", "list"]);
    assert!(code == Some(2) && text.contains("KEY_STORAGE_MODE"), "{text}");

    let keys = |arguments: &[&str]| {
        let mut command = gap(dir.path(), arguments);
        command.env("KEY_STORAGE_MODE", "database").env("SECRET_KEY", SECRET);
        // Nobody is there.
        command.env("GEMINI_BASE_URL", "http://127.0.0.1:1");
        let output = command.output().unwrap();
        let text = said(&output);
        assert!(!text.contains(KEY), "{text}");
        (output.status.code(), text)
    };
    fs::write(dir.path().join("keys.txt"), format!("# ours\nshop:{KEY}\n{KEY}\nbad:\n")).unwrap();
    let (code, text) = keys(&["keys", "import", "keys.txt", "--dry-run"]);
    assert!(code == Some(0) && text.contains("would enter project shop"), "{text}");
    assert!(text.contains("1 keys found: 1 would be entered, 0 there already; 1 repeated, 1 bad, 0 skipped"), "{text}");
    assert!(keys(&["keys", "list"]).1.contains("0 keys"));

    let (code, text) = keys(&["keys", "import", "keys.txt"]);
    assert!(code == Some(0) && text.contains("line 4: there is no key behind the colon"), "{text}");
    let (code, text) = keys(&["keys", "list"]);
    assert!(
        code == Some(0) && text.contains("AIza…6789") && text.contains("shop") && text.contains("1 keys"),
        "{text}"
    );
    let (code, text) = keys(&["keys", "check"]);
    assert!(code == Some(1) && text.contains("1 unreachable"), "{text}");
    for (file, words) in [("none.txt", "cannot be read"), ("bad.json", "begins like JSON")] {
        fs::write(dir.path().join("bad.json"), format!("[\"{KEY}\"")).unwrap();
        let (code, text) = keys(&["keys", "import", file]);
        assert!(code != Some(0) && text.contains(words), "{text}");
    }
}
