//! How Google writes an error: `google.rpc.Status` in JSON.
//!
//! Google's SDKs decide by `error.code` and `error.status`; gemini-cli also reads `RetryInfo` and `QuotaFailure` to
//! know whether waiting helps. So an error that GAP makes itself carries the same details, printed the way Google
//! prints them: two spaces, the fields in proto order, a line break at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// An error as Google's services answer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The HTTP status.
    pub code: u16,
    /// A sentence for a person.
    pub message: String,
    /// The name of the gRPC code, such as `RESOURCE_EXHAUSTED`.
    pub status: &'static str,
    /// What a program can act on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
}

/// One entry of `details`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "@type")]
pub enum Detail {
    /// When the request may be sent again.
    #[serde(rename = "type.googleapis.com/google.rpc.RetryInfo", rename_all = "camelCase")]
    RetryInfo {
        /// Seconds with the letter `s`, such as `51s`.
        retry_delay: String,
    },
    /// Which quotas are used up.
    #[serde(rename = "type.googleapis.com/google.rpc.QuotaFailure")]
    QuotaFailure {
        /// All of them.
        violations: Vec<QuotaViolation>,
    },
    /// A reason for programs.
    #[serde(rename = "type.googleapis.com/google.rpc.ErrorInfo")]
    ErrorInfo {
        /// In capitals, such as `API_KEY_INVALID`.
        reason: String,
        /// Whose reason it is, such as `googleapis.com`.
        domain: String,
        /// What it is about.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        metadata: BTreeMap<String, String>,
    },
    /// Which fields of the request are wrong.
    #[serde(rename = "type.googleapis.com/google.rpc.BadRequest", rename_all = "camelCase")]
    BadRequest {
        /// All of them.
        field_violations: Vec<FieldViolation>,
    },
    /// Where to read on.
    #[serde(rename = "type.googleapis.com/google.rpc.Help")]
    Help {
        /// Addresses.
        links: Vec<Link>,
    },
}

/// One quota that is used up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaViolation {
    /// What is counted.
    pub quota_metric: String,
    /// Which limit on it; `PerDay` and `PerMinute` in it are what clients look for.
    pub quota_id: String,
    /// What the limit is per: the model, the location.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub quota_dimensions: BTreeMap<String, String>,
    /// The limit, in decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_value: Option<String>,
}

/// One field that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldViolation {
    /// The path of the field, such as `contents[0].parts`; empty for the whole request.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// An address where something is explained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What one finds there.
    pub description: String,
    /// The address.
    pub url: String,
}

/// The name of the gRPC code that goes with an HTTP status.
pub fn status_of(http: u16) -> &'static str {
    match http {
        200..=299 => "OK",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 | 410 => "NOT_FOUND",
        405 | 501 => "UNIMPLEMENTED",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        402 | 412 | 428 => "FAILED_PRECONDITION",
        416 => "OUT_OF_RANGE",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        400..=498 => "INVALID_ARGUMENT",
        502 | 503 | 529 => "UNAVAILABLE",
        500..=599 => "INTERNAL",
        _ => "UNKNOWN",
    }
}

// === impl Status ===

impl Status {
    /// An error with this HTTP status; the gRPC code follows from it.
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), status: status_of(code), details: Vec::new() }
    }

    /// Says when to come back. Google gives whole seconds; early would be refused again, so it is rounded up.
    #[must_use]
    pub fn with_retry_info(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.with(Detail::RetryInfo { retry_delay: format!("{seconds}s") })
    }

    /// Says which quotas are used up.
    #[must_use]
    pub fn with_quota_failure(self, violations: Vec<QuotaViolation>) -> Self {
        self.with(Detail::QuotaFailure { violations })
    }

    /// Gives the reason for programs; `domain` says whose reason it is.
    #[must_use]
    pub fn with_error_info(self, reason: &str, domain: &str, metadata: BTreeMap<String, String>) -> Self {
        self.with(Detail::ErrorInfo { reason: reason.to_owned(), domain: domain.to_owned(), metadata })
    }

    /// Says which fields are wrong.
    #[must_use]
    pub fn with_bad_request(self, field_violations: Vec<FieldViolation>) -> Self {
        self.with(Detail::BadRequest { field_violations })
    }

    /// Says where to read on.
    #[must_use]
    pub fn with_help(self, links: Vec<Link>) -> Self {
        self.with(Detail::Help { links })
    }

    /// The body: `{"error": {"code", "message", "status", "details"}}`, printed as Google prints it.
    pub fn to_json(&self) -> String {
        let body = Body { error: self };
        // Strings and numbers only: there is no way for this to fail.
        let mut json = serde_json::to_string_pretty(&body).unwrap_or_default();
        json.push('\n');
        json
    }

    fn with(mut self, detail: Detail) -> Self {
        self.details.push(detail);
        self
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a Status,
}

#[cfg(test)]
mod tests;
