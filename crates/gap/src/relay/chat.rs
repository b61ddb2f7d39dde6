//! A chat completion on its way back: Google's answer in OpenAI's words.
//!
//! The relay knows one thing more of it than of a native answer: what is inside. An answer is committed with the first
//! words that the client gets, not with the first event, so that one that says nothing can still be asked for again.
//! Frames are made anew here, which is why a stream that breaks off inside an event can still end with an error: the
//! client has only ever seen whole frames.

mod copies;
mod encoder;
mod reply;

use bytes::Bytes;
use gap_pool::verdict::TransportFault;
use gap_protocol::call::ReplyPlan;
use gap_protocol::meter::Findings;
use gap_protocol::openai::chat::{EncodeError, Outcome};
use gap_protocol::openai::plain;
use gap_protocol::openai::responses::{self, Finished};
use gap_protocol::sse::Decoder;
use http::Response;

use self::copies::Strands;
use self::encoder::{StreamEncoder, UnaryEncoder};
pub use self::reply::{ChatBody, ChatReply, EVENT_STREAM, KEEP_ALIVE};
use super::judge::Unopened;
use super::reading::Reading;
use super::{Opening, RelayError, whole};
use crate::conversations::Recording;
use crate::receipt::Receipt;
use crate::responses::Keeper;
use crate::signatures::CallMemory;
use crate::upstream::Answer;

/// How the answer to a call is to be given.
#[derive(Clone, Debug)]
pub struct Chat {
    /// In which of OpenAI's forms.
    pub form: Form,
    /// What the decoder noted for the encoder.
    pub plan: ReplyPlan,
    /// Which choice of a stream it gives that several answers become.
    pub place: Option<u32>,
    /// The answer's id.
    pub id: String,
    /// Seconds since 1970.
    pub created: u64,
    /// A guess at the prompt's tokens, for when Google never says.
    pub estimated_prompt: u64,
    /// Where the signatures of calls are remembered.
    pub memory: CallMemory,
    /// Takes down what is answered, if it belongs to a conversation.
    pub recording: Option<Recording>,
}

/// In which of OpenAI's forms an answer is given.
#[derive(Clone, Debug)]
pub enum Form {
    /// A chat completion.
    Completion,
    /// A message of Anthropic's.
    Message,
    /// One text or one sound.
    Plain(plain::Plan),
    /// A response.
    Response {
        /// What its encoder needs beside the plan.
        extra: Box<responses::Plan>,
        /// Keeps it, if it is to be kept.
        keeper: Option<Box<Keeper>>,
    },
}

/// A call has no answer. The receipt is still open: what was learned from the refusal may be worth another call.
#[derive(Debug)]
pub struct ChatError {
    /// Why.
    pub error: RelayError,
    /// The call's record so far.
    pub receipt: Receipt,
}

/// An answer that may be committed.
#[derive(Debug)]
pub(super) struct ChatOpened {
    pub(super) answer: Translated,
    /// Whether it says nothing that the client can use.
    empty: bool,
}

/// A translated answer.
#[derive(Debug)]
pub(super) enum Translated {
    /// All of it.
    Whole {
        /// OpenAI's body.
        body: Bytes,
        /// What it says about itself.
        findings: Box<Findings>,
        /// What can be kept of it.
        finished: Option<Finished>,
    },
    /// The beginning of a stream.
    Stream {
        /// What has been translated so far.
        frames: Vec<u8>,
        /// Translates the rest.
        translation: Box<Translation>,
        /// The rest; none when all of it has been translated.
        rest: Option<Answer>,
    },
    /// The beginnings of several, which become one stream.
    Strands {
        /// What has been translated so far.
        frames: Vec<u8>,
        /// The rest.
        strands: Box<Strands>,
    },
    /// Not even a reason why there is nothing.
    Nothing,
}

/// Turns Google's events into OpenAI's frames.
#[derive(Debug)]
pub(super) struct Translation {
    decoder: Decoder,
    encoder: StreamEncoder,
    recording: Option<Recording>,
}

// === impl Form ===

impl Form {
    /// What an answer in one piece says it is.
    fn content_type(&self) -> &'static str {
        match self {
            Self::Completion | Self::Message | Self::Response { .. } => "application/json",
            Self::Plain(plan) => plan.content_type(),
        }
    }
}

// === impl Chat ===

impl Opening for Chat {
    type Opened = ChatOpened;

    async fn open(&self, reading: &Reading<'_>, answer: Response<Answer>) -> Result<ChatOpened, Unopened> {
        let body = whole::success(reading, answer).await?;
        if reading.call.is_stream() {
            self.open_stream(reading, body).await
        } else {
            self.read_whole(reading, body).await
        }
    }

    fn is_empty(opened: &ChatOpened) -> bool {
        opened.empty
    }
}

impl Chat {
    /// Keeps what has been answered, if it is to be kept.
    fn keep(&self, finished: Option<&Finished>) {
        if let (Form::Response { keeper: Some(keeper), .. }, Some(finished)) = (&self.form, finished) {
            keeper.keep(finished);
        }
    }

    async fn open_stream(&self, reading: &Reading<'_>, mut body: Answer) -> Result<ChatOpened, Unopened> {
        let encoder = StreamEncoder::new(self);
        let recording = self.recording.clone().inspect(Recording::begin);
        let mut translation = Box::new(Translation { decoder: Decoder::new(), encoder, recording });
        let mut frames = Vec::new();
        let mut first = true;
        while let Some(data) = whole::next(reading, &mut body, first).await? {
            first = false;
            translation.take(data, &mut frames).map_err(|error| unopened(reading, &error))?;
            if !frames.is_empty() {
                let answer = Translated::Stream { frames, translation, rest: Some(body) };
                return Ok(ChatOpened { answer, empty: false });
            }
        }
        let ended = translation.end(&mut frames);
        let empty = is_useless(translation.encoder.outcome());
        match ended {
            Ok(()) => Ok(ChatOpened { answer: Translated::Stream { frames, translation, rest: None }, empty }),
            Err(EncodeError::Nothing) => Ok(ChatOpened { answer: Translated::Nothing, empty: true }),
            Err(error) => Err(unopened(reading, &error)),
        }
    }

    async fn read_whole(&self, reading: &Reading<'_>, body: Answer) -> Result<ChatOpened, Unopened> {
        let whole = whole::read(reading, body).await?;
        if let Some(recording) = &self.recording {
            recording.begin();
            recording.chunk(&whole);
        }
        let mut encoder = UnaryEncoder::new(self);
        let ended = encoder.chunk(&whole).and_then(|()| encoder.end(false));
        let empty = is_useless(encoder.outcome());
        match ended {
            Ok(body) => {
                self.memory.remember(encoder.take_signatures());
                let finished = encoder.finished().cloned();
                let answer = Translated::Whole { body, findings: Box::new(encoder.findings()), finished };
                Ok(ChatOpened { answer, empty })
            }
            Err(EncodeError::Nothing) => Ok(ChatOpened { answer: Translated::Nothing, empty: true }),
            Err(error) => Err(unopened(reading, &error)),
        }
    }
}

/// What an answer that cannot be translated means, while another may still be had.
fn unopened(reading: &Reading<'_>, error: &EncodeError) -> Unopened {
    let said = match error {
        EncodeError::Upstream(said) => reading.error_event(said),
        EncodeError::Unreadable(_) | EncodeError::Truncated | EncodeError::Nothing => None,
    };
    said.unwrap_or_else(|| Unopened::transport(TransportFault::Reset))
}

/// Whether asking again may bring more (wire 73, wire 114).
fn is_useless(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Empty | Outcome::BrokenCall => true,
        Outcome::Complete | Outcome::Blocked | Outcome::Unfinished => false,
    }
}

// === impl Translation ===

impl Translation {
    /// Takes bytes of the upstream and appends what the client gets for them.
    fn take(&mut self, data: Bytes, frames: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.decoder.push(data);
        self.translate(frames)
    }

    /// The upstream has ended.
    fn end(&mut self, frames: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.decoder.finish();
        self.translate(frames)?;
        self.encoder.end(frames)
    }

    fn translate(&mut self, frames: &mut Vec<u8>) -> Result<(), EncodeError> {
        while let Some(event) = self.decoder.next_event() {
            // An event that is too long, or no text, is as good as a broken connection.
            let event = event.map_err(|_| EncodeError::Truncated)?;
            if let Some(recording) = &self.recording {
                recording.chunk(&event.data);
            }
            self.encoder.chunk(&event.data, frames)?;
        }
        Ok(())
    }
}
