//! Spans as OTLP's JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Trace, Try, Value};

/// `SPAN_KIND_SERVER`, `SPAN_KIND_CLIENT`, `STATUS_CODE_ERROR`.
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
const ERROR: u8 = 2;

/// The body of an export.
pub(super) fn request(traces: &[Trace]) -> Vec<u8> {
    let spans: Vec<Json> = traces.iter().flat_map(spans).collect();
    let resource = [
        ("service.name", Value::Text("gap".to_owned())),
        ("service.version", Value::Text(env!("CARGO_PKG_VERSION").to_owned())),
    ];
    let document = json!({ "resourceSpans": [{
        "resource": { "attributes": attributes(&resource) },
        "scopeSpans": [{ "scope": { "name": "gap" }, "spans": spans }],
    }] });
    document.to_string().into_bytes()
}

/// The span of a request, and below it those of its tries.
fn spans(trace: &Trace) -> Vec<Json> {
    let id = trace.parent.map_or_else(rand::random::<u128>, |parent| parent.trace);
    let own: u64 = rand::random();
    let mut span = span(id, own, &trace.name, SERVER, trace.began, Duration::ZERO, trace.took, &trace.attributes);
    if let Some(parent) = trace.parent {
        span["parentSpanId"] = format!("{:016x}", parent.span).into();
    }
    if trace.failed {
        span["status"] = json!({ "code": ERROR });
    }
    let mut spans = vec![span];
    spans.extend(trace.tries.iter().map(|one| below(id, own, trace.began, one)));
    spans
}

fn below(trace: u128, parent: u64, began: Timestamp, one: &Try) -> Json {
    let mut known = vec![("gap.upstream_key", Value::Text(one.key.clone()))];
    if let Some(cause) = one.cause {
        known.push(("error.type", Value::Text(cause.to_owned())));
    }
    let mut span = span(trace, rand::random(), "try", CLIENT, began, one.after, one.took, &known);
    span["parentSpanId"] = format!("{parent:016x}").into();
    if one.cause.is_some() {
        span["status"] = json!({ "code": ERROR });
    }
    span
}

#[expect(clippy::too_many_arguments, reason = "a span has so many fields, and they stand here alone")]
fn span(
    trace: u128,
    id: u64,
    name: &str,
    kind: u8,
    began: Timestamp,
    after: Duration,
    took: Duration,
    known: &[(&'static str, Value)],
) -> Json {
    let start = began.as_nanosecond() + i128::try_from(after.as_nanos()).unwrap_or(0);
    let end = start + i128::try_from(took.as_nanos()).unwrap_or(0);
    json!({
        "traceId": format!("{trace:032x}"),
        "spanId": format!("{id:016x}"),
        "name": name,
        "kind": kind,
        // 64-bit numbers are texts in this JSON.
        "startTimeUnixNano": start.to_string(),
        "endTimeUnixNano": end.to_string(),
        "attributes": attributes(known),
    })
}

fn attributes(known: &[(&'static str, Value)]) -> Vec<Json> {
    let one = |(key, value): &(&'static str, Value)| match value {
        Value::Text(text) => json!({ "key": key, "value": { "stringValue": text } }),
        Value::Number(number) => json!({ "key": key, "value": { "intValue": number.to_string() } }),
    };
    known.iter().map(one).collect()
}
