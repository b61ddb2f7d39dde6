use proptest::prelude::*;

use super::*;

fn filtered(pieces: &[&str]) -> String {
    let mut fence = Fence::default();
    let mut passed: String = pieces.iter().map(|piece| fence.push(piece)).collect();
    passed.push_str(&fence.finish());
    passed
}

#[test]
fn only_a_fence_around_everything_is_taken_off() {
    let cases = [
        ("```json\n{\"a\": 1}\n```", "{\"a\": 1}"),
        ("\n ```\n[1]\n```\n\n", "[1]"),
        ("```json\n{\"a\": \"```\"}\n```", "{\"a\": \"```\"}"),
        ("{\"a\": 1}", "{\"a\": 1}"),
        ("  {\"a\": 1}\n", "  {\"a\": 1}\n"),
        ("Here it is:\n```json\n{}\n```", "Here it is:\n```json\n{}\n```"),
        ("``", "``"),
        ("```", "```"),
        ("", ""),
        (" \n", " \n"),
        // Cut before the end: what is there passes.
        ("```json\n{\"a\":", "{\"a\":"),
        ("```json\n{}\n``", "{}\n``"),
        // No info string is that long.
        (
            "```{\"a\": \"a JSON text directly behind the ticks\"}",
            "```{\"a\": \"a JSON text directly behind the ticks\"}",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(filtered(&[text]), expected, "{text:?}");
    }
}

#[test]
fn text_passes_as_soon_as_it_can() {
    let mut fence = Fence::default();
    assert_eq!(fence.push("```json\n{\"a\": 1,"), "{\"a\": 1,");
    assert_eq!(fence.push(" \"b\": 2} "), " \"b\": 2}");
    let mut plain = Fence::default();
    assert_eq!(plain.push("{"), "{");
    assert_eq!(plain.push("``` "), "``` ");
}

proptest! {
    #[test]
    fn pieces_do_not_matter(text in "[`j \n{}ä]{0,24}", places in proptest::collection::vec(0..24_usize, 0..6)) {
        let mut places: Vec<usize> = places.into_iter().filter(|at| text.is_char_boundary(*at)).collect();
        places.sort_unstable();
        let (mut pieces, mut from) = (Vec::new(), 0);
        for place in places {
            pieces.push(&text[from..place]);
            from = place;
        }
        pieces.push(&text[from..]);
        prop_assert_eq!(filtered(&pieces), filtered(&[&text]));
    }
}
