//! Keys that are out for good are looked at again, because operators mend things without telling anybody.
//!
//! The look itself is the caller's: something cheap that needs no model, like listing the models. The waits grow with
//! each look in vain.

use std::time::Duration;

use jiff::Timestamp;

use super::ranking::Reason;
use super::{Disabled, Pool};
use crate::ids::KeyId;
use crate::pacific::after;
use crate::verdict::{Cause, Fault};

const FIRST: Duration = Duration::from_mins(30);
const LONGEST: Duration = Duration::from_hours(24);

/// When a key is looked at again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recheck {
    at: Timestamp,
    wait: Duration,
}

impl Pool {
    /// Keys whose state somebody should look at now, at most `at_most`: ask Google something cheap that needs no model
    /// with each of them, and tell by [`Pool::rechecked`].
    pub fn due_for_recheck(&self, at_most: usize, now: Timestamp) -> Vec<KeyId> {
        let due = self.rechecks.iter().take_while(|(at, _)| *at <= now);
        due.map(|(_, key)| *key).take(at_most).collect()
    }

    /// Tells how a look at a key went: none when Google answered.
    pub fn rechecked(&mut self, id: KeyId, fault: Option<&Fault>, now: Timestamp) {
        self.arrive(now);
        let Some(key) = self.keys.get_mut(&id) else { return };
        // What the operator has switched off stays off.
        let switched_off = key.disabled.as_ref().is_some_and(|disabled| disabled.reason == Reason::SwitchedOff);
        // None is planned of a key that the operator wants to be looked at.
        let recheck = key.recheck.take();
        self.forget_recheck(id, recheck);
        let Some(fault) = fault else {
            if !switched_off {
                self.recover(id, now);
            }
            return;
        };
        if let Some(recheck) = recheck {
            let wait = (recheck.wait * 2).min(LONGEST);
            self.plan(id, Recheck { at: after(now, wait), wait });
        }
        if let Some(key) = self.keys.get_mut(&id)
            && !switched_off
            && matches!(fault.cause, Cause::KeyInvalid | Cause::KeyExpired | Cause::KeySuspended | Cause::KeyLeaked)
        {
            key.disabled = Some(Disabled::by(fault));
            self.plan_recheck(id, now);
            self.refresh_key(id, now);
        }
    }

    /// A key works again, so its project does.
    fn recover(&mut self, id: KeyId, now: Timestamp) {
        let Some(key) = self.keys.get_mut(&id) else { return };
        key.disabled = None;
        let project_id = key.project;
        // Listing models is free: it says nothing about the wallet.
        if let Some(project) = self.projects.get_mut(&project_id) {
            project.disabled = None;
        }
        self.refresh_key(id, now);
        self.refresh_everywhere(project_id, now);
        self.note_turns(project_id, now);
    }

    /// Sees to it that a disabled key is looked at again, and one that is not is left alone.
    pub(super) fn plan_recheck(&mut self, id: KeyId, now: Timestamp) {
        let Some(key) = self.keys.get(&id) else { return };
        let of_project = self.projects.get(&key.project).and_then(|project| project.disabled.as_ref());
        let disabled = key.disabled.as_ref().or(of_project);
        let wanted = disabled.is_some_and(|disabled| disabled.reason != Reason::SwitchedOff);
        match (wanted, key.recheck) {
            (true, None) => self.plan(id, Recheck { at: after(now, FIRST), wait: FIRST }),
            (false, Some(recheck)) => {
                if let Some(key) = self.keys.get_mut(&id) {
                    key.recheck = None;
                }
                self.forget_recheck(id, Some(recheck));
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    pub(super) fn forget_recheck(&mut self, id: KeyId, recheck: Option<Recheck>) {
        if let Some(recheck) = recheck {
            self.rechecks.remove(&(recheck.at, id));
        }
    }

    fn plan(&mut self, id: KeyId, recheck: Recheck) {
        if let Some(key) = self.keys.get_mut(&id) {
            key.recheck = Some(recheck);
            self.rechecks.insert((recheck.at, id));
        }
    }
}
