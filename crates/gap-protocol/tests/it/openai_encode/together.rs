//! Several answers that become one stream.

use gap_protocol::call::ReplyPlan;
use gap_protocol::openai::chat::StreamEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{CREATED, ID, events_of, plan};

/// The parts of a stream, in the order in which `turns` says that their events arrive.
fn together(plan: &ReplyPlan, parts: &[Vec<Value>], turns: &[usize]) -> Vec<Value> {
    let place = |at: usize| u32::try_from(at).unwrap();
    let encoder = |at| StreamEncoder::new(plan.clone(), ID, CREATED).with_place(place(at)).with_estimated_prompt(7);
    let mut encoders: Vec<_> = (0..parts.len()).map(encoder).collect();
    let mut out = Vec::new();
    encoders[0].begin_together(&mut out);
    let mut sent = vec![0; parts.len()];
    let rest = (0..parts.len()).flat_map(|at| std::iter::repeat_n(at, parts[at].len() + 1));
    for at in turns.iter().map(|turn| turn % parts.len()).chain(rest) {
        match parts[at].get(sent[at]) {
            Some(event) => _ = encoders[at].chunk(event.to_string().as_bytes(), &mut out).unwrap(),
            None if sent[at] == parts[at].len() => encoders[at].end(&mut out).unwrap(),
            None => continue,
        }
        sent[at] += 1;
    }
    StreamEncoder::end_together(encoders.iter(), &mut out);
    let frames = events_of(std::str::from_utf8(&out).unwrap());
    let (done, documents) = frames.split_last().unwrap();
    assert_eq!(&done[..], b"[DONE]");
    documents.iter().map(|document| serde_json::from_slice(document).unwrap()).collect()
}

fn says(text: &str) -> Value {
    json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}]})
}

fn calls(name: &str) -> Value {
    json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": name, "args": {}}}], "role": "model"}}]})
}

fn ends(prompt: u64, candidates: u64) -> Value {
    json!({
        "candidates": [{"finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": prompt, "candidatesTokenCount": candidates, "totalTokenCount": prompt + candidates},
    })
}

fn of_choice(documents: &[Value], index: usize) -> impl Iterator<Item = &Value> {
    let choices = documents.iter().flat_map(|document| document["choices"].as_array().unwrap());
    choices.filter(move |choice| choice["index"] == index)
}

#[test]
fn each_is_one_choice_and_their_tokens_are_added() {
    let parts = [vec![says("one"), ends(5, 1)], vec![calls("look"), calls("look"), ends(5, 9)]];
    let documents = together(&plan(), &parts, &[1, 0, 1, 0]);
    let text: String = of_choice(&documents, 0).filter_map(|choice| choice["delta"]["content"].as_str()).collect();
    assert_eq!(text, "one");
    let finishes =
        |at| of_choice(&documents, at).filter_map(|choice| choice["finish_reason"].as_str()).collect::<Vec<_>>();
    assert_eq!((finishes(0), finishes(1)), (vec!["stop"], vec!["tool_calls"]));
    let usage = &documents.last().unwrap()["usage"];
    assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(10), &json!(10)));
    assert!(usage["estimated"].is_null());
}

#[test]
fn calls_of_different_choices_have_different_ids() {
    let parts = [vec![calls("look"), ends(1, 1)], vec![calls("look"), ends(1, 1)]];
    let documents = together(&plan(), &parts, &[]);
    let id = |at| of_choice(&documents, at).find_map(|choice| choice["delta"]["tool_calls"][0]["id"].as_str()).unwrap();
    assert_ne!(id(0), id(1));
}

#[test]
fn a_guess_makes_the_sum_a_guess() {
    let silent = json!({"candidates": [{"finishReason": "STOP"}]});
    let documents = together(&plan(), &[vec![says("12345678"), silent], vec![says("x"), ends(5, 3)]], &[]);
    let usage = &documents.last().unwrap()["usage"];
    assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(12), &json!(5)));
    assert_eq!(usage["estimated"], json!(true));
}

proptest! {
    /// OpenAI's own SDK adds choices to a list: each must begin in its turn, and nothing may follow its end.
    #[test]
    fn whatever_comes_first_every_choice_is_whole(
        texts in prop::collection::vec(prop::collection::vec("[a-z]{1,5}", 0..4), 2..5),
        turns in prop::collection::vec(0_usize..8, 0..20),
    ) {
        let plan = ReplyPlan { candidates: u32::try_from(texts.len()).unwrap(), ..plan() };
        let part = |said: &Vec<String>| said.iter().map(|text| says(text)).chain([ends(1, 1)]).collect::<Vec<_>>();
        let parts: Vec<_> = texts.iter().map(part).collect();
        let documents = together(&plan, &parts, &turns);
        let begun: Vec<_> = documents
            .iter()
            .filter(|document| document["choices"][0]["delta"]["role"] == "assistant")
            .map(|document| document["choices"][0]["index"].as_u64().unwrap())
            .collect();
        prop_assert_eq!(begun, (0..texts.len() as u64).collect::<Vec<_>>());
        for (at, said) in texts.iter().enumerate() {
            let choice: Vec<_> = of_choice(&documents, at).collect();
            let text: String = choice.iter().filter_map(|choice| choice["delta"]["content"].as_str()).collect();
            prop_assert_eq!(text, said.concat());
            let (last, before) = choice.split_last().unwrap();
            prop_assert_eq!(&last["finish_reason"], "stop");
            prop_assert!(before.iter().all(|choice| choice["finish_reason"].is_null()));
        }
    }
}
