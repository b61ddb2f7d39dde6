use gap_pool::{NewKey, Policy, Pool};

use super::*;

fn pages() -> (Pages, Clock) {
    let clock = Clock::hand("2026-06-15T12:00:00Z".parse().unwrap());
    (Pages::new(clock.clone()), clock)
}

/// Two projects.
fn projects() -> [ProjectId; 2] {
    let mut pool = Pool::new(Policy::default());
    [(); 2].map(|()| {
        let key = pool.add(NewKey::default(), Timestamp::UNIX_EPOCH);
        pool.keys(Timestamp::UNIX_EPOCH).into_iter().find(|view| view.id == key).unwrap().project
    })
}

fn page(token: &str) -> String {
    format!(r#"{{"files": [{{"name": "files/a"}}], "nextPageToken": {}}}"#, serde_json::Value::from(token))
}

#[test]
fn a_token_leads_back_to_its_project_however_it_is_encoded() {
    let (pages, _) = pages();
    let [one, two] = projects();
    pages.note(page("a+b/c==").as_bytes(), one);
    pages.note(page("two words").as_bytes(), two);
    for query in ["pageToken=a%2Bb%2Fc%3D%3D", "pageSize=2&page_token=a%2Bb/c==", "pageToken=&pageToken=a%2bb%2fc=="] {
        assert_eq!(pages.origin(Some(query)), Some(one), "{query}");
    }
    for query in ["pageToken=two+words", "pageToken=two%20words&x"] {
        assert_eq!(pages.origin(Some(query)), Some(two), "{query}");
    }
    for query in ["pageToken=other", "nextPageToken=a%2Bb%2Fc%3D%3D", "pageToken", "pageToken=", "pageToken=%ff", ""] {
        assert_eq!(pages.origin(Some(query)), None, "{query}");
    }
    assert_eq!(pages.origin(None), None);
}

#[test]
fn what_is_no_page_is_not_remembered() {
    let (pages, _) = pages();
    let [project, _] = projects();
    for body in [
        "",
        "{}",
        r#"{"nextPageToken": ""}"#,
        r#"{"nextPageToken": 5}"#,
        r#"{"nextPageToken": "cut"#,
        r#"{"files": [{"nextPageToken": "deep"}]}"#,
        r#"["nextPageToken"]"#,
    ] {
        pages.note(body.as_bytes(), project);
        assert_eq!(pages.known().order.len(), 0, "{body}");
    }
}

#[test]
fn tokens_are_forgotten_after_a_day_and_when_there_are_too_many() {
    let (pages, clock) = pages();
    let [project, _] = projects();
    pages.note(page("first").as_bytes(), project);
    clock.advance(SignedDuration::from_hours(23));
    pages.note(page("again").as_bytes(), project);
    pages.note(page("first").as_bytes(), project);
    clock.advance(SignedDuration::from_hours(23));
    assert_eq!(pages.origin(Some("pageToken=first")), Some(project), "it was given again");
    clock.advance(SignedDuration::from_hours(1));
    assert_eq!(pages.origin(Some("pageToken=first")), None);

    for number in 0..=MOST {
        pages.note(page(&number.to_string()).as_bytes(), project);
    }
    assert_eq!(pages.origin(Some("pageToken=0")), None);
    assert_eq!(pages.origin(Some("pageToken=1")), Some(project));
    let known = pages.known();
    assert_eq!((known.order.len(), known.by_token.len()), (MOST, MOST));
}
