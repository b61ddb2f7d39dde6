use super::*;

fn leaves(text: &str) -> Vec<(String, usize, Option<String>)> {
    let Ok(leaves) = parse(text) else { panic!("refused") };
    let show = |raw: Raw| match raw {
        Raw::One(text) => text,
        Raw::Many(items) => items.join("|"),
    };
    leaves.into_iter().map(|leaf| (leaf.name, leaf.line, leaf.raw.map(show))).collect()
}

#[test]
fn every_value_has_its_name_and_its_line() {
    let text = "[server]\nport = 0x1F\nhost = \"::\"\n\n[pool]\nkeys = [\"a\", \"b\"]\nmax_wait = 1.5\n[empty]\n";
    let found = leaves(text);
    assert_eq!(found[0], ("server.port".to_owned(), 2, Some("31".to_owned())));
    assert_eq!(found[1], ("server.host".to_owned(), 3, Some("::".to_owned())));
    assert_eq!(found[2], ("pool.keys".to_owned(), 6, Some("a|b".to_owned())));
    assert_eq!(found[4], ("empty".to_owned(), 8, None));
}

#[test]
fn what_is_no_value_is_none() {
    assert_eq!(leaves("[server]\nport = { a = 1 }")[0].2, None);
    assert_eq!(leaves("[pool]\nkeys = [[\"a\"]]")[0].2, None);
}

#[test]
fn toml_that_is_broken_is_refused_without_being_repeated() {
    let Err(errors) = parse("[auth]\npasswords = hunter2\n") else { panic!("taken") };
    assert!(errors.iter().all(|error| error.line == 2 && !error.said.contains("hunter2")));
}
