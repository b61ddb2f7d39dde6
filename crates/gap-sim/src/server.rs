//! Connections: HTTP/1.1 and HTTP/2, plain or with TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::simulator::{Hangup, Simulator};
use crate::tls::Tls;

/// As many as Google allows on one connection.
const STREAMS: u32 = 100;

/// How long answers may take to end once the end was asked for.
const DRAIN: Duration = Duration::from_secs(5);

/// Serves a simulator until `shutdown` is cancelled; then lets open answers end for a few seconds.
pub async fn serve(
    listener: TcpListener,
    simulator: Simulator,
    tls: Option<Tls>,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _delivered = stream.set_nodelay(true);
                    connections.spawn(accept(stream, simulator.clone(), tls.clone(), shutdown.clone()));
                }
                // Out of file descriptors, or a client that is gone already: the next may fare better.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            () = shutdown.cancelled() => break,
        }
    }
    let drained = async { while connections.join_next().await.is_some() {} };
    let _in_time = tokio::time::timeout(DRAIN, drained).await;
    Ok(())
}

async fn accept(stream: TcpStream, simulator: Simulator, tls: Option<Tls>, shutdown: CancellationToken) {
    let reset = Arc::new(AtomicBool::new(false));
    let stream = Resettable { stream, reset: reset.clone() };
    match tls {
        None => converse(stream, reset, simulator, shutdown).await,
        Some(tls) => {
            // A handshake that fails is the client's trouble.
            if let Ok(stream) = tls.acceptor().accept(stream).await {
                converse(stream, reset, simulator, shutdown).await;
            }
        }
    }
}

async fn converse<S>(stream: S, reset: Arc<AtomicBool>, simulator: Simulator, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| {
        let (simulator, reset) = (simulator.clone(), reset.clone());
        async move {
            let answer = simulator.answer(request).await;
            if answer.as_ref().is_err_and(|hangup| *hangup == Hangup::Reset) {
                reset.store(true, Ordering::Release);
            }
            answer
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(1 << 20);
    builder.http2().max_concurrent_streams(STREAMS).adaptive_window(true).max_header_list_size(64 << 10);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = shutdown.cancelled() => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ended = connection.await;
    }
}

/// A connection that can end with RST in place of FIN.
struct Resettable {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Resettable {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Acquire) {
            let _set = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Resettable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    // An orderly shutdown sends FIN, after which there is no reset.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
