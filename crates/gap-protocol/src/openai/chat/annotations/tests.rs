use proptest::prelude::*;

use super::*;

fn offsets(pieces: &[String]) -> Offsets {
    let mut offsets = Offsets::default();
    for piece in pieces {
        offsets.push(Text::of(&serde_json::to_string(piece).unwrap()).unwrap());
    }
    offsets
}

proptest! {
    // wire 118
    #[test]
    fn a_byte_is_found_at_its_character(pieces in proptest::collection::vec("[a-c\"\\\\\n\té€𝄞]{0,6}", 0..6), at in any::<prop::sample::Index>()) {
        let text = pieces.concat();
        let offsets = offsets(&pieces);
        let places: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let at = places[at.index(places.len())];
        prop_assert_eq!(offsets.character(at), text[..at].chars().count());
        prop_assert_eq!(offsets.end(), text.chars().count());
    }

    #[test]
    fn a_place_that_does_not_exist_is_moved_to_one_that_does(pieces in proptest::collection::vec("[aé𝄞]{0,4}", 1..4), at in 0..40_usize) {
        let text = pieces.concat();
        let offsets = offsets(&pieces);
        // Behind a text of ASCII alone there is nothing to move to: its length may still grow.
        prop_assume!(!text.is_ascii());
        let before = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        prop_assert_eq!(offsets.character(at), text[..before].chars().count());
    }
}

#[test]
fn ascii_costs_nothing_to_follow() {
    let offsets = offsets(&["plain \"text\"\n".to_owned(), "and more".to_owned()]);
    assert_eq!(offsets.rest.capacity(), 0);
}

#[test]
fn odd_metadata_gives_what_it_can() {
    let mut annotations = Annotations::default();
    let offsets = offsets(&["abc".to_owned()]);
    for json in
        ["[]", "7", "{", "{\"groundingChunks\":7}", "{\"groundingChunks\":[7,{},{\"web\":7},{\"web\":{\"uri\":7}}]}"]
    {
        annotations.add_grounding(json, &offsets);
        annotations.add_citations(json, &offsets);
    }
    assert_eq!(annotations.json(), b"");
    let odd = r#"{"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":[7,{"segment":{"endIndex":-1}},
        {"groundingChunkIndices":[0]},{"segment":{"startIndex":9,"endIndex":2},"groundingChunkIndices":[0,-1,7,"0"]}]}"#;
    annotations.add_grounding(odd, &offsets);
    let citation: serde_json::Value = serde_json::from_slice(annotations.json()).unwrap();
    assert_eq!(citation["url_citation"]["start_index"], citation["url_citation"]["end_index"]);
}
