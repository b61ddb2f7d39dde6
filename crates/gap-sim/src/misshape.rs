//! What faults do to an answer that is otherwise right.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use crate::body::{Body, Piece, Pieces};
use crate::fault::{Afterwards, Drip, PresetError, Reply, Script, Stall, millis};

/// Between the pieces of a split answer: long enough that each is written by itself.
const BETWEEN_WRITES: Duration = Duration::from_millis(1);

/// An answer with a fault in it. `error` makes the last frame of a stream, of an error after so many
/// events.
pub(crate) fn answer(
    mut response: Response<Body>,
    script: &Script,
    error: impl FnOnce(&PresetError, u64) -> Vec<u8>,
) -> Response<Body> {
    match script {
        Script::EmptyBody => response.map(|_| Body::empty()),
        Script::GarbageJson => response.map(|_| Body::full("{\"candidates\": [{\"content\": {\"parts\": [{\"tex\n")),
        Script::HtmlPage => {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response.map(|_| Body::full("<!doctype html><title>Sign in to the network</title><p>Please sign in.\n"))
        }
        Script::WrongContentType => {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            response
        }
        script => {
            let error = if let Script::ErrorEvent(event) = script {
                error(&PresetError::new(event.preset), event.after)
            } else {
                Vec::new()
            };
            let script = script.clone();
            response.map(|body| body.map(|pieces| misshapen(pieces, script, error)))
        }
    }
}

/// The headers at once, the body later.
pub(crate) fn stalled(response: Response<Body>, pause: Duration) -> Response<Body> {
    response.map(|body| body.map(|pieces| Box::new(std::iter::once(Piece::Pause(pause)).chain(pieces))))
}

/// An answer word for word.
pub(crate) fn reply(reply: &Reply) -> Response<Body> {
    let mut response = Response::new(Body::full(reply.bytes()));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn misshapen(pieces: Pieces, script: Script, error: Vec<u8>) -> Pieces {
    match script {
        Script::CutAfterHeaders => Box::new(std::iter::once(Piece::Cut)),
        Script::TruncatedBody => Box::new(Interrupted::new(pieces, 0, Middle::Halves, vec![], End::Stop)),
        Script::CutBetweenEvents(at) => {
            Box::new(Interrupted::new(pieces, at.after, Middle::Whole, vec![Piece::Cut], End::Stop))
        }
        Script::CutInsideEvent(at) => {
            Box::new(Interrupted::new(pieces, at.after, Middle::Halves, vec![Piece::Cut], End::Stop))
        }
        Script::EndBetweenEvents(at) => Box::new(Interrupted::new(pieces, at.after, Middle::Whole, vec![], End::Stop)),
        Script::EndInsideEvent(at) => Box::new(Interrupted::new(pieces, at.after, Middle::Halves, vec![], End::Stop)),
        Script::StallBetweenEvents(stall) => stall_at(pieces, stall, Middle::Whole),
        Script::StallInsideEvent(stall) => stall_at(pieces, stall, Middle::Halves),
        Script::ErrorEvent(event) => {
            let between = vec![Piece::Bytes(error.into())];
            Box::new(Interrupted::new(pieces, event.after, Middle::Whole, between, End::Stop))
        }
        Script::GarbageEvent(at) => {
            let between = vec![Piece::Bytes(Bytes::from_static(b"data: {\"candidates\": [{\"content\"\r\n\r\n"))];
            Box::new(Interrupted::new(pieces, at.after, Middle::Whole, between, End::GoOn))
        }
        Script::SlowDrip(Drip { bytes, delay_ms }) => cut_up(pieces, vec![bytes], millis(delay_ms)),
        Script::Split(split) => cut_up(pieces, split.sizes, BETWEEN_WRITES),
        // These have been dealt with, and leave the answer as it is.
        Script::ResetBeforeHeaders
        | Script::CloseBeforeHeaders
        | Script::EmptyBody
        | Script::GarbageJson
        | Script::HtmlPage
        | Script::WrongContentType
        | Script::StallBeforeHeaders(_)
        | Script::StallAfterHeaders(_)
        | Script::Answer(_)
        | Script::Reply(_) => pieces,
    }
}

fn stall_at(pieces: Pieces, stall: Stall, middle: Middle) -> Pieces {
    let pause = Piece::Pause(millis(stall.ms));
    let (between, end) = match stall.then {
        Afterwards::GoOn => (vec![pause], End::GoOn),
        Afterwards::Cut => (vec![pause, Piece::Cut], End::Stop),
        Afterwards::End => (vec![pause], End::Stop),
    };
    Box::new(Interrupted::new(pieces, stall.after, middle, between, end))
}

/// Whether the event at the place of the fault is begun before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Middle {
    Whole,
    Halves,
}

/// What follows the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    GoOn,
    Stop,
}

/// An answer with something in its way, after so many events.
struct Interrupted {
    pieces: Pieces,
    left: u64,
    middle: Middle,
    /// What comes in between.
    between: Vec<Piece>,
    end: End,
    /// Pieces that are ready to go, last first.
    ready: Vec<Piece>,
    happened: bool,
}

impl Interrupted {
    fn new(pieces: Pieces, after: u64, middle: Middle, between: Vec<Piece>, end: End) -> Self {
        Self { pieces, left: after, middle, between, end, ready: Vec::new(), happened: false }
    }

    fn happen(&mut self, event: Option<Bytes>) {
        self.happened = true;
        let (before, after) = match event {
            None => (None, None),
            Some(event) if self.middle == Middle::Halves => {
                let mut event = event;
                let first = event.split_to(event.len() / 2);
                (Some(first), Some(event))
            }
            Some(event) => (None, Some(event)),
        };
        if self.end == End::GoOn {
            self.ready.extend(after.map(Piece::Bytes));
        }
        self.ready.extend(std::mem::take(&mut self.between).into_iter().rev());
        self.ready.extend(before.map(Piece::Bytes));
    }
}

impl Iterator for Interrupted {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.ready.pop() {
                return Some(piece);
            }
            if self.happened && self.end == End::Stop {
                return None;
            }
            match self.pieces.next() {
                Some(Piece::Bytes(event)) if !self.happened => {
                    if self.left == 0 {
                        self.happen(Some(event));
                        continue;
                    }
                    self.left -= 1;
                    return Some(Piece::Bytes(event));
                }
                // An answer that is shorter than the script thought breaks at its end.
                None if !self.happened => self.happen(None),
                other => return other,
            }
        }
    }
}

/// The same bytes in pieces of these sizes.
fn cut_up(pieces: Pieces, sizes: Vec<usize>, pause: Duration) -> Pieces {
    let mut sizes = sizes.into_iter().cycle();
    let mut size = sizes.next().unwrap_or(1).max(1);
    let mut is_first = true;
    let cut = pieces.flat_map(move |piece| {
        let Piece::Bytes(mut bytes) = piece else { return vec![piece] };
        let mut cut = Vec::with_capacity(bytes.len() / size.max(1) * 2 + 2);
        while !bytes.is_empty() {
            let part = bytes.split_to(size.min(bytes.len()));
            // What is left of a size goes on with the next event.
            size -= part.len();
            if size == 0 {
                size = sizes.next().unwrap_or(1).max(1);
            }
            if !std::mem::take(&mut is_first) {
                cut.push(Piece::Pause(pause));
            }
            cut.push(Piece::Bytes(part));
        }
        cut
    });
    Box::new(cut)
}

#[cfg(test)]
mod tests;
