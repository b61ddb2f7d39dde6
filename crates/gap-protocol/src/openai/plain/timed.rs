//! What a model says of times, as subtitles and as OpenAI's objects.

use std::fmt::Write as _;

use crate::json::{self, Node, ObjectWriter, write_text};

/// A transcript with times.
#[derive(Debug, Default)]
pub(super) struct Timed {
    language: String,
    duration: f64,
    segments: Vec<Piece>,
    words: Option<Vec<Piece>>,
}

#[derive(Debug)]
struct Piece {
    start: f64,
    end: f64,
    text: String,
}

impl Timed {
    /// Reads the model's answer; none if it does not follow its schema.
    pub(super) fn read(answer: &str) -> Option<Self> {
        let answer = json::parse(answer.as_bytes()).ok()?;
        let pieces = |list: &Node<'_>, name: &str| list.items()?.iter().map(|item| Piece::read(item, name)).collect();
        let segments: Vec<Piece> = pieces(answer.find("segments")?, "text")?;
        let words = answer.find("words").and_then(|list| pieces(list, "word"));
        let last = segments.last().map_or(0.0, |segment| segment.end);
        let told = answer.find("duration").and_then(Node::number).filter(|seconds| seconds.is_finite());
        let language = answer.find("language").and_then(Node::text).unwrap_or_default().into_owned();
        Some(Self { language, duration: told.unwrap_or(last).max(last), segments, words })
    }

    pub(super) fn srt(&self) -> String {
        let mut out = String::new();
        for (number, piece) in self.segments.iter().enumerate() {
            let (start, end) = (clock(piece.start, ','), clock(piece.end, ','));
            let _ = write!(out, "{}\n{start} --> {end}\n{}\n\n", number + 1, piece.line());
        }
        out
    }

    pub(super) fn vtt(&self) -> String {
        let mut out = "WEBVTT\n\n".to_owned();
        for piece in &self.segments {
            let (start, end) = (clock(piece.start, '.'), clock(piece.end, '.'));
            let _ = write!(out, "{start} --> {end}\n{}\n\n", piece.line());
        }
        out
    }

    /// `verbose_json`. What Gemini does not tell of a segment is `null`.
    pub(super) fn verbose(&self, task: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        object.text("task", task).text("language", &self.language).raw("duration", &self.duration.to_string());
        let texts: Vec<&str> = self.segments.iter().map(|segment| segment.text.trim()).collect();
        object.text("text", &texts.join(" "));
        let segments = object.key("segments");
        segments.push(b'[');
        for (id, piece) in self.segments.iter().enumerate() {
            if id > 0 {
                segments.push(b',');
            }
            let mut segment = ObjectWriter::open(segments);
            segment.raw("id", &id.to_string()).raw("seek", "0");
            segment.raw("start", &piece.start.to_string()).raw("end", &piece.end.to_string());
            segment.text("text", &piece.text).raw("tokens", "[]");
            for unknown in ["temperature", "avg_logprob", "compression_ratio", "no_speech_prob"] {
                segment.raw(unknown, "null");
            }
            segment.close();
        }
        segments.push(b']');
        if let Some(words) = &self.words {
            let list = object.key("words");
            list.push(b'[');
            for (place, word) in words.iter().enumerate() {
                list.extend_from_slice(if place > 0 { b",{\"word\":" } else { b"{\"word\":" });
                write_text(list, &word.text);
                list.extend_from_slice(format!(",\"start\":{},\"end\":{}}}", word.start, word.end).as_bytes());
            }
            list.push(b']');
        }
        object.raw("usage", &format!("{{\"type\":\"duration\",\"seconds\":{}}}", self.duration.ceil()));
        object.close();
        out
    }
}

impl Piece {
    fn read(item: &Node<'_>, name: &str) -> Option<Self> {
        let seconds = |name: &str| item.find(name)?.number().filter(|seconds| seconds.is_finite());
        let start = seconds("start")?.max(0.0);
        Some(Self { start, end: seconds("end")?.max(start), text: item.find(name)?.text()?.into_owned() })
    }

    /// Its text as a subtitle can hold it: without what would end one or begin another.
    fn line(&self) -> String {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        words.join(" ").replace("-->", "->")
    }
}

/// Hours, minutes, seconds and thousandths.
fn clock(seconds: f64, point: char) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative; a cast of floats ends at the limits"
    )]
    let millis = (seconds * 1_000.0).round() as u64;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    format!("{:02}:{:02}:{:02}{point}{millis:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
