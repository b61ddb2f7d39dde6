//! Images: OpenAI's requests for pictures, and Gemini's two ways of making them.
//!
//! Models that talk and draw are asked by `generateContent` and give one picture an answer; Imagen is asked by `predict` and
//! gives up to four. So a request for several pictures becomes several calls, and their answers one list. Which way a
//! model takes, the table of models says: what answers with images alone is asked by `predict`.
//!
//! ## Edges
//! - Gemini thinks in proportions, OpenAI in pixels: `size` becomes the nearest proportion, and a larger size where the model
//!   has several. What came out is told by the picture itself.
//! - Nothing is stored, so that there is no address of a picture: `response_format: url` gets a `data:` address, which
//!   browsers show and `curl` does not fetch; a warning says so.
//! - A picture that Google withholds is a refusal with its reason; if others of the same request came, those are given, and
//!   a warning counts the rest.
//! - Google sends pictures whole: a stream has each of them as it is done, and no sketches before.

pub mod compatibility;
mod encode;
mod size;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

pub use encode::{Made, Unmade, error_event, read_answer};

use crate::call::{DecodeError, Problem, Warnings};
use crate::gemini::mime;
use crate::json::{Node, ObjectWriter, Path, write_text};
use crate::models::Modality;
use crate::openai::chat::decode::{Work, document, text_of};
use crate::openai::chat::{DecodeContext, compatibility::Entry};
use crate::openai::multipart;

/// The most pictures of one request, as at OpenAI.
const MOST: i64 = 10;
/// The most that Imagen makes at once.
const AT_ONCE: usize = 4;
/// The most pictures that one edit begins with, as at OpenAI.
const MOST_INPUTS: usize = 16;
/// Fields of a form that are no text.
const SCALARS: &[&str] = &["n", "stream", "partial_images", "output_compression"];

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct ImagesCall {
    /// The model as the client named it.
    pub model_asked: String,
    /// The model as Google is asked for it, without `models/`.
    pub model: String,
    /// How it is asked.
    pub method: Method,
    /// The bodies, one a call; equal ones share their bytes.
    pub bodies: Vec<Bytes>,
    /// How many pictures there are to be.
    pub count: usize,
    /// Whether the client wants events.
    pub stream: bool,
    /// What was asked for: names the events of a stream.
    pub form: Form,
    /// How pictures are handed over.
    pub format: Format,
    /// What the answer repeats of the request.
    quality: String,
    size: String,
    /// What could not be expressed as asked.
    pub warnings: Warnings,
    /// A guess at the input tokens of one call.
    pub estimated_tokens: u64,
}

/// How a model is asked for pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As for any answer.
    Generate,
    /// Imagen's own way.
    Predict,
}

/// What pictures are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// From words.
    Generation,
    /// From words and pictures.
    Edit,
}

/// How pictures are handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// As base64.
    #[default]
    Base64,
    /// As a `data:` address.
    DataUrl,
}

/// What is asked for, before it is written in one of the two ways.
struct Wanted<'n> {
    prompt: std::borrow::Cow<'n, str>,
    inputs: Vec<Input>,
    count: usize,
    ratio: Option<&'static str>,
    size: Option<&'static str>,
    mime: Option<&'static str>,
    compression: Option<i64>,
}

/// A picture that an edit begins with.
struct Input {
    mime: String,
    data: String,
}

/// Turns a request for new pictures into calls, or says which field is at fault.
pub fn decode(body: &[u8], context: &DecodeContext<'_>) -> Result<ImagesCall, DecodeError> {
    let request = document(body)?;
    build(&request, Form::Generation, Vec::new(), context)
}

/// Turns the form of a request to change pictures into calls.
pub fn decode_edit(
    content_type: Option<&str>,
    body: &[u8],
    context: &DecodeContext<'_>,
) -> Result<ImagesCall, DecodeError> {
    let form = multipart::Form::read(content_type, body)?;
    if form.files("mask").next().is_some() {
        let message = "Gemini takes no masks: say in the prompt what is to be changed and what is to stay";
        return Err(DecodeError::new(Problem::Unsupported, "mask", message));
    }
    let inputs = form.files("image").map(Input::read).collect::<Result<Vec<_>, _>>()?;
    if inputs.is_empty() {
        return Err(DecodeError::new(Problem::Missing, "image", "a picture to begin with is needed, as a file"));
    }
    if inputs.len() > MOST_INPUTS {
        let message = format!("there are {} pictures; at most {MOST_INPUTS} can be taken", inputs.len());
        return Err(DecodeError::new(Problem::Invalid, "image", message));
    }
    let properties = form.to_json(&["image", "mask"], SCALARS)?;
    build(&document(&properties)?, Form::Edit, inputs, context)
}

fn build(
    request: &Node<'_>,
    form: Form,
    inputs: Vec<Input>,
    context: &DecodeContext<'_>,
) -> Result<ImagesCall, DecodeError> {
    let mut work = Work::begin(request, None, context)?;
    let find: fn(&str) -> Option<&'static Entry> = match form {
        Form::Generation => compatibility::find_generation,
        Form::Edit => compatibility::find_edit,
    };
    work.note_what_has_no_equal(request, find)?;
    let method = method_of(&work, form)?;
    let root = Path::Root;
    let prompt = text_of(request, "prompt")?.filter(|prompt| !prompt.trim().is_empty());
    let Some(prompt) = prompt else {
        return Err(DecodeError::new(Problem::Missing, "prompt", "words for the picture are needed"));
    };
    let stream = request.find("stream").map_or(Ok(false), |node| node.want_bool(&root.key("stream")))?;
    let format = read_format(&mut work, request)?;
    let (mime, compression) = read_output(&mut work, request, method)?;
    let (quality, large) = read_quality(&mut work, request)?;
    let asked = text_of(request, "size")?.unwrap_or_default();
    let (ratio, size) = size::read(&mut work, &asked, large, method)?;
    let count = read_count(request)?;
    let wanted = Wanted { prompt, inputs, count, ratio, size, mime, compression };
    let bodies = match method {
        Method::Generate => {
            let body = wanted.for_generate(work.family.name.as_str());
            vec![body; count]
        }
        Method::Predict => wanted.for_predict(),
    };
    if context.options.strict
        && let Some(warning) = work.warnings.iter().next()
    {
        return Err(DecodeError::new(Problem::Unsupported, &warning.field, &warning.message));
    }
    let pictures = wanted.inputs.len() as u64 * mime::TOKENS_OF_A_MEDIUM;
    Ok(ImagesCall {
        model_asked: work.plan.model,
        model: work.model,
        method,
        bodies,
        count,
        stream,
        form,
        format,
        quality,
        size: asked.into_owned(),
        warnings: work.warnings,
        estimated_tokens: wanted.prompt.len() as u64 / 4 + 1 + pictures,
    })
}

/// How the model is asked, if it makes pictures at all.
fn method_of(work: &Work<'_>, form: Form) -> Result<Method, DecodeError> {
    let family = work.family;
    let unfit = |message: String| Err(DecodeError::new(Problem::Unsupported, "model", message));
    if !family.answers_with(Modality::Image) && !family.is_unknown() {
        return unfit(format!(
            "{} makes no pictures; gemini-2.5-flash-image and imagen-4.0-generate-001 do",
            work.model
        ));
    }
    if family.answers_with(Modality::Text) {
        return Ok(Method::Generate);
    }
    match form {
        Form::Generation => Ok(Method::Predict),
        Form::Edit => unfit(format!("{} makes new pictures only; gemini-2.5-flash-image changes them", work.model)),
    }
}

fn read_count(request: &Node<'_>) -> Result<usize, DecodeError> {
    let Some(node) = request.find("n") else { return Ok(1) };
    let count = node.want_integer(&Path::Root.key("n"))?;
    usize::try_from(count)
        .ok()
        .filter(|_| (1..=MOST).contains(&count))
        .ok_or_else(|| DecodeError::new(Problem::Invalid, "n", format!("must be from 1 to {MOST}, not {count}")))
}

fn read_format(work: &mut Work<'_>, request: &Node<'_>) -> Result<Format, DecodeError> {
    match text_of(request, "response_format")?.as_deref() {
        None | Some("b64_json") => Ok(Format::Base64),
        Some("url") => {
            work.warnings.add("response_format", "the address holds the picture itself (data:): nothing is stored");
            Ok(Format::DataUrl)
        }
        Some(other) => {
            let message =
                format!("must be \"b64_json\" or \"url\", not {:?}", other.chars().take(40).collect::<String>());
            Err(DecodeError::new(Problem::Invalid, "response_format", message))
        }
    }
}

/// `output_format` and `output_compression`.
fn read_output(
    work: &mut Work<'_>,
    request: &Node<'_>,
    method: Method,
) -> Result<(Option<&'static str>, Option<i64>), DecodeError> {
    let root = Path::Root;
    let mime = match text_of(request, "output_format")?.as_deref() {
        None => None,
        Some("png") => Some("image/png"),
        Some("jpeg") => Some("image/jpeg"),
        Some("webp") => Some("image/webp"),
        Some(other) => {
            let message =
                format!("must be \"png\", \"jpeg\" or \"webp\", not {:?}", other.chars().take(40).collect::<String>());
            return Err(DecodeError::new(Problem::Invalid, "output_format", message));
        }
    };
    let field = root.key("output_compression");
    let compression = request.find("output_compression").map(|node| node.want_integer(&field)).transpose()?;
    if compression.is_some_and(|percent| !(0..=100).contains(&percent)) {
        return Err(DecodeError::new(Problem::Invalid, "output_compression", "must be from 0 to 100"));
    }
    let mime = match (method, mime) {
        (Method::Predict, Some("image/webp")) => {
            work.warnings.add("output_format", "Imagen writes png and jpeg; the picture is png");
            None
        }
        (Method::Generate, Some(_)) => {
            work.warnings.add("output_format", "Gemini chooses the format itself; the answer names it");
            None
        }
        (_, mime) => mime,
    };
    // Of a picture without losses there is nothing to choose.
    let compression = compression.filter(|percent| *percent != 100);
    if compression.is_some() && mime != Some("image/jpeg") {
        work.warnings.add("output_compression", "has an effect on jpeg of Imagen only");
        return Ok((mime, None));
    }
    Ok((mime, compression))
}

/// What the answer repeats, and whether a larger picture is meant.
fn read_quality(work: &mut Work<'_>, request: &Node<'_>) -> Result<(String, bool), DecodeError> {
    let quality = text_of(request, "quality")?.unwrap_or_default().into_owned();
    match quality.as_str() {
        "" | "auto" | "standard" | "medium" => Ok((quality, false)),
        "low" => {
            work.warnings.add("quality", "has no equal below the usual one");
            Ok((quality, false))
        }
        "high" | "hd" => {
            if work.family.image_sizes.is_empty() {
                work.warnings.add("quality", format!("{} makes pictures of one quality", work.model));
            }
            Ok((quality, true))
        }
        other => {
            let message = format!(
                "must be auto, standard, low, medium, high or hd, not {:?}",
                other.chars().take(40).collect::<String>()
            );
            Err(DecodeError::new(Problem::Invalid, "quality", message))
        }
    }
}

// === impl Input ===

impl Input {
    fn read(file: &multipart::Field<'_>) -> Result<Self, DecodeError> {
        if file.data.is_empty() {
            return Err(DecodeError::new(Problem::Invalid, "image", "the file is empty"));
        }
        let label = file.content_type.as_deref().or_else(|| mime::of_name(file.file_name.as_deref()?));
        let kind = mime::judge(file.data, label.unwrap_or_default())
            .map_err(|reason| DecodeError::new(Problem::Unsupported, "image", reason))?;
        if !kind.starts_with("image/") {
            return Err(DecodeError::new(Problem::Invalid, "image", format!("must be a picture, not {kind}")));
        }
        Ok(Self { mime: kind, data: STANDARD.encode(file.data) })
    }
}

// === impl Wanted ===

impl Wanted<'_> {
    /// The body of `generateContent`.
    // wire 97
    fn for_generate(&self, family: &str) -> Bytes {
        let mut out = Vec::with_capacity(512 + self.inputs.iter().map(|input| input.data.len() + 64).sum::<usize>());
        let mut body = ObjectWriter::open(&mut out);
        let contents = body.key("contents");
        contents.extend_from_slice(b"[{\"role\":\"user\",\"parts\":[");
        for input in &self.inputs {
            contents.extend_from_slice(b"{\"inlineData\":{\"mimeType\":");
            write_text(contents, &input.mime);
            contents.extend_from_slice(b",\"data\":\"");
            contents.extend_from_slice(input.data.as_bytes());
            contents.extend_from_slice(b"\"}},");
        }
        contents.extend_from_slice(b"{\"text\":");
        write_text(contents, &self.prompt);
        contents.extend_from_slice(b"}]}]");
        let mut config = ObjectWriter::open(body.key("generationConfig"));
        // The first of them draws only while it may speak as well.
        let both = family == "gemini-2-0-image";
        config.raw("responseModalities", if both { "[\"TEXT\",\"IMAGE\"]" } else { "[\"IMAGE\"]" });
        if self.ratio.is_some() || self.size.is_some() {
            let mut image = ObjectWriter::open(config.key("imageConfig"));
            if let Some(ratio) = self.ratio {
                image.text("aspectRatio", ratio);
            }
            if let Some(size) = self.size {
                image.text("imageSize", size);
            }
            image.close();
        }
        config.close();
        body.close();
        out.into()
    }

    /// The bodies of `predict`, each for as many pictures as Imagen makes at once.
    fn for_predict(&self) -> Vec<Bytes> {
        let (full, rest) = (self.count / AT_ONCE, self.count % AT_ONCE);
        let mut bodies = vec![self.for_predict_of(AT_ONCE); full];
        if rest > 0 {
            bodies.push(self.for_predict_of(rest));
        }
        bodies
    }

    fn for_predict_of(&self, count: usize) -> Bytes {
        let mut out = Vec::with_capacity(256 + self.prompt.len());
        let mut body = ObjectWriter::open(&mut out);
        let instances = body.key("instances");
        instances.extend_from_slice(b"[{\"prompt\":");
        write_text(instances, &self.prompt);
        instances.extend_from_slice(b"}]");
        let mut parameters = ObjectWriter::open(body.key("parameters"));
        parameters.raw("sampleCount", &count.to_string());
        // Without it a picture that is withheld is withheld without a word.
        parameters.raw("includeRaiReason", "true");
        if let Some(ratio) = self.ratio {
            parameters.text("aspectRatio", ratio);
        }
        if let Some(size) = self.size {
            parameters.text("sampleImageSize", size);
        }
        if let Some(mime) = self.mime {
            let mut output = ObjectWriter::open(parameters.key("outputOptions"));
            output.text("mimeType", mime);
            if let Some(compression) = self.compression {
                output.raw("compressionQuality", &compression.to_string());
            }
            output.close();
        }
        parameters.close();
        body.close();
        out.into()
    }
}

#[cfg(test)]
mod tests;
