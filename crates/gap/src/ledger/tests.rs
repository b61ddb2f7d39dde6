use super::*;

#[test]
fn a_name_that_a_client_gave_is_never_the_records() {
    let ours = Uuid::now_v7();
    assert_eq!(record_id(&ours.simple().to_string(), true), ours);
    assert_ne!(record_id(&ours.simple().to_string(), false), ours, "else a repeated name would count once");
    assert_ne!(record_id("my-request", false), record_id("my-request", false));
}

#[test]
fn modalities_are_told_apart_where_there_is_more_than_text() {
    let text = Modalities { text: 5, ..Modalities::default() };
    let mut usage = Usage { prompt: 5, prompt_by_modality: text, ..Usage::default() };
    assert!(by_modality(&usage).is_empty());
    usage.prompt_by_modality.image = 258;
    usage.candidates_by_modality.text = 7;
    let found: Vec<(String, u64)> = by_modality(&usage).into_iter().collect();
    let expected = [("output/text", 7), ("prompt/image", 258), ("prompt/text", 5)];
    assert_eq!(found, expected.map(|(name, tokens)| (name.to_owned(), tokens)));
}
