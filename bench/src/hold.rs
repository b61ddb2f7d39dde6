//! Keeps streams open: what does one cost in memory while nothing happens on it?
#![expect(clippy::print_stdout, reason = "whoever started this waits for a line")]

use anyhow::{Context, ensure};
use clap::Args;
use http::{StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::http1::{Ask, Line};
use crate::load::{self, Route};
use crate::script;

const MODEL: &str = "bench-hold";

/// Options of `bench hold`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where to open streams, as in http://127.0.0.1:7860
    #[arg(long)]
    pub target: Uri,
    /// Words to ask in
    #[arg(long, value_enum, default_value = "native")]
    pub route: Route,
    /// Streams to open
    #[arg(long, default_value_t = 1_000)]
    pub streams: usize,
    /// Access key to send
    #[arg(long, default_value = "bench")]
    pub key: String,
}

/// Opens all streams, says so with a line, and keeps them until standard input closes.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let mut streams = Vec::with_capacity(options.streams);
    let body = script::request(options.route, MODEL, 800, true);
    let ask = Ask::new(&options.target, &load::path(options.route, MODEL, true), &options.key, body)?;
    for number in 0..options.streams {
        streams.push(open(&ask).await.with_context(|| format!("stream {number} does not open"))?);
    }
    println!("open {}", streams.len());
    let closed = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await?;
    closed.context("standard input cannot be read")?;
    Ok(())
}

/// Opens one stream and waits for its first event.
pub(crate) async fn open(ask: &Ask) -> anyhow::Result<(Line, Incoming)> {
    let mut line = Line::open(ask).await?;
    let response = line.send(ask).await?;
    ensure!(response.status() == StatusCode::OK, "answered {}", response.status());
    let mut body = response.into_body();
    loop {
        let frame = body.frame().await.context("the stream ended at once")??;
        if frame.data_ref().is_some_and(|data| memchr::memmem::find(data, b"data:").is_some()) {
            return Ok((line, body));
        }
    }
}
