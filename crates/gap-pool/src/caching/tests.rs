use proptest::prelude::*;

use super::*;

const FLASH: CachePrices = CachePrices { input: 300.0, cached: 30.0, storage: 1_000.0, least_tokens: 1_024 };
const HERE: ProjectId = ProjectId(1);
const THERE: ProjectId = ProjectId(2);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

fn caching() -> Caching {
    Caching::new(CachingPolicy { watched: 1_000, held: 10 })
}

fn name(number: u8) -> Digest {
    [number; 16]
}

fn beginning(number: u8, tokens: u64) -> Beginning {
    Beginning { name: name(number), tokens, hinted: false }
}

fn see(caching: &mut Caching, beginnings: &[Beginning], implicit: Option<u64>, seconds: i64) -> Counsel {
    caching.see(&Sighting { project: HERE, beginnings, implicit, prices: FLASH }, at(seconds))
}

/// Requests until a cache is wanted, at most twenty.
fn until_wanted(every: i64, beginning: Beginning, implicit: Option<u64>) -> Option<u32> {
    let mut caching = caching();
    (1..=20).find(|turn| see(&mut caching, &[beginning], implicit, i64::from(*turn) * every).create.is_some())
}

#[test]
fn what_comes_quickly_is_cached_the_third_time() {
    assert_eq!(until_wanted(10, beginning(1, 20_000), Some(0)), Some(3));
}

#[test]
fn a_client_that_says_it_comes_again_is_believed() {
    let hinted = Beginning { hinted: true, ..beginning(1, 20_000) };
    assert_eq!(until_wanted(10, hinted, Some(0)), Some(1));
}

#[test]
fn what_comes_more_slowly_than_rent_allows_is_never_cached() {
    // (0.30 - 0.03) / 1.00 of an hour is 972 seconds.
    assert_eq!(until_wanted(1_000, beginning(1, 20_000), Some(0)), None);
    assert!(until_wanted(300, beginning(1, 20_000), Some(0)).is_some());
}

#[test]
fn what_the_implicit_cache_covers_is_not_paid_for() {
    assert_eq!(until_wanted(10, beginning(1, 20_000), Some(19_000)), None);
    let mut caching = caching();
    see(&mut caching, &[beginning(1, 20_000)], Some(0), 0);
    see(&mut caching, &[beginning(1, 20_000)], Some(20_000), 1);
    assert_eq!(see(&mut caching, &[beginning(1, 20_000)], Some(20_000), 2).why, Verdict::Covered);
}

/// wire 129
#[test]
fn what_is_too_short_for_the_model_is_not_asked_for() {
    assert_eq!(until_wanted(10, beginning(1, 1_023), Some(0)), None);
    assert_eq!(see(&mut caching(), &[beginning(1, 1_023)], None, 0).why, Verdict::TooShort);
    let none = CachePrices { least_tokens: 0, ..FLASH };
    let sighting = Sighting { project: HERE, beginnings: &[beginning(1, 99_999)], implicit: None, prices: none };
    assert_eq!(caching().see(&sighting, at(0)).why, Verdict::TooShort);
}

#[test]
fn one_creation_is_under_way_at_a_time_and_a_refusal_is_respected() {
    let mut caching = caching();
    let one = [beginning(1, 20_000)];
    let wanted = (0..3).map(|turn| see(&mut caching, &one, Some(0), turn)).last().unwrap();
    assert_eq!((wanted.create, wanted.why), (Some(0), Verdict::Worthwhile));
    assert_eq!(see(&mut caching, &one, Some(0), 3).why, Verdict::Coming);
    caching.refused(&name(1), HERE, at(100));
    assert_eq!(see(&mut caching, &one, Some(0), 50).why, Verdict::RestsAfterRefusal);
    assert_eq!(see(&mut caching, &one, Some(0), 100).why, Verdict::Worthwhile);
}

#[test]
fn the_longest_beginning_that_is_held_serves_until_google_forgets_it() {
    let mut caching = caching();
    caching.created(name(1), HERE, ("cachedContents/a", 20_000), FLASH, (at(300), at(0)));
    caching.created(name(2), THERE, ("cachedContents/b", 30_000), FLASH, (at(100), at(0)));
    let names = [name(3), name(2), name(1)];
    let found = caching.find(&names, None, at(0)).unwrap();
    assert_eq!((found.place, &*found.cache, found.project, found.tokens), (1, "cachedContents/b", THERE, 30_000));
    assert_eq!(caching.find(&names, Some(HERE), at(0)).unwrap().place, 2, "only there");
    assert_eq!(caching.find(&names, None, at(96)).unwrap().place, 2, "it may be gone on arrival");
    assert!(caching.forget("cachedContents/a") && !caching.forget("cachedContents/a"));
    assert_eq!(caching.find(&names, None, at(96)), None);
}

#[test]
fn a_longer_cache_must_earn_more_than_the_shorter_one_does() {
    let mut caching = caching();
    caching.created(name(1), HERE, ("cachedContents/a", 20_000), FLASH, (at(3_000), at(0)));
    let both = [beginning(1, 20_000), beginning(2, 20_500)];
    for turn in 0..10 {
        assert_eq!(see(&mut caching, &both, None, turn).create, None, "five hundred tokens more are not worth it");
    }
    let both = [beginning(1, 20_000), beginning(3, 80_000)];
    assert!((10..20).any(|turn| see(&mut caching, &both, None, turn).create == Some(1)));
}

#[test]
fn a_cache_is_kept_while_it_is_used_and_let_go_when_it_is_not() {
    let mut caching = caching();
    for turn in 0..3 {
        see(&mut caching, &[beginning(1, 20_000)], None, turn * 30);
    }
    // Used every 30 seconds, so it stays 120 without being used.
    caching.created(name(1), HERE, ("cachedContents/a", 20_000), FLASH, (at(180), at(60)));
    assert_eq!(caching.used("cachedContents/a", at(90)), None, "most of its life is left");
    assert_eq!(caching.used("cachedContents/a", at(125)), Some(120));
    assert_eq!(caching.used("cachedContents/a", at(126)), None, "it is being asked for");
    caching.extended("cachedContents/a", Some(at(1_000)));
    assert!(caching.let_go(at(240)).is_empty());
    assert_eq!(caching.let_go(at(246)), ["cachedContents/a".into()]);
    assert!(caching.is_empty());
    // What Google has forgotten needs no deleting.
    caching.created(name(2), HERE, ("cachedContents/b", 20_000), FLASH, (at(300), at(250)));
    assert!(caching.let_go(at(300)).is_empty());
    assert!(caching.is_empty());
}

#[test]
fn a_cache_that_could_not_be_extended_is_asked_for_again() {
    let mut caching = caching();
    caching.created(name(1), HERE, ("cachedContents/a", 20_000), FLASH, (at(100), at(0)));
    assert!(caching.used("cachedContents/a", at(50)).is_some());
    caching.extended("cachedContents/a", None);
    assert!(caching.used("cachedContents/a", at(51)).is_some());
    assert_eq!(caching.used("cachedContents/unknown", at(51)), None);
}

#[test]
fn no_more_is_held_than_the_policy_says() {
    let mut caching = Caching::new(CachingPolicy { watched: 1_000, held: 1 });
    caching.created(name(9), HERE, ("cachedContents/a", 20_000), FLASH, (at(3_000), at(0)));
    let last = (0..5).map(|turn| see(&mut caching, &[beginning(1, 20_000)], Some(0), turn)).last().unwrap();
    assert_eq!((last.create, last.why), (None, Verdict::Full));
}

proptest! {
    /// Whatever comes: it is bounded, nothing is worth less than nothing, and one beginning is cached once.
    #[test]
    fn any_traffic_is_borne(
        requests in prop::collection::vec((0u8..8, 500u64..60_000, 0u64..60_000, 0i64..2_000, any::<bool>()), 0..200),
    ) {
        let mut caching = Caching::new(CachingPolicy { watched: 5, held: 3 });
        let mut now = 0;
        let mut coming = std::collections::HashSet::new();
        for (number, tokens, implicit, gap, hinted) in requests {
            now += gap;
            let beginnings = [beginning(number, tokens / 2), Beginning { hinted, ..beginning(number + 100, tokens) }];
            let counsel = see(&mut caching, &beginnings, Some(implicit), now);
            prop_assert!(caching.book.watched_count() <= 5);
            if let Some(place) = counsel.create {
                prop_assert!(counsel.benefit > 0.0);
                prop_assert!((60..=3_600).contains(&counsel.life));
                let name = beginnings[place].name;
                if number % 2 == 0 {
                    let cache = format!("cachedContents/{now}-{number}-{place}");
                    caching.created(name, HERE, (&cache, tokens), FLASH, (at(now + 300), at(now)));
                } else {
                    caching.refused(&name, HERE, at(now + 60));
                }
                coming.insert(name);
            }
            prop_assert!(caching.len() <= 3);
            caching.let_go(at(now));
        }
    }
}
