//! How secrets lie on the disk.
//!
//! A random *data key* seals the upstream keys and lies in the database, itself sealed by a key that HKDF derives from
//! `SECRET_KEY`. So a new `SECRET_KEY` re-seals one row and not a hundred thousand, and the database alone opens nothing.
//!
//! ## Edges
//! - Every sealed text is bound to the place where it lies: moved to another row it does not open.
//! - Nonces are random: 96 bits under one data key are good for billions of upstream keys.
//! - Duplicates are found by a keyed digest. A plain one would let a thief of the file try out leaked keys.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::StoreError;

/// Begins every sealed text, so that another way of sealing can come later.
const VERSION: &str = "1.";
const NONCE: usize = 12;

/// The keys that may open the store, from the configuration. `Debug` shows neither.
#[derive(Clone, Debug)]
pub struct SecretKeys {
    /// `SECRET_KEY`.
    pub current: SecretString,
    /// `SECRET_KEY_PREVIOUS`, while rotating.
    pub previous: Option<SecretString>,
}

/// Thirty-two bytes that open something.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

/// Seals and opens under one key.
pub(crate) struct Vault {
    cipher: Aes256Gcm,
    /// What labels derive from.
    root: Hkdf<Sha256>,
}

/// A sealed text does not open: another key, another place, or damage.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unopened;

// === impl SecretKeys ===

impl SecretKeys {
    /// Only a current one.
    pub fn new(current: SecretString) -> Self {
        Self { current, previous: None }
    }
}

// === impl Vault ===

impl Vault {
    /// The vault of the data key, which seals the upstream keys.
    pub(crate) fn of_data_key(data_key: &KeyBytes) -> Self {
        Self::new(Hkdf::new(None, data_key.as_slice()), "gap store: upstream keys")
    }

    /// The vault of `SECRET_KEY`, which seals the data key.
    pub(crate) fn of_secret_key(secret_key: &SecretString, salt: &[u8]) -> Self {
        Self::new(Hkdf::new(Some(salt), secret_key.expose_secret().as_bytes()), "gap store: data key")
    }

    fn new(root: Hkdf<Sha256>, label: &str) -> Self {
        let key = derive(&root, &[label.as_bytes()]);
        Self { cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)), root }
    }

    /// Seals for this place.
    pub(crate) fn seal(&self, place: &str, secret: &[u8]) -> Result<String, StoreError> {
        let nonce: [u8; NONCE] = random();
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), Payload { msg: secret, aad: place.as_bytes() })
            .map_err(|_| StoreError::Invalid("this secret is too long to be sealed".to_owned()))?;
        Ok(format!("{VERSION}{}", BASE64.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let bytes = sealed.strip_prefix(VERSION).and_then(|text| BASE64.decode(text).ok()).ok_or(Unopened)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Unopened)?;
        self.cipher
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: place.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| Unopened)
    }

    /// Opens text.
    pub(crate) fn open_text(&self, place: &str, sealed: &str) -> Result<SecretString, Unopened> {
        let bytes = self.open(place, sealed)?;
        std::str::from_utf8(&bytes).map(SecretString::from).map_err(|_| Unopened)
    }

    /// What tells equal secrets without telling the secret.
    pub(crate) fn fingerprint(&self, secret: &SecretString) -> String {
        // HKDF's expansion is HMAC over its information: a keyed digest.
        let digest = derive(&self.root, &[b"gap store: fingerprint\0", secret.expose_secret().as_bytes()]);
        BASE64.encode(digest.as_slice())
    }

    /// A key for another purpose: signing sessions, naming conversations.
    pub(crate) fn derive(&self, label: &str) -> KeyBytes {
        derive(&self.root, &[b"gap: ", label.as_bytes()])
    }
}

/// Shows nothing.
impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

/// A new data key.
pub(crate) fn new_data_key() -> KeyBytes {
    Zeroizing::new(random())
}

fn derive(root: &Hkdf<Sha256>, label: &[&[u8]]) -> KeyBytes {
    let mut key = Zeroizing::new([0; 32]);
    // Fails only for more than 255 digests of output.
    let _ = root.expand_multi_info(label, key.as_mut_slice());
    key
}

#[cfg(test)]
mod tests;
