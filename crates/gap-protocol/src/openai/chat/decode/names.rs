//! Names of tools that Google takes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest name.
pub(crate) const MAX_NAME: usize = 64;

/// The name itself, or its nearest relative that Google takes.
// wire 51: it starts with a letter or underscore, goes on with these letters, and has at most 64 of them.
pub(crate) fn sanitise(name: &str) -> Cow<'_, str> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts_well && name.len() <= MAX_NAME && name.chars().all(is_inner) {
        return Cow::Borrowed(name);
    }
    let mut clean = if starts_well { String::new() } else { String::from("_") };
    clean.extend(name.chars().map(|c| if is_inner(c) { c } else { '_' }));
    if clean.len() > MAX_NAME {
        // Long names of tool servers differ at the end, and must go on differing.
        clean.truncate(MAX_NAME - 9);
        let _ = write!(clean, "_{:08x}", digest(name));
    }
    Cow::Owned(clean)
}

/// FNV-1a: the same name gets the same end in every request.
fn digest(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |digest, byte| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // wire 51
    #[test]
    fn names_become_what_google_takes() {
        let cases = [
            ("get_weather", "get_weather"),
            ("mcp:fs.read-file", "mcp:fs.read-file"),
            ("1st", "_1st"),
            ("-x", "_-x"),
            ("file/read me", "file_read_me"),
            ("wetter_für", "wetter_f_r"),
            ("", "_"),
        ];
        for (name, expected) in cases {
            assert_eq!(sanitise(name), expected);
        }
        let long = "a".repeat(70);
        assert_ne!(sanitise(&(long.clone() + "x")), sanitise(&(long + "y")));
    }

    proptest! {
        #[test]
        fn a_clean_name_is_legal_and_stays(name in "\\PC{0,90}") {
            let clean = sanitise(&name).into_owned();
            prop_assert!(!clean.is_empty() && clean.len() <= MAX_NAME);
            prop_assert_eq!(sanitise(&clean), clean.as_str());
        }
    }
}
