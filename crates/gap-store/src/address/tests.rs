use std::path::Path;

use proptest::prelude::*;
use rstest::rstest;

use crate::Address;

#[rstest]
#[case("sqlite://./data/gap.db", "./data/gap.db")]
#[case("sqlite:data/gap.db", "data/gap.db")]
#[case("sqlite://gap.db", "gap.db")]
#[case("sqlite:///var/lib/gap/gap.db", "/var/lib/gap/gap.db")]
#[case("sqlite:///./data/gap.db", "./data/gap.db")]
#[case("sqlite:///../gap.db", "../gap.db")]
#[case("sqlite+aiosqlite:///./data/context_store.db", "./data/context_store.db")]
#[case("sqlite+aiosqlite:///data/gap.db", "data/gap.db")]
#[case("sqlite+aiosqlite:////data/gap.db", "/data/gap.db")]
#[case("SQLite3:gap.db", "gap.db")]
#[case("sqlite://my%20data/gap.db?mode=rwc", "my data/gap.db")]
fn a_file_is_found_in_every_spelling(#[case] url: &str, #[case] path: &str) {
    match url.parse() {
        Ok(Address::File(found)) => assert_eq!(found, Path::new(path)),
        other => panic!("{url}: {other:?}"),
    }
}

#[rstest]
#[case(":memory:")]
#[case("sqlite::memory:")]
#[case("sqlite://:memory:")]
#[case("sqlite:///:memory:")]
#[case("sqlite+aiosqlite:///:memory:")]
#[case("sqlite+aiosqlite://")]
#[case("sqlite:anything?mode=memory")]
fn memory_is_found_in_every_spelling(#[case] url: &str) {
    assert!(url.parse::<Address>().unwrap().is_memory(), "{url}");
}

#[rstest]
#[case("postgresql+asyncpg://gap:hunter2@db.example:6543/gap", "PostgreSQL database gap at db.example:6543")]
#[case("postgres://gap@db.example/store?sslmode=require", "PostgreSQL database store at db.example:5432")]
#[case("postgresql://gap@db.example/store?ssl=require", "PostgreSQL database store at db.example:5432")]
fn a_server_is_found_and_shown_without_its_password(#[case] url: &str, #[case] shown: &str) {
    let address: Address = url.parse().unwrap();
    assert_eq!(address.to_string(), shown);
    assert!(address.is_shared());
    assert!(!format!("{address:?}").contains("hunter2"));
}

#[rstest]
#[case("", "it has no scheme")]
#[case("./data/gap.db", "it has no scheme")]
#[case("mysql://root:hunter2@db.example/gap", "neither sqlite nor postgresql")]
#[case("sqlite:", "names no file")]
#[case("sqlite://", "names no file")]
#[case("sqlite:///", "names no file")]
#[case("sqlite://./data/", "names a folder")]
#[case("postgresql:hunter2", "no //")]
#[case("postgresql://gap:hunter2@db.example:port/gap", "postgresql://user:password@host")]
#[case("sqlite://gap.db?mode=ro", "GAP writes")]
#[case("sqlite://%ff.db", "not UTF-8")]
fn nonsense_is_refused_without_repeating_it(#[case] url: &str, #[case] expected: &str) {
    let error = url.parse::<Address>().unwrap_err();
    let said = format!("{error} {error:?} {}", error.remedy());
    assert!(said.contains(expected), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

proptest! {
    #[test]
    fn any_text_is_understood_or_refused(url in "(sqlite|postgresql|sqlite\\+x|.{0,8})?:?/{0,4}.{0,40}") {
        if let Ok(address) = url.parse::<Address>() {
            let _ = address.to_string();
        }
    }
}
