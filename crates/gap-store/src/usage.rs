//! The request log and its sums.
//!
//! Every request leaves one [`UsageRecord`]. The log is the truth; [`sums`] by hour and day are written in the same
//! transaction, so that a page that shows a month reads some hundred rows and not ten million.
//!
//! - [`ledger`]: how records come in: a slot is reserved when a request is admitted, filled when it ends;
//! - [`log`]: the records, newest first, for the request log and exports;
//! - [`sums`]: what was used by project, upstream key, access key or address.

pub mod ledger;
pub mod log;
mod period;
mod record;
pub mod sums;
mod write;

pub use ledger::BATCH_INTERVAL;
pub use period::{day_of, hour_of, month_of};
pub use record::{Outcome, Tokens, UsageRecord};

use crate::Store;

/// The log and its sums.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    pub(crate) store: &'a Store,
}
