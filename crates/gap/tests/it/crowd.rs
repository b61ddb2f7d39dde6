//! Many at once.

use std::time::Duration;

use futures_util::future::join_all;
use gap_sim::{Fault, Script, StallBefore};
use tokio::time::Instant;

use crate::support::{EVENTS, TestApp, UNARY, prompt};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_on_three_keys_do_not_slow_the_health_check() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::StallBeforeHeaders(StallBefore { ms: 300, then: None }))).unwrap();
    let client = app.client();
    let calls = join_all((0..200).map(|n| client.post(if n % 2 == 0 { UNARY } else { EVENTS }, prompt("hi"))));
    let probes = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let asked = Instant::now();
            assert_eq!(app.get("/healthz").await.status, 200);
            slowest = slowest.max(asked.elapsed());
        }
        slowest
    };
    let (replies, slowest) = tokio::join!(calls, probes);
    assert!(replies.iter().all(|reply| reply.status == 200));
    // Generous: this is a debug build on a busy machine. The bench measures.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert_eq!(app.arrived(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_finds_every_key_resting_is_told_at_once() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(gap_sim::Preset::QuotaPerDay)).unwrap();
    let client = app.client();
    let replies = join_all((0..200).map(|_| client.post(UNARY, prompt("hi")))).await;
    assert!(replies.iter().all(|reply| reply.status == 429));
    // Those under way together learn it together; nobody asks again.
    let asked = app.arrived();
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 429);
    assert_eq!(app.arrived(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn places_to_wait_are_bounded() {
    let app = TestApp::with().set("pool.max_wait", "60s").set("pool.max_waiting", "5").start().await;
    app.sim.add_fault(Fault::new(gap_sim::Preset::QuotaPerMinute)).unwrap();
    assert_eq!(app.client().header("x-server-timeout", "0.2").post(UNARY, prompt("hi")).await.status, 429);
    let client = app.client();
    let mut waiting = Box::pin(join_all((0..5).map(|_| client.post(UNARY, prompt("hi")))));
    let refused = async {
        loop {
            // The sixth: asks until the others have their places.
            let hasty = app.client().header("x-server-timeout", "30");
            let reply = tokio::time::timeout(Duration::from_millis(500), hasty.post(UNARY, prompt("hi"))).await;
            if let Ok(reply) = reply {
                return reply;
            }
        }
    };
    tokio::select! {
        _ = &mut waiting => panic!("nobody is served"),
        reply = refused => assert_eq!(reply.status, 429),
    }
}
