//! Answers that come packed (`content-encoding: gzip`) although `identity` was asked for: a proxy in between may do that.
//!
//! They are unpacked as they pass, for whoever reads them: usage is counted, errors are judged and cleaned, and translated
//! answers can be read. Clients of the native API get them unpacked as well; nobody asked for anything else.
//!
//! ## Edges
//! A kilobyte may unpack to a megabyte, so no more than a kilobyte is unpacked at a time: whoever reads bounds what it
//! keeps, and a slow reader holds the rest back. A part of a document (206) is left as it is: its ranges count packed bytes.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use flate2::write::MultiGzDecoder;
use http::header::CONTENT_ENCODING;
use http::response::Parts;
use http::{HeaderValue, StatusCode};
use http_body::{Body as HttpBody, Frame};
use hyper::body::Incoming;

use super::AnswerBroken;

/// How much is unpacked at a time.
const BITE: usize = 1024;

/// Unpacks an answer.
#[derive(Debug)]
pub(super) struct Unpacking {
    /// None once all has been said.
    decoder: Option<MultiGzDecoder<Vec<u8>>>,
    /// What has come and is still packed.
    packed: Bytes,
}

impl Default for Unpacking {
    fn default() -> Self {
        Self { decoder: Some(MultiGzDecoder::new(Vec::new())), packed: Bytes::new() }
    }
}

/// Whether an answer comes packed, and is to be unpacked.
pub(super) fn needed(head: &Parts, body: &Incoming) -> bool {
    let coding = head.headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_gzip = coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip");
    is_gzip && head.status != StatusCode::PARTIAL_CONTENT && !body.is_end_stream()
}

// === impl Unpacking ===

impl Unpacking {
    pub(super) fn poll_frame(
        &mut self,
        body: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerBroken>>> {
        loop {
            if !self.packed.is_empty() {
                match self.bite() {
                    Ok(data) if data.is_empty() => continue,
                    Ok(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                    Err(error) => return Poll::Ready(Some(Err(self.give_up(error)))),
                }
            }
            if self.decoder.is_none() {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.packed = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => match self.finish() {
                    Ok(data) if data.is_empty() => return Poll::Ready(None),
                    Ok(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                    Err(error) => return Poll::Ready(Some(Err(error.into()))),
                },
            }
        }
    }

    /// Unpacks the next piece.
    fn bite(&mut self) -> io::Result<Bytes> {
        let Some(decoder) = &mut self.decoder else {
            self.packed.clear();
            return Ok(Bytes::new());
        };
        let most = self.packed.len().min(BITE);
        let taken = decoder.write(self.packed.get(..most).unwrap_or_default())?;
        if taken == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.packed.advance(taken);
        Ok(std::mem::take(decoder.get_mut()).into())
    }

    /// What is left at the end; an error where something is missing.
    fn finish(&mut self) -> io::Result<Bytes> {
        self.decoder.take().map_or_else(|| Ok(Bytes::new()), |decoder| decoder.finish().map(Bytes::from))
    }

    fn give_up(&mut self, error: io::Error) -> AnswerBroken {
        self.decoder = None;
        self.packed.clear();
        error.into()
    }
}
