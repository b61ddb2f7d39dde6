//! Opus (RFC 6716) in Ogg (RFC 7845).

use opus_pure::{Application, MAX_PACKET_BYTES, OggOpusWriter, OpusEncoder, OpusHead, OpusTags};

use crate::openai::chat::media::Samples;

/// What all granules are counted in, whatever the rate of the samples.
const GRANULES: u32 = 48_000;
/// Bits a second and channel: speech at which few hear a difference.
const BITRATE: i32 = 40_000;
/// Names the one logical stream of the file.
const SERIAL: u32 = 0x0047_4150;

/// An encoder of the rates that Opus has, in one or two channels.
pub(super) struct Encoder {
    codec: OpusEncoder,
    /// Gone once the file has ended.
    writer: Option<OggOpusWriter<Vec<u8>>>,
    channels: usize,
    /// Samples of each channel in a packet of 20 ms.
    frame: usize,
    /// Granules in one sample.
    ticks: u64,
    /// What players leave out at the beginning.
    skipped: u64,
    /// Samples of each channel so far.
    total: u64,
    /// Interleaved samples of a packet that is not full.
    pending: Vec<i16>,
    packet: Vec<u8>,
}

// === impl Encoder ===

impl Encoder {
    /// Writes the head of the file; none where Opus does not know the layout.
    pub(super) fn begin(samples: Samples, out: &mut Vec<u8>) -> Option<Self> {
        let (rate, channels) = (samples.rate(), usize::from(samples.channels()));
        let signed = i32::try_from(rate).ok()?;
        let mut codec = OpusEncoder::new(signed, channels, Application::Audio).ok()?;
        codec.bitrate_bps = BITRATE * i32::from(samples.channels());
        let head = OpusHead::for_encoder(&codec, rate);
        let skipped = u64::from(head.pre_skip);
        let writer = OggOpusWriter::with_serial(Vec::new(), head, OpusTags::new(), SERIAL).ok()?;
        let mut own = Self {
            codec,
            writer: Some(writer),
            channels,
            frame: usize::try_from(rate / 50).ok()?,
            ticks: u64::from(GRANULES / rate),
            skipped,
            total: 0,
            pending: Vec::new(),
            packet: vec![0; MAX_PACKET_BYTES],
        };
        own.drain(out);
        Some(own)
    }

    pub(super) fn push(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        self.total += (samples.len() / self.channels) as u64;
        self.pending.extend_from_slice(samples);
        let pending = std::mem::take(&mut self.pending);
        let blocks = pending.chunks_exact(self.frame * self.channels);
        self.pending.extend_from_slice(blocks.remainder());
        for block in blocks {
            self.write(block, None);
        }
        self.drain(out);
    }

    /// What the encoder holds back comes out by silence after the end; the last granule says that it is not part of the sound.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        let end = self.skipped + self.total * self.ticks;
        let mut rest = std::mem::take(&mut self.pending);
        while let Some(written) = self.granule().filter(|written| *written < end) {
            let mut block: Vec<i16> = rest.drain(..rest.len().min(self.frame * self.channels)).collect();
            block.resize(self.frame * self.channels, 0);
            let left = end - written;
            let whole = self.frame as u64 * self.ticks;
            if !self.write(&block, (left < whole).then_some(left)) {
                break;
            }
        }
        // Writing into memory does not fail.
        let file = self.writer.take().and_then(|writer| writer.finish().ok());
        out.append(&mut file.unwrap_or_default());
    }

    /// A packet, which may count for less than it lasts. Whether it was written.
    fn write(&mut self, block: &[i16], granules: Option<u64>) -> bool {
        let Some(writer) = &mut self.writer else { return false };
        let length = self.codec.encode_s16(block, self.frame, &mut self.packet).ok();
        let Some(packet) = length.and_then(|length| self.packet.get(..length)) else { return false };
        let written = match granules.and_then(|granules| u32::try_from(granules).ok()) {
            Some(granules) => writer.write_packet_with_duration(packet, granules),
            None => writer.write_packet(packet),
        };
        written.is_ok()
    }

    fn granule(&self) -> Option<u64> {
        u64::try_from(self.writer.as_ref()?.granule()).ok()
    }

    /// Takes the pages that are full.
    fn drain(&mut self, out: &mut Vec<u8>) {
        if let Some(pages) = self.writer.as_mut().and_then(OggOpusWriter::get_mut) {
            out.append(pages);
        }
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The codec's state is long and says nothing.
        formatter.debug_struct("Encoder").field("total", &self.total).finish_non_exhaustive()
    }
}
