//! Every recorded answer, counted on both sides.

use gap_protocol::meter::Framing;
use gap_protocol::openai::chat::EncodeError;
use serde_json::{Value, json};

use super::{account, ask, check_stream, events, plain, stream, unary};
use crate::openai_encode::accounting;
use crate::openai_encode::recordings::{accounting_is_open, answers, chunks, is_special};
use crate::openai_encode::schema::Schemas;
use crate::support::recording;

/// The ways in which a client may ask: ids that carry signatures, and reasoning items that do.
fn plans() -> [Value; 2] {
    [json!({}), json!({"include": ["reasoning.encrypted_content"], "store": false})]
}

#[test]
fn nothing_is_lost_and_a_stream_adds_up_to_the_body() {
    let schemas = Schemas::load();
    for recording in answers() {
        if is_special(&recording) {
            continue;
        }
        let chunks = chunks(&recording);
        let expected = account::of_gemini(&accounting::of_gemini(&recording.events));
        for (number, request) in plans().into_iter().enumerate() {
            let request = ask(super::MODEL, request).decoded();
            let plan = request.decoded.call().plan.clone();
            let response = unary(&plan, &request.plan, &chunks, recording.framing != Framing::Json);
            let response = response.unwrap_or_else(|error| panic!("{}: {error}", recording.id));
            assert_eq!(account::of_response(&response), expected, "{}", recording.id);
            assert_eq!(schemas.faults("Response", &response), Vec::<String>::new(), "{}", recording.id);
            if accounting_is_open(&recording) {
                continue;
            }
            let frames = stream(&plan, &request.plan, &chunks).unwrap();
            let events = events(&frames);
            check_stream(&events, &response);
            // Both have the same kinds of events.
            for event in events.iter().filter(|_| number == 0) {
                assert_eq!(schemas.faults_of_event(event), Vec::<String>::new(), "{}", recording.id);
            }
        }
    }
}

#[test]
fn sources_are_where_they_are_in_chat_completions() {
    // wire 118
    let mut seen = 0;
    for recording in answers() {
        let expected = accounting::of_gemini(&recording.events);
        let Some(choice) = expected.choices.get(&0).filter(|choice| !choice.citations.is_empty()) else { continue };
        let (plan, extra) = plain();
        let response = unary(&plan, &extra, &chunks(&recording), recording.framing != Framing::Json).unwrap();
        let messages: Vec<&Value> =
            response["output"].as_array().unwrap().iter().filter(|item| item["type"] == "message").collect();
        let [message] = messages.as_slice() else { continue };
        let annotations = message["content"][0]["annotations"].as_array().unwrap();
        let found: std::collections::BTreeSet<(usize, usize, String)> = annotations
            .iter()
            .filter(|annotation| annotation["type"] != "file_citation")
            .map(|annotation| {
                assert_eq!(annotation["type"], "url_citation");
                let place = |key: &str| usize::try_from(annotation[key].as_u64().unwrap()).unwrap();
                (place("start_index"), place("end_index"), annotation["url"].as_str().unwrap().to_owned())
            })
            .collect();
        let on_the_web = choice.citations.iter().filter(|(_, _, url)| !url.contains("/fileSearchStores/"));
        assert_eq!(found, on_the_web.cloned().collect(), "{}", recording.id);
        seen += 1;
    }
    assert!(seen == 0 || seen > 20, "only {seen}");
}

#[test]
fn recorded_errors_are_handed_over() {
    // wire 1, wire 25
    let (plan, extra) = plain();
    for recording in recording::all() {
        if !recording.path.ends_with("enerateContent") || recording.framing == Framing::Sse {
            continue;
        }
        if recording.events.first().and_then(|event| event.get("error")).is_none() {
            continue;
        }
        let error = stream(&plan, &extra, &[recording.bytes.as_bytes()]).unwrap_err();
        assert!(matches!(error, EncodeError::Upstream(_)), "{}", recording.id);
    }
}
