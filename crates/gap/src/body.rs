//! Request bodies, on their way from a client to Google.
//!
//! A body up to `server.replay_limit` is kept, so that it can be sent again with another key; all kept bodies share
//! one byte budget, because a thousand clients with 30 MiB each would otherwise be the end of the process. A larger
//! body streams through once, and may be tried again only while not a byte of it has been read.

use std::io::Read;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, EXPECT};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;

use crate::error::Failure;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How much of a body is kept, and for how long a silent client is waited for.
#[derive(Clone, Debug)]
pub struct BodyPolicy {
    /// Bodies up to this many bytes are kept for another try.
    pub replay_limit: usize,
    /// No body may be longer than this many bytes.
    pub body_limit: u64,
    /// How long the client may be silent between two pieces of its body.
    pub timeout: Duration,
    /// What all kept bodies may take together.
    pub budget: ByteBudget,
}

/// A request body. Cloning is cheap and shares the bytes.
#[derive(Clone, Debug)]
pub enum RequestBody {
    /// Kept: may be sent any number of times.
    Kept(Kept),
    /// Streams through once.
    Once(Once),
}

/// A body in memory, in the pieces it arrived in.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    chunks: Arc<Vec<Bytes>>,
    length: u64,
    _held: Option<Arc<Held>>,
}

/// A body that is still arriving. Whoever polls it first takes it.
#[derive(Clone, Debug)]
pub struct Once {
    source: Arc<Mutex<Option<Source>>>,
    /// Why the client's side of it ended early, once it did.
    ended: Arc<Mutex<Option<BodyEnded>>>,
    length: Option<u64>,
}

#[derive(Debug)]
struct Source {
    /// What was read before it was clear that the body is too long to keep.
    prefix: std::vec::IntoIter<Bytes>,
    rest: axum::body::Body,
    limit: u64,
    timeout: Duration,
}

/// A request body that GAP reads itself, in one piece.
#[derive(Clone, Debug)]
pub struct Document {
    /// All of it.
    pub bytes: Bytes,
    held: Option<Arc<Held>>,
}

// === impl Document ===

impl Document {
    /// Reads `body`, which may be as long as the policy keeps one.
    ///
    /// Errors: those of [`RequestBody::read`], and 415 for one that does not come as it is.
    pub async fn read(body: axum::body::Body, headers: &HeaderMap, policy: &BodyPolicy) -> Result<Self, Failure> {
        if let Some(coding) = coding_of(headers) {
            discard(body, headers).await;
            return Err(Failure::coded_body(coding));
        }
        let longest = u64::try_from(policy.replay_limit).unwrap_or(u64::MAX).min(policy.body_limit);
        if body.size_hint().lower() > longest {
            discard(body, headers).await;
            return Err(Failure::document_too_large(longest));
        }
        let RequestBody::Kept(Kept { chunks, _held: held, .. }) = RequestBody::read(body, policy).await? else {
            return Err(Failure::document_too_large(longest));
        };
        let bytes = match chunks.as_slice() {
            [] => Bytes::new(),
            [whole] => whole.clone(),
            chunks => chunks.concat().into(),
        };
        Ok(Self { bytes, held })
    }

    /// What GAP has made of a part of it, held with the whole.
    #[must_use]
    pub fn part(&self, bytes: Bytes) -> Self {
        Self { bytes, held: self.held.clone() }
    }
}

// === impl RequestBody ===

impl RequestBody {
    /// No body at all.
    pub fn empty() -> Self {
        Self::Kept(Kept::default())
    }

    /// Reads `body` as far as the policy keeps it.
    ///
    /// Errors: 413 over the limit, 503 when the byte budget is used up, 408 when the client falls silent,
    /// 400 when its framing is broken.
    pub async fn read(mut body: axum::body::Body, policy: &BodyPolicy) -> Result<Self, Failure> {
        let declared = body.size_hint().exact();
        if declared == Some(0) {
            return Ok(Self::empty());
        }
        if declared.is_some_and(|length| length > policy.body_limit) {
            return Err(Failure::body_too_large(policy.body_limit));
        }
        let replay_limit = policy.replay_limit as u64;
        if let Some(length) = declared.filter(|length| *length > replay_limit) {
            return Ok(Self::once(Vec::new(), body, Some(length), policy));
        }

        let mut held = policy.budget.take(usize::try_from(declared.unwrap_or(0)).unwrap_or(usize::MAX))?;
        let mut chunks = Vec::new();
        let mut length = 0_u64;
        while let Some(chunk) = next_chunk(&mut body, policy.timeout).await? {
            length += chunk.len() as u64;
            held.grow_to(usize::try_from(length).unwrap_or(usize::MAX))?;
            chunks.push(chunk);
            if length > replay_limit {
                return Ok(Self::once(chunks, body, None, policy));
            }
        }
        Ok(Self::Kept(Kept { chunks: Arc::new(chunks), length, _held: Some(Arc::new(held)) }))
    }

    /// Unpacks a kept body that came packed: what is in it matters here as well as to Google. The headers say so no more.
    ///
    /// Errors: 415 when it is packed in a way that nobody here reads, 400 when it is not packed as it says, 413 and 503 as in
    /// [`Self::read`].
    pub fn unpacked(self, headers: &mut HeaderMap, policy: &BodyPolicy) -> Result<Self, Failure> {
        let (Some(coding), Self::Kept(kept)) = (coding_of(headers), &self) else { return Ok(self) };
        if kept.length == 0 {
            return Ok(self);
        }
        if !coding.eq_ignore_ascii_case("gzip") && !coding.eq_ignore_ascii_case("x-gzip") {
            return Err(Failure::coded_body(coding));
        }
        let longest = policy.replay_limit as u64;
        let packed = kept.to_bytes();
        let mut bytes = Vec::new();
        let read = MultiGzDecoder::new(&*packed).take(longest + 1).read_to_end(&mut bytes);
        if read.is_err() {
            return Err(Failure::broken_coding(coding));
        }
        if bytes.len() as u64 > longest {
            return Err(Failure::document_too_large(longest));
        }
        headers.remove(CONTENT_ENCODING);
        Self::written(bytes.into(), policy)
    }

    fn once(prefix: Vec<Bytes>, rest: axum::body::Body, length: Option<u64>, policy: &BodyPolicy) -> Self {
        let source = Source { prefix: prefix.into_iter(), rest, limit: policy.body_limit, timeout: policy.timeout };
        Self::Once(Once { source: Arc::new(Mutex::new(Some(source))), ended: Arc::default(), length })
    }

    /// What GAP itself wrote. It counts as a kept body.
    ///
    /// Errors: 503 when the byte budget is used up.
    pub fn written(bytes: Bytes, policy: &BodyPolicy) -> Result<Self, Failure> {
        let held = policy.budget.take(bytes.len())?;
        let length = bytes.len() as u64;
        Ok(Self::Kept(Kept { chunks: Arc::new(vec![bytes]), length, _held: Some(Arc::new(held)) }))
    }

    /// Whether the body can (still) be sent.
    pub fn is_sendable(&self) -> bool {
        match self {
            Self::Kept(_) => true,
            Self::Once(once) => lock(&once.source).is_some(),
        }
    }

    /// All of it in one piece, if it is kept.
    pub fn kept(&self) -> Option<Bytes> {
        match self {
            Self::Kept(kept) => Some(kept.to_bytes()),
            Self::Once(_) => None,
        }
    }

    /// Why the client did not send it to the end, if it did not.
    pub fn ended(&self) -> Option<BodyEnded> {
        match self {
            Self::Kept(_) => None,
            Self::Once(once) => *lock(&once.ended),
        }
    }

    /// The length in bytes, where it is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Kept(kept) => Some(kept.length),
            Self::Once(once) => once.length,
        }
    }

    /// The body for one attempt.
    pub fn to_send(&self) -> SendBody {
        match self {
            Self::Kept(kept) => SendBody::Kept { chunks: Arc::clone(&kept.chunks), next: 0, left: kept.length },
            Self::Once(once) => SendBody::Waiting(once.clone()),
        }
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self::Kept(Kept { chunks: Arc::new(vec![bytes]), length, _held: None })
    }
}

/// What the body is compressed with, if it is.
fn coding_of(headers: &HeaderMap) -> Option<&str> {
    let mut codings = headers.get_all(CONTENT_ENCODING).into_iter().map(|coding| coding.to_str().unwrap_or("?"));
    codings.find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
}

/// Reads what is left of a body that nobody needs, within reason: a client that is still sending when the connection is
/// closed may lose the answer that says why. One that asked beforehand (`Expect: 100-continue`) is not sending yet, and the
/// first look at its body would tell it to.
pub async fn discard(mut body: axum::body::Body, headers: &HeaderMap) {
    const MOST: u64 = 16 * 1024 * 1024;
    const PATIENCE: Duration = Duration::from_secs(5);
    let asks_first = headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    if asks_first || body.size_hint().lower() > MOST {
        return;
    }
    let mut read = 0;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, |data| data.len() as u64);
            if read > MOST {
                return;
            }
        }
    };
    // A client that is slower than that has lost its patience, too.
    let _ = tokio::time::timeout(PATIENCE, reading).await;
}

async fn next_chunk(body: &mut axum::body::Body, timeout: Duration) -> Result<Option<Bytes>, Failure> {
    loop {
        let frame = match tokio::time::timeout(timeout, body.frame()).await {
            Err(_) => return Err(Failure::body_timed_out(timeout)),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(Failure::body_broken()),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers of a request say nothing to Gemini.
        if let Ok(chunk) = frame.into_data()
            && !chunk.is_empty()
        {
            return Ok(Some(chunk));
        }
    }
}

impl Kept {
    /// The length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The pieces it arrived in.
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// All of it in one piece; copied if it arrived in several.
    pub fn to_bytes(&self) -> Bytes {
        match self.chunks.as_slice() {
            [] => Bytes::new(),
            [one] => one.clone(),
            several => several.concat().into(),
        }
    }
}

// === impl SendBody ===

/// A request body as one attempt sends it.
#[derive(Debug)]
pub enum SendBody {
    /// From memory.
    Kept {
        /// All pieces.
        chunks: Arc<Vec<Bytes>>,
        /// Index of the piece to send next.
        next: usize,
        /// Bytes not yet sent.
        left: u64,
    },
    /// From the client, not begun.
    Waiting(Once),
    /// From the client, under way.
    Streaming(Box<Streaming>),
    /// Somebody else has taken the client's stream.
    Gone,
}

/// The state of a body that streams through.
#[derive(Debug)]
pub struct Streaming {
    source: Source,
    ended: Arc<Mutex<Option<BodyEnded>>>,
    sent: u64,
    length: Option<u64>,
    silence: Pin<Box<tokio::time::Sleep>>,
}

/// Why a streamed request body ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyEnded {
    /// The client stopped sending for this long.
    #[error("the client fell silent while sending its body")]
    Silent(Duration),
    /// The client's connection broke.
    #[error("the client's body broke off")]
    Broken,
    /// The body grew over this limit, in bytes.
    #[error("the client's body is too large")]
    TooLarge(u64),
    /// The body was already consumed by an earlier attempt.
    #[error("the client's body was already sent")]
    Gone,
}

impl HttpBody for SendBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            match &mut *self {
                Self::Kept { chunks, next, left } => {
                    let Some(chunk) = chunks.get(*next).cloned() else { return Poll::Ready(None) };
                    *next += 1;
                    *left -= chunk.len() as u64;
                    return Poll::Ready(Some(Ok(Frame::data(chunk))));
                }
                Self::Waiting(once) => {
                    let length = once.length;
                    let taken = lock(&once.source).take();
                    let ended = Arc::clone(&once.ended);
                    *self = match taken {
                        Some(source) => {
                            let silence = Box::pin(tokio::time::sleep(source.timeout));
                            Self::Streaming(Box::new(Streaming { source, ended, sent: 0, length, silence }))
                        }
                        None => Self::Gone,
                    };
                }
                Self::Streaming(streaming) => return streaming.poll(cx),
                Self::Gone => return Poll::Ready(Some(Err(Box::new(BodyEnded::Gone)))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Kept { left: 0, .. })
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Kept { left, .. } => SizeHint::with_exact(*left),
            Self::Waiting(once) => once.length.map_or_else(SizeHint::default, SizeHint::with_exact),
            Self::Streaming(streaming) => {
                let left = |length: u64| SizeHint::with_exact(length.saturating_sub(streaming.sent));
                streaming.length.map_or_else(SizeHint::default, left)
            }
            Self::Gone => SizeHint::default(),
        }
    }
}

impl Streaming {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let chunk = if let Some(chunk) = self.source.prefix.next() {
            chunk
        } else {
            match Pin::new(&mut self.source.rest).poll_frame(cx) {
                Poll::Pending => {
                    return match self.silence.as_mut().poll(cx) {
                        Poll::Ready(()) => self.end(BodyEnded::Silent(self.source.timeout)),
                        Poll::Pending => Poll::Pending,
                    };
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(_))) => return self.end(BodyEnded::Broken),
                Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            }
        };
        let deadline = tokio::time::Instant::now() + self.source.timeout;
        self.silence.as_mut().reset(deadline);
        self.sent += chunk.len() as u64;
        if self.sent > self.source.limit {
            return self.end(BodyEnded::TooLarge(self.source.limit));
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    /// Breaks the request to Google off, and leaves word why.
    fn end(&mut self, why: BodyEnded) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        *lock(&self.ended) = Some(why);
        Poll::Ready(Some(Err(Box::new(why))))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl ByteBudget ===

/// A number of bytes that all kept bodies share. Cloning shares it.
#[derive(Clone, Debug)]
pub struct ByteBudget {
    used: Arc<AtomicUsize>,
    limit: usize,
}

/// A share of a [`ByteBudget`]; given back on drop.
#[derive(Debug)]
struct Held {
    budget: ByteBudget,
    bytes: usize,
}

impl ByteBudget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { used: Arc::new(AtomicUsize::new(0)), limit }
    }

    /// How many bytes are held now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> Result<Held, Failure> {
        let mut held = Held { budget: self.clone(), bytes: 0 };
        held.grow_to(bytes)?;
        Ok(held)
    }
}

impl Held {
    fn grow_to(&mut self, bytes: usize) -> Result<(), Failure> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let fits = |used: usize| used.checked_add(more).filter(|total| *total <= self.budget.limit);
        if self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err() {
            return Err(Failure::out_of_memory_budget());
        }
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
