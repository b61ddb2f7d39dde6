//! Usage as Google nearly always writes it, read in one walk.
//!
//! Every event of a stream repeats its usage, and serde is ready for anything in every field, which is a third of what
//! following a small answer costs. What is written any other way than here is left to serde.

use super::{Modalities, Usage};

/// More digits might not fit.
const MOST_DIGITS: usize = 19;

/// Reads an object of counts and lists of modalities, each at most once; none where anything else is in it.
pub(super) fn read(json: &[u8]) -> Option<Usage> {
    let mut rest = Rest(json);
    let mut usage = Usage::default();
    let mut seen = 0_u16;
    rest.take(b'{')?;
    loop {
        let bit = rest.field(&mut usage)?;
        // serde knows what is wrong with that.
        if seen & bit != 0 {
            return None;
        }
        seen |= bit;
        if !rest.goes_on(b'}')? {
            break;
        }
    }
    rest.blank();
    rest.0.is_empty().then_some(usage)
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    /// Reads a field of usage; its own bit.
    fn field(&mut self, usage: &mut Usage) -> Option<u16> {
        let name = self.name()?;
        self.take(b':')?;
        let (bit, count) = match name {
            b"promptTokenCount" => (1, &mut usage.prompt),
            b"candidatesTokenCount" => (1 << 1, &mut usage.candidates),
            b"totalTokenCount" => (1 << 2, &mut usage.total),
            b"thoughtsTokenCount" => (1 << 3, &mut usage.thoughts),
            b"cachedContentTokenCount" => (1 << 4, &mut usage.cached),
            b"toolUsePromptTokenCount" => (1 << 5, &mut usage.tool_use_prompt),
            _ => return self.details(name, usage),
        };
        *count = self.number()?;
        Some(bit)
    }

    fn details(&mut self, name: &[u8], usage: &mut Usage) -> Option<u16> {
        let (bit, modalities) = match name {
            b"promptTokensDetails" => (1 << 6, &mut usage.prompt_by_modality),
            b"candidatesTokensDetails" => (1 << 7, &mut usage.candidates_by_modality),
            b"cacheTokensDetails" => (1 << 8, &mut usage.cached_by_modality),
            b"toolUsePromptTokensDetails" => (1 << 9, &mut usage.tool_use_prompt_by_modality),
            b"serviceTier" => {
                self.name()?;
                return Some(1 << 10);
            }
            _ => return None,
        };
        self.take(b'[')?;
        loop {
            self.entry(modalities)?;
            if !self.goes_on(b']')? {
                return Some(bit);
            }
        }
    }

    /// `{"modality": "TEXT", "tokenCount": 7}`
    fn entry(&mut self, modalities: &mut Modalities) -> Option<()> {
        self.take(b'{')?;
        self.named(b"modality")?;
        let place = match self.name()? {
            b"TEXT" => &mut modalities.text,
            b"IMAGE" => &mut modalities.image,
            b"VIDEO" => &mut modalities.video,
            b"AUDIO" => &mut modalities.audio,
            b"DOCUMENT" => &mut modalities.document,
            _ => return None,
        };
        self.take(b',')?;
        self.named(b"tokenCount")?;
        *place = place.saturating_add(self.number()?);
        self.take(b'}')
    }

    fn blank(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        self.blank();
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        (*byte == expected).then_some(())
    }

    /// Whether another member follows, or the container has ended with `close`.
    fn goes_on(&mut self, close: u8) -> Option<bool> {
        self.blank();
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        match *byte {
            b',' => Some(true),
            byte if byte == close => Some(false),
            _ => None,
        }
    }

    fn named(&mut self, expected: &[u8]) -> Option<()> {
        (self.name()? == expected).then_some(())?;
        self.take(b':')
    }

    /// A string of letters alone.
    fn name(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let length = self.0.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (name, rest) = self.0.split_at(length);
        self.0 = rest.strip_prefix(b"\"")?;
        Some(name)
    }

    /// An integer without a sign. What comes behind it, a fraction for instance, is judged by who reads on.
    fn number(&mut self) -> Option<u64> {
        self.blank();
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(length);
        if digits.is_empty() || length > MOST_DIGITS || (length > 1 && digits.first() == Some(&b'0')) {
            return None;
        }
        self.0 = rest;
        Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }
}

#[cfg(test)]
mod tests;
