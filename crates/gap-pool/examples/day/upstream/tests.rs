//! The upstream as a gateway meets it.

use gap_pool::verdict::{self, Answer, Cause, Rest, Verdict};

use super::{Reply, Upstream};
use crate::dice::Dice;
use crate::scenarios;
use crate::world::{HOUR, Hits, MINUTE, Millis, Request, SECOND, Trouble, World};

const REQUEST: Request = Request { arrival: 0, model: 0, tokens: 1_000, estimate: 1_000, access_key: 0 };

fn cause(world: &World, reply: &Reply, now: Millis) -> Option<(Cause, Rest)> {
    let Reply::Error { status, body, .. } = reply else { return None };
    let answer = Answer { status: *status, retry_after: None, body: body.as_bytes() };
    match verdict::of(&answer, world.timestamp(now)) {
        Verdict::TryElsewhere(fault) | Verdict::Refused(fault) => Some((fault.cause, fault.rest)),
        Verdict::Answered => None,
    }
}

#[test]
fn the_eleventh_request_of_a_minute_is_refused_in_words_that_the_pool_reads() {
    let world = scenarios::find("free_team").unwrap().play(1, true).world;
    let mut upstream = Upstream::new(&world);
    let mut dice = Dice::of(&[1]);
    for _ in 0..10 {
        assert_eq!(upstream.call(0, &REQUEST, SECOND, &mut dice), Reply::Answer);
    }
    let reply = upstream.call(0, &REQUEST, 21 * SECOND, &mut dice);
    let (cause, rest) = cause(&world, &reply, 21 * SECOND).unwrap();
    assert_eq!(cause, Cause::RequestsPerMinute);
    assert_eq!(rest, Rest::For(std::time::Duration::from_secs(40)));
    assert_eq!(upstream.call(0, &REQUEST, 61 * SECOND, &mut dice), Reply::Answer);
    // Another project is not concerned.
    assert_eq!(upstream.call(1, &REQUEST, 21 * SECOND, &mut dice), Reply::Answer);
}

#[test]
fn a_day_is_refused_until_midnight_in_the_pacific() {
    let world = scenarios::find("free_team").unwrap().play(1, false).world;
    let mut upstream = Upstream::new(&world);
    let mut dice = Dice::of(&[1]);
    for at in 0..250 {
        assert_eq!(upstream.call(0, &REQUEST, at * 6 * SECOND, &mut dice), Reply::Answer);
    }
    let reply = upstream.call(0, &REQUEST, 6 * HOUR, &mut dice);
    assert_eq!(cause(&world, &reply, 6 * HOUR), Some((Cause::RequestsPerDay, Rest::Midnight { hint: None })));
    // It is summer: 7 o'clock in Greenwich.
    assert!(matches!(upstream.call(0, &REQUEST, 7 * HOUR - 1, &mut dice), Reply::Error { .. }));
    assert_eq!(upstream.call(0, &REQUEST, 7 * HOUR, &mut dice), Reply::Answer);
}

#[test]
fn troubles_speak_google_s_words() {
    let mut world = scenarios::find("not_on_tier").unwrap().play(1, true).world;
    let pro = Request { model: 2, ..REQUEST };
    let mut dice = Dice::of(&[1]);
    let reply = Upstream::new(&world).call(0, &pro, SECOND, &mut dice);
    assert_eq!(cause(&world, &reply, SECOND), Some((Cause::NotOnTier, Rest::OffTier)));
    for (hits, expected) in [
        (Hits::KeyInvalid(0), Cause::KeyInvalid),
        (Hits::KeySuspended(0), Cause::KeySuspended),
        (Hits::Model(0), Cause::Overloaded),
        (Hits::EgressQuota, Cause::Unexplained),
        (Hits::EgressLocation, Cause::RegionUnsupported),
    ] {
        world.troubles = vec![Trouble { hits, during: MINUTE..2 * MINUTE }];
        let mut upstream = Upstream::new(&world);
        assert_eq!(upstream.call(0, &REQUEST, MINUTE - 1, &mut dice), Reply::Answer);
        let reply = upstream.call(0, &REQUEST, MINUTE, &mut dice);
        assert_eq!(cause(&world, &reply, MINUTE).map(|(cause, _)| cause), Some(expected));
        assert_eq!(upstream.call(0, &REQUEST, 2 * MINUTE, &mut dice), Reply::Answer);
    }
}

#[test]
fn a_shared_project_is_named_if_the_scenario_says_so() {
    let world = scenarios::find("shared_project").unwrap().play(1, true).world;
    let mut upstream = Upstream::new(&world);
    let mut dice = Dice::of(&[1]);
    let replies: Vec<Reply> = (0..16).map(|_| upstream.call(0, &REQUEST, SECOND, &mut dice)).collect();
    let Some(Reply::Error { status, body, .. }) = replies.last() else { panic!("the sixteenth is one too many") };
    let answer = Answer { status: *status, retry_after: None, body: body.as_bytes() };
    let Verdict::TryElsewhere(fault) = verdict::of(&answer, world.timestamp(SECOND)) else { panic!("a 429") };
    assert_eq!(fault.consumer_project, Some(100_000_000_000));
}
