use gap_pool::Standing;
use gap_store::Options;
use gap_store::projects::ProjectDetails;
use secrecy::SecretString;

use super::*;
use crate::keyring::Terms;
use crate::lifecycle::Lifecycle;

fn clock() -> Clock {
    Clock::hand("2026-07-01T12:00:00Z".parse().unwrap())
}

async fn store(folder: &std::path::Path, clock: &Clock) -> Store {
    let secrets = gap_store::SecretKeys::new(SecretString::from("0123456789abcdef0123456789abcdef"));
    Store::open(Options::new(gap_store::Address::File(folder.join("gap.db")), secrets), clock.now()).await.unwrap()
}

fn roster(store: &Store, clock: &Clock) -> Roster {
    let keyring = Keyring::new(Terms::default(), clock.clone(), Lifecycle::default());
    keyring.track_changes();
    Roster::new(keyring, store.clone(), clock.clone(), Keeping::Database)
}

fn new(secret: &str) -> NewEntry {
    NewEntry { secret: SecretString::from(secret), details: KeyDetails::default(), disabled: None }
}

fn setting(secret: &str, project: Option<&str>) -> crate::config::UpstreamKey {
    crate::config::UpstreamKey { project: project.map(str::to_owned), secret: SecretString::from(secret) }
}

#[tokio::test]
async fn keys_of_the_settings_are_imported_once_and_deleted_ones_stay_away() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let store = store(folder.path(), &clock).await;
    let settings = [setting("AIzaOne", Some("shop")), setting("AIzaTwo", None)];
    let first = roster(&store, &clock);
    first.open(&settings, &Lifecycle::default()).await.unwrap();
    assert_eq!((first.count(), first.projects().len()), (2, 1));
    let one = first.known(&settings[0].secret).unwrap();
    first.delete(&[one]).await.unwrap();

    let settings = [setting("AIzaOne", Some("shop")), setting("AIzaTwo", None), setting("AIzaThree", None)];
    let second = roster(&store, &clock);
    second.open(&settings, &Lifecycle::default()).await.unwrap();
    assert_eq!(second.count(), 2, "the deleted one stays away, the new one comes in");
    assert!(second.known(&settings[0].secret).is_none() && second.known(&settings[2].secret).is_some());
    // By hand it comes back.
    second.create(new("AIzaOne")).await.unwrap();
    assert_eq!(second.count(), 3);
}

#[tokio::test]
async fn without_a_database_a_key_has_the_same_identifier_after_a_restart() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let store = store(folder.path(), &clock).await;
    let ids = [(); 2].map(|()| {
        let keyring = Keyring::new(Terms::default(), clock.clone(), Lifecycle::default());
        let roster = Roster::new(keyring, store.clone(), clock.clone(), Keeping::Memory);
        let settings = [setting("AIzaOne", Some("shop"))];
        roster.adopt(&settings).unwrap();
        (roster.known(&settings[0].secret).unwrap(), roster.projects()[0].project.id)
    });
    assert_eq!(ids[0], ids[1]);
    assert!(store.upstream_keys().list().await.unwrap().keys.is_empty(), "what is not to be kept is not kept");
}

#[tokio::test]
async fn what_people_say_survives_a_restart() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let store = store(folder.path(), &clock).await;
    let before = roster(&store, &clock);
    let details =
        ProjectDetails { label: "shop".to_owned(), tier: Some("tier2".to_owned()), ..ProjectDetails::default() };
    let project = before.create_project(details).await.unwrap();
    let id = before.create(new("AIzaOne")).await.unwrap();
    before.update(id, |details| (details.project, details.weight) = (Some(project.id), 300)).await.unwrap();
    let limits = Limits { requests_per_day: Some(7), ..Limits::default() };
    before.set_limits(project.id, Some("gemini-2.5-pro"), limits).await.unwrap();
    before.disable(&[id], "paused").await.unwrap();

    let after = roster(&store, &clock);
    after.open(&[], &Lifecycle::default()).await.unwrap();
    let entry = after.find(id).unwrap();
    assert_eq!((entry.details.project, entry.details.weight), (Some(project.id), 300));
    assert_eq!(entry.disabled.unwrap().reason, "paused");
    let view = after.0.keyring.key(entry.key).unwrap();
    assert_eq!((view.tier, view.project_name.as_deref()), (Some(Tier::Tier2), Some("shop")));
    let by_hand = after.0.keyring.limits_by_hand(view.project);
    assert_eq!(by_hand, [(Some("gemini-2.5-pro".to_owned()), limits)]);
    assert_eq!(after.0.keyring.glance(entry.key).unwrap().standing, Standing::Disabled);
}

#[tokio::test]
async fn a_rest_survives_a_restart() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let store = store(folder.path(), &clock).await;
    let before = roster(&store, &clock);
    let id = before.create(new("AIzaOne")).await.unwrap();
    let need = gap_pool::Need { model: Some("gemini-2.5-pro".into()), ..gap_pool::Need::default() };
    let patience =
        crate::keyring::Patience { asker: gap_pool::waiting::Asker::default(), until: tokio::time::Instant::now() };
    let lease = before.0.keyring.lease(&need, &gap_pool::Tried::default(), patience).await.unwrap();
    let body = br#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"quota","details":[
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":
        "generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":
        "GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaDimensions":{"model":"gemini-2.5-pro"},"quotaValue":"50"}]}]}}"#;
    let answer = gap_pool::verdict::Answer { status: 429, retry_after: None, body };
    let (gap_pool::verdict::Verdict::TryElsewhere(fault) | gap_pool::verdict::Verdict::Refused(fault)) =
        gap_pool::verdict::of(&answer, clock.now())
    else {
        panic!("this is a refusal")
    };
    lease.failed(fault);
    let key = before.find(id).unwrap().key;
    assert_eq!(before.0.keyring.key(key).unwrap().buckets.len(), 1, "the bucket rests");
    before.save().await.unwrap();

    let after = roster(&store, &clock);
    after.open(&[], &Lifecycle::default()).await.unwrap();
    let entry = after.find(id).unwrap();
    let out = after.0.keyring.key(entry.key).unwrap().buckets;
    assert_eq!(out.len(), 1, "the bucket rests still");
    assert_eq!(out[0].cause.name(), "requests_per_day");
    assert!(out[0].until.unwrap() > clock.now());
}

#[tokio::test]
async fn what_another_process_changes_is_noticed() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let store = store(folder.path(), &clock).await;
    let (one, other) = (roster(&store, &clock), roster(&store, &clock));
    one.open(&[], &Lifecycle::default()).await.unwrap();
    other.open(&[], &Lifecycle::default()).await.unwrap();
    let stays = one.create(new("AIzaOne")).await.unwrap();
    let goes = one.create(new("AIzaTwo")).await.unwrap();
    other.follow().await.unwrap();
    assert_eq!(other.count(), 2);
    clock.advance(jiff::SignedDuration::from_secs(1));
    one.delete(&[goes]).await.unwrap();
    one.disable(&[stays], "paused").await.unwrap();
    let project = ProjectDetails { label: "shop".to_owned(), ..ProjectDetails::default() };
    let project = one.create_project(project).await.unwrap();
    one.file(&[stays], Some(project.id)).await.unwrap();
    other.follow().await.unwrap();
    let entry = other.find(stays).unwrap();
    assert_eq!((other.count(), entry.details.project), (1, Some(project.id)));
    assert_eq!(other.0.keyring.glance(entry.key).unwrap().standing, Standing::Disabled);
    let details =
        |roster: &Roster| roster.projects().into_iter().map(|found| (found.project, found.keys)).collect::<Vec<_>>();
    assert_eq!(details(&one), details(&other));
}

#[tokio::test]
async fn a_project_keeps_its_counts_and_limits_under_another_name() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let store = store(folder.path(), &clock).await;
    let roster = roster(&store, &clock);
    let details = ProjectDetails { label: "shop".to_owned(), ..ProjectDetails::default() };
    let project = roster.create_project(details.clone()).await.unwrap();
    assert!(matches!(roster.create_project(details).await, Err(RosterError::Taken(label)) if label == "shop"));
    let mut ids = Vec::new();
    for secret in ["AIzaOne", "AIzaTwo"] {
        let id = roster.create(new(secret)).await.unwrap();
        roster.update(id, |details| details.project = Some(project.id)).await.unwrap();
        ids.push(id);
    }
    let limits = Limits { requests_per_minute: Some(3), ..Limits::default() };
    roster.set_limits(project.id, None, limits).await.unwrap();
    roster.update_project(project.id, |details| details.label = "market".to_owned()).await.unwrap();
    let places: Vec<_> = ids
        .iter()
        .map(|id| roster.0.keyring.key(roster.find(*id).unwrap().key).unwrap())
        .map(|view| (view.project, view.project_name))
        .collect();
    assert_eq!(places[0], places[1]);
    assert_eq!(places[0].1.as_deref(), Some("market"));
    assert_eq!(roster.0.keyring.limits_by_hand(places[0].0), [(None, limits)]);
}
