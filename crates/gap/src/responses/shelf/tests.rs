use proptest::prelude::*;

use super::*;

const LARGE: KeepPolicy = KeepPolicy { bytes: 1 << 20, count: 100, lifetime: Duration::from_hours(1) };

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 60 * minute).unwrap()
}

fn response(previous: Option<&str>, text: &str) -> KeptResponse {
    KeptResponse {
        previous: previous.map(str::to_owned),
        input: format!(r#"[{{"id":"msg_{text}_i0"}}]"#).into(),
        output: format!(r#"[{{"id":"msg_{text}_0","text":"{text}"}}]"#).into(),
        response: "{}".into(),
    }
}

fn owner(name: &str) -> Arc<str> {
    name.into()
}

#[test]
fn a_chain_is_given_from_its_beginning() {
    let kept = Shelf::new(LARGE);
    let ann = owner("ann");
    kept.keep(&ann, "resp_a", response(None, "a"), at(0));
    kept.keep(&ann, "resp_b", response(Some("resp_a"), "b"), at(0));
    kept.keep(&ann, "resp_c", response(Some("resp_b"), "c"), at(0));
    let chain = kept.chain(&ann, "resp_c", at(1)).unwrap();
    assert_eq!(
        chain.iter().map(|kept| kept.previous.as_deref()).collect::<Vec<_>>(),
        [None, Some("resp_a"), Some("resp_b")]
    );
}

#[test]
fn nobody_sees_anothers() {
    let kept = Shelf::new(LARGE);
    kept.keep(&owner("ann"), "resp_a", response(None, "a"), at(0));
    assert!(kept.find(&owner("bob"), "resp_a", at(0)).is_none());
    assert!(!kept.forget(&owner("bob"), "resp_a", at(0)));
    assert!(kept.chain(&owner("bob"), "resp_a", at(0)).is_none());
    assert!(kept.find(&owner("ann"), "resp_a", at(0)).is_some());
}

#[test]
fn what_is_used_stays_and_what_is_not_goes() {
    let kept = Shelf::new(LARGE);
    let ann = owner("ann");
    kept.keep(&ann, "resp_a", response(None, "a"), at(0));
    kept.keep(&ann, "resp_b", response(Some("resp_a"), "b"), at(30));
    assert!(kept.chain(&ann, "resp_b", at(50)).is_some());
    assert!(kept.chain(&ann, "resp_b", at(100)).is_some(), "used at 50");
    assert!(kept.find(&ann, "resp_a", at(170)).is_none());
}

#[test]
fn a_chain_without_a_link_is_none() {
    let kept = Shelf::new(LARGE);
    let ann = owner("ann");
    kept.keep(&ann, "resp_a", response(None, "a"), at(0));
    kept.keep(&ann, "resp_b", response(Some("resp_a"), "b"), at(0));
    assert!(kept.forget(&ann, "resp_a", at(0)));
    assert!(kept.chain(&ann, "resp_b", at(0)).is_none());
    assert!(kept.find(&ann, "resp_b", at(0)).is_some());
}

#[test]
fn a_chain_that_bites_its_tail_ends() {
    let kept = Shelf::new(LARGE);
    let ann = owner("ann");
    kept.keep(&ann, "resp_a", response(Some("resp_a"), "a"), at(0));
    assert!(kept.chain(&ann, "resp_a", at(0)).is_none());
}

#[test]
fn what_is_larger_than_the_room_is_not_kept() {
    let kept = Shelf::new(KeepPolicy { bytes: 400, ..LARGE });
    let ann = owner("ann");
    kept.keep(&ann, "resp_a", response(None, "a"), at(0));
    kept.keep(&ann, "resp_b", response(None, &"b".repeat(200)), at(0));
    assert!(kept.find(&ann, "resp_a", at(0)).is_some() && kept.len() == 1);
}

proptest! {
    #[test]
    fn no_bound_is_ever_passed(steps in proptest::collection::vec((0u8..4, 0u8..12, 0usize..400), 1..80)) {
        let policy = KeepPolicy { bytes: 2_000, count: 5, lifetime: Duration::from_mins(9) };
        let kept = Shelf::new(policy);
        let ann = owner("ann");
        for (minute, (step, id, size)) in (0..).zip(&steps) {
            let id = format!("resp_{id}");
            match step {
                0 => drop(kept.chain(&ann, &id, at(minute))),
                1 => drop(kept.forget(&ann, &id, at(minute))),
                _ => kept.keep(&ann, &id, response(None, &"x".repeat(*size)), at(minute)),
            }
            let inner = kept.inner();
            let sum: usize = inner.kept.iter().map(|(key, slot)| slot.response.size() + key.1.len()).sum();
            prop_assert_eq!(sum, inner.bytes);
            prop_assert_eq!(inner.order.len(), inner.kept.len());
            prop_assert!(inner.bytes <= policy.bytes && inner.kept.len() <= policy.count);
        }
    }
}
