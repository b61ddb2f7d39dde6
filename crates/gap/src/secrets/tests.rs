use secrecy::ExposeSecret;

use super::*;

fn settings(folder: Option<&Path>) -> Settings {
    let mut settings = Settings::default();
    if let Some(folder) = folder {
        settings.store.data_dir = folder.to_owned();
        settings.store.database_configured = true;
    }
    settings
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn in_memory_both_are_random_and_nothing_is_written() {
    let (mut one, mut two) = (settings(None), settings(None));
    let Password::Shown(shown) = provide(&mut one).unwrap() else { panic!("not shown") };
    provide(&mut two).unwrap();
    assert_eq!(one.auth.passwords[0].expose_secret(), shown.expose_secret());
    assert_ne!(one.auth.passwords[0].expose_secret(), two.auth.passwords[0].expose_secret());
    let key = |settings: &Settings| settings.auth.secret_key.as_ref().unwrap().expose_secret().to_owned();
    assert!(key(&one).len() >= 32 && key(&one) != key(&two));
}

#[test]
fn what_somebody_set_stays() {
    let mut settings = settings(None);
    settings.auth.users_api_keys.push(SecretString::from("mine"));
    assert!(matches!(provide(&mut settings).unwrap(), Password::Configured));
    assert!(settings.auth.passwords.is_empty());
}

#[test]
fn a_data_folder_keeps_both_for_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("new/data");
    let mut first = settings(Some(&folder));
    let Password::Written(file) = provide(&mut first).unwrap() else { panic!("not written") };
    assert_eq!(mode_of(&file), 0o600);
    assert_eq!(mode_of(&folder.join(KEY_FILE)), 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let mut second = settings(Some(&folder));
    provide(&mut second).unwrap();
    assert_eq!(first.auth.passwords[0].expose_secret(), second.auth.passwords[0].expose_secret());
    assert_eq!(mode_of(&file), 0o600, "others can no longer read it");
}

#[test]
fn a_folder_that_cannot_be_made_is_named_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let said = provide(&mut settings(Some(&file.join("data")))).unwrap_err().to_string();
    assert!(said.contains("store.data_dir") && said.contains("GAP_STORE__DATA_DIR"), "{said}");
}

#[test]
fn an_empty_secret_is_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(KEY_FILE), " \n").unwrap();
    let said = provide(&mut settings(Some(dir.path()))).unwrap_err().to_string();
    assert!(said.contains("secret-key") && said.contains("delete it"), "{said}");
}
