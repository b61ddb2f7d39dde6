//! Answers that are given again: looked for before a key is, and gathered as they come.

use http::{Response, StatusCode};
use tokio::time::Instant;

use super::judge::Unopened;
use super::reading::{Reading, is_encoded};
use super::{Call, Opening, Relay};
use crate::answers::Question;
use crate::receipt::Receipt;
use crate::upstream::Answer;

/// Opens answers as another does, and has those gathered that may be given again.
pub(super) struct Gathered<'o, O> {
    pub(super) opening: &'o O,
    /// None where nothing is to be kept.
    pub(super) question: Option<Question>,
}

impl<O: Opening> Opening for Gathered<'_, O> {
    type Opened = O::Opened;

    async fn open(&self, reading: &Reading<'_>, answer: Response<Answer>) -> Result<O::Opened, Unopened> {
        let is_plain = answer.status() == StatusCode::OK && !is_encoded(answer.headers());
        let question = self.question.as_ref().filter(|_| is_plain);
        let gathering = question.and_then(|question| question.gather(answer.headers()));
        self.opening.open(reading, answer.map(|body| body.gathered(gathering))).await
    }

    fn is_empty(opened: &O::Opened) -> bool {
        O::is_empty(opened)
    }
}

impl Relay {
    /// What `call` asks, if its answer may be kept and the client has nothing against that.
    pub(super) fn question(&self, call: &Call, receipt: &Receipt) -> Option<Question> {
        self.answers.question(call, &receipt.facts().caller, receipt.wish()?)
    }

    /// The answer to `question` that was kept, if there is one, opened as if it had just come.
    pub(super) async fn give_again<O: Opening>(
        &self,
        call: &Call,
        opening: &O,
        question: Option<&Question>,
        began: Instant,
    ) -> Option<O::Opened> {
        let kept = question?.answer()?;
        let until = began + self.policy.deadline;
        let reading = Reading { call, secret: None, policy: &self.policy, clock: &self.clock, until };
        // It was looked at before it was kept; if it cannot be opened all the same, Google is asked.
        // On the heap: hits are few, and every request would be larger.
        let opened = Box::pin(opening.open(&reading, Answer::again(kept))).await.ok()?;
        (!O::is_empty(&opened)).then_some(opened)
    }
}
