use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::call::ReplyPlan;
use crate::models::ModelTable;
use crate::openai::chat::{DecodeContext, DecodeOptions, EncodeError, NoMemory};

fn with<T>(use_it: impl FnOnce(&DecodeContext<'_>) -> T) -> T {
    let models = ModelTable::built_in().unwrap();
    use_it(&DecodeContext { models: &models, memory: &NoMemory, options: DecodeOptions::default() })
}

fn text_chunk(text: &str, last: bool) -> String {
    let mut chunk = json!({"candidates": [{"content": {"parts": [{"text": text}]}, "index": 0}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12}});
    if last {
        chunk["candidates"][0]["finishReason"] = "STOP".into();
    }
    chunk.to_string()
}

fn unary(plan: &Plan, chunks: &[String]) -> Result<Bytes, EncodeError> {
    let mut encoder = UnaryEncoder::new(plan.clone(), ReplyPlan::default(), "id", 1);
    chunks.iter().try_for_each(|chunk| encoder.chunk(chunk.as_bytes()))?;
    encoder.end(true)
}

fn events(plan: &Plan, chunks: &[String]) -> Result<Vec<Value>, EncodeError> {
    let mut encoder = StreamEncoder::new(plan.clone(), ReplyPlan::default(), "id", 1);
    let mut out = Vec::new();
    chunks.iter().try_for_each(|chunk| encoder.chunk(chunk.as_bytes(), &mut out))?;
    encoder.end(&mut out)?;
    let text = String::from_utf8(out).unwrap();
    let data = text.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap());
    Ok(data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect())
}

#[test]
fn what_is_withheld_is_a_refusal_and_silence_is_not() {
    let blocked = [json!({"promptFeedback": {"blockReason": "SAFETY"}}).to_string()];
    let silent = [json!({"candidates": [{"finishReason": "STOP"}]}).to_string()];
    let speech = Plan::Speech(AudioFormat::Wav);
    let transcript = Plan::Transcript(Transcript::Json);
    for plan in [&speech, &transcript] {
        let Err(EncodeError::Upstream(error)) = unary(plan, &blocked) else { panic!("{plan:?}") };
        assert!(error.contains("SAFETY") && error.contains("INVALID_ARGUMENT"), "{error}");
        assert!(matches!(events(plan, &blocked), Err(EncodeError::Upstream(_))));
    }
    assert_eq!(unary(&speech, &silent), Err(EncodeError::Nothing));
    let nothing: Value = serde_json::from_slice(&unary(&transcript, &silent).unwrap()).unwrap();
    assert_eq!(nothing["text"], "", "nothing was said in the recording");
}

#[test]
fn subtitles_that_were_cut_are_none() {
    let cut = [text_chunk("{\"segments\": [{\"start\": 0,", true)];
    for form in [Transcript::Srt, Transcript::Vtt, Transcript::Verbose { task: "transcribe" }] {
        assert_eq!(unary(&Plan::Transcript(form), &cut), Err(EncodeError::Truncated));
    }
}

#[test]
fn a_stream_that_broke_off_is_no_transcript() {
    let begun = [text_chunk("half a", false)];
    assert_eq!(events(&Plan::Transcript(Transcript::Json), &begun), Err(EncodeError::Truncated));
    assert_eq!(events(&Plan::Completion { echo: None }, &begun), Err(EncodeError::Truncated));
}

fn chunks_of(text: &str, cuts: &[prop::sample::Index]) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(letters.len() + 1)).collect();
    places.extend([0, letters.len()]);
    places.sort_unstable();
    let pieces: Vec<String> = places.windows(2).map(|pair| letters[pair[0]..pair[1]].iter().collect()).collect();
    let last = pieces.len() - 1;
    pieces.iter().enumerate().map(|(place, piece)| text_chunk(piece, place == last)).collect()
}

proptest! {
    #[test]
    fn a_body_is_the_sum_of_its_stream(text in "\\PC{1,40}\n?[\"\\\\]?", cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let chunks = chunks_of(&text, &cuts);
        let plan = Plan::Completion { echo: Some("a \"b\" ".to_owned()) };
        let whole: Value = serde_json::from_slice(&unary(&plan, &chunks).unwrap()).unwrap();
        let pieces = events(&plan, &chunks).unwrap();
        let sum: String = pieces.iter().filter_map(|piece| piece["choices"][0]["text"].as_str()).collect();
        prop_assert_eq!(&sum, &format!("a \"b\" {text}"));
        prop_assert_eq!(whole["choices"][0]["text"].as_str().unwrap(), sum);

        let plan = Plan::Transcript(Transcript::Json);
        let whole: Value = serde_json::from_slice(&unary(&plan, &chunks).unwrap()).unwrap();
        let done = events(&plan, &chunks).unwrap().pop().unwrap();
        prop_assert_eq!(&whole["text"], &json!(text));
        prop_assert_eq!(&done["text"], &json!(text));
        let bare = unary(&Plan::Transcript(Transcript::Text), &chunks).unwrap();
        prop_assert_eq!(bare.to_vec(), format!("{text}\n").into_bytes());
    }

    #[test]
    fn any_text_with_times_becomes_sound_subtitles(texts in proptest::collection::vec(("\\PC{0,30}", -5.0..1e9_f64, any::<f64>()), 0..5)) {
        let segments: Vec<Value> = texts.iter().map(|(text, start, end)| json!({"text": text, "start": start, "end": end})).collect();
        let answer = json!({"language": "english", "duration": 1, "segments": segments}).to_string();
        let chunks = [text_chunk(&answer, true)];
        let vtt = match unary(&Plan::Transcript(Transcript::Vtt), &chunks) {
            Ok(vtt) => String::from_utf8(vtt.to_vec()).unwrap(),
            // An end that is no number.
            Err(error) => { prop_assert_eq!(error, EncodeError::Truncated); return Ok(()) }
        };
        prop_assert_eq!(vtt.matches(" --> ").count(), texts.len());
        let verbose = unary(&Plan::Transcript(Transcript::Verbose { task: "transcribe" }), &chunks).unwrap();
        prop_assert!(serde_json::from_slice::<Value>(&verbose).is_ok());
    }

    #[test]
    fn any_request_becomes_json_or_an_error(name in "[a-z_]{1,12}", value in prop_oneof![Just(json!(null)), Just(json!([1, "a"])), Just(json!({"a": 1})), Just(json!("x")), Just(json!(7)), Just(json!(true))]) {
        let mut request = json!({"model": "gemini-2.5-flash", "prompt": "a", "input": "a", "voice": "Kore"});
        for name in [name.as_str(), "suffix", "voice", "n", "stop"] {
            request[name] = value.clone();
            let body = request.to_string();
            with(|context| {
                if let Ok((decoded, _)) = completions::decode_for(body.as_bytes(), None, context) {
                    assert!(serde_json::from_slice::<Value>(&decoded.call().body).is_ok());
                }
                let spoken = speech::decode_for(body.as_bytes(), Some("gemini-2.5-flash-preview-tts"), context);
                if let Ok((decoded, _)) = spoken {
                    assert!(serde_json::from_slice::<Value>(&decoded.call().body).is_ok());
                }
            });
        }
    }
}
