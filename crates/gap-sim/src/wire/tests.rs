use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// Recorded answers whose text is Google's own, or none, saying so.
fn recorded() -> Vec<(String, Value)> {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings"));
    if !shared.is_dir() {
        println!("skipped: no recordings at {}", shared.display());
        return Vec::new();
    }
    let folders = fs::read_dir(shared).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    let read = |path: &PathBuf| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
    let all = files.iter().map(|path| (path.display().to_string(), read(path)));
    let own = all.filter(|(_, file)| {
        file["api"] == "gemini" && file["fidelity"] == "verbatim" && file["provenance"] == "recorded_http"
    });
    own.collect()
}

/// Numbers of which Google and we print different digits.
fn has_long_numbers(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_long_numbers),
        Value::Object(members) => members.values().any(has_long_numbers),
        _ => false,
    }
}

/// Some recorders wrote the text down again, without Google's escapes.
fn is_googles(text: &str) -> bool {
    !text.contains(['<', '>', '\u{7f}', '&', '\'']) && text.is_ascii()
}

#[test]
fn answers_are_written_byte_for_byte_as_they_were_recorded() {
    let mut count = 0;
    for (name, file) in recorded() {
        let Some(raw) = file["response_body_raw"].as_str().filter(|raw| is_googles(raw) && raw.starts_with("{\n"))
        else {
            continue;
        };
        let value: Value = serde_json::from_str(raw).unwrap();
        if has_long_numbers(&value) {
            continue;
        }
        assert_eq!(String::from_utf8(pretty(&value)).unwrap(), raw, "{name}");
        count += 1;
    }
    println!("{count} answers");
}

#[test]
fn arrays_are_framed_byte_for_byte_as_they_were_recorded() {
    let mut count = 0;
    for (name, file) in recorded() {
        let Some(raw) = file["response_body_raw"].as_str().filter(|raw| raw.starts_with("[{\n")) else { continue };
        let Ok(Value::Array(values)) = serde_json::from_str(raw) else { continue };
        if values.iter().any(has_long_numbers) || !is_googles(raw) || !raw.contains(",\r\n") {
            continue;
        }
        let framed: Vec<u8> = ArrayFrames::new(values.into_iter()).flatten().collect();
        assert_eq!(String::from_utf8(framed).unwrap(), raw, "{name}");
        count += 1;
    }
    println!("{count} arrays");
}

#[test]
fn events_are_written_byte_for_byte_as_they_were_recorded() {
    let mut count = 0;
    for (name, file) in recorded() {
        let Some(text) = file["response_body"].as_str().filter(|_| file["response_format"] == "sse") else { continue };
        for frame in text
            .split_inclusive("\r\n\r\n")
            .filter(|frame| is_googles(frame) && frame.contains("{\"candidates\": [{\"content\": {"))
        {
            let value: Value = serde_json::from_str(frame.trim_end().strip_prefix("data: ").unwrap()).unwrap();
            if has_long_numbers(&value) {
                continue;
            }
            assert_eq!(String::from_utf8(event(&value)).unwrap(), frame, "{name}");
            count += 1;
        }
    }
    println!("{count} events");
}

#[test]
fn an_array_of_nothing_is_an_array() {
    assert_eq!(ArrayFrames::new(std::iter::empty()).flatten().collect::<Vec<u8>>(), b"[]");
}

#[test]
fn angle_brackets_are_escaped_everywhere() {
    let value = serde_json::json!({"<a>": ["<", ">", "é\n"]});
    assert_eq!(String::from_utf8(line(&value)).unwrap(), "{\"\\u003ca\\u003e\": [\"\\u003c\",\"\\u003e\",\"é\\n\"]}");
}
