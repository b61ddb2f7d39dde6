//! Models, and how long today's quota of each lasts.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use gap_pool::{Advice, Forecast};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::Administrator;
use super::page::{Page, PageQuery, Query};
use super::problem::Problem;
use crate::app::App;

/// A model as the upstream keys see it today.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct ModelView {
    /// Its name.
    model: String,
    /// Whether Google or the table of models lists it.
    listed: bool,
    /// Requests sent today, by Pacific days; null while nobody has asked it.
    used: Option<u64>,
    /// Requests of a day, of all projects whose limit is known.
    capacity: Option<u64>,
    /// What is left of it today.
    left: Option<u64>,
    /// Projects of which no daily limit is known.
    unlimited_projects: usize,
    /// When it runs dry at the present rate, if that is today.
    #[schema(value_type = Option<String>, format = DateTime)]
    dry_at: Option<Timestamp>,
    /// Which share of the capacity the day needs at the present rate.
    load: Option<f64>,
    /// Projects that are missing to get through the day with some to spare.
    more_projects: usize,
    /// What to do: `enough`, `add`, `add_surely`, `could_reduce`, or `unknown`.
    advice: &'static str,
}

/// Lists models with what is left of them today.
#[utoipa::path(
    get,
    path = "/api/v1/models",
    tag = "models",
    params(PageQuery),
    responses((status = 200, body = Page<ModelView>)),
)]
pub(super) async fn list_models(
    State(app): State<App>,
    _: Administrator,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ModelView>>, Problem> {
    page.checked()?;
    let mut models: BTreeMap<String, ModelView> = BTreeMap::new();
    for name in app.list.names(&app) {
        let view =
            ModelView { model: name.clone(), listed: true, advice: word(Advice::Unknown), ..ModelView::default() };
        models.insert(name, view);
    }
    for forecast in app.keyring.forecast().into_iter().filter(|forecast| !forecast.model.is_empty()) {
        let listed = models.contains_key(&forecast.model);
        models.insert(forecast.model.clone(), ModelView::of(forecast, listed));
    }
    let models: Vec<ModelView> = models.into_values().collect();
    Ok(Json(page.cut(&models, ModelView::clone)?))
}

// === impl ModelView ===

impl ModelView {
    fn of(forecast: Forecast, listed: bool) -> Self {
        Self {
            model: forecast.model,
            listed,
            used: Some(forecast.used),
            capacity: forecast.capacity,
            left: forecast.left,
            unlimited_projects: forecast.unlimited,
            dry_at: forecast.dry_at,
            load: forecast.load,
            more_projects: forecast.more_projects,
            advice: word(forecast.advice),
        }
    }
}

const fn word(advice: Advice) -> &'static str {
    match advice {
        Advice::CouldReduce => "could_reduce",
        Advice::Enough => "enough",
        Advice::Add => "add",
        Advice::AddSurely => "add_surely",
        Advice::Unknown => "unknown",
    }
}
