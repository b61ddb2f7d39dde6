//! Thought signatures: opaque to everybody, recognisable to the simulator that made them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::dice::Dice;
use crate::options::Signatures;
use crate::schema::decode_base64;

const MARK: usize = 16;

/// What Google documents as "do not check" (wire 78): for calls that another model made.
const UNCHECKED: [&str; 2] = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];

/// A new signature of a length as real ones have.
pub(crate) fn sign(seed: u64, dice: &mut Dice) -> String {
    let length = usize::try_from(dice.between(48, 240)).unwrap_or(48);
    let noise = dice.bytes(length);
    STANDARD.encode([&mark(seed, &noise), noise.as_slice()].concat())
}

/// Whether a signature that comes back is good.
pub(crate) fn is_good(signature: &str, seed: u64, which: Signatures) -> bool {
    if UNCHECKED.contains(&signature) {
        return true;
    }
    let Some(bytes) = decode_base64(signature) else { return false };
    match which {
        Signatures::Any => !bytes.is_empty(),
        Signatures::Own => bytes.split_at_checked(MARK).is_some_and(|(start, noise)| start == mark(seed, noise)),
    }
}

fn mark(seed: u64, noise: &[u8]) -> [u8; MARK] {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(noise).finalize();
    let mut mark = [0; MARK];
    mark.copy_from_slice(&digest[..MARK]);
    mark
}
