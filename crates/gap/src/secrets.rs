//! The secrets that GAP makes up for itself when nobody set them.
//!
//! Nothing is open by default: without a password there is a random one, shown once where a person looks and a log
//! collector does not. With a data folder (a database is asked for) it is written there instead, readable by its owner
//! alone, beside the secret key, and both are found again at the next start. Without one, nothing is written to disk and
//! both are new at every start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rand::Rng;
use secrecy::{ExposeSecret, SecretString};

use crate::config::Settings;

/// The file of the password in the data folder.
const PASSWORD_FILE: &str = "initial-password";
/// The file of the secret key in the data folder.
const KEY_FILE: &str = "secret-key";
/// The file of the secret key to come, while it is being replaced.
const NEXT_KEY_FILE: &str = "secret-key.next";
/// Nobody's secret is longer; something else has got into the file.
const LONGEST: u64 = 4096;

/// Where the password is that was made up.
#[derive(Debug)]
pub enum Password {
    /// Somebody set one, or another access key.
    Configured,
    /// In memory alone: show it, once.
    Shown(SecretString),
    /// In this file.
    Written(PathBuf),
}

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("store.data_dir = {folder}: {path} {did}: {reason}; give GAP_STORE__DATA_DIR a folder that this user may write to", folder = folder.display(), path = path.display())]
pub struct FolderError {
    folder: PathBuf,
    path: PathBuf,
    did: &'static str,
    reason: io::Error,
}

/// Puts what is missing into `settings`.
///
/// Errors: a data folder is needed and cannot be used.
pub fn provide(settings: &mut Settings) -> Result<Password, FolderError> {
    let folder = settings.wants_database().then(|| settings.store.data_dir.clone());
    provide_key(settings)?;
    let auth = &mut settings.auth;
    if !(auth.passwords.is_empty() && auth.users_api_keys.is_empty()) {
        return Ok(Password::Configured);
    }
    if let Some(folder) = folder {
        auth.passwords.push(kept(&folder, PASSWORD_FILE, random::<12>)?);
        return Ok(Password::Written(folder.join(PASSWORD_FILE)));
    }
    let password = random::<12>();
    auth.passwords.push(password.clone());
    Ok(Password::Shown(password))
}

/// Puts a secret key into `settings` if there is none: the data folder's, or, where nothing is kept, a random one.
///
/// Errors: a data folder is needed and cannot be used.
pub fn provide_key(settings: &mut Settings) -> Result<(), FolderError> {
    let folder = settings.wants_database().then(|| settings.store.data_dir.clone());
    if let Some(folder) = &folder {
        make(folder)?;
    }
    if settings.auth.secret_key.is_some() {
        return Ok(());
    }
    settings.auth.secret_key = Some(match &folder {
        Some(folder) => {
            if let Some(unfinished) = NewSecret::find(folder)? {
                // A change of the key was cut short: the database opens with the one or the other.
                settings.auth.secret_key_previous = Some(kept(folder, KEY_FILE, random::<32>)?);
                unfinished.secret
            } else {
                kept(folder, KEY_FILE, random::<32>)?
            }
        }
        None => random::<32>(),
    });
    Ok(())
}

/// The database opens with the secret key of `settings`: finishes a change of the key that was cut short.
///
/// Errors: the data folder cannot be written to.
pub fn opened(settings: &Settings) -> Result<(), FolderError> {
    let Some(unfinished) = NewSecret::find(&settings.store.data_dir)? else { return Ok(()) };
    let current = settings.auth.secret_key.as_ref().map(ExposeSecret::expose_secret);
    if current == Some(unfinished.secret.expose_secret()) {
        unfinished.publish()?;
    }
    Ok(())
}

/// A secret key that is to replace the one in the data folder. It lies beside it until the database opens with it, so
/// that whenever the change is cut short one of the two is right.
#[derive(Debug)]
pub struct NewSecret {
    folder: PathBuf,
    secret: SecretString,
}

// === impl NewSecret ===

impl NewSecret {
    /// Makes one up and writes it down.
    pub fn prepare(folder: &Path) -> Result<Self, FolderError> {
        let secret = kept(folder, NEXT_KEY_FILE, random::<32>)?;
        Ok(Self { folder: folder.to_owned(), secret })
    }

    /// One whose change was cut short.
    fn find(folder: &Path) -> Result<Option<Self>, FolderError> {
        if folder.join(NEXT_KEY_FILE).exists() { Self::prepare(folder).map(Some) } else { Ok(None) }
    }

    /// The key.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Puts it in the place of the one before; the path of its file.
    pub fn publish(self) -> Result<PathBuf, FolderError> {
        let path = self.folder.join(KEY_FILE);
        fs::rename(self.folder.join(NEXT_KEY_FILE), &path).map_err(|reason| FolderError {
            folder: self.folder,
            path: path.clone(),
            did: "cannot be replaced",
            reason,
        })?;
        Ok(path)
    }
}

fn random<const N: usize>() -> SecretString {
    SecretString::from(random_hex::<N>())
}

/// `N` bytes that nobody can guess, in hexadecimal.
pub(crate) fn random_hex<const N: usize>() -> String {
    let mut bytes = [0_u8; N];
    rand::rng().fill_bytes(&mut bytes);
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Makes the folder and sees whether it takes files.
fn make(folder: &Path) -> Result<(), FolderError> {
    let wrong = |did| move |reason| FolderError { folder: folder.to_owned(), path: folder.to_owned(), did, reason };
    fs::create_dir_all(folder).map_err(wrong("cannot be made"))?;
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    File::create(&probe).map_err(wrong("takes no files"))?;
    fs::remove_file(&probe).map_err(wrong("takes no files"))
}

/// The secret in the file `name`, which is written first if it is not there.
fn kept(folder: &Path, name: &str, new: impl FnOnce() -> SecretString) -> Result<SecretString, FolderError> {
    let path = folder.join(name);
    let wrong = |did, reason| FolderError { folder: folder.to_owned(), path: path.clone(), did, reason };
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            let secret = new();
            let written = file.write_all(secret.expose_secret().as_bytes()).and_then(|()| file.write_all(b"\n"));
            written.and_then(|()| file.sync_all()).map_err(|reason| wrong("cannot be written", reason))?;
            Ok(secret)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read(&path).map_err(|reason| wrong("cannot be used", reason))
        }
        Err(error) => Err(wrong("cannot be written", error)),
    }
}

fn read(path: &Path) -> io::Result<SecretString> {
    let file = File::open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        // Copied, or restored from a backup: others could read it.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text)?;
    let text = text.trim();
    if text.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty; delete it, and a new one is made"));
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests;
