//! Transcripts and translations of recordings: the recording and a sentence that says what is wanted.
//!
//! Gemini has no interface for it; it listens as it reads. Where times are wanted, it is given a schema, and its answer is made
//! subtitles here. Such times are what the model estimates: mostly right to a second, and not measured.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::call::{DecodeError, Decoded, Problem};
use crate::gemini::mime;
use crate::json::{Node, ObjectWriter, Path, write_text};
use crate::models::Modality;
use crate::openai::chat::DecodeContext;
use crate::openai::chat::decode::config::Config;
use crate::openai::chat::decode::{Work, document, generation, text_of};
use crate::openai::multipart::{Field, Form};

use super::{Plan, Transcript, call_of, compatibility, short};

/// Fields of a form that are no text.
const SCALARS: &[&str] = &["temperature", "stream"];
/// What a second of a recording is worth, and how many bytes it has, about.
const TOKENS_PER_SECOND: u64 = 32;
const BYTES_PER_SECOND: u64 = 16_000;

/// What is to be done with a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Write down what is said.
    Transcribe,
    /// Write down in English what is said.
    Translate,
}

impl Task {
    /// OpenAI's word for it.
    fn name(self) -> &'static str {
        match self {
            Self::Transcribe => "transcribe",
            Self::Translate => "translate",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Transcribe => {
                "Write down word for word what is said in this recording, in the language in which it is said."
            }
            Self::Translate => "Write down in English what is said in this recording.",
        }
    }
}

/// Turns a form into a call, or says which field is at fault.
pub fn decode_for(
    task: Task,
    content_type: Option<&str>,
    body: &[u8],
    instead: Option<&str>,
    context: &DecodeContext<'_>,
) -> Result<(Decoded, Plan), DecodeError> {
    let form = Form::read(content_type, body)?;
    let properties = form.to_json(&["file"], SCALARS)?;
    let request = document(&properties)?;
    let mut work = Work::begin(&request, instead, context)?;
    let find = match task {
        Task::Transcribe => compatibility::find_transcription,
        Task::Translate => compatibility::find_translation,
    };
    work.note_what_has_no_equal(&request, find)?;
    let family = work.family;
    if !family.input.contains(&Modality::Audio) || !family.answers_with(Modality::Text) {
        let message = format!("{} does not write down what it hears; gemini-2.5-flash does", work.model);
        return Err(DecodeError::new(Problem::Unsupported, "model", message));
    }
    let Some(file) = form.files("file").next() else {
        return Err(DecodeError::new(Problem::Missing, "file", "a recording is needed, as a file"));
    };
    let kind = kind_of(file)?;
    let format = read_format(&request, task)?;
    let stream = request.find("stream").map_or(Ok(false), |node| node.want_bool(&Path::Root.key("stream")))?;
    let timed = !matches!(format, Transcript::Json | Transcript::Text);
    if timed && stream {
        let message = "only json and text are streamed; leave stream out, or choose one of them";
        return Err(DecodeError::new(Problem::Unsupported, "stream", message));
    }
    if timed && !family.json_mode {
        let message = format!("{} tells no times; choose json or text", work.model);
        return Err(DecodeError::new(Problem::Unsupported, "response_format", message));
    }
    let words = wants_words(&mut work, &request, format)?;
    let mut config = Config::default();
    generation::sampling(&request, &mut config)?;
    if timed {
        config.set("responseMimeType", "\"application/json\"");
        config.set("responseJsonSchema", schema(words));
    }
    let sentence = sentence(&request, task, timed, words)?;

    let mut out = Vec::with_capacity(file.data.len().div_ceil(3) * 4 + sentence.len() + 512);
    let mut object = ObjectWriter::open(&mut out);
    let contents = object.key("contents");
    contents.extend_from_slice(b"[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":");
    write_text(contents, &kind);
    contents.extend_from_slice(b",\"data\":\"");
    contents.extend_from_slice(STANDARD.encode(file.data).as_bytes());
    contents.extend_from_slice(b"\"}},{\"text\":");
    write_text(contents, &sentence);
    contents.extend_from_slice(b"}]}]");
    config.write(&mut object);
    object.close();
    let seconds = file.data.len() as u64 / BYTES_PER_SECOND + 1;
    let tokens = seconds * TOKENS_PER_SECOND + sentence.len() as u64 / 4;
    Ok((call_of(work, out, stream, tokens)?, Plan::Transcript(format)))
}

/// What the recording is, by its own bytes.
fn kind_of(file: &Field<'_>) -> Result<String, DecodeError> {
    if file.data.is_empty() {
        return Err(DecodeError::new(Problem::Invalid, "file", "the file is empty"));
    }
    let by_name = file.file_name.as_deref().and_then(mime::of_name);
    let label = file.content_type.as_deref().filter(|label| mime::normalise(label) != "application/octet-stream");
    let kind = mime::judge(file.data, label.or(by_name).unwrap_or_default())
        .map_err(|reason| DecodeError::new(Problem::Unsupported, "file", reason))?;
    if kind.starts_with("audio/") || kind.starts_with("video/") {
        return Ok(kind);
    }
    Err(DecodeError::new(Problem::Invalid, "file", format!("must be a recording, not {kind}")))
}

fn read_format(request: &Node<'_>, task: Task) -> Result<Transcript, DecodeError> {
    match text_of(request, "response_format")?.as_deref() {
        None | Some("json") => Ok(Transcript::Json),
        Some("text") => Ok(Transcript::Text),
        Some("srt") => Ok(Transcript::Srt),
        Some("vtt") => Ok(Transcript::Vtt),
        Some("verbose_json") => Ok(Transcript::Verbose { task: task.name() }),
        Some(other) => {
            let message = format!("must be json, text, srt, vtt or verbose_json, not {:?}", short(other));
            Err(DecodeError::new(Problem::Unsupported, "response_format", message))
        }
    }
}

/// Whether every word is to have its time.
fn wants_words(work: &mut Work<'_>, request: &Node<'_>, format: Transcript) -> Result<bool, DecodeError> {
    let Some(list) = request.find("timestamp_granularities") else { return Ok(false) };
    let path = Path::Root.key("timestamp_granularities");
    let one = std::slice::from_ref(list);
    let mut words = false;
    for (index, item) in list.items().unwrap_or(one).iter().enumerate() {
        match item.want_text(&path.index(index))?.as_ref() {
            "segment" => {}
            "word" => words = true,
            other => {
                let message = format!("must be word or segment, not {:?}", short(other));
                return Err(DecodeError::new(Problem::Invalid, path.index(index).to_string(), message));
            }
        }
    }
    if words && !matches!(format, Transcript::Verbose { .. }) {
        work.warnings.add("timestamp_granularities", "has an effect with verbose_json only");
        return Ok(false);
    }
    Ok(words)
}

/// What the model is told.
fn sentence(request: &Node<'_>, task: Task, timed: bool, words: bool) -> Result<String, DecodeError> {
    let mut sentence = task.sentence().to_owned();
    if timed {
        sentence.push_str(
            " Cut it into segments of at most two sentences, each with the seconds at which it begins and ends, counted \
             from the beginning of the recording. Name the language that is spoken, in English and in lower case, and \
             how many seconds the recording has.",
        );
        if words {
            sentence.push_str(" List every word with its seconds as well.");
        }
    } else {
        sentence.push_str(" Answer with these words alone: no times, no names of speakers, no remarks.");
    }
    sentence.push_str(" Where nothing is said, write nothing.");
    let mut languages: Vec<String> = text_of(request, "language")?.into_iter().map(Into::into).collect();
    languages.extend(texts(request, "languages")?);
    if !languages.is_empty() {
        let _ = write!(sentence, "\n\nSpoken is: {}.", languages.join(", "));
    }
    let keywords = texts(request, "keywords")?;
    if !keywords.is_empty() {
        let _ = write!(sentence, "\n\nThese words may occur: {}.", keywords.join(", "));
    }
    if let Some(prompt) = text_of(request, "prompt")?.filter(|prompt| !prompt.trim().is_empty()) {
        let _ = write!(sentence, "\n\nFor spelling and style, this came before (do not repeat it):\n{prompt}");
    }
    Ok(sentence)
}

/// The texts of a list, or the only one.
fn texts(request: &Node<'_>, name: &'static str) -> Result<Vec<String>, DecodeError> {
    let Some(list) = request.find(name) else { return Ok(Vec::new()) };
    let path = Path::Root.key(name);
    let one = std::slice::from_ref(list);
    let items = list.items().unwrap_or(one).iter().enumerate();
    items.map(|(index, item)| Ok(item.want_text(&path.index(index))?.into_owned())).collect()
}

/// The schema of an answer with times.
fn schema(words: bool) -> String {
    let timed = |name: &str| {
        format!(
            "{{\"type\":\"array\",\"items\":{{\"type\":\"object\",\"properties\":{{\"start\":{{\"type\":\"number\"}},\
             \"end\":{{\"type\":\"number\"}},\"{name}\":{{\"type\":\"string\"}}}},\
             \"required\":[\"start\",\"end\",\"{name}\"]}}}}"
        )
    };
    let (more, required) =
        if words { (format!(",\"words\":{}", timed("word")), ",\"words\"") } else { (String::new(), "") };
    format!(
        "{{\"type\":\"object\",\"properties\":{{\"language\":{{\"type\":\"string\"}},\"duration\":{{\"type\":\"number\"}},\
         \"segments\":{}{more}}},\"required\":[\"language\",\"duration\",\"segments\"{required}]}}",
        timed("text")
    )
}
