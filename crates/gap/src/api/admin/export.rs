//! Lists as files: CSV for spreadsheets, JSON for programs; sent page by page, however long they are.

use std::future::Future;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// Lines of values separated by commas, names in the first.
    Csv,
    /// An array of objects.
    Json,
}

/// Where rows come from.
pub(super) trait Pages: Send + 'static {
    /// One row; an object.
    type Row: Serialize + Send;

    /// The next rows; none at the end. An export that cannot go on ends early, and its transfer is aborted.
    fn next(&mut self) -> impl Future<Output = Option<Vec<Self::Row>>> + Send;

    /// Whether the rows ended because something broke.
    fn is_broken(&self) -> bool {
        false
    }
}

/// The rows ended early.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the export broke off")]
struct BrokenOff;

/// The answer that is a file called `name`.
pub(super) fn respond<P: Pages>(format: Format, name: &str, pages: P) -> Response {
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Json => ("application/json", "json"),
    };
    let state = Writing { format, pages, columns: Vec::new(), rows: 0, over: false };
    let chunks = stream::unfold(state, |mut state| async move {
        let chunk = state.chunk().await?;
        Some((chunk, state))
    });
    let disposition = format!("attachment; filename=\"gap-{name}.{ending}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], Body::from_stream(chunks)).into_response()
}

struct Writing<P> {
    format: Format,
    pages: P,
    /// The names in the first line of a CSV: every line has these values, in this order.
    columns: Vec<String>,
    rows: u64,
    over: bool,
}

impl<P: Pages> Writing<P> {
    async fn chunk(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        if self.over {
            return None;
        }
        let Some(page) = self.pages.next().await else {
            self.over = true;
            if self.pages.is_broken() {
                return Some(Err(BrokenOff));
            }
            let end = match (self.format, self.rows) {
                (Format::Json, 0) => "[]\n",
                (Format::Json, _) => "\n]\n",
                (Format::Csv, _) => "",
            };
            return (!end.is_empty()).then(|| Ok(Bytes::from_static(end.as_bytes())));
        };
        let mut text = String::new();
        for row in page {
            // A row is a struct of ours: it is an object.
            let Ok(Value::Object(row)) = serde_json::to_value(row) else { continue };
            match self.format {
                Format::Json => {
                    text.push_str(if self.rows == 0 { "[\n" } else { ",\n" });
                    text.push_str(&Value::Object(row).to_string());
                }
                Format::Csv => {
                    if self.rows == 0 {
                        self.columns = row.keys().cloned().collect();
                        line(&mut text, self.columns.iter().map(String::as_str));
                    }
                    let values = self.columns.iter().map(|name| row.get(name).unwrap_or(&Value::Null));
                    let cells: Vec<String> = values.map(cell).collect();
                    line(&mut text, cells.iter().map(String::as_str));
                }
            }
            self.rows += 1;
        }
        Some(Ok(text.into()))
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(members) => pairs(members),
        other => other.to_string(),
    }
}

fn pairs(members: &Map<String, Value>) -> String {
    let pairs: Vec<String> = members.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(" ")
}

/// A line of CSV (RFC 4180). What a spreadsheet would take for a formula is made text: names come from clients.
fn line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
        if formula || cell.contains(['"', ',', '\n', '\r']) {
            text.push('"');
            if formula {
                text.push('\'');
            }
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_a_way_out() {
        let mut text = String::new();
        line(&mut text, ["plain", "a,b", "say \"hi\"", "=1+1", "-5", "@x"].into_iter());
        assert_eq!(text, "plain,\"a,b\",\"say \"\"hi\"\"\",\"'=1+1\",-5,\"'@x\"\r\n");
    }
}
