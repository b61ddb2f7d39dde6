//! JSON and time in columns that hold text and numbers.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;

/// As text for a column.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Invalid(format!("this cannot be written as JSON: {error}")))
}

/// From the text of a column.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("a column holds no valid JSON: {error}")))
}

/// From a column that may be empty.
pub(crate) fn read_optional<T: DeserializeOwned>(text: Option<&str>) -> Result<Option<T>, StoreError> {
    text.map(read).transpose()
}

/// For a column that may be empty.
pub(crate) fn write_optional<T: Serialize>(value: Option<&T>) -> Result<Option<String>, StoreError> {
    value.map(write).transpose()
}

/// A point in time from a column of milliseconds.
pub(crate) fn time(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds)
        .map_err(|_| StoreError::Damaged(format!("{milliseconds} is not a point in time")))
}

/// A point in time that may be missing.
pub(crate) fn time_optional(milliseconds: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    milliseconds.map(time).transpose()
}

/// An identifier from a column of text.
pub(crate) fn id(text: &str) -> Result<uuid::Uuid, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged(format!("{text:?} is not an identifier")))
}
