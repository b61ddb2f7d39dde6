use proptest::prelude::*;

use super::*;
use crate::fault::{After, Split};

fn pieces(events: &[Vec<u8>]) -> Pieces {
    let events: Vec<Piece> = events.iter().map(|event| Piece::Bytes(event.clone().into())).collect();
    Box::new(events.into_iter())
}

fn bytes(pieces: Pieces) -> Vec<u8> {
    let bytes = pieces.filter_map(|piece| match piece {
        Piece::Bytes(bytes) => Some(bytes),
        Piece::Pause(_) | Piece::Cut => None,
    });
    bytes.flatten().collect()
}

proptest! {
    #[test]
    fn however_it_is_split_it_is_the_same(
        events in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..10),
        sizes in prop::collection::vec(1_usize..20, 1..5),
    ) {
        let whole: Vec<u8> = events.concat();
        prop_assert_eq!(bytes(misshapen(pieces(&events), Script::Split(Split { sizes: sizes.clone() }), vec![])), whole);
        let mut expected = sizes.iter().copied().cycle();
        let cut = misshapen(pieces(&events), Script::SlowDrip(Drip { bytes: sizes[0], delay_ms: 1 }), vec![]);
        let longest = cut.filter_map(|piece| match piece {
            Piece::Bytes(bytes) => Some(bytes.len()),
            Piece::Pause(_) | Piece::Cut => None,
        });
        prop_assert!(longest.max().unwrap_or_default() <= expected.next().unwrap_or_default());
    }

    #[test]
    fn what_breaks_off_is_a_beginning(
        events in prop::collection::vec(prop::collection::vec(any::<u8>(), 2..50), 0..10),
        after in 0_u64..12,
    ) {
        let whole: Vec<u8> = events.concat();
        let at = After { after };
        for script in [Script::CutBetweenEvents(at), Script::CutInsideEvent(at), Script::EndBetweenEvents(at), Script::EndInsideEvent(at)] {
            let cut = bytes(misshapen(pieces(&events), script.clone(), vec![]));
            prop_assert!(whole.starts_with(&cut));
            let untouched: usize = events.iter().take(usize::try_from(after).unwrap()).map(Vec::len).sum();
            prop_assert!(cut.len() >= untouched);
            let ends_with_cut = misshapen(pieces(&events), script.clone(), vec![]).last() == Some(Piece::Cut);
            prop_assert_eq!(ends_with_cut, matches!(script, Script::CutBetweenEvents(_) | Script::CutInsideEvent(_)));
        }
    }
}
