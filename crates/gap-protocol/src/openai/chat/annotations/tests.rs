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

#[test]
fn what_a_file_search_found_is_cited_with_all_that_is_known_of_it() {
    // wire 118
    let metadata = r#"{"groundingChunks":[
        {"retrievedContext":{"fileSearchStore":"fileSearchStores/s","text":"A passage.","customMetadata":[{"key":"k","stringValue":"v"}]}},
        {"retrievedContext":{"fileSearchStore":"fileSearchStores/s","title":"Notes","text":"Another."}},
        {"retrievedContext":{"uri":"https://files.test/x","title":"X"}},
        {"retrievedContext":{"text":"from nowhere"}}],
      "groundingSupports":[
        {"segment":{"endIndex":3},"groundingChunkIndices":[0,1,2]},
        {"segment":{"startIndex":3,"endIndex":5},"groundingChunkIndices":[0,0]}]}"#;
    let offsets = offsets(&["abcde".to_owned()]);
    let read = |form| {
        let mut annotations = Annotations::new(form);
        annotations.add_grounding(metadata, &offsets);
        let items = String::from_utf8(annotations.json().to_vec()).unwrap();
        serde_json::from_str::<serde_json::Value>(&format!("[{items}]")).unwrap()
    };
    let store = "https://generativelanguage.googleapis.com/v1beta/fileSearchStores/s";
    let found = serde_json::json!({"fileSearchStore": "fileSearchStores/s", "text": "A passage.",
        "customMetadata": [{"key": "k", "stringValue": "v"}]});
    let nested = read(Form::Nested);
    let places: Vec<_> = nested
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let citation = &item["url_citation"];
            assert_eq!(item["type"], "url_citation", "clients that check know no other");
            (
                citation["start_index"].as_u64().unwrap(),
                citation["end_index"].as_u64().unwrap(),
                citation["url"].as_str().unwrap(),
                citation["title"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            (0, 3, store, "fileSearchStores/s"),
            (0, 3, store, "Notes"),
            (0, 3, "https://files.test/x", "X"),
            (3, 5, store, "fileSearchStores/s")
        ]
    );
    assert_eq!(nested[0]["extra_content"]["google"]["retrievedContext"], found);
    assert_eq!(nested[3].get("extra_content"), None, "told once");

    let flat = read(Form::Flat(1));
    assert_eq!(flat[0]["type"], "file_citation");
    assert_eq!((flat[0]["file_id"].as_str(), flat[0]["index"].as_u64()), (Some("fileSearchStores/s"), Some(2)));
    assert_eq!((flat[1]["filename"].as_str(), flat[2]["type"].as_str()), (Some("Notes"), Some("url_citation")));
    assert_eq!(flat[0]["extra_content"]["google"]["retrievedContext"], found);
}
