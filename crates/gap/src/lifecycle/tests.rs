use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[tokio::test(start_paused = true)]
async fn tasks_that_end_in_time_are_waited_for() {
    let lifecycle = Lifecycle::default();
    lifecycle.spawn(tokio::time::sleep(Duration::from_secs(5)));
    assert_eq!(lifecycle.running(), 1);
    assert!(lifecycle.finish(Duration::from_secs(10)).await);
    assert!(lifecycle.is_stopping());
    assert_eq!(lifecycle.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn tasks_that_do_not_are_told_to_end_and_left() {
    let lifecycle = Lifecycle::default();
    let obedient = lifecycle.clone();
    lifecycle.spawn(async move { obedient.must_end().await });
    lifecycle.spawn(std::future::pending());
    assert!(!lifecycle.finish(Duration::from_secs(10)).await);
    assert_eq!(lifecycle.running(), 1, "only the one that listens to nothing");
}

#[tokio::test(start_paused = true)]
async fn periodic_work_runs_until_the_soft_stop() {
    let lifecycle = Lifecycle::default();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    lifecycle.every(Duration::from_mins(1), move || {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(())
    });
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert!(lifecycle.finish(Duration::from_secs(1)).await);
}

#[tokio::test(start_paused = true)]
async fn leaving_is_said_before_the_door_is_shut() {
    let lifecycle = Lifecycle::default();
    assert!(!lifecycle.is_leaving());
    let began = tokio::time::Instant::now();
    let watch = lifecycle.clone();
    let (waited, ()) = tokio::join!(
        async {
            lifecycle.take_leave(Duration::from_secs(2)).await;
            began.elapsed()
        },
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(watch.is_leaving() && !watch.is_stopping());
        }
    );
    assert_eq!(waited, Duration::from_secs(2));
    lifecycle.stop();
    assert!(lifecycle.is_leaving() && lifecycle.is_stopping());
}

#[tokio::test(start_paused = true)]
async fn who_ends_last_sees_the_end_of_all_others() {
    let lifecycle = Lifecycle::default();
    lifecycle.spawn(tokio::time::sleep(Duration::from_secs(5)));
    let (own, others_left) = (lifecycle.clone(), Arc::new(AtomicUsize::new(usize::MAX)));
    let seen = Arc::clone(&others_left);
    lifecycle.spawn_last(async move {
        own.alone().await;
        // Itself alone.
        seen.store(own.running() - 1, Ordering::SeqCst);
    });
    assert!(lifecycle.finish(Duration::from_secs(10)).await);
    assert_eq!((others_left.load(Ordering::SeqCst), lifecycle.running()), (0, 0));
}
