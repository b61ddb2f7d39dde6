//! A committed chat completion on its way to the client.
//!
//! Each read of the upstream becomes one frame at most. What a native answer does between events, this one may do
//! anywhere: it has never sent less than whole events.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use gap_protocol::meter::Findings;
use gap_protocol::openai::chat::EncodeError;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::copies::{Brought, Strands};
use super::{Chat, ChatError, ChatOpened, Translated, Translation};
use crate::error::Failure;
use crate::receipt::{Receipt, Receipted};
use crate::relay::judge::why_it_broke_off;
use crate::relay::pace::{Beat, Pace};
use crate::relay::reply::{BrokenOff, X_ACCEL_BUFFERING};
use crate::relay::{RelayError, RelayPolicy};
use crate::upstream::Answer;

/// A comment, which every reader of events skips.
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";
/// What a stream says it is.
pub const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// A chat completion that will be given, come what may.
#[derive(Debug)]
pub struct ChatReply {
    headers: HeaderMap,
    body: ChatBody,
}

/// The bytes of a [`ChatReply`].
#[derive(Debug)]
pub struct ChatBody {
    /// What is ready to be sent.
    ready: Option<Bytes>,
    source: Source,
    receipt: Receipt,
}

#[derive(Debug)]
enum Source {
    /// More may come.
    Open(Box<Open>),
    /// More may come, of several answers.
    Strands(Box<Strands>),
    /// All of it is ready; this is what it says about itself.
    Ended(Box<Findings>),
    /// Nothing more comes.
    Over,
}

#[derive(Debug)]
struct Open {
    translation: Box<Translation>,
    rest: Answer,
    chat: Box<Chat>,
    pace: Pace,
}

type Polled = Poll<Option<Result<Frame<Bytes>, BrokenOff>>>;

// === impl ChatReply ===

impl ChatReply {
    pub(in crate::relay) fn commit(
        opened: ChatOpened,
        chat: Chat,
        mut receipt: Receipt,
        policy: &RelayPolicy,
    ) -> Result<Self, Box<ChatError>> {
        let mut headers = HeaderMap::new();
        let (ready, source) = match opened.answer {
            Translated::Nothing => return Err(Box::new(ChatError { error: RelayError::Empty, receipt })),
            Translated::Whole { body, findings, finished } => {
                chat.keep(finished.as_ref());
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(chat.form.content_type()));
                (body, Source::Ended(findings))
            }
            Translated::Strands { frames, strands } => {
                name_stream_in(&mut headers);
                (frames.into(), Source::Strands(strands))
            }
            Translated::Stream { frames, mut translation, rest } => {
                name_stream_in(&mut headers);
                chat.memory.remember(translation.encoder.take_signatures());
                let source = if let Some(rest) = rest {
                    let pace = Pace::new(policy, true);
                    Source::Open(Box::new(Open { translation, rest, chat: Box::new(chat), pace }))
                } else {
                    chat.keep(translation.encoder.finished());
                    Source::Ended(Box::new(translation.encoder.findings()))
                };
                (frames.into(), source)
            }
        };
        receipt.committed(StatusCode::OK);
        receipt.name_in(&mut headers);
        Ok(Self { headers, body: ChatBody { ready: Some(ready), source, receipt } })
    }

    /// Its headers.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The bytes alone, for a response whose head has gone out already.
    pub fn into_body(self) -> ChatBody {
        self.body
    }

    /// The whole response.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::new(self.body));
        *response.headers_mut() = self.headers;
        response.extensions_mut().insert(Receipted);
        response
    }
}

fn name_stream_in(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
}

// === impl ChatBody ===

impl ChatBody {
    fn poll_source(&mut self, cx: &mut Context<'_>) -> Polled {
        if let Some(ready) = self.ready.take() {
            self.note_end();
            return self.pass(ready);
        }
        if let Source::Strands(strands) = &mut self.source {
            let brought = ready!(strands.poll(cx));
            return self.bring(brought);
        }
        loop {
            let Source::Open(open) = &mut self.source else { return Poll::Ready(None) };
            match Pin::new(&mut open.rest).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    open.pace.heard();
                    let mut frames = Vec::with_capacity(data.len() + 128);
                    let taken = open.translation.take(data, &mut frames);
                    open.remember();
                    match taken {
                        Ok(()) if frames.is_empty() => {}
                        Ok(()) => {
                            open.pace.passed();
                            return self.pass(frames.into());
                        }
                        Err(error) => return self.break_off(why(&error), frames),
                    }
                }
                Poll::Ready(Some(Err(_))) => return self.break_off("the upstream's connection broke", Vec::new()),
                Poll::Ready(None) => return self.end(),
                Poll::Pending => match ready!(open.pace.poll(cx)) {
                    Beat::Silent => return self.break_off("the upstream fell silent", Vec::new()),
                    Beat::TooLong => {
                        return self.break_off("it took longer than upstream.total_timeout", Vec::new());
                    }
                    Beat::KeepAlive => {
                        let beat = open.translation.encoder.keep_alive();
                        return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(beat)))));
                    }
                },
            }
        }
    }

    /// Passes on what several answers have brought.
    fn bring(&mut self, brought: Brought) -> Polled {
        let Source::Strands(strands) = &self.source else { return Poll::Ready(None) };
        match brought {
            Brought::Frames(frames) => self.pass(frames.into()),
            Brought::KeepAlive => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(KEEP_ALIVE))))),
            Brought::End(frames) => {
                self.source = Source::Ended(Box::new(strands.findings()));
                self.note_end();
                self.pass(frames.into())
            }
            Brought::BrokenOff(why, frames) => {
                self.receipt.broke_off(why, &strands.findings());
                self.source = Source::Over;
                self.pass(frames.into())
            }
        }
    }

    /// The upstream has ended its answer: completes it, or says that it is not whole.
    fn end(&mut self) -> Polled {
        let Source::Open(open) = &mut self.source else { return Poll::Ready(None) };
        let mut frames = Vec::new();
        let ended = open.translation.end(&mut frames);
        open.remember();
        match ended {
            Ok(()) => {
                open.chat.keep(open.translation.encoder.finished());
                self.source = Source::Ended(Box::new(open.translation.encoder.findings()));
                self.note_end();
                self.pass(frames.into())
            }
            Err(error) => self.break_off(why(&error), frames),
        }
    }

    /// Ends the answer honestly: with an error, and nothing that says that all is well.
    fn break_off(&mut self, why: &'static str, mut frames: Vec<u8>) -> Polled {
        if let Source::Open(mut open) = std::mem::replace(&mut self.source, Source::Over) {
            self.receipt.broke_off(why, &open.translation.encoder.findings());
            open.translation.encoder.fail(&Failure::broke_off(why), &mut frames);
        }
        self.pass(frames.into())
    }

    /// The end is noted with the last bytes: of a body with a length nobody asks for more than that.
    fn note_end(&mut self) {
        if let Source::Ended(findings) = &self.source {
            self.receipt.completed(findings);
            self.source = Source::Over;
        }
    }

    fn pass(&mut self, data: Bytes) -> Polled {
        self.receipt.passed(data.len());
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

impl Drop for ChatBody {
    fn drop(&mut self) {
        match &mut self.source {
            Source::Open(open) => self.receipt.left(&open.translation.encoder.findings()),
            Source::Strands(strands) => {
                self.receipt.left(&strands.findings());
                strands.left();
            }
            Source::Ended(_) | Source::Over => {}
        }
    }
}

impl HttpBody for ChatBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        // On HTTP/2 a panic here would take the other streams of the connection with it.
        if let Ok(polled) = std::panic::catch_unwind(AssertUnwindSafe(|| this.poll_source(cx))) {
            return polled;
        }
        self.source = Source::Over;
        Poll::Ready(Some(Err(BrokenOff)))
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_none() && matches!(self.source, Source::Over)
    }

    fn size_hint(&self) -> SizeHint {
        let ready = self.ready.as_ref().map_or(0, |ready| ready.len() as u64);
        match &self.source {
            Source::Open(_) | Source::Strands(_) => SizeHint::default(),
            Source::Ended(_) | Source::Over => SizeHint::with_exact(ready),
        }
    }
}

impl Open {
    fn remember(&mut self) {
        self.chat.memory.remember(self.translation.encoder.take_signatures());
    }
}

/// What a client is told of an answer that cannot go on.
pub(super) fn why(error: &EncodeError) -> &'static str {
    let EncodeError::Upstream(said) = error else { return "the upstream ended it without finishing" };
    why_it_broke_off(said)
}
