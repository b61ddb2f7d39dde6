use super::*;

const LIMITS: Limits =
    Limits { head: Duration::from_secs(10), idle: Duration::from_secs(75), unread: Duration::from_mins(5) };

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_asks_is_idle() {
    let watch = Watch::new(LIMITS);
    pass(74).await;
    assert_eq!(watch.judge(), Judgement::LookAgain(Instant::now() + Duration::from_secs(1)));
    pass(1).await;
    assert_eq!(watch.judge(), Judgement::IdleTooLong);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_is_too_slow_however_often_it_does() {
    let watch = Watch::new(LIMITS);
    pass(60).await;
    for byte in b"GET / HTTP" {
        watch.heard(&[*byte]);
        pass(1).await;
    }
    assert_eq!(watch.judge(), Judgement::HeadTooSlow);
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_is_neither() {
    let watch = Arc::new(Watch::new(LIMITS));
    watch.heard(b"GET");
    let one = watch.begin(Version::HTTP_11);
    let two = watch.begin(Version::HTTP_11);
    drop(one);
    pass(600).await;
    assert!(matches!(watch.judge(), Judgement::LookAgain(_)));
    drop(two);
    assert!(matches!(watch.judge(), Judgement::LookAgain(_)));
    pass(75).await;
    assert_eq!(watch.judge(), Judgement::IdleTooLong);
}

#[tokio::test(start_paused = true)]
async fn pings_of_http2_are_no_head() {
    let watch = Arc::new(Watch::new(LIMITS));
    watch.heard(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    drop(watch.begin(Version::HTTP_2));
    pass(20).await;
    watch.heard(&[0, 0, 8, 6]);
    pass(20).await;
    assert!(matches!(watch.judge(), Judgement::LookAgain(_)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_given_up() {
    let watch = Arc::new(Watch::new(LIMITS));
    let _busy = watch.begin(Version::HTTP_11);
    assert!(watch.wrote(Poll::<()>::Pending).is_pending());
    pass(299).await;
    assert!(watch.wrote(Poll::<()>::Pending).is_pending());
    assert!(matches!(watch.judge(), Judgement::LookAgain(_)));
    pass(1).await;
    assert_eq!(watch.judge(), Judgement::UnreadTooLong);
    assert!(watch.wrote(Poll::Ready(())).is_ready());
    assert!(matches!(watch.judge(), Judgement::LookAgain(_)), "it took some after all");
}
