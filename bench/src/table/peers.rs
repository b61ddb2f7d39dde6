//! Who is measured, on which route, at what.

use std::fmt;

use serde::Serialize;

use crate::load::Route;

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Peer {
    /// The fake upstream itself.
    Direct,
    /// "The floor": reads and writes anew.
    FloorJson,
    /// Reads nothing.
    FloorRaw,
    /// The gateway.
    Gap,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Row {
    pub peer: Peer,
    pub route: Route,
}

/// What is asked of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Prompt and answer of about 1 kB, as fast as it goes.
    Small,
    /// A prompt of 100 kB, an answer of 1 kB, as fast as it goes.
    Large,
    /// A stream of 100 events, as fast as it goes: what is ready together may travel together.
    Stream,
    /// A stream of 100 events that come 2 ms apart, as tokens do: each travels alone.
    PacedStream,
    /// As `Small`, at a fixed modest rate.
    Latency,
    /// Streams whose events are some milliseconds apart, at a fixed modest rate.
    FirstEvent,
}

/// What `bench load` is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Load {
    pub route: Route,
    pub model: &'static str,
    pub stream: bool,
    pub prompt: usize,
    pub connections: usize,
    pub seconds: f64,
    pub rate: Option<f64>,
}

/// Streams per second where the first event is timed; each takes a tenth of a second.
const STREAMS_PER_SECOND: f64 = 50.0;

// === impl Peer ===

impl Peer {
    /// All that stand between a client and the upstream.
    pub(super) const PROXIES: [Self; 3] = [Self::FloorJson, Self::FloorRaw, Self::Gap];

    /// The routes that this peer may serve.
    pub(super) fn rows(self) -> impl Iterator<Item = Row> {
        let routes: &[Route] = match self {
            Self::Direct | Self::FloorRaw => &[Route::Native],
            Self::FloorJson | Self::Gap => &[Route::Native, Route::Openai],
        };
        routes.iter().map(move |&route| Row { peer: self, route })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "upstream",
            Self::FloorJson => "floor",
            Self::FloorRaw => "raw proxy",
            Self::Gap => "GAP",
        })
    }
}

// === impl Row ===

impl Row {
    pub(super) fn direct() -> Self {
        Self { peer: Peer::Direct, route: Route::Native }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = match self.route {
            Route::Native => "native",
            Route::Openai => "OpenAI",
        };
        write!(f, "{} {route}", self.peer)
    }
}

// === impl Task ===

impl Task {
    /// All, in the order in which a round does them.
    pub(super) const ALL: [Self; 6] =
        [Self::Small, Self::Large, Self::Stream, Self::PacedStream, Self::Latency, Self::FirstEvent];

    /// Whether only the difference to the direct way means something.
    pub(super) fn is_added(self) -> bool {
        matches!(self, Self::Latency | Self::FirstEvent)
    }

    /// How the client is told to do it.
    pub(super) fn load(self, row: Row, seconds: f64, rate: f64) -> Load {
        let small = Load {
            route: row.route,
            model: "bench-1k",
            stream: false,
            prompt: 800,
            connections: 64,
            seconds,
            rate: None,
        };
        match self {
            Self::Small => small,
            Self::Large => Load { prompt: 100_000, connections: 16, ..small },
            Self::Stream => Load { model: "bench-stream-100", stream: true, connections: 16, ..small },
            Self::PacedStream => Load { model: "bench-stream-100-every-2ms", stream: true, connections: 32, ..small },
            Self::Latency => Load { connections: 16, rate: Some(rate), ..small },
            Self::FirstEvent => Load {
                model: "bench-stream-20-every-5ms",
                stream: true,
                connections: 16,
                rate: Some(STREAMS_PER_SECOND),
                ..small
            },
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "1 kB",
            Self::Large => "100 kB",
            Self::Stream => "stream of 100 events",
            Self::PacedStream => "stream of 100 events, 2 ms apart",
            Self::Latency => "latency",
            Self::FirstEvent => "first event",
        })
    }
}
