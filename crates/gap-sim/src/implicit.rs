//! Google's implicit cache: a project that sends the beginning of a prompt again pays less for it (wire 130).
//!
//! Nobody outside knows how Google does it. This one does what can be seen from outside: it belongs to a project and a
//! model, knows the longest beginning that was sent before, in whole turns, pays from a least number of tokens on, and
//! forgets what was not sent for a while.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::dice;
use crate::request::Generate;
use crate::tokens;

/// Beginnings that are remembered; beyond it all are forgotten, as after a restart of theirs.
const MOST: usize = 1_000_000;

/// How the implicit cache behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImplicitCache {
    /// Shorter beginnings are not cached.
    pub least_tokens: u64,
    /// For how many seconds a beginning is remembered after it was last sent.
    pub life_seconds: u32,
}

impl Default for ImplicitCache {
    fn default() -> Self {
        Self { least_tokens: 1_024, life_seconds: 300 }
    }
}

/// The beginnings that were sent.
#[derive(Debug, Default)]
pub(crate) struct Beginnings {
    /// When each was last sent.
    sent: HashMap<(u64, String, u64), Timestamp>,
}

impl Beginnings {
    /// How many tokens of a prompt are a beginning that this project has sent to this model before. From now on all of it is.
    pub(crate) fn send(
        &mut self,
        (project, model): (u64, &str),
        request: &Generate,
        policy: ImplicitCache,
        now: Timestamp,
    ) -> u64 {
        let life = SignedDuration::from_secs(policy.life_seconds.into());
        if self.sent.len() > MOST {
            self.sent.clear();
        }
        let before = Generate { contents: Vec::new(), ..request.clone() };
        let root = format!("{:?} {:?} {:?}", before.system_instruction, before.tools, before.tool_config);
        let mut name = dice::hash(root.as_bytes());
        let mut tokens = tokens::of_request(&before).total();
        let (mut known, mut cached) = (true, 0);
        for content in &request.contents {
            name = dice::hash(format!("{name} {content:?}").as_bytes());
            tokens += tokens::of_content(content).total();
            let sent = self.sent.insert((project, model.to_owned(), name), now);
            known = known && sent.is_some_and(|at| now.duration_since(at) <= life);
            if known {
                cached = tokens;
            }
        }
        if cached < policy.least_tokens { 0 } else { cached }
    }
}
