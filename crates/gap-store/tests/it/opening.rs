//! Opening: folders, files, servers, and what is said when it does not work.

use std::path::PathBuf;
use std::time::Duration;

use gap_store::{Address, Options, Store, StoreError, latest_schema};
use rstest::rstest;

use crate::support::{On, SECRET, TestDb, now, secrets};

async fn open_error(address: Address) -> StoreError {
    let options = Options { connect_timeout: Duration::from_millis(200), ..Options::new(address, secrets(SECRET)) };
    Store::open(options, now()).await.unwrap_err()
}

#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    let db = TestDb::new(On::File).await.unwrap();
    let store = db.open().await;
    store.check().await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(db.folder.path().join("data")), 0o700);
        for entry in std::fs::read_dir(db.folder.path().join("data")).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(path.clone()), 0o600, "{}", path.display());
        }
    }
    store.close().await;
}

#[rstest]
#[case::below_a_file("file/data/gap.db")]
#[case::a_folder("folder")]
#[tokio::test]
async fn a_place_that_cannot_be_written_is_named(#[case] place: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let error = open_error(Address::File(folder.path().join(place))).await;
    assert!(matches!(error, StoreError::Unwritable { .. }), "{error:?}");
    assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    assert!(error.remedy().contains("DATABASE_URL"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_may_only_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let db = TestDb::new(On::File).await.unwrap();
    db.open().await.close().await;
    std::fs::set_permissions(db.file(), std::fs::Permissions::from_mode(0o400)).unwrap();
    if std::fs::OpenOptions::new().append(true).open(db.file()).is_ok() {
        println!("skipped: this user may write everything");
        return;
    }
    assert!(matches!(open_error(db.address.clone()).await, StoreError::Unwritable { .. }));
}

#[rstest]
#[case::text(b"this is no database, whatever its name says; it is only text that is long enough to hold a header".repeat(20))]
#[case::cut(b"SQLite format 3\0".to_vec())]
#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone(#[case] content: Vec<u8>) {
    let db = TestDb::new(On::File).await.unwrap();
    std::fs::create_dir(db.folder.path().join("data")).unwrap();
    std::fs::write(db.file(), &content).unwrap();
    let error = open_error(db.address.clone()).await;
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    assert!(error.remedy().contains("gap restore"));
    assert_eq!(std::fs::read(db.file()).unwrap(), content);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    // Nobody listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = open_error(format!("postgresql://gap:hunter2@127.0.0.1:{port}/gap").parse().unwrap()).await;
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
    assert!(!format!("{error:?} {error} {}", error.remedy()).contains("hunter2"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_refused() {
    let Some(db) = TestDb::new(On::Postgres).await else { return };
    let Address::Postgres(server) = db.address.clone() else { panic!("not a server") };
    let error = open_error(Address::Postgres(Box::new(server.database("no_such_database")))).await;
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    assert!(error.remedy().contains("database name"));
}

#[rstest]
#[tokio::test]
async fn a_newer_schema_is_not_touched(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    db.open().await.close().await;
    let newer = latest_schema() + 1;
    db.execute(format!(
        "INSERT INTO gap_migrations (version, description, success, checksum, execution_time)
         SELECT {newer}, 'newer', success, checksum, 0 FROM gap_migrations WHERE version = 1"
    ))
    .await;
    let error = open_error(db.address.clone()).await;
    assert!(
        matches!(error, StoreError::NewerSchema { found, known } if found == newer && known == latest_schema()),
        "{error:?}"
    );
    assert!(error.remedy().contains("newer GAP"));
}

#[rstest]
#[tokio::test]
async fn a_schema_that_somebody_changed_is_not_taken_for_ours(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    db.open().await.close().await;
    let checksum = if on == On::File { "X'00'" } else { r"'\x00'" };
    db.execute(format!("UPDATE gap_migrations SET checksum = {checksum}")).await;
    assert!(matches!(open_error(db.address.clone()).await, StoreError::Damaged(_)));
}

#[rstest]
#[tokio::test]
async fn a_first_step_that_fails_leaves_nothing_behind(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    if on == On::File {
        std::fs::create_dir(db.folder.path().join("data")).unwrap();
    }
    // Somebody else's table in the way.
    db.execute("CREATE TABLE settings (theirs TEXT)").await;
    assert!(matches!(open_error(db.address.clone()).await, StoreError::Query(_)));
    db.execute("DROP TABLE settings").await;
    db.open().await.check().await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_may_open_a_new_store_at_once(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let options = db.options();
        tasks.spawn(async move { Store::open(options, now()).await.map(|store| store.derive_key("sessions")) });
    }
    let keys: Vec<_> = tasks.join_all().await.into_iter().map(Result::unwrap).collect();
    assert!(keys.iter().all(|key| **key == *keys[0]));
}

#[rstest]
#[tokio::test]
async fn a_closed_store_says_so(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    store.close().await;
    assert!(matches!(store.check().await, Err(StoreError::Closed)));
    assert!(matches!(store.settings().list().await, Err(StoreError::Closed)));
    store.close().await;
}
