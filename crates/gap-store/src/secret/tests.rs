use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::{SecretKeys, Unopened, Vault, new_data_key};

fn vault(secret: &str) -> Vault {
    Vault::of_secret_key(&SecretString::from(secret), b"salt")
}

proptest! {
    #[test]
    fn what_is_sealed_opens_only_where_it_lies(secret in ".{0,200}", place in ".{0,20}", other in ".{0,20}") {
        let vault = Vault::of_data_key(&new_data_key());
        let sealed = vault.seal(&place, secret.as_bytes()).unwrap();
        let opened = vault.open_text(&place, &sealed).unwrap();
        prop_assert_eq!(opened.expose_secret(), &secret);
        if other != place {
            prop_assert_eq!(vault.open(&other, &sealed).unwrap_err(), Unopened);
        }
        if secret.len() > 8 {
            prop_assert!(!sealed.contains(&secret));
        }
    }

    #[test]
    fn a_sealed_text_with_one_other_character_does_not_open(at in 0_usize..60, by in 1_u8..64) {
        let vault = vault("one");
        let sealed = vault.seal("here", b"AIzaSyExample_0123456789_abcdefghij").unwrap();
        let mut bytes = sealed.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = bytes[at].wrapping_add(by);
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert_eq!(vault.open("here", &text).unwrap_err(), Unopened);
        }
    }

    #[test]
    fn any_text_is_opened_or_refused(sealed in "(1\\.)?.{0,80}") {
        prop_assert_eq!(vault("one").open("here", &sealed).unwrap_err(), Unopened);
    }
}

#[test]
fn another_secret_key_or_salt_does_not_open() {
    let sealed = vault("one").seal("here", b"x").unwrap();
    assert!(vault("one").open("here", &sealed).is_ok());
    assert_eq!(vault("two").open("here", &sealed).unwrap_err(), Unopened);
    let other_salt = Vault::of_secret_key(&SecretString::from("one"), b"pepper");
    assert_eq!(other_salt.open("here", &sealed).unwrap_err(), Unopened);
}

#[test]
fn the_same_secret_is_sealed_differently_each_time_and_has_one_fingerprint() {
    let vault = vault("one");
    let secret = SecretString::from("AIzaSy");
    assert_ne!(vault.seal("here", b"AIzaSy").unwrap(), vault.seal("here", b"AIzaSy").unwrap());
    assert_eq!(vault.fingerprint(&secret), vault.fingerprint(&secret));
    assert_ne!(vault.fingerprint(&secret), vault.fingerprint(&SecretString::from("AIzaSz")));
    assert_ne!(vault.fingerprint(&secret), self::vault("two").fingerprint(&secret));
}

#[test]
fn each_label_has_a_key_of_its_own() {
    let vault = vault("one");
    assert_eq!(*vault.derive("sessions"), *vault.derive("sessions"));
    assert_ne!(*vault.derive("sessions"), *vault.derive("chains"));
}

#[test]
fn debug_shows_no_secret() {
    let keys = SecretKeys { current: SecretString::from("hunter2"), previous: Some(SecretString::from("hunter1")) };
    assert!(!format!("{keys:?} {:?}", vault("hunter2")).contains("hunter"));
}
