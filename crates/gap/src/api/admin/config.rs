//! Settings: all of them with where they stand, and changing those that may change while GAP runs.
#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::actor::Administrator;
use super::page::{Body, Query};
use super::problem::{FieldProblem, Problem};
use crate::app::App;
use crate::config::Field;
use crate::config::Loaded;
use crate::config::changes::{self, Setting, Unchangeable};
use crate::live::ChangeError;

/// All settings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Configuration {
    /// How long changes last: `database`, or `memory` until the next start.
    kept: &'static str,
    /// What a person should know about the configuration.
    warnings: Vec<String>,
    /// Each setting, in the order of the reference.
    settings: Vec<SettingView>,
}

/// One setting.
#[derive(Debug, Serialize, ToSchema)]
struct SettingView {
    /// The name that PUT takes.
    name: String,
    /// The name in `gap.toml`.
    setting: String,
    /// The section of `gap.toml`.
    section: &'static str,
    /// What it means.
    meaning: String,
    /// Its value; secrets are masked.
    value: String,
    /// Its default.
    default: String,
    /// Where the value stands: `default`, `env PORT`, `.env:3`, `changed at run time`.
    source: String,
    /// What it takes.
    takes: String,
    /// How a form asks for it.
    field: FieldKind,
    /// The words of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<&'static str>,
    /// Whether PUT may change it.
    changeable: bool,
    /// Whether that was done.
    changed: bool,
}

/// How a form asks for a value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FieldKind {
    /// On or off.
    Switch,
    /// One of `choices`.
    Choice,
    /// A whole number.
    Number,
    /// A text, as it would stand in `gap.toml`.
    Text,
    /// Never shown.
    Secret,
}

/// How a change is made.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HowToChange {
    /// Only checks the values.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// Shows every setting with its value and where it stands.
#[utoipa::path(
    get,
    path = "/api/v1/config",
    tag = "config",
    responses((status = 200, body = Configuration)),
)]
pub(super) async fn show_config(State(app): State<App>, Administrator(_actor): Administrator) -> Json<Configuration> {
    Json(shape(&app, &app.live.loaded()))
}

/// Changes settings while GAP runs: `{"max_requests_per_minute": 100}`. All or none; null gives one back to the configuration.
#[utoipa::path(
    put,
    path = "/api/v1/config",
    tag = "config",
    params(HowToChange),
    request_body(content = BTreeMap<String, Value>, description = "Names of settings with their new values"),
    responses((status = 200, body = Configuration)),
)]
pub(super) async fn change_config(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Query(how): Query<HowToChange>,
    Body(wanted): Body<BTreeMap<String, Value>>,
) -> Result<Json<Configuration>, Problem> {
    let changed = app.live.change(&app.store, &wanted, &actor.caller.name, app.clock.now(), how.dry_run).await;
    let loaded = changed.map_err(|error| match error {
        ChangeError::Wrong(wrong) => Problem::invalid(wrong.into_iter().map(FieldProblem::from).collect()),
        ChangeError::Store(error) => error.into(),
    })?;
    if !how.dry_run {
        actor.note(&app, "config.changed", "config", Some(json!(wanted))).await?;
    }
    Ok(Json(shape(&app, &loaded)))
}

fn shape(app: &App, loaded: &Loaded) -> Configuration {
    Configuration {
        kept: if app.store.address().is_memory() { "memory" } else { "database" },
        warnings: loaded.warnings.iter().map(ToString::to_string).collect(),
        settings: changes::settings(loaded).into_iter().map(SettingView::from).collect(),
    }
}

impl From<Setting> for SettingView {
    fn from(setting: Setting) -> Self {
        let (field, choices) = match setting.field {
            Field::Switch => (FieldKind::Switch, Vec::new()),
            Field::Choice(words) => (FieldKind::Choice, words),
            Field::Number => (FieldKind::Number, Vec::new()),
            Field::Text => (FieldKind::Text, Vec::new()),
            Field::Secret => (FieldKind::Secret, Vec::new()),
        };
        Self {
            name: setting.name,
            setting: setting.setting,
            section: setting.section,
            meaning: setting.meaning,
            value: setting.value,
            default: setting.default,
            source: setting.source,
            takes: setting.takes,
            field,
            choices,
            changeable: setting.changeable,
            changed: setting.changed,
        }
    }
}

impl From<Unchangeable> for FieldProblem {
    fn from(wrong: Unchangeable) -> Self {
        Self { field: wrong.name, message: wrong.said }
    }
}
