use super::*;

#[test]
fn items_are_found_by_their_id() {
    let list = br#"[{"id":"msg_a_0","text":"a"},{"type":"x"}]"#;
    assert_eq!(item_in(list, "msg_a_0").as_deref(), Some(r#"{"id":"msg_a_0","text":"a"}"#));
    assert_eq!((item_in(list, "msg_a_1"), item_in(b"[", "msg_a_0"), item_in(b"{}", "")), (None, None, None));
}

#[test]
fn what_was_fetched_is_what_is_known() {
    let item = |id: &str| gap_store::dialogues::Item { id: id.to_owned(), item: format!(r#"{{"id":"{id}"}}"#) };
    let dialogue = KnownDialogue { id: "conv_1".to_owned(), items: vec![item("a"), item("b")] };
    let known = Known {
        previous: Some(("resp_1".to_owned(), vec![Bytes::from_static(b"[]")])),
        dialogue: Some(Arc::new(dialogue)),
        items: HashMap::from([("c".to_owned(), "{}".to_owned())]),
        at_hand: None,
    };
    assert_eq!(known.history("resp_1").unwrap().len(), 1);
    assert_eq!((known.history("resp_2"), known.conversation("conv_2")), (None, None));
    assert_eq!(known.conversation("conv_1").unwrap(), [Bytes::from_static(br#"[{"id":"a"},{"id":"b"}]"#)]);
    assert_eq!((known.item("b").unwrap(), known.item("c").unwrap()), (r#"{"id":"b"}"#.to_owned(), "{}".to_owned()));
    assert_eq!(known.item("d"), None);
}
