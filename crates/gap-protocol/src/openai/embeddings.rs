//! Embeddings: OpenAI's request into Gemini's batches, and their answers into one list.
//!
//! OpenAI takes up to 2048 texts at once, Gemini 100 (wire 108), so that one request may become many; the answer is one
//! list in the order of the request. OpenAI's SDKs ask for base64, which is half as long and needs no parsing: four bytes
//! a number, little-endian.
//!
//! ## Edges
//! - OpenAI's vectors have the length 1, and its clients compare them by their product. Google's have it too, except
//!   that some models cut vectors short without stretching them; where `dimensions` was asked for, it is put right.
//! - Lists of tokens are refused: they are numbers of another model's vocabulary.
//! - Older models do not say what it cost; then it is estimated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::call::{DecodeError, Problem, Warnings};
use crate::json::{self, Node, ObjectWriter, Path, write_text};
use crate::models::ModelTable;

/// The most texts that Gemini takes at once.
pub const MAX_BATCH: usize = 100;
/// The most texts that OpenAI takes at once.
pub const MAX_INPUTS: usize = 2048;
/// A guess for text whose tokens nobody has counted.
const BYTES_PER_TOKEN: u64 = 4;
/// How far from 1 the length of a vector may be without anybody noticing.
const TOLERANCE: f64 = 1e-4;

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct EmbeddingsCall {
    /// The model as the client named it; the answer echoes it.
    pub model_asked: String,
    /// The model as Google is asked for it, without `models/`.
    pub model: String,
    /// Bodies of `batchEmbedContents`, in order.
    pub batches: Vec<Bytes>,
    /// How many texts there are in all batches.
    pub inputs: usize,
    /// How vectors are written.
    pub format: Format,
    /// Whether vectors must be brought to the length 1.
    pub normalise: bool,
    /// What could not be expressed as asked.
    pub warnings: Warnings,
    /// A guess at the input tokens.
    pub estimated_tokens: u64,
}

/// How vectors are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A list of numbers.
    #[default]
    Float,
    /// A string.
    Base64,
}

/// Why answers cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// An answer is not what `batchEmbedContents` answers.
    #[error("the upstream sent something that is no list of embeddings")]
    Unreadable,
    /// There are not as many vectors as texts.
    #[error("the upstream sent {got} embeddings for {wanted} texts")]
    Count {
        /// How many texts there were.
        wanted: usize,
        /// How many vectors came.
        got: usize,
    },
}

/// Turns a request body into a call, or says which field is at fault. In strict mode every warning is a refusal.
pub fn decode(body: &[u8], models: &ModelTable, strict: bool) -> Result<EmbeddingsCall, DecodeError> {
    let request = json::parse(body).map_err(|error| {
        DecodeError::of_body(Problem::Malformed, format!("the request body is not valid JSON: {error}"))
    })?;
    let Some(members) = request.members() else {
        let message = format!("the request body must be a JSON object, not {}", request.describe());
        return Err(DecodeError::of_body(Problem::Malformed, message));
    };
    let root = Path::Root;
    let model_asked = match request.find("model") {
        Some(node) => node.want_text(&root.key("model"))?.trim().to_owned(),
        None => String::new(),
    };
    let model = models.resolve(&model_asked).to_owned();
    if model.is_empty() {
        return Err(DecodeError::new(Problem::Missing, "model", "the name of a model is needed"));
    }
    let dimensions = read_dimensions(&request, &root)?;
    let texts = read_input(&request)?;
    let mut warnings = Warnings::default();
    for member in members {
        match &*member.key {
            "model" | "input" | "dimensions" | "encoding_format" => {}
            _ if member.value.is_null() => {}
            key => warnings.add(key, "is not known to Gemini and was left out"),
        }
    }
    if strict && let Some(warning) = warnings.iter().next() {
        return Err(DecodeError::new(Problem::Unsupported, &warning.field, &warning.message));
    }
    let batches = texts.chunks(MAX_BATCH).map(|texts| batch(&model, texts, dimensions)).collect();
    Ok(EmbeddingsCall {
        model_asked,
        batches,
        model,
        inputs: texts.len(),
        format: read_format(&request, &root)?,
        normalise: dimensions.is_some(),
        warnings,
        estimated_tokens: texts.iter().map(|text| (text.raw().len() as u64).div_ceil(BYTES_PER_TOKEN)).sum(),
    })
}

fn read_dimensions(request: &Node<'_>, root: &Path<'_>) -> Result<Option<i64>, DecodeError> {
    let Some(node) = request.find("dimensions") else { return Ok(None) };
    let dimensions = node.want_integer(&root.key("dimensions"))?;
    if dimensions < 1 || dimensions > i64::from(i32::MAX) {
        return Err(DecodeError::new(Problem::Invalid, "dimensions", format!("must be at least 1, not {dimensions}")));
    }
    Ok(Some(dimensions))
}

fn read_format(request: &Node<'_>, root: &Path<'_>) -> Result<Format, DecodeError> {
    let Some(node) = request.find("encoding_format") else { return Ok(Format::default()) };
    match &*node.want_text(&root.key("encoding_format"))? {
        "float" => Ok(Format::Float),
        "base64" => Ok(Format::Base64),
        other => {
            let message = format!("must be \"float\" or \"base64\", not {other:?}");
            Err(DecodeError::new(Problem::Invalid, "encoding_format", message))
        }
    }
}

/// The texts of a request: one, or a list of them.
fn read_input<'n, 'a>(request: &'n Node<'a>) -> Result<&'n [Node<'a>], DecodeError> {
    let invalid = |field: String, message: &str| DecodeError::new(Problem::Invalid, field, message);
    let Some(input) = request.find("input") else {
        return Err(DecodeError::new(Problem::Missing, "input", "a text, or a list of texts, is needed"));
    };
    let texts = input.items().unwrap_or(std::slice::from_ref(input));
    if texts.is_empty() {
        return Err(invalid("input".to_owned(), "the list is empty"));
    }
    if texts.len() > MAX_INPUTS {
        let message = format!("there are {} texts; at most {MAX_INPUTS} fit in one request", texts.len());
        return Err(invalid("input".to_owned(), &message));
    }
    for (place, text) in texts.iter().enumerate() {
        let field = || if input.items().is_some() { format!("input[{place}]") } else { "input".to_owned() };
        match text.text() {
            Some(text) if text.is_empty() => return Err(invalid(field(), "the text is empty")),
            Some(_) => {}
            None if text.number().is_some() || text.items().is_some() => {
                let message = "lists of tokens cannot be used, because Gemini has another vocabulary: send text \
                               (in LangChain: check_embedding_ctx_length=False)";
                return Err(DecodeError::new(Problem::Unsupported, field(), message));
            }
            None => {
                let message = format!("must be a string, not {}", text.describe());
                return Err(DecodeError::new(Problem::WrongType, field(), message));
            }
        }
    }
    Ok(texts)
}

/// A body of `batchEmbedContents`.
fn batch(model: &str, texts: &[Node<'_>], dimensions: Option<i64>) -> Bytes {
    let length: usize = texts.iter().map(|text| text.raw().len() + model.len() + 96).sum();
    let mut body = Vec::with_capacity(length);
    body.extend_from_slice(b"{\"requests\":[");
    for (place, text) in texts.iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        // Each request repeats the model, with its prefix.
        body.extend_from_slice(b"{\"model\":");
        write_text(&mut body, &format!("models/{model}"));
        body.extend_from_slice(b",\"content\":{\"parts\":[{\"text\":");
        text.write(&mut body);
        body.extend_from_slice(b"}]}");
        if let Some(dimensions) = dimensions {
            body.extend_from_slice(format!(",\"outputDimensionality\":{dimensions}").as_bytes());
        }
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    body.into()
}

/// Puts the answers to all batches together, in their order: the body for the client.
pub fn encode<T: AsRef<[u8]>>(call: &EmbeddingsCall, answers: &[T]) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(answers.iter().map(|answer| answer.as_ref().len()).sum());
    let (mut count, mut tokens) = (0, Some(0_u64));
    out.extend_from_slice(b"{\"object\":\"list\",\"data\":[");
    for answer in answers {
        let answer = json::parse(answer.as_ref()).map_err(|_| EncodeError::Unreadable)?;
        let single = answer.find("embedding").map(std::slice::from_ref);
        let vectors = answer.find("embeddings").and_then(Node::items).or(single).ok_or(EncodeError::Unreadable)?;
        for vector in vectors {
            let values = vector.find("values").and_then(Node::items).ok_or(EncodeError::Unreadable)?;
            if count > 0 {
                out.push(b',');
            }
            out.extend_from_slice(format!("{{\"object\":\"embedding\",\"index\":{count},\"embedding\":").as_bytes());
            write_vector(&mut out, values, call)?;
            out.push(b'}');
            count += 1;
        }
        // One batch that does not say it makes the sum a guess.
        tokens = tokens.zip(counted(&answer)).map(|(sum, tokens)| sum.saturating_add(tokens));
    }
    if count != call.inputs {
        return Err(EncodeError::Count { wanted: call.inputs, got: count });
    }
    out.extend_from_slice(b"],\"model\":");
    write_text(&mut out, &call.model_asked);
    out.extend_from_slice(b",\"usage\":");
    let total = tokens.unwrap_or(call.estimated_tokens).to_string();
    let mut usage = ObjectWriter::open(&mut out);
    usage.raw("prompt_tokens", &total).raw("total_tokens", &total);
    if tokens.is_none() {
        usage.raw("estimated", "true");
    }
    usage.close();
    out.push(b'}');
    Ok(out)
}

/// What an answer says that it cost.
fn counted(answer: &Node<'_>) -> Option<u64> {
    u64::try_from(answer.find("usageMetadata")?.find("promptTokenCount")?.integer()?).ok()
}

fn write_vector(out: &mut Vec<u8>, values: &[Node<'_>], call: &EmbeddingsCall) -> Result<(), EncodeError> {
    let stretch = if call.normalise { stretch(values) } else { None };
    if call.format == Format::Float && stretch.is_none() {
        out.push(b'[');
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            value.number().ok_or(EncodeError::Unreadable)?;
            out.extend_from_slice(value.raw().as_bytes());
        }
        out.push(b']');
        return Ok(());
    }
    let mut numbers = Vec::with_capacity(values.len());
    for value in values {
        let number = value.number().ok_or(EncodeError::Unreadable)?;
        #[expect(clippy::cast_possible_truncation, reason = "vectors are of single precision on both sides")]
        numbers.push((number * stretch.unwrap_or(1.0)) as f32);
    }
    match call.format {
        Format::Float => {
            let texts: Vec<String> = numbers.iter().map(f32::to_string).collect();
            out.extend_from_slice(format!("[{}]", texts.join(",")).as_bytes());
        }
        Format::Base64 => {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            out.push(b'"');
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.push(b'"');
        }
    }
    Ok(())
}

/// The factor that brings a vector to the length 1, unless it has it or has none.
fn stretch(values: &[Node<'_>]) -> Option<f64> {
    let length = values.iter().filter_map(Node::number).map(|number| number * number).sum::<f64>().sqrt();
    (length > 0.0 && length.is_finite() && (length - 1.0).abs() > TOLERANCE).then(|| 1.0 / length)
}

#[cfg(test)]
mod tests;
