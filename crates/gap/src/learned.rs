//! What models were found to refuse.
//!
//! The model table knows most of it; Google changes the rest from one day to the next. A 400 that names a feature is
//! remembered here, so that only the first request of a day pays for the lesson. It is forgotten again, because Google
//! also adds what a model could not do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gap_protocol::call::{Feature, Unsupported};
use jiff::{SignedDuration, Timestamp};

/// How long a lesson is believed.
const LIFETIME: SignedDuration = SignedDuration::from_hours(12);
/// Models at a time. Only a model that Google knows refuses a feature, so this is never reached by honest means.
const MOST: usize = 1000;

/// The lessons so far. Cheap to clone; clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Learned(Arc<Mutex<HashMap<String, Lesson>>>);

#[derive(Clone, Copy, Debug)]
struct Lesson {
    refused: Unsupported,
    until: Timestamp,
}

impl Learned {
    /// What `model` is known to refuse.
    pub fn refused_by(&self, model: &str, now: Timestamp) -> Unsupported {
        let lessons = self.lessons();
        lessons.get(model).filter(|lesson| lesson.until > now).map(|lesson| lesson.refused).unwrap_or_default()
    }

    /// Remembers that `model` refused `feature` with this sentence, unless the sentence finds fault with a value: then
    /// another value would have been taken.
    pub fn remember(&self, model: &str, feature: Feature, sentence: &str, now: Timestamp) {
        if is_about_a_value(sentence) {
            return;
        }
        let mut lessons = self.lessons();
        if lessons.len() >= MOST && !lessons.contains_key(model) {
            lessons.retain(|_, lesson| lesson.until > now);
            let oldest = lessons.iter().min_by_key(|(_, lesson)| lesson.until).map(|(model, _)| model.clone());
            if let Some(oldest) = oldest.filter(|_| lessons.len() >= MOST) {
                lessons.remove(&oldest);
            }
        }
        let lesson = lessons.entry(model.to_owned()).or_insert(Lesson { refused: Unsupported::default(), until: now });
        if lesson.until <= now {
            lesson.refused = Unsupported::default();
        }
        lesson.refused = lesson.refused.with(feature);
        lesson.until = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
    }

    fn lessons(&self) -> MutexGuard<'_, HashMap<String, Lesson>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `The thinking budget 0 is invalid. Please choose a value between 128 and 32768.`
fn is_about_a_value(sentence: &str) -> bool {
    let sentence = sentence.to_ascii_lowercase();
    ["between ", "range", "value at ", "must be"].iter().any(|words| sentence.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3600).unwrap()
    }

    #[test]
    fn a_lesson_is_believed_for_its_model_and_for_a_while() {
        let learned = Learned::default();
        learned.remember("m", Feature::Penalties, "Penalty is not enabled for models/m", at(0));
        learned.remember("m", Feature::Seed, "Seed is not supported", at(1));
        assert!(learned.refused_by("m", at(2)).contains(Feature::Penalties));
        assert!(learned.refused_by("m", at(2)).contains(Feature::Seed));
        assert!(learned.refused_by("other", at(2)).is_empty());
        assert!(learned.refused_by("m", at(14)).is_empty());
        learned.remember("m", Feature::Seed, "Seed is not supported", at(15));
        assert!(!learned.refused_by("m", at(15)).contains(Feature::Penalties), "an old lesson comes not back");
    }

    #[test]
    fn a_wrong_value_teaches_nothing() {
        let learned = Learned::default();
        let sentence = "The thinking budget 7 is invalid. Please choose a value between 128 and 32768.";
        learned.remember("m", Feature::ThinkingBudget, sentence, at(0));
        assert!(learned.refused_by("m", at(0)).is_empty());
    }

    #[test]
    fn there_is_an_end_to_it() {
        let learned = Learned::default();
        for model in 0..MOST + 10 {
            learned.remember(&format!("m{model}"), Feature::Seed, "Seed is not supported", at(0));
        }
        assert_eq!(learned.lessons().len(), MOST);
    }
}
