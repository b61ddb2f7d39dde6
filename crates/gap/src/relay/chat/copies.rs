//! A chat completion that is put together of several answers (wire 91): many models give one candidate at a time, and
//! OpenAI's clients ask for `n`.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};

use super::encoder::UnaryEncoder;
use super::{Chat, ChatError, ChatOpened, ChatReply, Translated};
use crate::receipt::Receipt;
use crate::relay::{Call, Relay, RelayError};

/// Requests for one answer that are under way at a time.
const AT_ONCE: usize = 4;

impl Relay {
    /// Gets `call` answered so many times, as one chat completion. When one cannot be had, none is given; those that were
    /// had until then are on the record all the same, because Google has counted them.
    pub async fn answer_copies(
        self: Arc<Self>,
        call: Call,
        chat: Chat,
        copies: u32,
        mut receipt: Receipt,
    ) -> Result<ChatReply, Box<ChatError>> {
        match self.put_together(&call, &chat, copies, &mut receipt).await {
            Ok(answer) => ChatReply::commit(ChatOpened { answer, empty: false }, chat, receipt, self.policy()),
            Err(error) => Err(Box::new(ChatError { error, receipt })),
        }
    }

    async fn put_together(
        &self,
        call: &Call,
        chat: &Chat,
        copies: u32,
        receipt: &mut Receipt,
    ) -> Result<Translated, RelayError> {
        let asking = (0..copies).map(|_| {
            let mut part = receipt.part();
            async move {
                let answer = self.ask(call, &mut part).await;
                (answer, part)
            }
        });
        let asking: Vec<_> = asking.collect();
        let mut asking = stream::iter(asking).buffered(AT_ONCE);
        let mut encoder = UnaryEncoder::new(chat);
        let mut is_first = true;
        while let Some((answer, part)) = asking.next().await {
            receipt.absorb(part);
            let answer = answer.inspect_err(|_| receipt.left(&encoder.findings()))?;
            if std::mem::take(&mut is_first) {
                // A conversation goes on with the first of them.
                if let Some(recording) = &chat.recording {
                    recording.begin();
                    recording.chunk(&answer.body);
                }
            } else {
                encoder.another();
            }
            encoder.chunk(&answer.body).map_err(|_| RelayError::Empty)?;
        }
        let body = encoder.end(false).map_err(|_| RelayError::Empty)?;
        chat.memory.remember(encoder.take_signatures());
        Ok(Translated::Whole { body, findings: Box::new(encoder.findings()), finished: None })
    }
}
