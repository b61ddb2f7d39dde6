//! An answer whose end is seen when it is kept.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use http::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;

use super::Pending;

/// The answer, with its end held until what [`Pending`] speaks of is done, or cannot be.
pub fn settled(response: Response<Body>, pending: Pending) -> Response<Body> {
    response.map(|body| Body::new(Settled { body, pending, held: None }))
}

#[derive(Debug)]
struct Settled {
    body: Body,
    pending: Pending,
    held: Option<(oneshot::Receiver<()>, Frame<Bytes>)>,
}

impl HttpBody for Settled {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if this.held.is_none() {
            let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(cx)?) else { return Poll::Ready(None) };
            // It is kept when its last words are made, so these are its last words.
            match this.pending.take() {
                Some(waiting) => this.held = Some((waiting, frame)),
                None => return Poll::Ready(Some(Ok(frame))),
            }
        }
        if let Some((waiting, _)) = &mut this.held {
            // Whether it was kept or could not be, the answer goes on.
            let _ = ready!(Pin::new(waiting).poll(cx));
        }
        Poll::Ready(this.held.take().map(|(_, frame)| Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.held.is_some() { SizeHint::default() } else { self.body.size_hint() }
    }
}
