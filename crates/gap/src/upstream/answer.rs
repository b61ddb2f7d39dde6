//! The body of an answer: Google's as it comes, or one that was kept.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Response, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

use super::unpacking::{self, Unpacking};
use crate::answers::{Gathering, KeptAnswer};

/// The body of an answer from Google.
#[derive(Debug)]
pub struct Answer {
    source: Source,
    /// Gathers it as it passes, if it may be given again.
    gathering: Option<Box<Gathering>>,
}

#[derive(Debug)]
enum Source {
    /// It is under way.
    Google {
        body: Incoming,
        /// Unpacks it, if it comes packed.
        unpacking: Option<Box<Unpacking>>,
        _flight: Flight,
    },
    /// It came with an earlier request; none once it has been read.
    Kept(Option<Bytes>),
}

/// An answer did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum AnswerBroken {
    /// The connection broke.
    #[error(transparent)]
    Transport(#[from] hyper::Error),
    /// It came packed, and cannot be unpacked.
    #[error("the answer cannot be unpacked: {0}")]
    Packing(#[from] std::io::Error),
}

type Polled = Poll<Option<Result<Frame<Bytes>, AnswerBroken>>>;

// === impl Answer ===

impl Answer {
    /// An answer as if it had come the way it was asked for.
    pub(super) fn of(answer: Response<Incoming>, flight: Flight) -> Response<Self> {
        let (mut head, body) = answer.into_parts();
        let unpacking = unpacking::needed(&head, &body).then(|| {
            head.headers.remove(header::CONTENT_ENCODING);
            head.headers.remove(header::CONTENT_LENGTH);
            Box::default()
        });
        let source = Source::Google { body, unpacking, _flight: flight };
        Response::from_parts(head, Self { source, gathering: None })
    }

    /// An answer that came before, as if it came now.
    pub fn again(kept: KeptAnswer) -> Response<Self> {
        let mut answer = Response::new(Self { source: Source::Kept(Some(kept.body)), gathering: None });
        answer.headers_mut().insert(CONTENT_TYPE, kept.content_type);
        answer
    }

    /// Gathers the answer as it passes.
    #[must_use]
    pub fn gathered(mut self, gathering: Option<Gathering>) -> Self {
        self.gathering = gathering.map(Box::new);
        self
    }

    /// Passes what has come to whoever gathers it. Of a body with a length nobody may ask for more than its last byte.
    fn gather(&mut self, polled: &Polled) {
        let Some(gathering) = &mut self.gathering else { return };
        let has_ended = match polled {
            Poll::Pending => false,
            Poll::Ready(Some(Ok(frame))) => {
                gathering.take(frame.data_ref().map_or(&[][..], |data| data));
                self.source.has_ended()
            }
            // What breaks off is nothing to keep.
            Poll::Ready(Some(Err(_))) => {
                self.gathering = None;
                false
            }
            Poll::Ready(None) => true,
        };
        if has_ended && let Some(gathering) = self.gathering.take() {
            gathering.end();
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = AnswerBroken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let polled = match &mut self.source {
            Source::Google { body, unpacking: Some(unpacking), .. } => unpacking.poll_frame(body, cx),
            Source::Google { body, unpacking: None, .. } => Pin::new(body).poll_frame(cx).map_err(AnswerBroken::from),
            Source::Kept(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
        };
        self.gather(&polled);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.source.has_ended()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Google { unpacking: Some(_), .. } => SizeHint::default(),
            Source::Google { body, unpacking: None, .. } => body.size_hint(),
            Source::Kept(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
        }
    }
}

impl Source {
    fn has_ended(&self) -> bool {
        match self {
            Self::Google { body, unpacking, .. } => unpacking.is_none() && body.is_end_stream(),
            Self::Kept(body) => body.is_none(),
        }
    }
}

/// One stream in use on a shard; counted back on drop.
#[derive(Debug)]
pub(super) struct Flight(Arc<AtomicUsize>);

impl Flight {
    pub(super) fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
