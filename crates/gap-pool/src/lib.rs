//! Who may speak: which upstream key sends the next request, and what an answer says about the key that sent it.
//!
//! Pure: no async, no I/O, no global, and no clock: `now` is an argument everywhere.
//!
//! Reading order:
//! 1. [`verdict`]: status, body and headers of an answer become a [`Fault`]: whose it is, how long it lasts, whether
//!    another try makes sense;
//! 2. [`Pool`]: *rank* says which keys may serve a [`Need`] and why others may not, *reserve* takes one as a
//!    [`Lease`] and books what it will cost ([`estimate`]), *settle* tells how it went;
//! 3. around it: [`waiting`] for a key, [`Affinities`] of conversations, a [`Forecast`] of the day, a [`Snapshot`] for
//!    the next start, [`import`] of keys;
//! 4. [`Window`]: the same counting for those who ask GAP.
//!
//! Words: an *upstream key* is ours at Google; a *project* is the Google project that owns it; a *bucket* is (project,
//! model), where quota lives; a *lease* is the right to send one request with one key.

mod affinity;
mod caching;
pub mod estimate;
mod forecast;
mod health;
mod ids;
pub mod import;
mod lane;
mod limits;
mod margin;
mod need;
mod pacific;
mod pool;
mod quota;
pub mod verdict;
pub mod waiting;
mod window;

pub use affinity::{Affinities, Digest, Served};
pub use caching::{
    Beginning, CachePrices, Caching, CachingPolicy, Counsel, Holding, Sighting, Verdict as CacheVerdict,
};
pub use forecast::{Advice, Forecast};
pub use ids::{KeyId, ProjectId};
pub use limits::{Defaults, Limits, Quota, Source, Tier, TierPolicy};
pub use need::{Affinity, KeyTerms, Need, NewKey, Tried};
pub use pool::accounts::BucketAccount;
pub use pool::lease::{Answered, Lease, Outcome};
pub use pool::naming::ProjectName;
pub use pool::projects::Hint;
pub use pool::ranking::{Candidate, Ranking, Reason, Rejected, Score, Why};
pub use pool::rows::{BucketRow, Changes, KeyRow, ROW_VERSION};
pub use pool::snapshot::Snapshot;
pub use pool::turns::Turn;
pub use pool::view::{BucketView, Counters, Glance, KeyState, KeyView, QuotaView, Standing, Summary};
pub use pool::{Policy, Pool};
pub use verdict::Fault;
pub use window::{Full, Window};
