//! The search for what ends a stretch of plain letters.
//!
//! Prompts are long and full of escapes, and every request's body is searched like this. A search by vectors that is
//! called for each stretch costs more to begin than to do; here sixteen letters are looked at together, in a loop that
//! the compiler turns into vectors, and one by one only where something was found.

/// Letters that are looked at together: a vector of every x86-64 and ARM64 processor.
const BLOCK: usize = 16;

/// Where the first byte is that `stops`. It is asked about every byte, so it should not branch.
pub(super) fn first(bytes: &[u8], stops: impl Fn(u8) -> bool) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for (number, block) in blocks.iter().enumerate() {
        // Without a way out in the middle, so that it becomes vectors.
        if block.iter().fold(false, |found, byte| found | stops(*byte)) {
            return Some(number * BLOCK + block.iter().position(|byte| stops(*byte))?);
        }
    }
    Some(blocks.len() * BLOCK + rest.iter().position(|byte| stops(*byte))?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_a_plain_search_finds(bytes in prop::collection::vec(prop::sample::select(b"ab\"\\\n".to_vec()), 0..80), stop in any::<bool>()) {
            let stops = |byte: u8| if stop { byte == b'\\' } else { byte == b'"' };
            prop_assert_eq!(first(&bytes, stops), bytes.iter().position(|byte| stops(*byte)));
        }

        #[test]
        fn far_away_as_well(before in 0_usize..200, after in 0_usize..40) {
            let mut bytes = vec![b'x'; before];
            bytes.push(b'"');
            bytes.extend(std::iter::repeat_n(b'x', after));
            prop_assert_eq!(first(&bytes, |byte| byte == b'"'), Some(before));
            prop_assert_eq!(first(&bytes, |byte| byte == b'\\'), None);
        }
    }
}
