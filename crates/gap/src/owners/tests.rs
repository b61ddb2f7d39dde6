use gap_pool::{NewKey, Policy, Pool};
use jiff::Timestamp;

use super::*;

/// The project of the key that was added at this place.
fn project(number: usize) -> ProjectId {
    let mut pool = Pool::new(Policy::default());
    let keys: Vec<_> = (0..=number).map(|_| pool.add(NewKey::default(), Timestamp::UNIX_EPOCH)).collect();
    pool.keys(Timestamp::UNIX_EPOCH).into_iter().find(|view| view.id == keys[number]).unwrap().project
}

#[test]
fn what_belongs_to_a_project_is_found_again() {
    let owners = Owners::default();
    for name in ["files/abc", "models/veo-3/operations/x", "fileSearchStores/s", "batches/1"] {
        assert_eq!(owners.find(name), None);
        owners.note(name, project(1));
        assert_eq!(owners.find(name), Some(project(1)), "{name}");
    }
    assert_eq!(owners.find("fileSearchStores/s/documents/d"), Some(project(1)), "a part is where the whole is");
    assert_eq!(owners.find("files/abcd"), None);
    owners.note("files/abc", project(2));
    assert_eq!(owners.find("files/abc"), Some(project(2)));
    owners.forget("files/abc");
    assert_eq!(owners.find("files/abc"), None);
    assert_eq!(owners.affinity(["files/abc", "batches/1"]), Affinity::Must(project(1)));
    assert_eq!(owners.affinity([]), Affinity::None);
}

#[test]
fn what_belongs_to_everybody_or_is_no_name_is_not_noted() {
    let owners = Owners::default();
    for name in ["models/gemini-2.5-flash", "files", "files/", "", "x/y", &format!("files/{}", "a".repeat(300))] {
        owners.note(name, project(1));
    }
    assert!(owners.is_empty());
}

#[test]
fn the_least_recently_used_is_forgotten_first() {
    let owners = Owners::default();
    for number in 0..MOST {
        owners.note(&format!("files/{number}"), project(1));
    }
    assert!(owners.find("files/0").is_some());
    owners.note("files/new", project(1));
    assert_eq!(owners.len(), MOST);
    assert!(owners.find("files/0").is_some() && owners.find("files/1").is_none());
}

#[test]
fn names_are_found_in_bodies_and_pages() {
    let owners = Owners::default();
    assert_eq!(owners.find_in(b"files/abc"), None);
    owners.note_page(br#"{"files": [{"name": "files/abc"}, {"name": 7}, {}], "nextPageToken": "x"}"#, project(3));
    owners.note_page(b"no json", project(3));
    owners.note("cachedContents/c-1", project(4));
    let file = br#"{"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}"#;
    assert_eq!(owners.find_in(file), Some(project(3)));
    assert_eq!(owners.find_in(br#"{"cachedContent":"cachedContents/c-1"}"#), Some(project(4)));
    assert_eq!(owners.find_in(b"files/unknown files/ files/abcd files/abc"), Some(project(3)));
    assert_eq!(owners.find_in(b"files/"), None);
}

#[test]
fn what_somebody_has_made_is_nobody_elses() {
    let (owners, role) = (Owners::default(), Role::User);
    let [alice, bob] = ["alice", "bob"].map(|name| Caller::new(name, name, role));
    let admin = Caller::new("admin", "admin", Role::Administrator);
    owners.note_made("files/abc", project(1), &alice.id);
    owners.note_made("fileSearchStores/s", project(2), &alice.id);
    owners.note("files/found", project(1));
    for (name, theirs) in [
        ("files/abc", false),
        ("fileSearchStores/s", false),
        ("fileSearchStores/s/documents/d", false),
        ("files/found", true),
        ("files/unknown", true),
    ] {
        assert!(owners.may_have(&alice, name) && owners.may_have(&admin, name));
        assert_eq!(owners.may_have(&bob, name), theirs, "{name}");
    }
    // Seeing it, or making one of the same name, does not make it theirs.
    owners.note("files/abc", project(1));
    owners.note_made("files/abc", project(3), &bob.id);
    assert!(!owners.may_have(&bob, "files/abc") && owners.is_made_by("alice", "files/abc"));
    assert_eq!(owners.find("files/abc"), Some(project(3)));
    assert_eq!(owners.home_of("alice", "files"), Some(project(3)));
    assert_eq!((owners.home_of("alice", "batches"), owners.home_of("bob", "files")), (None, None));
    assert!(["files", "batches", "models/veo-3/operations"].into_iter().all(is_private_collection));
    assert!(
        !["models", "tunedModels", "files/abc", "fileSearchStores/s/documents"].into_iter().any(is_private_collection)
    );

    for body in [
        r#"{"fileUri": "https://g/v1beta/files/abc"}"#,
        r#"{"fileUri": "https:\/\/g\/v1beta\/files\/abc"}"#,
        r#"{"file_uri": "files/a\u0062c"}"#,
        r#"{"text": "a \"quote\", files/x, \\", "fileUri": "\u0066iles/abc"}"#,
        r#"{"fileSearchStoreNames": ["fileSearchStores/s"]}"#,
    ] {
        assert!(owners.foreign_in(&bob, body.as_bytes()).is_some(), "{body}");
        assert_eq!(owners.foreign_in(&alice, body.as_bytes()), None);
        assert_eq!(owners.foreign_in(&admin, body.as_bytes()), None);
    }
    for body in ["files/found files/abcd files/", r"\", r"\u00", r"\u00zz files/abcd \/", ""] {
        assert_eq!(owners.foreign_in(&bob, body.as_bytes()), None, "{body}");
    }
}
