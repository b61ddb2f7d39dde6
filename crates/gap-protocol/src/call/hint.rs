//! What a client knows of the requests to come.

/// A client's word that the beginning of its request will come again (`cache_control`): worth keeping in a cache, if
/// anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheHint {
    /// How many of the client's messages belong to that beginning. With none it is the tools and the system message.
    pub messages: usize,
    /// For how many seconds it is expected to come again.
    pub seconds: u32,
}
