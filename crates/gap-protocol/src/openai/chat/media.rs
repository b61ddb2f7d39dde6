//! Images and sounds of an answer.
//!
//! Chat completions have a place for sounds (`message.audio`) and none for images; `message.images[]`, each an
//! `image_url` with a `data:` address, is what routers and front ends have agreed on (wire 106).
//!
//! Speech models answer with naked samples (`audio/L16;rate=24000`), which nothing can play (wire 105): a RIFF header is
//! put before them unless the client asked for samples. In a stream their number is not known when the header is written;
//! its two lengths are then the largest possible, which players take for "until the end".

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::call::AudioFormat;
use crate::json::ObjectWriter;
use crate::reply::{Media, Text};

use super::write_number;

/// What a medium is, as far as chat completions are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Shown.
    Image,
    /// Heard.
    Audio,
    /// There is no place for it.
    Other,
}

/// How samples are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Samples {
    rate: u32,
    channels: u16,
}

impl Kind {
    /// By the type's first word.
    pub(crate) fn of(mime_type: &str) -> Self {
        match mime_type.split_once('/').map(|(kind, _)| kind.to_ascii_lowercase()).as_deref() {
            Some("image") => Self::Image,
            Some("audio") => Self::Audio,
            _ => Self::Other,
        }
    }
}

/// Writes one item of `images`.
pub(crate) fn write_image(out: &mut Vec<u8>, place: u32, media: &Media<'_>, signature: Option<Text<'_>>) {
    let mut object = ObjectWriter::open(out);
    write_number(object.key("index"), u64::from(place));
    object.text("type", "image_url");
    let url = object.key("image_url");
    url.extend_from_slice(b"{\"url\":\"data:");
    url.extend_from_slice(&media.mime_type.letters());
    url.extend_from_slice(b";base64,");
    url.extend_from_slice(&media.data.letters());
    url.extend_from_slice(b"\"}");
    if let Some(signature) = signature {
        let extra = object.key("extra_content");
        extra.extend_from_slice(b"{\"google\":{\"thought_signature\":\"");
        extra.extend_from_slice(&signature.letters());
        extra.extend_from_slice(b"\"}}");
    }
    object.close();
}

/// The bytes behind base64 of either alphabet, with or without padding; none if it is damaged.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    [STANDARD, URL_SAFE, STANDARD_NO_PAD, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text).ok())
}

/// Writes bytes as the value of `data`: base64 in quotes.
pub(crate) fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    if let Some(place) = out.get_mut(start..) {
        // The place is exactly as long as the text will be.
        let _ = STANDARD.encode_slice(bytes, place);
    }
    out.push(b'"');
}

// === impl Samples ===

impl Samples {
    /// The layout of naked samples; none if the type has a container of its own.
    pub(crate) fn of(mime_type: &str) -> Option<Self> {
        let mut parameters = mime_type.split(';').map(str::trim);
        let name = parameters.next()?;
        if !["audio/l16", "audio/pcm", "audio/x-raw"].iter().any(|naked| name.eq_ignore_ascii_case(naked)) {
            return None;
        }
        let mut samples = Self { rate: 24_000, channels: 1 };
        for (key, value) in parameters.filter_map(|parameter| parameter.split_once('=')) {
            match key {
                "rate" => samples.rate = value.parse().unwrap_or(samples.rate),
                "channels" => samples.channels = value.parse().unwrap_or(samples.channels),
                _ => {}
            }
        }
        Some(samples)
    }

    /// Samples of each channel in a second.
    pub(crate) fn rate(self) -> u32 {
        self.rate
    }

    /// How many channels there are.
    pub(crate) fn channels(self) -> u16 {
        self.channels
    }

    /// What stands before the samples in this container. `length` is their number of bytes, if it is known.
    pub(crate) fn header(self, format: Option<AudioFormat>, length: Option<usize>) -> Vec<u8> {
        if format == Some(AudioFormat::Pcm16) {
            return Vec::new();
        }
        let length = length.and_then(|length| u32::try_from(length).ok()).unwrap_or(u32::MAX);
        let frame = self.channels.saturating_mul(2);
        let mut header = Vec::with_capacity(44);
        header.extend_from_slice(b"RIFF");
        header.extend_from_slice(&length.saturating_add(36).to_le_bytes());
        header.extend_from_slice(b"WAVEfmt ");
        header.extend_from_slice(&16_u32.to_le_bytes());
        header.extend_from_slice(&1_u16.to_le_bytes());
        header.extend_from_slice(&self.channels.to_le_bytes());
        header.extend_from_slice(&self.rate.to_le_bytes());
        header.extend_from_slice(&self.rate.saturating_mul(u32::from(frame)).to_le_bytes());
        header.extend_from_slice(&frame.to_le_bytes());
        header.extend_from_slice(&16_u16.to_le_bytes());
        header.extend_from_slice(b"data");
        header.extend_from_slice(&length.to_le_bytes());
        header
    }
}
