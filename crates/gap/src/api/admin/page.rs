//! Lists in pages, and what handlers take from a request: with problems in place of axum's plain texts.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// Entries of a page unless the caller says otherwise.
const USUAL: u32 = 50;
/// Entries of a page at most.
const MOST: u32 = 1_000;
/// No list has more pages.
const LAST: u32 = 1_000_000_000;

/// A JSON body, which is an object.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// The query.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// Parts of the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The page, counted from 1.
    #[param(minimum = 1, maximum = 1_000_000_000, default = 1)]
    pub page: Option<u32>,
    /// Entries of a page.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    pub page_size: Option<u32>,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// Its entries.
    pub items: Vec<T>,
    /// How many entries there are on all pages.
    pub total: u64,
    /// The page, counted from 1.
    pub page: u32,
    /// Entries of a page.
    pub page_size: u32,
}

// === impl Body ===

impl<T: DeserializeOwned> Body<T> {
    /// Serde takes a list for a structure, its entries in the order of the fields; no client means that.
    fn read(Json(raw): Json<Box<RawValue>>) -> Result<Self, Problem> {
        if !raw.get().starts_with('{') {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "The body takes a JSON object."));
        }
        let Json(body) = Json::from_bytes(raw.get().as_bytes())?;
        Ok(Self(body))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Self::read(<Json<_> as FromRequest<S>>::from_request(request, state).await?)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let body = <Json<Box<RawValue>> as OptionalFromRequest<S>>::from_request(request, state).await?;
        // Programs that have nothing to say may say so.
        let body = body.filter(|Json(raw)| raw.get() != "null");
        body.map(Self::read).transpose()
    }
}

// === impl PageQuery ===

impl PageQuery {
    /// The page and its size, checked.
    pub fn checked(self) -> Result<(u32, u32), Problem> {
        let (page, size) = (self.page.unwrap_or(1), self.page_size.unwrap_or(USUAL));
        if page == 0 || page > LAST {
            return Err(Problem::field("page", format!("pages are counted from 1 to {LAST}")));
        }
        if size == 0 || size > MOST {
            return Err(Problem::field("page_size", format!("a page has 1 to {MOST} entries")));
        }
        Ok((page, size))
    }

    /// The page of `all`, with `shape` applied to its entries alone.
    pub fn cut<E, T>(self, all: &[E], shape: impl FnMut(&E) -> T) -> Result<Page<T>, Problem> {
        let (page, page_size) = self.checked()?;
        let skip = (page as usize - 1).saturating_mul(page_size as usize);
        let items = all.iter().skip(skip).take(page_size as usize).map(shape).collect();
        Ok(Page { items, total: all.len() as u64, page, page_size })
    }
}
