//! `models.list` and `models.get`.

use http::Response;
use serde_json::Value;

use super::list::{Owner, Sizes};
use super::{Ask, list};
use crate::body::Body;
use crate::error::ApiError;
use crate::models;

pub(crate) fn list(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    let cards: Vec<Value> = models::all().iter().map(|model| model.card.clone()).collect();
    Ok(ask.json(list::page(ask, "models", &cards, Owner::All, Sizes { usual: 50, most: 1_000 })?))
}

pub(crate) fn get(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let Some(model) = models::find(name) else {
        let message = format!("Model is not found: models/{name} for api version {}", ask.target.version);
        return Err(ApiError::new(404, "NOT_FOUND", message));
    };
    Ok(ask.json(model.card.clone()))
}
