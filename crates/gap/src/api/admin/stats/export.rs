//! Sums as a file.

use axum::extract::State;
use axum::response::Response;
use gap_store::usage::sums::GroupBy;
use jiff::Timestamp;
use serde::Serialize;

use super::{Asked, StatsQuery};
use crate::api::admin::actor::Anyone;
use crate::api::admin::export::{self, Format, Pages};
use crate::api::admin::page::Query;
use crate::api::admin::problem::Problem;
use crate::app::App;
use crate::report::totals::Amount;

/// One row of the file.
#[derive(Serialize)]
struct ExportedSum {
    starts_at: Timestamp,
    model: String,
    /// A file has the same columns in every line: here it stands where nothing was timed, too.
    average_first_token_ms: Option<f64>,
    #[serde(flatten)]
    used: Amount,
}

/// Exports sums by step and model, as CSV or JSON.
#[utoipa::path(
    get,
    path = "/api/v1/stats/export",
    tag = "usage",
    params(StatsQuery),
    responses((status = 200, description = "The file: CSV with a header line, or a JSON array.", content_type = "text/csv", body = String)),
)]
pub(in crate::api::admin) async fn export_stats(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(query): Query<StatsQuery>,
) -> Result<Response, Problem> {
    let asked = Asked::read(&query, &actor, app.clock.now())?;
    app.books.settle().await;
    let sums = app.store.usage().sum(&asked.question(asked.time.clone(), GroupBy::TimeAndModel)).await?;
    let rows = sums.into_iter().filter_map(|sum| {
        let starts_at = sum.starts_at?;
        let used = Amount::from(sum.totals);
        let model = sum.model.unwrap_or_default();
        Some(ExportedSum { starts_at, model, average_first_token_ms: used.average_first_token_ms, used })
    });
    Ok(export::respond(query.format.unwrap_or(Format::Csv), "usage", Once(Some(rows.collect()))))
}

/// All rows on one page.
struct Once(Option<Vec<ExportedSum>>);

impl Pages for Once {
    type Row = ExportedSum;

    async fn next(&mut self) -> Option<Vec<ExportedSum>> {
        self.0.take()
    }
}
