//! Accepts connections and serves each of them, HTTP/1.1 and HTTP/2 alike, until shutdown.

mod watch;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tracing::{debug, warn};

use self::watch::{Busy, Judgement, Limits, Watch, Watched};
use crate::config::Server as Settings;
use crate::lifecycle::Lifecycle;
use crate::middleware::FrontDoor;

/// Serves what comes in on `listener` until the lifecycle stops. Connections end by themselves when their requests under
/// way are answered; whoever stops the lifecycle waits for that.
pub async fn serve(listener: TcpListener, door: FrontDoor, settings: &Settings, lifecycle: &Lifecycle) {
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let builder = Arc::new(builder());
    let limits = Limits { head: settings.header_timeout, idle: settings.idle_timeout, unread: settings.unread_timeout };
    loop {
        let place = tokio::select! {
            () = lifecycle.stopping() => return,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let (stream, peer) = tokio::select! {
            () = lifecycle.stopping() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            },
        };
        prepare(&stream);
        let (builder, door, lifecycle_of_task) = (Arc::clone(&builder), door.clone(), lifecycle.clone());
        lifecycle.spawn(async move {
            let _place = place;
            converse(&builder, stream, peer, door, limits, &lifecycle_of_task).await;
        });
    }
}

/// Serves one connection to its end.
async fn converse(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    door: FrontDoor,
    limits: Limits,
    lifecycle: &Lifecycle,
) {
    let watch = Arc::new(Watch::new(limits));
    let reception = Reception { door, peer, watch: Arc::clone(&watch) };
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&watch)));
    let mut connection = pin!(builder.serve_connection(stream, reception));
    let mut stopping = pin!(lifecycle.stopping());
    let mut must_end = pin!(lifecycle.must_end());
    let mut timer = pin!(tokio::time::sleep(limits.head));
    let mut leaving = false;
    loop {
        tokio::select! {
            // Whoever has something to do comes first.
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    debug!(error = %error, "A connection ended early: {error}");
                }
                return;
            }
            () = &mut must_end => return,
            () = &mut stopping, if !leaving => {
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
            () = &mut timer => match watch.judge() {
                Judgement::LookAgain(at) => timer.as_mut().reset(at),
                // It may still answer what just comes in; afterwards it ends.
                Judgement::IdleTooLong if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                    timer.as_mut().reset(tokio::time::Instant::now() + limits.head);
                }
                Judgement::HeadTooSlow | Judgement::IdleTooLong | Judgement::UnreadTooLong => return,
            },
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The head's time is watched by `Watch`: hyper's own timer would also run while a kept connection lies idle.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).keep_alive(true).max_buf_size(128 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_mins(1))
        .keep_alive_timeout(Duration::from_secs(20))
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(8 * 1024 * 1024)
        .max_concurrent_streams(1_000)
        .max_header_list_size(64 * 1024);
    builder
}

fn prepare(stream: &TcpStream) {
    // Without it one event per stream comes about 20 ms late.
    let _ = stream.set_nodelay(true);
    // A client whose machine vanished is noticed even while a long stream has nothing to send.
    let keepalive =
        socket2::TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15));
    let _ = socket2::SockRef::from(stream).set_tcp_keepalive(&keepalive);
}

/// A connection that broke before it was accepted is nothing; running out of file descriptors wants a breath.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    warn!(error = %error, "A connection could not be accepted: {error}");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

// === Reception ===

/// Leads the requests of one connection to the front door.
struct Reception {
    door: FrontDoor,
    peer: SocketAddr,
    watch: Arc<Watch>,
}

impl Service<Request<Incoming>> for Reception {
    type Response = Response<Attended>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Attended>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let busy = self.watch.begin(request.version());
        let (door, peer) = (self.door.clone(), self.peer);
        Box::pin(async move {
            let response = door.answer(request.map(axum::body::Body::new), peer).await;
            Ok(response.map(|body| Attended { body, _busy: busy }))
        })
    }
}

/// An answer's body, during which the connection counts as busy.
struct Attended {
    body: axum::body::Body,
    _busy: Busy,
}

impl HttpBody for Attended {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
