use http::Uri;

use super::{Reading, serve};
use crate::http1::Ask;
use crate::load::{Options, Outcome, Report, Route, path, press};
use crate::{hold, net, upstream};

/// A fake Gemini and a floor in front of it, both in this process; they end with the test's runtime.
async fn floor(reading: Reading) -> Uri {
    let gemini = net::listen(0).await.unwrap();
    let authority = gemini.local_addr().unwrap().to_string().parse().unwrap();
    net::detach(async move { upstream::serve(gemini).await.unwrap() });
    let floor = net::listen(0).await.unwrap();
    let target = format!("http://{}", floor.local_addr().unwrap()).parse().unwrap();
    net::detach(async move { serve(floor, authority, reading).await.unwrap() });
    target
}

/// A handful of requests. The load client checks each answer to the letter.
fn handful(target: &Uri, route: Route, model: &str, stream: bool) -> Options {
    Options {
        target: target.clone(),
        route,
        model: model.to_owned(),
        stream,
        prompt: 800,
        connections: 3,
        seconds: 60.0,
        requests: Some(10),
        rate: None,
        key: "bench".to_owned(),
    }
}

async fn measured(options: Options) -> Report {
    match press(options).await.unwrap() {
        Outcome::Measured(report) => report,
        Outcome::NotServed { status } => panic!("not served: {status}"),
    }
}

#[tokio::test]
async fn every_answer_through_the_floor_is_the_right_one() {
    let target = floor(Reading::Everything).await;
    for route in [Route::Native, Route::Openai] {
        for (model, stream) in [("bench-1k", false), ("bench-100k", false), ("bench-stream-100", true)] {
            let report = measured(handful(&target, route, model, stream)).await;
            assert_eq!((report.requests, report.reconnects), (10, 0), "{route:?} {model}");
            assert_eq!(report.first_event.is_some(), stream);
        }
        let report = measured(Options { prompt: 100_000, ..handful(&target, route, "bench-1k", false) }).await;
        assert_eq!(report.requests, 10);
    }
}

#[tokio::test]
async fn a_floor_that_reads_nothing_passes_geminis_words_and_no_others() {
    let target = floor(Reading::Nothing).await;
    for (model, stream) in [("bench-1k", false), ("bench-stream-100", true)] {
        assert_eq!(measured(handful(&target, Route::Native, model, stream)).await.requests, 10);
    }
    let outcome = press(handful(&target, Route::Openai, "bench-1k", false)).await.unwrap();
    assert_eq!(outcome, Outcome::NotServed { status: 404 });
}

#[tokio::test]
async fn an_event_does_not_wait_for_the_next() {
    for reading in [Reading::Everything, Reading::Nothing] {
        let path = path(Route::Native, "bench-hold", true);
        let ask = Ask::new(&floor(reading).await, &path, "bench", "{\"contents\":[]}".into()).unwrap();
        // Nothing follows the first event, so this returns only if it came alone.
        let (_line, _body) = hold::open(&ask).await.unwrap();
    }
}

#[tokio::test]
async fn a_model_that_is_no_script_is_refused_before_anything_is_sent() {
    let target = floor(Reading::Everything).await;
    let error = press(handful(&target, Route::Native, "gemini-2.5-flash", false)).await.unwrap_err();
    assert_eq!(error.to_string(), "the model's name is no script of the bench");
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_an_error_and_no_figure() {
    let nobody = net::free_port().await.unwrap();
    let listener = net::listen(0).await.unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let authority = format!("127.0.0.1:{nobody}").parse().unwrap();
    net::detach(async move { serve(listener, authority, Reading::Everything).await.unwrap() });
    let error = press(handful(&target, Route::Native, "bench-1k", false)).await.unwrap_err();
    assert!(error.to_string().starts_with("answered 502 Bad Gateway"), "{error:#}");
}
