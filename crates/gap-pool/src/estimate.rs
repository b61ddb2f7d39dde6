//! How many input tokens a request will cost, told from its words.
//!
//! Quotas are booked before Google has counted, so a guess has to do; the real count takes its place when the answer is
//! there. Gemini's tokenizer keeps common words whole, splits long ones, and counts signs and digits one by one; that is
//! what is imitated here. Too low would overshoot a limit, too high would idle a key, so the guess aims at the middle.
//!
//! Media cost what the documentation says and not what they weigh.

mod ascii;

/// Letters in a row beyond this are more than one token.
const WORD: usize = 10;
/// Letters in each further token of a long word.
const PIECE: usize = 5;
/// Images, by the tile.
const IMAGE: u64 = 258;
/// What a page of a document costs, and how many bytes a page has on the average.
const PAGE: u64 = 258;
const PAGE_BYTES: u64 = 50_000;
/// Audio and video cost by the second; bytes are all that is known of their length.
const AUDIO_PER_SECOND: u64 = 32;
const AUDIO_BYTES_PER_SECOND: u64 = 16_000;
const VIDEO_PER_SECOND: u64 = 295;
const VIDEO_BYTES_PER_SECOND: u64 = 250_000;

/// What kind of thing a piece of media is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Media {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// Pages.
    Document,
}

/// What a text costs.
pub fn of_text(text: &str) -> u64 {
    if text.is_ascii() { ascii::of_text(text.as_bytes()) } else { of_characters(text) }
}

/// What any text costs, character by character.
fn of_characters(text: &str) -> u64 {
    let mut tokens = 0;
    let mut letters = 0;
    let mut wide = 0_u64;
    let mut after_blank = false;
    for character in text.chars() {
        let class = Class::of(character);
        if class == Class::Letter {
            letters += 1;
            after_blank = false;
            continue;
        }
        tokens += of_word(std::mem::take(&mut letters));
        match class {
            // A blank goes with the word or the sign behind it, but not with a digit.
            Class::Sign => tokens += 1 + u64::from(after_blank && character.is_ascii_digit()),
            Class::Wide => wide += 1,
            Class::Blank | Class::Letter => {}
        }
        after_blank = class == Class::Blank;
    }
    // Of Chinese, Japanese and Korean, three characters make two tokens.
    tokens + of_word(letters) + wide - wide / 3
}

/// What data costs that Google shows the model in its own words: declarations of functions, schemas, their arguments and
/// results. Quotes and brackets mostly vanish in them.
pub fn of_json(json: &str) -> u64 {
    let words = json.split(|c: char| c.is_ascii_punctuation() && c != '_' || c.is_whitespace());
    words.filter(|word| !word.is_empty()).map(of_text).sum()
}

/// What media cost, by their size in bytes.
pub fn of_media(media: Media, bytes: u64) -> u64 {
    let seconds = |each: u64| bytes.div_ceil(each).max(1);
    match media {
        Media::Image => IMAGE,
        Media::Document => PAGE * bytes.div_ceil(PAGE_BYTES).max(1),
        Media::Audio => AUDIO_PER_SECOND * seconds(AUDIO_BYTES_PER_SECOND),
        Media::Video => VIDEO_PER_SECOND * seconds(VIDEO_BYTES_PER_SECOND),
    }
}

// === impl Media ===

impl Media {
    /// By a MIME type; none for text and what is nothing of these.
    pub fn of_mime_type(mime_type: &str) -> Option<Self> {
        let (kind, _) = mime_type.split_once('/')?;
        match kind {
            "image" => Some(Self::Image),
            "audio" => Some(Self::Audio),
            "video" => Some(Self::Video),
            _ => (mime_type == "application/pdf").then_some(Self::Document),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Blank,
    Sign,
    Wide,
}

impl Class {
    fn of(character: char) -> Self {
        match character {
            'a'..='z' | 'A'..='Z' => Self::Letter,
            '\n' => Self::Sign,
            _ if character.is_whitespace() => Self::Blank,
            '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' => {
                Self::Wide
            }
            '\u{20000}'..='\u{3FFFF}' => Self::Wide,
            _ if character.is_alphabetic() => Self::Letter,
            _ => Self::Sign,
        }
    }
}

fn of_word(letters: usize) -> u64 {
    match letters {
        0 => 0,
        1..=WORD => 1,
        _ => 1 + (letters - WORD).div_ceil(PIECE) as u64,
    }
}

#[cfg(test)]
mod tests;
