//! An answer that GAP reads itself, in one piece.

use bytes::{Bytes, BytesMut};
use gap_pool::verdict::TransportFault;
use gap_protocol::meter::{Findings, Framing, Meter, Position};
use http::Response;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::Opening;
use super::judge::Unopened;
use super::reading::{Reading, is_encoded};
use crate::upstream::Answer;

/// An answer that is longer than this is not read: it would be held in memory, and nothing that is asked for here is as
/// long.
const MAX_ANSWER: usize = gap_protocol::sse::DEFAULT_LIMIT;

/// Opens answers by reading all of them: JSON, or it is none.
pub(super) struct Whole;

/// All of an answer.
#[derive(Debug)]
pub struct WholeAnswer {
    /// Its bytes, a JSON document.
    pub body: Bytes,
    /// What it says about itself.
    pub findings: Findings,
}

impl Opening for Whole {
    type Opened = WholeAnswer;

    async fn open(&self, reading: &Reading<'_>, answer: Response<Answer>) -> Result<WholeAnswer, Unopened> {
        let body = read(reading, success(reading, answer).await?).await?;
        let mut meter = Meter::new(Framing::Json);
        meter.feed(&body);
        meter.finish();
        if meter.position() != Position::Closed {
            return Err(Unopened::transport(TransportFault::Reset));
        }
        Ok(WholeAnswer { body, findings: meter.findings().clone() })
    }

    fn is_empty(_: &WholeAnswer) -> bool {
        false
    }
}

/// The body of an answer that promises to be one, or what the answer is instead.
pub(super) async fn success(reading: &Reading<'_>, answer: Response<Answer>) -> Result<Answer, Unopened> {
    let status = answer.status();
    if status.is_client_error() || status.is_server_error() {
        return Err(reading.read_refusal(answer).await);
    }
    if !status.is_success() || is_encoded(answer.headers()) {
        // A page of something in between.
        return Err(Unopened::transport(TransportFault::Reset));
    }
    Ok(answer.into_body())
}

/// Reads it to its end.
pub(super) async fn read(reading: &Reading<'_>, mut body: Answer) -> Result<Bytes, Unopened> {
    let mut first = None;
    let mut more = BytesMut::new();
    while let Some(data) = next(reading, &mut body, first.is_none()).await? {
        match &first {
            None => first = Some(data),
            Some(begin) => {
                if more.is_empty() {
                    more.extend_from_slice(begin);
                }
                more.extend_from_slice(&data);
            }
        }
        if more.len() > MAX_ANSWER {
            return Err(Unopened::transport(TransportFault::Reset));
        }
    }
    // Mostly it arrives in one piece, which then is not copied.
    Ok(if more.is_empty() { first.unwrap_or_default() } else { more.freeze() })
}

/// The next piece, waited for as long as the policy allows.
pub(super) async fn next(reading: &Reading<'_>, body: &mut Answer, first: bool) -> Result<Option<Bytes>, Unopened> {
    let patience = if first { reading.policy.first_byte_timeout } else { reading.policy.idle_timeout };
    let until = reading.until.min(Instant::now() + patience);
    loop {
        match timeout_at(until, body.frame()).await {
            Err(_) => return Err(Unopened::transport(TransportFault::Timeout)),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(Unopened::transport(TransportFault::Reset)),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Ok(Some(data));
                }
            }
        }
    }
}
