//! Text of ASCII alone, which most prompts are.
//!
//! Every prompt is guessed at before it is sent, so this is hot. Character by character it took 15,700 instructions of the
//! 146,300 of a request of 1 kB, here 7,600: what a byte costs shows in it and the one before, which the compiler compares
//! many at a time; but for long words, and of those there are few.

use super::{PIECE, WORD};

/// Bytes that are counted in one byte without overflow: none costs more than two tokens.
const BLOCK: usize = 64;

/// The same as [`super::of_characters`].
pub(super) fn of_text(text: &[u8]) -> u64 {
    let Some((first, rest)) = text.split_first() else { return 0 };
    let mut tokens = u64::from(cost(0, *first));
    for (before, block) in text.chunks(BLOCK).zip(rest.chunks(BLOCK)) {
        let costs = before.iter().zip(block).map(|(before, byte)| cost(*before, *byte));
        tokens += u64::from(costs.sum::<u8>());
    }
    tokens + of_long_words(text)
}

/// What a byte adds behind the one before it, as if no word were long.
fn cost(before: u8, byte: u8) -> u8 {
    let begins_word = is_letter(byte) & !is_letter(before);
    let is_sign = !is_letter(byte) & !is_blank(byte);
    // A blank goes with the word or the sign behind it, but not with a digit.
    let is_digit_behind_blank = byte.is_ascii_digit() & is_blank(before);
    u8::from(begins_word) + u8::from(is_sign) + u8::from(is_digit_behind_blank)
}

/// What long words cost beyond their first token.
///
/// Goes in steps as long as a word may be: of words that are not long, most letters are not looked at.
fn of_long_words(text: &[u8]) -> u64 {
    let mut tokens = 0;
    // No word that begins before `from` goes on behind it.
    let mut from = 0;
    while let Some(window) = text.get(from..=from + WORD) {
        let letters = window.iter().rev().take_while(|byte| is_letter(**byte)).count();
        from += window.len() - letters;
        if letters > WORD {
            from += WORD + 1;
            let more = text.get(from..).unwrap_or_default().iter().take_while(|byte| is_letter(**byte)).count();
            tokens += (1 + more).div_ceil(PIECE) as u64;
            from += more;
        }
    }
    tokens
}

fn is_letter(byte: u8) -> bool {
    (byte | 0x20).wrapping_sub(b'a') < 26
}

/// White space but the end of a line, which is a sign.
fn is_blank(byte: u8) -> bool {
    byte == b' ' || (byte != b'\n' && byte.wrapping_sub(b'\t') < 5)
}
