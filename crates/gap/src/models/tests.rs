use super::*;

fn write(path: &Path, contents: &str, second: u64) {
    std::fs::write(path, contents).unwrap();
    let file = std::fs::File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second)).unwrap();
}

#[test]
fn a_file_changes_the_table_while_gap_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.toml");
    write(&path, "[families.gemini-2-5-flash]\naliases = [\"cheap\"]\nnames = [\"gemini-2.5-flash\"]\n", 1);
    let models = Models::load(Some(&path), &[]).unwrap();
    assert_eq!(models.table().resolve("cheap"), "gemini-2.5-flash");

    write(&path, "[families.gemini-2-5-flash]\naliases = [\"fast\"]\nnames = [\"gemini-2.5-flash\"]\n", 2);
    models.look();
    assert_eq!((models.table().resolve("fast"), models.table().resolve("cheap")), ("gemini-2.5-flash", "cheap"));

    write(&path, "this is no table", 3);
    models.look();
    assert_eq!(models.table().resolve("fast"), "gemini-2.5-flash", "a broken file changes nothing");

    std::fs::remove_file(&path).unwrap();
    models.look();
    assert_eq!(models.table().resolve("fast"), "gemini-2.5-flash", "nor does one that is gone");
}

#[test]
fn what_is_wrong_with_the_file_is_said_at_the_start() {
    let error = Models::load(Some(Path::new("/nonexistent/models.toml")), &[]).unwrap_err().to_string();
    assert!(error.starts_with("/nonexistent/models.toml cannot be read"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.toml");
    write(&path, "[families.x]\nfoo = 1\n", 1);
    let error = Models::load(Some(&path), &[]).unwrap_err().to_string();
    assert!(error.contains("models.toml") && error.contains("foo"), "{error}");
}
