//! A few thousand damaged answers, the same ones in every run: what the fuzz targets do at length, where there is no
//! nightly compiler to run them.

use bytes::Bytes;
use gap_protocol::gemini::path::{Target, normalise, strip_credentials};
use gap_protocol::meter::Framing;
use gap_protocol::sse::Decoder;

use crate::support::{everything, metered, recording};

const ROUNDS: u64 = 4000;
/// Longer seeds take longer without finding more.
const MAX_SEED: usize = 16 * 1024;

const SEEDS: &[&str] = &[
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"a\\\"\\u00e9\"}],\"role\": \"model\"},\"finishReason\": \"STOP\"}],\
     \"usageMetadata\": {\"promptTokenCount\": 8,\"promptTokensDetails\": [{\"modality\": \"TEXT\",\"tokenCount\": 8}]}}\r\n\r\n",
    "[{\n  \"candidates\": []\n}\n,\r\n{\n  \"error\": {\n    \"code\": 503\n  }\n}\n]",
    "{\"promptFeedback\": {\"blockReason\": \"SAFETY\"}, \"name\": \"files/a\", \"file\": {\"name\": \"files/b\"}}",
    "event: interaction.completed\ndata: {\"interaction\":{\"usage\":{\"total_tokens\":52}}}\n\nevent: done\ndata: [DONE]\n\n",
    "\u{feff}id: 1\rretry: 5\rdata\r\r: c\n\n",
    "/v2/upload/v1beta/models/a%3Ab%2e%2e/x:streamGenerateContent?key=k&$alt=sse",
];

const INSERTS: &[&str] =
    &["\r", "\n", "\r\n\r\n", "data: ", "\"", "\\", "{", "}", "[", "]", ",", "\u{feff}", "%2e", "\0", "null", "1e999"];

/// SplitMix64: damage that looks random and is the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % (sides.max(1) as u64)).unwrap()
    }
}

pub(crate) fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len() + 1);
        let until = (at + dice.roll(40)).min(bytes.len());
        match dice.roll(6) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            1 if at < bytes.len() => bytes[at] ^= 1 << dice.roll(8),
            2 => drop(bytes.drain(at..until)),
            3 => bytes.truncate(at),
            4 => {
                let copy = bytes[at..until].to_vec();
                let to = dice.roll(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            _ => {
                let insert = INSERTS[dice.roll(INSERTS.len())];
                drop(bytes.splice(at..at, insert.bytes()));
            }
        }
    }
}

#[test]
fn damaged_answers_never_panic_and_never_depend_on_chunks() {
    let mut seeds: Vec<String> = SEEDS.iter().map(|seed| (*seed).to_owned()).collect();
    let recordings = recording::all().into_iter().map(|recording| recording.bytes);
    seeds.extend(recordings.filter(|bytes| bytes.len() <= MAX_SEED));
    for round in 0..ROUNDS {
        let mut dice = Dice(round);
        let mut bytes = seeds[dice.roll(seeds.len())].clone().into_bytes();
        damage(&mut bytes, &mut dice);
        let size = 1 + dice.roll(64);
        for framing in [Framing::Json, Framing::JsonArray, Framing::Sse] {
            let (mut pieces, mut whole) = (metered(framing, &bytes, size), metered(framing, &bytes, usize::MAX));
            assert_eq!(everything(&pieces), everything(&whole), "round {round}");
            pieces.finish();
            whole.finish();
            assert_eq!(everything(&pieces), everything(&whole), "round {round}");
        }
        let mut decoder = Decoder::with_limit(1 + dice.roll(1000));
        for chunk in bytes.chunks(size) {
            decoder.push(Bytes::copy_from_slice(chunk));
            while let Some(Ok(_)) = decoder.next_event() {}
        }
        decoder.finish();
        while let Some(Ok(_)) = decoder.next_event() {}
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
        let path = normalise(&text);
        if let Ok(target) = Target::parse(&path) {
            let _ = (target.upstream_path(), target.framing(Some(&text)));
        }
        let _ = strip_credentials(&text);
    }
}
