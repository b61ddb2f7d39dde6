//! Batches: answered at once, told of in time (wire 131).

use std::fmt::Write as _;

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::list::{Owner, Sizes};
use super::{Ask, files, generate, list};
use crate::body::Body;
use crate::error::ApiError;
use crate::lock;
use crate::models::Model;
use crate::route::Action;
use crate::schema;
use crate::store::{Batch, Output, Progress, Store};

const TYPE: &str = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch";
const MOST_REQUESTS: usize = 10_000;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    batch: Described,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Described {
    display_name: Option<String>,
    input_config: Input,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    file_name: Option<String>,
    requests: Option<Inline>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inline {
    requests: Vec<One>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct One {
    request: Value,
    metadata: Option<Value>,
}

pub(crate) fn create(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let model = ask.model(name, Action::BatchGenerateContent)?;
    let request: Request = ask.read("BatchGenerateContentRequest")?;
    let id = ask.world.fresh_dice("batch").id(36);
    let answered = match request.batch.input_config {
        Input { requests: Some(inline), file_name: None } if !inline.requests.is_empty() => {
            inlined(ask, model, inline)?
        }
        Input { requests: None, file_name: Some(file) } => from_file(ask, model, &file, &id)?,
        _ => {
            let place = "BatchGenerateContentRequest.batch.input_config";
            return Err(ApiError::invalid(format!("* {place}: either requests or file_name must be set\n")));
        }
    };
    let Answered { count, failed, output } = answered;
    let batch = Batch {
        project: ask.caller.project,
        name: id.clone(),
        model,
        display_name: request.batch.display_name,
        created: ask.world.clock.now(),
        cancelled: None,
        count,
        failed,
        output,
    };
    let shown = show(&batch, batch.created);
    let mut store = settled(ask);
    store
        .admit(0)
        .map_err(|_| ApiError::new(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."))?;
    store.batches.insert(id, batch);
    drop(store);
    Ok(ask.json(shown))
}

struct Answered {
    count: usize,
    failed: usize,
    output: Output,
}

fn inlined(ask: &Ask<'_>, model: &'static Model, inline: Inline) -> Result<Answered, ApiError> {
    limit(inline.requests.len())?;
    let mut failed = 0;
    let responses = inline.requests.into_iter().map(|one| {
        let mut response = match generate::in_batch(ask, model, one.request) {
            Ok(answer) => json!({ "response": answer }),
            Err(error) => {
                failed += 1;
                json!({"error": status(&error)})
            }
        };
        if let Some(metadata) = one.metadata {
            response["metadata"] = metadata;
        }
        response
    });
    let responses: Vec<Value> = responses.collect();
    Ok(Answered { count: responses.len(), failed, output: Output::Inline(responses) })
}

/// A file of lines `{"key": …, "request": …}`; the answers are one of the same kind.
fn from_file(ask: &Ask<'_>, model: &'static Model, name: &str, id: &str) -> Result<Answered, ApiError> {
    let file = files::own(ask, name.strip_prefix("files/").unwrap_or(name))?;
    let text = String::from_utf8_lossy(&file.bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    limit(lines.len())?;
    let mut failed = 0;
    let mut output = String::new();
    for line in &lines {
        let (key, answer) = match serde_json::from_str::<Value>(line) {
            Ok(mut line) => (line["key"].take(), answer_line(ask, model, line["request"].take())),
            Err(error) => (Value::Null, Err(ApiError::invalid(format!("Invalid JSON in the input file: {error}")))),
        };
        let answer = match answer {
            Ok(answer) => json!({"key": key, "response": answer}),
            Err(error) => {
                failed += 1;
                json!({"key": key, "error": status(&error)})
            }
        };
        let _written = writeln!(output, "{answer}");
    }
    let name = format!("batch-{id}").chars().take(40).collect::<String>();
    files::keep_generated(ask, name.clone(), Bytes::from(output))?;
    Ok(Answered { count: lines.len(), failed, output: Output::File(name) })
}

fn answer_line(ask: &Ask<'_>, model: &'static Model, request: Value) -> Result<Value, ApiError> {
    generate::in_batch(ask, model, schema::canonical_value("GenerateContentRequest", request)?)
}

fn limit(count: usize) -> Result<(), ApiError> {
    match count {
        0 => Err(ApiError::invalid("* BatchGenerateContentRequest.batch.input_config: there are no requests\n")),
        count if count > MOST_REQUESTS => Err(ApiError::invalid(format!(
            "{count} requests are more than the {MOST_REQUESTS} that one batch may hold."
        ))),
        _ => Ok(()),
    }
}

fn status(error: &ApiError) -> Value {
    // The numbers of google.rpc.Code.
    let code = match error.status {
        "INVALID_ARGUMENT" => 3,
        "NOT_FOUND" => 5,
        "PERMISSION_DENIED" => 7,
        "RESOURCE_EXHAUSTED" => 8,
        _ => 13,
    };
    json!({"code": code, "message": error.message})
}

pub(crate) fn list(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    let now = ask.world.clock.now();
    let mut batches: Vec<Batch> =
        settled(ask).batches.values().filter(|batch| batch.project == ask.caller.project).cloned().collect();
    batches.sort_by(|left, right| (right.created, &right.name).cmp(&(left.created, &left.name)));
    let shown: Vec<Value> = batches.iter().map(|batch| show(batch, now)).collect();
    Ok(ask.json(list::page(ask, "operations", &shown, Owner::Project, Sizes { usual: 50, most: 1_000 })?))
}

pub(crate) fn get(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    Ok(ask.json(show(&own(ask, name)?, ask.world.clock.now())))
}

pub(crate) fn cancel(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let batch = own(ask, name)?;
    let now = ask.world.clock.now();
    if matches!(batch.progress(now), Progress::Pending | Progress::Running)
        && let Some(batch) = settled(ask).batches.get_mut(name)
    {
        batch.cancelled = Some(now);
    }
    Ok(ask.json(json!({})))
}

pub(crate) fn delete(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    own(ask, name)?;
    settled(ask).batches.remove(name);
    Ok(ask.json(json!({})))
}

fn own(ask: &Ask<'_>, name: &str) -> Result<Batch, ApiError> {
    let store = settled(ask);
    let batch = store.batches.get(name).filter(|batch| batch.project == ask.caller.project).cloned();
    batch.ok_or_else(|| ApiError::new(404, "NOT_FOUND", "Requested entity was not found."))
}

fn settled<'a>(ask: &Ask<'a>) -> std::sync::MutexGuard<'a, Store> {
    let mut store = lock(&ask.world.store);
    store.settle(ask.world.clock.now());
    store
}

fn show(batch: &Batch, now: Timestamp) -> Value {
    let name = format!("batches/{}", batch.name);
    let progress = batch.progress(now);
    let end = match progress {
        Progress::Succeeded(at) | Progress::Cancelled(at) => Some(at),
        Progress::Pending | Progress::Running => None,
    };
    let output = matches!(progress, Progress::Succeeded(_)).then(|| match &batch.output {
        Output::Inline(responses) => json!({"inlinedResponses": {"inlinedResponses": responses}}),
        Output::File(name) => json!({"responsesFile": format!("files/{name}")}),
    });
    let mut metadata = Map::new();
    let mut add = |name: &str, value: Value| metadata.insert(name.to_owned(), value);
    add("@type", TYPE.into());
    add("model", format!("models/{}", batch.model.id()).into());
    if let Some(name) = &batch.display_name {
        add("displayName", name.as_str().into());
    }
    if let Some(output) = &output {
        add("output", output.clone());
    }
    add("createTime", format!("{:.9}", batch.created).into());
    if let Some(end) = end {
        add("endTime", format!("{end:.9}").into());
    }
    add("updateTime", format!("{:.9}", end.unwrap_or(batch.created)).into());
    add("batchStats", stats(batch, progress));
    add("state", state(progress).into());
    add("name", name.as_str().into());
    let mut operation = json!({"name": name, "metadata": metadata});
    if end.is_some() {
        operation["done"] = true.into();
    }
    match (progress, output) {
        (Progress::Cancelled(_), _) => operation["error"] = json!({"code": 1, "message": "Batch was cancelled."}),
        (_, Some(Value::Object(output))) => {
            let kind = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatchOutput";
            let mut response = Map::from_iter([("@type".to_owned(), Value::from(kind))]);
            response.extend(output);
            operation["response"] = Value::Object(response);
        }
        _ => {}
    }
    operation
}

/// Counts are text, and those that are 0 are left out.
fn stats(batch: &Batch, progress: Progress) -> Value {
    let mut stats = Map::from_iter([("requestCount".to_owned(), Value::from(batch.count.to_string()))]);
    let mut add = |name: &str, count: usize| {
        if count > 0 {
            stats.insert(name.to_owned(), count.to_string().into());
        }
    };
    if let Progress::Succeeded(_) = progress {
        add("successfulRequestCount", batch.count - batch.failed);
        add("failedRequestCount", batch.failed);
    } else {
        add("pendingRequestCount", batch.count);
    }
    Value::Object(stats)
}

fn state(progress: Progress) -> &'static str {
    match progress {
        Progress::Pending => "BATCH_STATE_PENDING",
        Progress::Running => "BATCH_STATE_RUNNING",
        Progress::Succeeded(_) => "BATCH_STATE_SUCCEEDED",
        Progress::Cancelled(_) => "BATCH_STATE_CANCELLED",
    }
}
