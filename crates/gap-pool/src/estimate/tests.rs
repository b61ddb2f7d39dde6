use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rstest::rstest;
use serde_json::Value;

use super::*;

#[rstest]
#[case::nothing("", 0)]
#[case::words("The quick brown fox jumps over the lazy dog", 9)]
#[case::signs("What is 12 + 30?", 10)]
#[case::long_words("internationalization", 3)]
#[case::lines("one\ntwo\n", 4)]
#[case::chinese("今天天气怎么样", 5)]
#[case::russian("Привет мир", 2)]
fn a_text_costs(#[case] text: &str, #[case] tokens: u64) {
    assert_eq!(of_text(text), tokens);
}

proptest! {
    #[test]
    fn ascii_costs_the_same_by_blocks_as_by_characters(text in "[a-zA-Z]{0,40}|[ -~\\t\\n\\r\\x0b\\x0c]{0,300}|([a-z]{1,30}[ 0-9\\n.]{0,2}){0,40}|[\\x00-\\x7f]{0,300}") {
        prop_assert_eq!(of_text(&text), of_characters(&text));
    }
}

#[test]
fn media_cost_by_kind() {
    assert_eq!(Media::of_mime_type("image/png"), Some(Media::Image));
    assert_eq!(Media::of_mime_type("application/pdf"), Some(Media::Document));
    assert_eq!(Media::of_mime_type("text/plain"), None);
    assert_eq!(Media::of_mime_type("nonsense"), None);
    assert_eq!(of_media(Media::Image, 5_000_000), 258);
    assert_eq!(of_media(Media::Document, 10), 258);
    assert_eq!(of_media(Media::Audio, u64::MAX), 32 * u64::MAX.div_ceil(16_000));
}

/// What a recorded request of words alone would have been booked with.
fn of_request(body: &Value) -> Option<u64> {
    let mut tokens = 0;
    for content in body.get("contents")?.as_array()? {
        for part in content.get("parts")?.as_array()? {
            tokens += of_text(part.get("text")?.as_str()?);
        }
    }
    if let Some(parts) = body.pointer("/systemInstruction/parts").and_then(Value::as_array) {
        tokens += parts.iter().filter_map(|part| part.get("text")?.as_str()).map(of_text).sum::<u64>();
    }
    let plain =
        body.get("tools").is_none() && !body.to_string().contains("chema") && body.get("cachedContent").is_none();
    plain.then_some(tokens)
}

fn recordings() -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    found.is_dir().then_some(found)
}

/// (estimate, truth) of every recorded request that consists of words.
fn pairs(folder: &Path) -> Vec<(u64, u64)> {
    let folders = fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let files = folders.flat_map(|entry| fs::read_dir(entry.path()).unwrap().flatten());
    let pair = |path: PathBuf| {
        let recording: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        let answer = recording.get("response_body")?;
        let answer = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        let (_, counted) = answer.rsplit_once("\"promptTokenCount\":")?;
        let digits: String = counted.trim_start().chars().take_while(char::is_ascii_digit).collect();
        // One recorder has put a placeholder in the place of a long text.
        if recording.get("request_body")?.to_string().contains("<MASSIVE_TEXT") {
            return None;
        }
        Some((of_request(recording.get("request_body")?)?, digits.parse().ok()?))
    };
    files.filter_map(|entry| pair(entry.path())).collect()
}

#[test]
fn recorded_prompts_are_estimated_well_enough() {
    let Some(folder) = recordings() else {
        println!("skipped: no recordings beside the repository");
        return;
    };
    let pairs = pairs(&folder);
    assert!(pairs.len() > 100, "{}", pairs.len());
    // A handful of tokens matters to no quota.
    let mut errors: Vec<f64> = pairs
        .iter()
        .map(|(estimate, truth)| (estimate.abs_diff(*truth).saturating_sub(4)) as f64 / (*truth).max(1) as f64)
        .collect();
    errors.sort_by(f64::total_cmp);
    let percentile = |share: usize| errors[errors.len() * share / 100];
    println!(
        "{} prompts: p50 {:.3}, p90 {:.3}, p95 {:.3}",
        pairs.len(),
        percentile(50),
        percentile(90),
        percentile(95)
    );
    let worst = pairs.iter().filter(|(_, truth)| *truth > 20).map(|(estimate, truth)| *estimate as f64 / *truth as f64);
    let worst = worst.fold(f64::MAX, f64::min);
    println!("lowest {worst:.3}");
    assert!(percentile(95) <= 0.10);
    assert!(worst >= 0.7);
}
