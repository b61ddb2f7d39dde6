//! Sockets and runtimes, the same for all processes of a measurement.

use std::convert::Infallible;
use std::io;

use anyhow::Context;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// Which versions of HTTP a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// HTTP/1.1 alone, which costs least.
    Http1,
    /// HTTP/1.1, and HTTP/2 with prior knowledge.
    Http1And2,
}

/// A runtime with as many workers as said; one worker is the calling thread itself.
pub(crate) fn runtime(workers: usize) -> anyhow::Result<Runtime> {
    let mut builder = match workers {
        0 | 1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(workers.max(1)).enable_all().build().context("the runtime could not be started")
}

/// Starts a task that nobody waits for.
#[expect(clippy::disallowed_methods, reason = "a server here ends by being killed; nothing waits for its connections")]
pub(crate) fn detach(task: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(task));
}

/// Listens on the loopback; port 0 takes a free one.
pub(crate) async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("port {port} cannot be listened on"))
}

/// A port of the loopback that nobody listens on.
pub(crate) async fn free_port() -> anyhow::Result<u16> {
    Ok(listen(0).await?.local_addr()?.port())
}

/// Connects without Nagle's delay.
pub(crate) async fn connect(authority: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Serves every connection until the process or the task ends.
pub(crate) async fn serve<S, B>(listener: TcpListener, speaks: Speaks, service: S) -> anyhow::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Error: std::error::Error + Send + Sync, Data: Send> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await.context("a connection could not be accepted")?;
        stream.set_nodelay(true)?;
        let (stream, service) = (TokioIo::new(stream), service.clone());
        // A connection ends with an error whenever a client leaves in the middle of a stream: nothing to tell.
        match speaks {
            Speaks::Http1 => detach(async move {
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
            }),
            Speaks::Http1And2 => detach(async move {
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(stream, service).await;
            }),
        }
    }
}
