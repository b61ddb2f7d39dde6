use super::*;
use crate::config::Settings;

#[test]
fn a_folder_that_cannot_be_used_is_named_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let settings = Telemetry { log_dir: Some(dir.path().join("file/logs")), ..Settings::default().telemetry };
    let said = start(&settings, &Clock::system()).unwrap_err().to_string();
    assert!(said.contains("telemetry.log_dir") && said.contains("LOG_DIR"), "{said}");
}

#[test]
fn a_level_that_is_none_is_refused() {
    let settings = Telemetry { log_level: "gap=[".to_owned(), ..Settings::default().telemetry };
    assert!(matches!(start(&settings, &Clock::system()), Err(LogError::Level(..))));
}
