use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::chain::Digest;

// === fit ===

fn question(tokens: u64) -> Turn {
    Turn { tokens, ..Turn::default() }
}

fn answer(tokens: u64) -> Turn {
    Turn { is_models: true, tokens, ..Turn::default() }
}

fn call(names: &[&str], tokens: u64) -> Turn {
    let calls = names.iter().map(ToString::to_string).collect();
    Turn { is_models: true, calls, is_signed: true, tokens, ..Turn::default() }
}

fn result(names: &[&str], tokens: u64) -> Turn {
    Turn { results: names.iter().map(ToString::to_string).collect(), tokens, ..Turn::default() }
}

const WIDE: Room = Room { window: Some(1_000_000), margin: 0, cap: 1_000_000, own: 0 };

#[test]
fn whole_groups_go_the_oldest_first() {
    let history = [
        question(10),
        answer(10),
        question(10),
        call(&["f"], 10),
        result(&["f"], 10),
        answer(10),
        question(10),
        answer(10),
    ];
    let with = |cap| fit(&history, &[question(5)], &Room { cap, ..WIDE }).unwrap();
    assert_eq!(with(80), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(with(79), [2, 3, 4, 5, 6, 7]);
    assert_eq!(with(59), [6, 7], "a call with its result, or neither");
    assert_eq!(with(19), [] as [usize; 0]);
}

#[test]
fn the_window_counts_what_the_client_sends() {
    let history = [question(10), answer(10)];
    let with = |own, margin| fit(&history, &[question(own)], &Room { window: Some(100), margin, cap: 1_000, own });
    assert_eq!(with(70, 10), Ok(vec![0, 1]));
    assert_eq!(with(71, 10), Ok(vec![]));
    assert_eq!(with(90, 10), Ok(vec![]));
    assert_eq!(with(91, 10), Err(TooLong { needed: 91, limit: 90 }));
    // Nobody knows how much an unknown model takes; it is asked.
    let unknown = Room { window: None, margin: 10, cap: 100, own: 500 };
    assert_eq!(fit(&history, &[question(500)], &unknown), Ok(vec![]));
    assert_eq!(fit(&history, &[question(1)], &Room { own: 70, ..unknown }), Ok(vec![0, 1]));
}

#[test]
fn a_result_brings_its_call_along() {
    let history = [question(10), call(&["f"], 10), question(10), answer(10)];
    let results = [result(&["f"], 5)];
    assert_eq!(fit(&history, &results, &WIDE), Ok(vec![2, 3, 0, 1]), "the call stands right before its result");
    assert_eq!(fit(&history, &results, &Room { cap: 10, ..WIDE }), Ok(vec![0, 1]), "whatever the cap");
    let tight = Room { window: Some(30), own: 15, ..WIDE };
    assert_eq!(fit(&history, &results, &tight), Err(TooLong { needed: 35, limit: 30 }));
    assert_eq!(fit(&history, &[question(5)], &WIDE), Ok(vec![0, 2, 3]), "a call that nobody answers is not repeated");
    assert_eq!(
        fit(&history, &[result(&["g"], 5)], &WIDE),
        Ok(vec![0, 2, 3]),
        "nor one that somebody else's result meets"
    );
}

#[test]
fn results_that_came_late_go_back_to_their_calls() {
    let history = [question(1), call(&["f"], 1), question(1), answer(1), result(&["f"], 1), answer(1)];
    assert_eq!(fit(&history, &[question(1)], &WIDE), Ok(vec![2, 3, 0, 1, 4, 5]));
    let orphans = [result(&["f"], 1), answer(1), question(1), answer(1)];
    assert_eq!(fit(&orphans, &[question(1)], &WIDE), Ok(vec![2, 3]));
}

/// A piece of somebody's talk that is kept at once.
#[derive(Clone, Debug)]
struct Exchange {
    talk: usize,
    turns: Vec<Turn>,
}

/// Talks that go on side by side, as turns that are asked for at the same time do: each valid by itself.
fn talks() -> impl Strategy<Value = Vec<Exchange>> {
    let rounds = prop::collection::vec((0..3_usize, any::<bool>()), 1..6);
    let sizes = prop::collection::vec(0..200_u64, 64);
    (prop::collection::vec(rounds, 0..5), sizes, prop::collection::vec(any::<prop::sample::Index>(), 64)).prop_map(
        |(talks, sizes, order)| {
            let mut sizes = sizes.into_iter().cycle();
            let mut size = move || sizes.next().unwrap();
            let mut waiting: Vec<Vec<Exchange>> = Vec::new();
            for (talk, rounds) in talks.iter().enumerate() {
                let mut exchanges = Vec::new();
                let mut open: Option<Vec<&str>> = None;
                for (calls, doubled) in rounds {
                    let mut turns = Vec::new();
                    match open.take() {
                        Some(names) => turns.push(result(&names, size())),
                        None => turns.push(question(size())),
                    }
                    if *doubled && !turns[0].is_result() {
                        turns.push(question(size()));
                    }
                    let names: Vec<&str> = ["f", "g"].into_iter().take(*calls).collect();
                    if names.is_empty() {
                        turns.push(answer(size()));
                    } else {
                        turns.push(call(&names, size()));
                        open = Some(names);
                    }
                    exchanges.push(Exchange { talk, turns });
                }
                exchanges.reverse();
                waiting.push(exchanges);
            }
            let mut said = Vec::new();
            for index in order.iter().cycle() {
                waiting.retain(|talk| !talk.is_empty());
                if waiting.is_empty() {
                    break;
                }
                let at = index.index(waiting.len());
                said.extend(waiting[at].pop());
            }
            said
        },
    )
}

/// What Google takes, told once more and in other words (wire 43, 65).
fn is_valid(turns: &[&Turn]) -> Result<(), String> {
    for (at, turn) in turns.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| turns[before]);
        if !turn.calls.is_empty() && before.is_none_or(|before| before.is_models) {
            return Err(format!("turn {at} calls, and follows no question and no result"));
        }
        if !turn.results.is_empty() && before.is_none_or(|before| before.calls != turn.results) {
            return Err(format!("turn {at} is a result without its call"));
        }
        let after = turns.get(at + 1);
        if !turn.calls.is_empty() && after.is_none_or(|after| after.results != turn.calls) {
            return Err(format!("turn {at} calls, and its result is missing"));
        }
    }
    Ok(())
}

/// Where the last group begins: with the first of its questions.
fn last_group(history: &[Turn], sent: &[usize]) -> usize {
    let is_question = |turn: usize| !history[turn].is_models && !history[turn].is_result();
    let mut begin = sent.iter().rposition(|turn| is_question(*turn)).unwrap();
    while begin > 0 && is_question(sent[begin - 1]) && sent[begin - 1] + 1 == sent[begin] {
        begin -= 1;
    }
    begin
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sent_is_valid_within_the_limit_and_as_long_as_possible(
        talks in talks(),
        window in prop::option::weighted(0.9, 0..3_000_u64),
        margin in 0..100_u64,
        cap in 0..3_000_u64,
        newest in 0..200_u64,
        answers in any::<bool>(),
    ) {
        let history: Vec<Turn> = talks.iter().flat_map(|exchange| exchange.turns.clone()).collect();
        let open: Vec<Vec<String>> = (0..5)
            .filter_map(|talk| talks.iter().rfind(|exchange| exchange.talk == talk))
            .filter_map(|exchange| exchange.turns.last())
            .filter(|turn| !turn.calls.is_empty())
            .map(|turn| turn.calls.clone())
            .collect();
        let incoming = match open.first().filter(|_| answers) {
            Some(names) => Turn { results: names.clone(), tokens: newest, ..Turn::default() },
            None => question(newest),
        };
        let room = Room { window, margin, cap, own: newest };
        let all = fit(&history, std::slice::from_ref(&incoming), &WIDE).unwrap();
        let sent = match fit(&history, std::slice::from_ref(&incoming), &room) {
            Ok(sent) => sent,
            Err(TooLong { needed, limit }) => {
                prop_assert!(needed > limit && limit == window.unwrap() - margin.min(window.unwrap()));
                return Ok(());
            }
        };
        let cost = |turns: &[usize]| turns.iter().map(|turn| history[*turn].tokens).sum::<u64>();
        let mut request: Vec<&Turn> = sent.iter().map(|turn| &history[*turn]).collect();
        request.push(&incoming);
        // The newest turn is in it, to the letter, and nothing is doubled.
        let mut once = sent.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), sent.len());
        prop_assert!(is_valid(&request).is_ok(), "{:?}: {:?}", is_valid(&request), request);
        let limit = window.map_or(cap.saturating_sub(margin), |window| window.saturating_sub(margin));
        let must = if incoming.results.is_empty() {
            0
        } else {
            cost(&sent[last_group(&history, &sent)..])
        };
        prop_assert!(cost(&sent) <= must.max(cap));
        prop_assert!(window.is_none() || cost(&sent) + newest <= limit);
        // What was left out stands before all that was not, and not a group more would have fitted.
        prop_assert!(all.ends_with(&sent), "{all:?} {sent:?}");
        let dropped = &all[..all.len() - sent.len()];
        if !dropped.is_empty() {
            let with = cost(&sent) + cost(&dropped[last_group(&history, dropped)..]);
            prop_assert!(with > cap.max(must) || with + newest > limit, "{with} of {cap} and {limit} would have fitted");
        }
    }

    #[test]
    fn a_history_is_never_doubled(words in prop::collection::vec(0..4_u8, 1..12), cut in any::<prop::sample::Index>()) {
        // Question and answer in turn, from few words, so that much is said more than once.
        let kept: Vec<Kept> = words.iter().enumerate().map(|(at, word)| tell(at, *word + 10 * u8::from(at % 2 == 1), at % 2 == 1)).collect();
        let mut said: Vec<Said> = kept.iter().map(said_again).collect();
        if kept.len() % 2 == 1 {
            return Ok(());
        }
        said.push(Said { digest: [99; 16], is_models: false });
        let whole = recognise(&kept, kept.len(), &said);
        prop_assert_eq!((whole.kind, whole.known.len(), whole.history.len()), (Kind::Resent, kept.len(), 0));
        // The newest alone, or with the latest turns.
        let from = cut.index(said.len());
        let latest = recognise(&kept, kept.len(), &said[from..]);
        let sent: Vec<Digest> = latest.history.iter().map(|number| kept[number - 1].digest)
            .chain(said[from..].iter().map(|said| said.digest)).collect();
        let all: Vec<Digest> = said.iter().map(|said| said.digest).collect();
        // Where the latest turns happen to be the beginning, they are taken for it.
        if latest.kind == Kind::Continued {
            prop_assert_eq!(sent, all);
        } else {
            prop_assert!(latest.history.is_empty());
        }
    }
}

// === recognise ===

fn tell(parent: usize, word: u8, is_models: bool) -> Kept {
    Kept { parent, digest: [word; 16], is_models }
}

fn said_again(kept: &Kept) -> Said {
    Said { digest: kept.digest, is_models: kept.is_models }
}

fn user(word: u8) -> Said {
    Said { digest: [word; 16], is_models: false }
}

fn model(word: u8) -> Said {
    Said { digest: [word; 16], is_models: true }
}

/// Questions are odd, answers even.
fn talk() -> Vec<Kept> {
    vec![tell(0, 1, false), tell(1, 2, true), tell(2, 3, false), tell(3, 4, true)]
}

#[test]
fn the_newest_turn_alone_is_completed() {
    let found = recognise(&talk(), 4, &[user(5)]);
    let expected =
        Recognised { kind: Kind::Continued, history: vec![1, 2, 3, 4], known: vec![], parent: 4, follows_head: true };
    assert_eq!(found, expected);
    assert_eq!(recognise(&talk(), 4, &[user(3)]), expected, "people say `go on` twice");
    assert_eq!(recognise(&talk(), 4, &[user(1)]), expected);
    assert_eq!(recognise(&[], 0, &[user(1)]).kind, Kind::New);
}

#[test]
fn a_first_question_that_comes_again_is_asked_again() {
    for kept in [&talk()[..1], &talk()[..2]] {
        let found = recognise(kept, kept.len(), &[user(1)]);
        assert_eq!((found.kind, found.parent, found.history.len()), (Kind::Resent, 1, 0));
    }
}

#[test]
fn a_resent_history_is_known() {
    let found = recognise(&talk(), 4, &[user(1), model(2), user(3), model(4), user(5)]);
    let expected =
        Recognised { kind: Kind::Resent, history: vec![], known: vec![1, 2, 3, 4], parent: 4, follows_head: false };
    assert_eq!(found, expected);
    let again = recognise(&talk(), 4, &[user(1), model(2), user(3)]);
    assert_eq!((again.kind, again.parent), (Kind::Resent, 3), "another answer to the last question");
}

#[test]
fn an_edited_history_branches_where_it_was_edited() {
    let found = recognise(&talk(), 4, &[user(1), model(2), user(7)]);
    assert_eq!((found.kind, found.parent, found.known), (Kind::Branched, 2, vec![1, 2]));
    let found = recognise(&talk(), 4, &[user(9), model(2), user(3), model(4), user(5)]);
    assert_eq!((found.kind, found.parent), (Kind::Branched, 0));
    // And goes on there.
    let mut kept = talk();
    kept.extend([tell(2, 7, false), tell(5, 8, true)]);
    let found = recognise(&kept, 6, &[user(1), model(2), user(7), model(8), user(9)]);
    assert_eq!((found.kind, found.parent), (Kind::Resent, 6));
    assert_eq!(recognise(&kept, 6, &[user(9)]).history, [1, 2, 5, 6]);
    let back = recognise(&kept, 6, &[user(1), model(2), user(3), model(4), user(9)]);
    assert_eq!((back.kind, back.parent), (Kind::Branched, 4), "back to the branch before");
}

#[test]
fn the_latest_turns_are_found_at_the_end() {
    let found = recognise(&talk(), 4, &[user(3), model(4), user(5)]);
    let expected =
        Recognised { kind: Kind::Continued, history: vec![1, 2], known: vec![3, 4], parent: 4, follows_head: true };
    assert_eq!(found, expected);
}

#[test]
fn of_branches_that_begin_alike_the_longest_is_meant() {
    let kept =
        [tell(0, 1, false), tell(1, 2, true), tell(0, 1, false), tell(3, 2, true), tell(4, 3, false), tell(5, 4, true)];
    let found = recognise(&kept, 2, &[user(1), model(2), user(3), model(4), user(5)]);
    assert_eq!(found.known, [3, 4, 5, 6]);
}

#[test]
fn damaged_turns_keep_nobody_for_ever() {
    let kept = [tell(2, 1, false), tell(1, 2, true)];
    assert_eq!(recognise(&kept, 2, &[user(3)]).kind, Kind::Continued);
    assert_eq!(recognise(&kept, 77, &[user(3)]).kind, Kind::New);
}

// === splice ===

#[test]
fn turns_go_in_and_everything_else_stays() {
    let body = br#" { "contents" : [ {"parts":[{"text":"new"}]} ] , "future": 1.0e5 } "#;
    let additions = Additions {
        before: vec![r#"{"parts":[{"text":"old"}]}"#, r#"{"role":"model","parts":[]}"#],
        instead: vec![],
        system: Some(r#"{"parts":[{"text":"Be short."}]}"#),
    };
    let spliced = String::from_utf8(splice(body, &additions).unwrap()).unwrap();
    assert_eq!(
        spliced,
        r#"{"systemInstruction":{"parts":[{"text":"Be short."}]}, "contents" : [{"parts":[{"text":"old"}]},{"role":"model","parts":[]},{"parts":[{"text":"new"}]}] , "future": 1.0e5 } "#
    );
    let lone =
        splice(br#"{"contents":{"parts":[]}}"#, &Additions { before: vec!["1"], ..Additions::default() }).unwrap();
    assert_eq!(lone, br#"{"contents":[1,{"parts":[]}]}"#);
    let instead = Additions { instead: vec![None, Some("2"), None], ..Additions::default() };
    assert_eq!(splice(br#"{"contents":[1,1,1]}"#, &instead).unwrap(), br#"{"contents":[1,2,1]}"#);
    for body in [&b"{}"[..], b"[", b"[]", b"\xff"] {
        assert_eq!(splice(body, &additions), None);
    }
    assert!(Additions { instead: vec![None], ..Additions::default() }.is_empty());
}

// === reply ===

fn chunk(parts: &Value) -> Vec<u8> {
    json!({ "candidates": [{ "content": { "role": "model", "parts": parts } }] }).to_string().into_bytes()
}

#[test]
fn pieces_become_one_turn() {
    let mut reply = ReplyParts::default();
    reply.chunk(&chunk(&json!([{ "text": "Hm", "thought": true }])));
    reply.chunk(&chunk(&json!([{ "text": ".", "thought": true }, { "text": "It is " }])));
    reply.chunk(&chunk(&json!([{ "text": "\"5\".\n" }, { "text": "" }])));
    reply.chunk(b"no JSON");
    reply.chunk(&chunk(&json!([{ "functionCall": { "name": "f", "args": { "a": 1 } }, "thoughtSignature": "c2ln" }])));
    reply.chunk(&chunk(&json!([{ "text": "", "thoughtSignature": "c2ln" }])));
    assert!(!reply.is_whole());
    reply.chunk(
        br#"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3}}"#,
    );
    assert!(reply.is_whole());
    assert_eq!(reply.tokens(), (Some(7), Some(3)));
    let turn: Value = serde_json::from_str(&reply.finish().unwrap()).unwrap();
    let parts = json!([
        { "text": "Hm.", "thought": true },
        { "text": "It is \"5\".\n" },
        { "functionCall": { "name": "f", "args": { "a": 1 } }, "thoughtSignature": "c2ln" },
        { "text": "", "thoughtSignature": "c2ln" },
    ]);
    assert_eq!(turn, json!({ "role": "model", "parts": parts }));
    let turn = Turn::read(&turn.to_string(), 9).unwrap();
    assert!(turn.is_signed && turn.is_models && turn.calls == ["f"]);
    assert_eq!(ReplyParts::default().finish(), None);
}

#[test]
fn an_answer_without_end_is_cut() {
    let mut reply = ReplyParts::default();
    let large = chunk(&json!([{ "text": "a".repeat(MOST_REPLY / 3) }]));
    for _ in 0..4 {
        reply.chunk(&large);
    }
    reply.chunk(br#"{"candidates":[{"finishReason":"STOP"}]}"#);
    assert!(reply.is_finished() && !reply.is_whole());
    assert!(reply.finish().unwrap().len() <= MOST_REPLY + 100);
}
