//! Whether a project has room for a need, how good it looks, and whether it rests.

use jiff::Timestamp;

use super::choosing::A_MOMENT;
use super::ranking::Score;
use super::{Bucket, Model, Pool, Project, Resting, Standing};
use crate::ids::{KeyId, ProjectId};
use crate::limits::Quota;
use crate::quota::{Caps, Full, Millis, UNLIMITED, millis};

/// What each quota weighs in the headroom, in the order of [`Quota::ALL`]: a day is harder to get back than a minute.
const WEIGHTS: [f32; 4] = [0.2, 0.1, 0.4, 0.3];

impl Pool {
    /// Whether a project has room for a need, and how good it looks.
    ///
    /// Errors: which quota is full and until when.
    pub(super) fn room(
        &self,
        model: Option<&Model>,
        name: &str,
        id: ProjectId,
        tokens: u64,
        now: Timestamp,
    ) -> Result<Score, Full> {
        let Some(project) = self.projects.get(&id) else { return Ok(Score::BEST) };
        let bucket = model.and_then(|model| Some((model, model.buckets.get(&id)?)));
        match bucket {
            Some((model, bucket)) => self.room_in(bucket, model, project, tokens, now),
            None if self.defaults.knows(name) || project.limits.is_some() => {
                let mut bucket = Bucket::new();
                bucket.set_caps(project, &self.defaults.get(name, project.tier));
                self.room_in(&bucket, &Model::default(), project, tokens, now)
            }
            None => Ok(Score::BEST),
        }
    }

    fn room_in(
        &self,
        bucket: &Bucket,
        model: &Model,
        project: &Project,
        tokens: u64,
        now: Timestamp,
    ) -> Result<Score, Full> {
        let (at, day_ends) = (millis(now), self.day_ends(now));
        let mut caps = bucket.caps(at);
        let tokens = model.margin.within(tokens, &caps);
        bucket.usage.fits(tokens, at, day_ends, self.rule, &caps)?;
        let usual = &model.usual[project.class() as usize];
        self.goes_slowly(bucket, &caps, usual, at, day_ends)?;
        for (cap, usual) in caps.iter_mut().zip(usual) {
            // What others of its class have is no limit, but a reason to prefer those that have used less.
            *cap = if *cap == UNLIMITED { *usual } else { *cap };
        }
        let left = bucket.usage.left(at, day_ends, self.rule, &caps);
        let headroom = left.iter().zip(WEIGHTS).map(|(left, weight)| left * weight).sum();
        Ok(Score { headroom, health: bucket.health.score(model.health.latency(), at) })
    }

    /// A bucket of which no limit is known goes beyond what others have step by step: each step waits for an answer, so
    /// that finding the limit costs one refusal and not as many as are under way.
    fn goes_slowly(
        &self,
        bucket: &Bucket,
        caps: &Caps,
        usual: &Caps,
        at: Millis,
        day_ends: Millis,
    ) -> Result<(), Full> {
        let minute = bucket.usage.minute(at, self.rule).requests;
        let day = bucket.usage.day(at, day_ends, self.rule).requests;
        let [of_minute, of_day] = bucket.proven;
        for (quota, used, proven) in
            [(Quota::RequestsPerMinute, minute, of_minute), (Quota::RequestsPerDay, day, of_day)]
        {
            let usual = usual[quota as usize];
            if caps[quota as usize] != UNLIMITED || usual == UNLIMITED {
                continue;
            }
            let step = if proven <= usual { usual } else { proven + proven / 2 };
            if used > step {
                return Err(Full { quota, until: Some(at + A_MOMENT) });
            }
        }
        Ok(())
    }

    /// The rest of a project, or of its bucket, that the lanes took for ended before the clock went back.
    pub(super) fn rest_behind(&self, project: ProjectId, bucket: &str, now: Timestamp) -> Option<Resting> {
        let of_project = self.projects.get(&project).and_then(|project| project.rest);
        let bucket = self.models.get(bucket).and_then(|model| model.buckets.get(&project));
        let of_bucket = bucket.and_then(|bucket| match bucket.standing {
            Standing::Resting(rest) => Some(rest),
            Standing::InPlay | Standing::LastResort(_) | Standing::OffTier => None,
        });
        let rests = [of_project, of_bucket].into_iter().flatten().filter(|rest| rest.until > now);
        rests.max_by_key(|rest| rest.until)
    }

    /// Like [`Self::rest_behind`], for a key.
    pub(super) fn key_rest_behind(&self, key: KeyId, now: Timestamp) -> Option<Resting> {
        self.keys.get(&key)?.rest.filter(|rest| rest.until > now)
    }
}
