//! Explicit caches: what they take, who may have them, and what they cost.

use std::time::Duration;

use serde_json::json;

use crate::support::*;
