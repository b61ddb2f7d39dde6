use proptest::prelude::*;

use super::*;

const MONO: &str = "audio/L16;codec=pcm;rate=24000";

fn samples(mime_type: &str) -> Samples {
    Samples::of(mime_type).unwrap()
}

/// A file of these bytes, which come in pieces of this size.
fn record(format: AudioFormat, mime_type: &str, bytes: &[u8], piece: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut file = Recorder::begin(Some(format), Some(samples(mime_type)), Some(bytes.len()), &mut out).unwrap();
    for piece in bytes.chunks(piece) {
        file.push(piece, &mut out);
    }
    file.end(&mut out);
    out
}

fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// A voice, more or less: a tone that comes and goes.
#[expect(clippy::cast_possible_truncation, reason = "a wave of 9000 at the most")]
fn voice(length: usize) -> Vec<i16> {
    let wave = |at: usize| ((at as f64 / 17.0).sin() * (at as f64 / 900.0).sin() * 9000.0) as i16;
    (0..length).map(wave).collect()
}

// === FLAC ===

/// Reads FLAC as RFC 9639 has it, as far as it is written here.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> u64 {
        (0..count).fold(0, |value, _| {
            let bit = self.bytes[self.at / 8] >> (7 - self.at % 8) & 1;
            self.at += 1;
            value << 1 | u64::from(bit)
        })
    }

    fn signed(&mut self, count: usize) -> i64 {
        let value = self.take(count);
        (value << (64 - count)).cast_signed() >> (64 - count)
    }

    fn subframe(&mut self, length: usize) -> Vec<i64> {
        let kind = self.take(8) >> 1;
        if kind == 0 {
            return vec![self.signed(16); length];
        }
        if kind == 1 {
            return (0..length).map(|_| self.signed(16)).collect();
        }
        let order = usize::try_from(kind - 8).unwrap();
        let mut values: Vec<i64> = (0..order).map(|_| self.signed(16)).collect();
        assert_eq!(self.take(2), 0);
        let partitions = 1 << self.take(4);
        for part in 0..partitions {
            let parameter = usize::try_from(self.take(4)).unwrap();
            assert!(parameter < 15);
            for _ in 0..length / partitions - if part == 0 { order } else { 0 } {
                let mut high = 0;
                while self.take(1) == 0 {
                    high += 1;
                }
                let folded = high << parameter | self.take(parameter);
                let residual = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
                let back = |by: usize| values[values.len() - by];
                let predicted = match order {
                    0 => 0,
                    1 => back(1),
                    2 => 2 * back(1) - back(2),
                    3 => 3 * back(1) - 3 * back(2) + back(3),
                    _ => 4 * back(1) - 6 * back(2) + 4 * back(3) - back(4),
                };
                values.push(predicted + residual);
            }
        }
        values
    }
}

/// What a FLAC file says: how many samples it promises, and the interleaved samples.
fn play(file: &[u8]) -> (u64, Vec<i16>) {
    assert_eq!(&file[..8], b"fLaC\x80\x00\x00\x22");
    let mut reader = Reader { bytes: file, at: 8 * 8 };
    let [least, most] = [reader.take(16), reader.take(16)];
    assert_eq!((least, most, reader.take(48)), (4096, 4096, 0));
    let rate = reader.take(20);
    let channels = usize::try_from(reader.take(3) + 1).unwrap();
    assert_eq!((rate, reader.take(5)), (24_000, 15));
    let total = reader.take(36);
    assert_eq!(reader.take(64) + reader.take(64), 0);
    let (mut played, mut frames) = (Vec::new(), 0);
    while reader.at / 8 < file.len() {
        let start = reader.at / 8;
        assert_eq!(reader.take(16), 0xFFF8);
        let block = reader.take(4);
        assert_eq!((reader.take(4), reader.take(4), reader.take(4)), (7, channels as u64 - 1, 0b1000));
        let first = reader.take(8);
        let number = if first < 0x80 { first } else { (first & 0x1F) << 6 | reader.take(8) & 0x3F };
        assert_eq!(number, frames);
        let length = if block == 12 { 4096 } else { usize::try_from(reader.take(16) + 1).unwrap() };
        assert_eq!(reader.take(8), check(&file[start..reader.at / 8 - 1], 8, 0x07));
        let columns: Vec<Vec<i64>> = (0..channels).map(|_| reader.subframe(length)).collect();
        reader.at = reader.at.next_multiple_of(8);
        let end = reader.at / 8;
        assert_eq!(reader.take(16), check(&file[start..end], 16, 0x8005));
        played
            .extend((0..length).flat_map(|row| columns.iter().map(move |column| i16::try_from(column[row]).unwrap())));
        frames += 1;
    }
    (total, played)
}

/// A cyclic redundancy check, bit by bit.
fn check(bytes: &[u8], width: u32, polynomial: u64) -> u64 {
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| u64::from(byte >> place & 1)));
    bits.fold(0, |crc, bit| {
        let out = crc >> (width - 1) ^ bit;
        (crc << 1 & ((1 << width) - 1)) ^ if out == 1 { polynomial } else { 0 }
    })
}

#[test]
fn flac_is_smaller_and_gives_back_every_sample() {
    let voice = voice(50_000);
    let file = record(AudioFormat::Flac, MONO, &bytes_of(&voice), 999);
    assert!(file.len() < voice.len(), "{} bytes for {} samples", file.len(), voice.len());
    let (total, played) = play(&file);
    assert_eq!(total, 50_000);
    assert!(played == voice);
    let silence = record(AudioFormat::Flac, MONO, &[0; 4800], 4800);
    assert!(silence.len() < 100);
    assert_eq!(play(&silence).1, [0; 2400]);
    // More frames than one byte can number.
    let long = vec![1; 4096 * 130 + 7];
    assert!(play(&record(AudioFormat::Flac, MONO, &bytes_of(&long), 1 << 16)).1 == long);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn flac_gives_back_anything(
        noise in prop::collection::vec(any::<i16>(), 0..300),
        smooth in prop::collection::vec(-40_i16..40, 0..9000),
        stereo: bool,
        piece in 1_usize..5000,
    ) {
        let curve = smooth.iter().scan(0_i16, |height, step| {
            *height = height.saturating_add(*step);
            Some(*height)
        });
        let mut samples: Vec<i16> = noise.iter().copied().chain(curve).collect();
        let mime_type = if stereo { "audio/L16;rate=24000;channels=2" } else { MONO };
        if stereo {
            samples.truncate(samples.len() & !1);
        }
        let file = record(AudioFormat::Flac, mime_type, &bytes_of(&samples), piece);
        prop_assert!(play(&file).1 == samples);
        prop_assert!(file.len() <= 42 + 30 * (1 + samples.len() / 4096) + samples.len() * 2);
    }
}

// === Opus ===

/// How many samples a player gets to hear, at 24 kHz.
fn heard(file: &[u8]) -> usize {
    let mut reader = opus_pure::OggOpusReader::new(file).unwrap();
    let header = reader.head().clone();
    let mut decoder = header.decoder(24_000).unwrap();
    let mut trim = opus_pure::Trim::new(&header, 24_000, 1).unwrap();
    let mut buffer = vec![0_i16; 24_000 / 50 * 6];
    let mut count = 0;
    while let Some(packet) = reader.read_packet().unwrap() {
        let length = decoder.decode_s16(&packet.data, 24_000 / 50, &mut buffer).unwrap();
        count += trim.keep(&packet, &buffer[..length]).len();
    }
    count
}

#[test]
fn opus_is_a_tenth_and_lasts_as_long_as_what_was_said() {
    for length in [0, 1, 479, 480, 481, 24_000, 36_123] {
        let file = record(AudioFormat::Opus, MONO, &bytes_of(&voice(length)), 777);
        assert!(file.starts_with(b"OggS"));
        assert_eq!(heard(&file), length);
        assert!(length < 24_000 || file.len() * 5 < length * 2, "{} bytes", file.len());
    }
}

#[test]
fn opus_comes_while_the_samples_do() {
    let mut out = Vec::new();
    let mut file = Recorder::begin(Some(AudioFormat::Opus), Some(samples(MONO)), None, &mut out).unwrap();
    assert!(out.starts_with(b"OggS"), "the head is at once there");
    let before = out.len();
    file.push(&bytes_of(&voice(24_000 * 3)), &mut out);
    assert!(out.len() > before);
}

// === the rest ===

#[test]
fn what_has_a_container_passes_and_what_has_no_form_is_refused() {
    let mut out = Vec::new();
    let mut file = Recorder::begin(Some(AudioFormat::Flac), None, None, &mut out).unwrap();
    file.push(b"ID3", &mut out);
    file.end(&mut out);
    assert_eq!(out, b"ID3");
    for (format, odd) in [
        (AudioFormat::Opus, "audio/L16;rate=44100"),
        (AudioFormat::Opus, "audio/L16;rate=0"),
        (AudioFormat::Opus, "audio/L16;rate=24000;channels=3"),
        (AudioFormat::Flac, "audio/L16;rate=0"),
        (AudioFormat::Flac, "audio/L16;rate=24000;channels=9"),
        (AudioFormat::Flac, "audio/L16;rate=24000;channels=0"),
    ] {
        assert!(Recorder::begin(Some(format), Some(samples(odd)), None, &mut Vec::new()).is_err(), "{odd}");
    }
    let wav = record(AudioFormat::Wav, MONO, &[1, 0, 2, 0], 3);
    assert_eq!((&wav[..4], &wav[44..]), (&b"RIFF"[..], &[1, 0, 2, 0][..]));
    assert_eq!(record(AudioFormat::Pcm16, MONO, &[1, 0, 2], 1), [1, 0, 2]);
}
