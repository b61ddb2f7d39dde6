use super::super::list::{CLIENTS, STEPS};
use super::{DOCUMENT, Row, Table};

#[test]
fn a_row_stays_until_its_client_is_tried_again() {
    let (first, second) = (&CLIENTS[0], &CLIENTS[1]);
    let table = |client, said| Table { rows: vec![Row::new(client, said, None)] };
    let before = table(first, "version 1\nok chat\n").document("", "2026-01-01");
    let after = table(second, "version 2\n").document(&before, "2026-01-02");
    assert!(after.contains(&format!("| {} | 1 | 2026-01-01 | ok | FAILED |", first.name)), "{after}");
    assert!(after.contains(&format!("| {} | 2 | 2026-01-02 | FAILED |", second.name)), "{after}");
    let again = table(first, "version 3\n").document(&after, "2026-01-03");
    assert!(!again.contains("2026-01-01"), "{again}");
}

#[test]
fn the_document_has_a_row_for_every_client_and_no_other() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = std::fs::read_to_string(root.join(DOCUMENT)).unwrap();
    let written = Table::default().document(&document, "");
    assert_eq!(document, written, "run `cargo xtask clients --record --only NAME` for what has changed");
    let rows = document.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(rows, CLIENTS.len() + 2, "a head, a rule and the clients");
    assert!(STEPS.iter().all(|(_, name, _)| document.contains(&format!("**{name}**"))));
}
