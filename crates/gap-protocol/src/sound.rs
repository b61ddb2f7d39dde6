//! Files out of samples.
//!
//! Gemini's speech models answer with naked samples (wire 105), which nothing can play. WAV is a header before them; FLAC
//! takes half the place and loses nothing, Opus a tenth. Both are written while the samples come, so that a stream can be
//! heard from its first event on. MP3 and AAC are not written: there is no encoder of either that is free to ship in one
//! binary, fast, and good.
//!
//! What already has a container passes as it is.

mod flac;
mod opus;

use crate::call::AudioFormat;
use crate::openai::chat::media::Samples;

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct Recorder {
    kind: Kind,
    /// The first byte of a sample whose second has not come.
    half: Option<u8>,
}

#[derive(Debug)]
enum Kind {
    /// The bytes as they come.
    Plain,
    Flac(flac::Encoder),
    Opus(Box<opus::Encoder>),
}

/// These samples cannot be written in this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sound with {rate} samples a second in {channels} channels cannot be written in this format")]
pub(crate) struct Unwritable {
    rate: u32,
    channels: u16,
}

// === impl Recorder ===

impl Recorder {
    /// Begins a file and appends its beginning to `out`. `length` is the number of bytes of samples to come, if it is known.
    pub(crate) fn begin(
        format: Option<AudioFormat>,
        samples: Option<Samples>,
        length: Option<usize>,
        out: &mut Vec<u8>,
    ) -> Result<Self, Unwritable> {
        let Some(samples) = samples else { return Ok(Self { kind: Kind::Plain, half: None }) };
        let unwritable = Unwritable { rate: samples.rate(), channels: samples.channels() };
        let kind = match format {
            None | Some(AudioFormat::Wav) => {
                out.extend_from_slice(&samples.header(Some(AudioFormat::Wav), length));
                Kind::Plain
            }
            Some(AudioFormat::Pcm16) => Kind::Plain,
            Some(AudioFormat::Flac) => {
                let total = length.map(|bytes| bytes as u64 / 2 / u64::from(samples.channels().max(1)));
                Kind::Flac(flac::Encoder::begin(samples, total, out).ok_or(unwritable)?)
            }
            Some(AudioFormat::Opus) => Kind::Opus(Box::new(opus::Encoder::begin(samples, out).ok_or(unwritable)?)),
        };
        Ok(Self { kind, half: None })
    }

    /// Takes samples and appends what can be written of them.
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if matches!(self.kind, Kind::Plain) {
            return out.extend_from_slice(bytes);
        }
        let mut values = Vec::with_capacity(bytes.len() / 2 + 1);
        let mut rest = bytes;
        if let (Some(first), Some((second, after))) = (self.half, rest.split_first()) {
            values.push(i16::from_le_bytes([first, *second]));
            self.half = None;
            rest = after;
        }
        let (pairs, last) = rest.as_chunks::<2>();
        values.extend(pairs.iter().map(|pair| i16::from_le_bytes(*pair)));
        if let [byte] = last {
            self.half = Some(*byte);
        }
        match &mut self.kind {
            Kind::Plain => {}
            Kind::Flac(encoder) => encoder.push(&values, out),
            Kind::Opus(encoder) => encoder.push(&values, out),
        }
    }

    /// Ends the file.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) {
        match &mut self.kind {
            Kind::Plain => {}
            Kind::Flac(encoder) => encoder.end(out),
            Kind::Opus(encoder) => encoder.end(out),
        }
    }
}

#[cfg(test)]
mod tests;
