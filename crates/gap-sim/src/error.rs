//! Errors in the shape of `google.rpc.Status`.

use std::fmt::{Display, Write as _};

use serde_json::{Value, json};

/// An error Google would answer with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) code: u16,
    pub(crate) message: String,
    pub(crate) status: &'static str,
    pub(crate) details: Vec<Value>,
}

impl ApiError {
    pub(crate) fn new(code: u16, status: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), status, details: Vec::new() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_ARGUMENT", message)
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "PERMISSION_DENIED", message)
    }

    pub(crate) fn with(mut self, detail: Value) -> Self {
        self.details.push(detail);
        self
    }

    /// With `google.rpc.ErrorInfo`.
    pub(crate) fn with_info(self, reason: &str, metadata: Value) -> Self {
        let mut detail =
            json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"});
        detail["metadata"] = metadata;
        self.with(detail)
    }

    /// With the message once more as `google.rpc.LocalizedMessage`.
    pub(crate) fn localized(self) -> Self {
        let detail = json!({"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": self.message});
        self.with(detail)
    }

    pub(crate) fn to_value(&self) -> Value {
        let mut error = json!({"code": self.code, "message": self.message, "status": self.status});
        if !self.details.is_empty() {
            error["details"] = Value::Array(self.details.clone());
        }
        json!({ "error": error })
    }
}

/// Mistakes of one kind, each told on a line of its own, as Google does it.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(String);

impl Mistakes {
    pub(crate) fn add(&mut self, place: impl Display, what: impl Display) {
        // Writing into a text cannot fail.
        let _written = writeln!(self.0, "* {place}: {what}");
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_result(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.0)) }
    }
}
