//! Errors of the admin API: problem documents (RFC 9457) that name each wrong field.

use axum::body::Body;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use gap_store::StoreError;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;

use crate::caller::Denied;
use crate::error::{Failure, whole_seconds};

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong and what to do, for a person.
    detail: String,
    /// Each field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// Seconds until it makes sense to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field, as it stands in the request: `limits.rpm`, `items[3].key`.
    pub field: String,
    /// What is wrong, and what the field takes.
    pub message: String,
}

// === impl Problem ===

impl Problem {
    /// A problem of this kind.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// Known, but not allowed to.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Only an administrator may do this.")
    }

    /// There is no such thing, or it is somebody else's.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
    }

    /// It cannot be done in the present state.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Fields are wrong, all of them named.
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.field, one.message),
            many => format!("{} fields are wrong.", many.len()),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// One field is wrong.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldProblem { field: field.into(), message: message.into() }])
    }

    /// Too early; come back in so many seconds.
    pub fn too_many(detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    /// The status.
    pub const fn status(&self) -> u16 {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let failure = Failure::from(denied);
        Self { retry_after: failure.wait().map(whole_seconds), ..Self::new(failure.status(), failure.message()) }
    }
}

/// What the store says of a caller's request is told; what it says of itself goes to the log.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Duplicate(what) => Self::conflict(format!("This {what} exists already.")),
            StoreError::Missing(what) => Self::conflict(format!("What this {what} refers to does not exist.")),
            StoreError::Invalid(detail) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail.clone()),
            StoreError::Full(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, error.remedy()),
            StoreError::Unreachable(_) | StoreError::Locked(_) | StoreError::Closed => {
                error!("The admin API cannot reach the store: {error}");
                let detail = "The database cannot be reached at this moment; try again shortly.";
                Self { retry_after: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
            }
            _ => {
                error!("The admin API failed in the store: {error}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The database failed; the log has the details.")
            }
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let status = match rejection.status() {
            // A body that is JSON and does not fit names its field; axum answers 422 for it, too.
            status @ (StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY) => status,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(StatusCode::NOT_FOUND, rejection.body_text())
    }
}
