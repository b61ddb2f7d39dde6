//! FLAC (RFC 9639): fixed predictors and Rice codes. The reference encoder's linear prediction saves some percent more of
//! speech, for many times the work.

use crate::openai::chat::media::Samples;

/// Samples of each channel in a block; players need no more memory for any usual rate.
const BLOCK: usize = 4096;
/// Rice parameters that four bits can say.
const MOST_BITS: u32 = 14;

/// An encoder of 16 bits, any rate, one to eight channels.
#[derive(Debug)]
pub(super) struct Encoder {
    rate_code: u64,
    channels: usize,
    /// Interleaved samples of a block that is not full.
    pending: Vec<i16>,
    frames: u64,
}

// === impl Encoder ===

impl Encoder {
    /// Writes the head of the file; none where the format has no room for the layout.
    pub(super) fn begin(samples: Samples, total: Option<u64>, out: &mut Vec<u8>) -> Option<Self> {
        let (rate, channels) = (samples.rate(), usize::from(samples.channels()));
        if rate == 0 || rate >= 1 << 20 || !(1..=8).contains(&channels) {
            return None;
        }
        out.extend_from_slice(b"fLaC\x80\x00\x00\x22");
        let mut bits = Bits::default();
        bits.put(BLOCK as u64, 16);
        bits.put(BLOCK as u64, 16);
        // Nobody knows yet how large the frames will be.
        bits.put(0, 24);
        bits.put(0, 24);
        bits.put(u64::from(rate), 20);
        bits.put(channels as u64 - 1, 3);
        bits.put(16 - 1, 5);
        bits.put(total.filter(|total| *total < 1 << 36).unwrap_or(0), 36);
        out.append(&mut bits.bytes);
        // No digest: it would have to be known before the first sample.
        out.extend_from_slice(&[0; 16]);
        Some(Self { rate_code: rate_code(rate), channels, pending: Vec::with_capacity(BLOCK * channels), frames: 0 })
    }

    pub(super) fn push(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        self.pending.extend_from_slice(samples);
        let full = BLOCK * self.channels;
        let pending = std::mem::take(&mut self.pending);
        let blocks = pending.chunks_exact(full);
        self.pending.extend_from_slice(blocks.remainder());
        for block in blocks {
            self.frame(block, out);
        }
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        let pending = std::mem::take(&mut self.pending);
        // What is not a sample of every channel is none.
        let whole = pending.len() - pending.len() % self.channels;
        if let Some(block) = pending.get(..whole).filter(|block| !block.is_empty()) {
            self.frame(block, out);
        }
    }

    fn frame(&mut self, block: &[i16], out: &mut Vec<u8>) {
        let length = block.len() / self.channels;
        let mut bits = Bits::default();
        // The sync code, and that all blocks but the last are equally long.
        bits.put(0b11_1111_1111_1110, 14);
        bits.put(0, 2);
        bits.put(if length == BLOCK { 0b1100 } else { 0b0111 }, 4);
        bits.put(self.rate_code, 4);
        bits.put(self.channels as u64 - 1, 4);
        bits.put(0b100, 3);
        bits.put(0, 1);
        put_number(&mut bits, self.frames);
        if length != BLOCK {
            bits.put(length as u64 - 1, 16);
        }
        let head = crc8(&bits.bytes);
        bits.put(u64::from(head), 8);
        for channel in 0..self.channels {
            let samples: Vec<i64> =
                block.iter().skip(channel).step_by(self.channels).map(|sample| i64::from(*sample)).collect();
            subframe(&mut bits, &samples);
        }
        bits.align();
        let check = crc16(&bits.bytes);
        bits.put(u64::from(check), 16);
        out.append(&mut bits.bytes);
        self.frames += 1;
    }
}

/// One channel of a block, in the shortest of the forms that are tried.
fn subframe(bits: &mut Bits, samples: &[i64]) {
    if let Some(first) = samples.first()
        && samples.iter().all(|sample| sample == first)
    {
        bits.put(0, 8);
        return bits.put_signed(*first, 16);
    }
    // The difference of differences, and so on: each order predicts a smoother curve.
    let mut best = samples.to_vec();
    let mut tried = best.clone();
    let mut order = 0;
    for next in 1..=4_usize.min(samples.len().saturating_sub(1)) {
        tried = tried.windows(2).filter_map(|pair| <[i64; 2]>::try_from(pair).ok()).map(|[a, b]| b - a).collect();
        if weight(&tried) < weight(&best) {
            (best, order) = (tried.clone(), next);
        }
    }
    // Partitions, so that a loud passage does not cost a quiet one.
    let partitions = if samples.len() == BLOCK { 4_u32 } else { 0 };
    let each = samples.len() >> partitions;
    let mut parts = Vec::with_capacity(1 << partitions);
    let mut rest = best.as_slice();
    let mut size = 6 + order * 16;
    for part in 0..1_usize << partitions {
        let (own, after) = rest.split_at_checked(if part == 0 { each - order } else { each }).unwrap_or((rest, &[]));
        let (parameter, cost) = rice(own);
        parts.push((own, parameter));
        size += 4 + cost;
        rest = after;
    }
    if size >= samples.len() * 16 {
        bits.put(0b0000_0010, 8);
        return samples.iter().for_each(|sample| bits.put_signed(*sample, 16));
    }
    bits.put((0b00_1000 | order as u64) << 1, 8);
    samples.iter().take(order).for_each(|sample| bits.put_signed(*sample, 16));
    bits.put(0, 2);
    bits.put(u64::from(partitions), 4);
    for (part, parameter) in parts {
        bits.put(u64::from(parameter), 4);
        for value in part {
            let folded = fold(*value);
            bits.put_unary(folded >> parameter);
            bits.put(folded & ((1 << parameter) - 1), parameter);
        }
    }
}

fn weight(values: &[i64]) -> u64 {
    values.iter().map(|value| value.unsigned_abs()).sum()
}

/// The best parameter, and how many bits it takes.
fn rice(values: &[i64]) -> (u32, usize) {
    let cost = |parameter: u32| -> usize {
        let high: u64 = values.iter().map(|value| fold(*value) >> parameter).sum();
        usize::try_from(high).unwrap_or(usize::MAX).saturating_add(values.len() * (1 + parameter as usize))
    };
    (0..=MOST_BITS).map(|parameter| (parameter, cost(parameter))).min_by_key(|(_, cost)| *cost).unwrap_or((0, 0))
}

/// Signs go to the lowest bit, so that small numbers of either are small.
fn fold(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

fn rate_code(rate: u32) -> u64 {
    match rate {
        8_000 => 0b0100,
        16_000 => 0b0101,
        22_050 => 0b0110,
        24_000 => 0b0111,
        32_000 => 0b1000,
        44_100 => 0b1001,
        48_000 => 0b1010,
        // As the head of the file says.
        _ => 0,
    }
}

/// A number as UTF-8 writes letters, of up to 36 bits.
fn put_number(bits: &mut Bits, number: u64) {
    if number < 0x80 {
        return bits.put(number, 8);
    }
    let used = 64 - number.leading_zeros();
    // Each further byte holds six bits; the first what is left of seven.
    let more = (1..=6_u32).find(|more| used <= 6 * more + 6_u32.saturating_sub(*more)).unwrap_or(6);
    let mark = 0xFF_u64 << (7 - more) & 0xFF;
    bits.put(mark | number >> (6 * more), 8);
    for place in (0..more).rev() {
        bits.put(0x80 | number >> (6 * place) & 0x3F, 8);
    }
}

fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 })
    })
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let crc = crc ^ u16::from(*byte) << 8;
        (0..8).fold(crc, |crc: u16, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 })
    })
}

/// Bits, the highest first.
#[derive(Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u8,
    count: u32,
}

// === impl Bits ===

impl Bits {
    /// The lowest `count` bits of a value.
    fn put(&mut self, value: u64, count: u32) {
        let mut left = count;
        while left > 0 {
            let taken = left.min(8 - self.count);
            let piece = value >> (left - taken) & ((1 << taken) - 1);
            self.held = (u64::from(self.held) << taken | piece).to_le_bytes()[0];
            self.count += taken;
            left -= taken;
            if self.count == 8 {
                self.bytes.push(self.held);
                (self.held, self.count) = (0, 0);
            }
        }
    }

    fn put_signed(&mut self, value: i64, count: u32) {
        self.put(value.cast_unsigned(), count);
    }

    /// So many zeros, and a one.
    fn put_unary(&mut self, zeros: u64) {
        let mut left = zeros;
        while left >= 32 {
            self.put(0, 32);
            left -= 32;
        }
        self.put(1, u32::try_from(left).unwrap_or(31) + 1);
    }

    fn align(&mut self) {
        if self.count > 0 {
            self.put(0, 8 - self.count);
        }
    }
}
