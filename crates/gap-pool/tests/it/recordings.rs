//! Every error that was recorded from the real API, judged. Each line of the snapshot was read by a person: what it
//! says is what GAP does.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use gap_pool::verdict::{self, Answer, Fault, Rest, Scope, Verdict};
use jiff::Timestamp;
use serde_json::Value;

struct Recording {
    name: String,
    status: u16,
    body: Vec<u8>,
}

#[test]
fn every_recorded_error_has_its_verdict() {
    let recordings = all();
    if recordings.is_empty() {
        return;
    }
    let mut table = String::new();
    for recording in &recordings {
        let (verdict, fault) = judge(recording.status, &recording.body);
        let Fault { scope, cause, rest, retry, violations, consumer_project, retry_delay, .. } = fault;
        let name = recording.name.get(..60).unwrap_or(&recording.name);
        _ = write!(table, "{name:<60} {verdict} {cause} {} {rest:?} {retry:?}", scope.name());
        if let Some(delay) = retry_delay {
            _ = write!(table, " after {delay:?}");
        }
        for violation in &violations {
            _ = write!(table, " [{}", violation.quota_id);
            if let Some(limit) = violation.limit {
                _ = write!(table, " = {limit}");
            }
            table.push(']');
        }
        if consumer_project.is_some() {
            table.push_str(" +project");
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table);
}

// Cut anywhere, a body may lose its verdict, but never gain a worse one: what is not there cannot disable a key.
#[test]
fn no_piece_of_a_recorded_error_blames_more_than_the_whole() {
    for recording in all() {
        let (_, whole) = judge(recording.status, &recording.body);
        for end in 0..recording.body.len() {
            let (_, piece) = judge(recording.status, &recording.body[..end]);
            let final_for = |fault: &Fault| matches!(fault.rest, Rest::Disabled | Rest::OffTier);
            assert!(!final_for(&piece) || final_for(&whole), "{} cut at {end}: {piece:?}", recording.name);
        }
    }
}

#[test]
fn no_damage_to_a_recorded_error_makes_the_classifier_stumble() {
    for recording in all() {
        let mut dice = 0x9E37_79B9_7F4A_7C15_u64 ^ recording.body.len() as u64;
        for _ in 0..200 {
            let mut body = recording.body.clone();
            for _ in 0..3 {
                // Xorshift: any sequence will do, but the same one each time.
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                let at = usize::try_from(dice % body.len().max(1) as u64).unwrap();
                let byte = dice.to_be_bytes()[2];
                match dice >> 32 & 3 {
                    0 if !body.is_empty() => body[at] = byte,
                    1 if !body.is_empty() => _ = body.remove(at),
                    2 => body.insert(at, byte),
                    _ => body.truncate(at),
                }
            }
            let (_, fault) = judge(recording.status, &body);
            assert!(fault.scope != Scope::Request || fault.rest == Rest::None);
        }
    }
}

fn judge(status: u16, body: &[u8]) -> (&'static str, Fault) {
    let now: Timestamp = "2026-01-15T20:00:00Z".parse().unwrap();
    match verdict::of(&Answer { status, retry_after: None, body }, now) {
        Verdict::TryElsewhere(fault) => ("elsewhere", fault),
        Verdict::Refused(fault) => ("refused", fault),
        Verdict::Answered => panic!("an error was taken for an answer"),
    }
}

fn all() -> Vec<Recording> {
    let folder = folder();
    if !folder.is_dir() {
        println!("skipped: no recordings at {}", folder.display());
        return Vec::new();
    }
    let folders = ["errors", "openai_compat"].map(|kind| folder.join(kind));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut recordings: Vec<Recording> = files.filter_map(|path| read(&path)).collect();
    recordings.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(recordings.len() > 90, "only {} recorded errors at {}", recordings.len(), folder.display());
    recordings
}

#[expect(clippy::disallowed_methods, reason = "a test's input, not a setting of the product")]
fn folder() -> PathBuf {
    let shared = std::env::var("GAP_SHARED_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    Path::new(&shared).join("recordings")
}

fn read(path: &Path) -> Option<Recording> {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let status = u16::try_from(file["status"].as_u64()?).ok().filter(|status| *status >= 400)?;
    let body = match (&file["response_body_raw"], &file["response_body"]) {
        (Value::String(raw), _) => raw.clone(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Null) => String::new(),
        (_, json) => serde_json::to_string_pretty(json).unwrap(),
    };
    let name = path.file_stem()?.to_string_lossy().into_owned();
    Some(Recording { name, status, body: body.into_bytes() })
}
