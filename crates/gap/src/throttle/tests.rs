use std::net::IpAddr;

use super::*;

fn client(last: u8) -> Client {
    IpAddr::from([203, 0, 113, last]).into()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000_000 + seconds)
}

fn fail(throttle: &Throttle, client: Client, second: i64) -> Option<u64> {
    throttle.attempt(client, at(second), || Err::<(), ()>(())).err().map(|wait| wait.as_secs())
}

#[test]
fn every_failure_makes_the_next_attempt_wait_longer() {
    let throttle = Throttle::default();
    let mut now = 0;
    let mut waits = Vec::new();
    for _ in 0..14 {
        // An attempt that comes too early is not one, and does not make it worse.
        if let Some(wait) = fail(&throttle, client(1), now) {
            waits.push(wait);
            now += i64::try_from(wait).unwrap();
            assert_eq!(fail(&throttle, client(1), now), None);
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    assert_eq!(fail(&throttle, client(2), now), None, "others are let through");
}

#[test]
fn the_right_password_is_not_even_looked_at_while_one_has_to_wait() {
    let throttle = Throttle::default();
    for _ in 0..3 {
        fail(&throttle, client(1), 0);
    }
    let mut looked_at = false;
    let refused = throttle.attempt(client(1), at(0), || {
        looked_at = true;
        Ok::<_, ()>(())
    });
    assert!(refused.is_err() && !looked_at);
    assert_eq!(throttle.attempt(client(1), at(1), || Ok::<_, ()>(1)), Ok(Ok(1)));
    assert_eq!(fail(&throttle, client(1), 1), None, "a success forgives all");
}

#[test]
fn an_hour_of_quiet_forgives() {
    let throttle = Throttle::default();
    for second in 0..5 {
        fail(&throttle, client(1), second * 10);
    }
    throttle.sweep(at(1_000));
    assert!(!throttle.clients.is_empty());
    throttle.sweep(at(4_000));
    assert!(throttle.clients.is_empty());
}

#[test]
fn guesses_are_bounded_and_a_slow_stream_of_them_is_not_punished() {
    let guesses = Guesses::default();
    for _ in 0..119 {
        guesses.note(client(1), at(0));
    }
    assert_eq!(guesses.wait(client(1), at(0)), None);
    guesses.note(client(1), at(0));
    assert_eq!(guesses.wait(client(1), at(0)), Some(Duration::from_millis(500)));
    assert_eq!(guesses.wait(client(2), at(0)), None);
    assert_eq!(guesses.wait(client(1), at(1)), None);
    for second in 0..100 {
        guesses.note(client(3), at(second * 10));
        assert_eq!(guesses.wait(client(3), at(second * 10)), None);
    }
}
