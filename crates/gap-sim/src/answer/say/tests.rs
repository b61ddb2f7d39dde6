use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn the_pieces_are_the_text(text in any::<String>(), chunks in prop::option::of(1_usize..20), chunk_bytes in prop::option::of(1_usize..20)) {
        let directives = Directives { chunks, chunk_bytes, ..Directives::default() };
        let cuts = cuts(&text, &directives);
        let joined: String = cuts.iter().map(|range| &text[range.clone()]).collect();
        prop_assert_eq!(&joined, &text);
        prop_assert!(cuts.iter().all(|range| !range.is_empty()));
        if let Some(chunks) = chunks {
            prop_assert!(cuts.len() <= chunks);
            let plain = text.is_ascii() && chunk_bytes.is_none();
            prop_assert!(!plain || cuts.len() == chunks.min(text.len()));
        }
    }

    #[test]
    fn prose_is_as_long_as_it_should_be(bytes in 0_usize..500, seed in any::<u64>()) {
        prop_assert_eq!(prose(&mut Dice::new(seed, &[]), bytes).len(), bytes);
    }

    #[test]
    fn limits_hold(text in any::<String>(), most in 1_i64..50, thoughts in 0_u64..40) {
        let mut request = Generate::default();
        request.generation_config.max_output_tokens = Some(most);
        let (kept, limit) = within_limits(text.clone(), &request, thoughts);
        prop_assert!(text.starts_with(&kept));
        prop_assert!(tokens::of_text(&kept) + limit.thoughts <= most.unsigned_abs());
        prop_assert_eq!(limit.reached, kept.len() < text.len() || thoughts > most.unsigned_abs());
    }
}
