use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const HOUR: Duration = Duration::from_hours(1);

fn digest(number: u8) -> Digest {
    [number; 16]
}

#[test]
fn the_longest_known_beginning_decides() {
    let mut affinities = Affinities::new(10, HOUR);
    affinities.note(digest(1), KeyId(1), ProjectId(1), 0, NOW);
    affinities.note(digest(2), KeyId(2), ProjectId(2), 0, NOW);
    let found = affinities.find(&[digest(3), digest(2), digest(1)], NOW).unwrap();
    assert_eq!((found.key, found.digest), (KeyId(2), 1));
    assert_eq!(affinities.find(&[digest(9)], NOW), None);
}

#[test]
fn a_beginning_is_forgotten_with_googles_cache() {
    let mut affinities = Affinities::new(10, HOUR);
    affinities.note(digest(1), KeyId(1), ProjectId(1), 0, NOW);
    assert!(affinities.find(&[digest(1)], NOW + Duration::from_mins(59)).is_some());
    assert_eq!(affinities.find(&[digest(1)], NOW + HOUR), None);
}

#[test]
fn memory_is_bounded_and_the_oldest_go_first() {
    let mut affinities = Affinities::new(3, HOUR);
    for number in 0..100 {
        affinities.note(digest(number), KeyId(1), ProjectId(1), 0, NOW);
        // Kept alive by being used.
        affinities.note(digest(0), KeyId(1), ProjectId(1), 0, NOW);
        assert!(affinities.len() <= 3 && affinities.order.len() <= 6);
    }
    assert!(affinities.find(&[digest(0)], NOW).is_some());
    assert!(affinities.find(&[digest(99)], NOW).is_some());
    assert_eq!(affinities.find(&[digest(5)], NOW), None);
}

#[test]
fn a_conversation_moves_with_the_key_that_took_it_over() {
    let mut affinities = Affinities::new(3, HOUR);
    affinities.note(digest(1), KeyId(1), ProjectId(1), 0, NOW);
    affinities.note(digest(1), KeyId(2), ProjectId(2), 0, NOW);
    assert_eq!(affinities.find(&[digest(1)], NOW).unwrap().key, KeyId(2));
    affinities.forget(KeyId(2));
    assert!(affinities.is_empty());
}

#[test]
fn no_capacity_is_no_memory() {
    let mut affinities = Affinities::new(0, HOUR);
    affinities.note(digest(1), KeyId(1), ProjectId(1), 0, NOW);
    assert!(affinities.is_empty());
}
