//! As much of an HTTP client as load and health checks against our own loopback need.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// Connecting to loopback either works at once or not at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// An answer that has arrived whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The body, without transfer coding.
    pub(crate) body: String,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(crate) struct Broken {
    /// Whether a byte of the answer had arrived. Without one nobody had promised anything: HTTP lets a server close a
    /// connection that it has not read from.
    pub(crate) began: bool,
    cause: anyhow::Error,
}

/// GET; an answer that is cut short is an error.
pub(crate) fn get(port: u16, path: &str, patience: Duration) -> Result<Answer, Broken> {
    exchange(port, &format!("GET {path} HTTP/1.1\r\n"), "", patience)
}

/// DELETE; an answer that is cut short is an error.
pub(crate) fn delete(port: u16, path: &str, patience: Duration) -> Result<Answer, Broken> {
    exchange(port, &format!("DELETE {path} HTTP/1.1\r\n"), "", patience)
}

/// POST of JSON with an access key; an answer that is cut short is an error.
pub(crate) fn post(port: u16, path: &str, key: &str, body: &str, patience: Duration) -> Result<Answer, Broken> {
    let head = format!("POST {path} HTTP/1.1\r\nx-goog-api-key: {key}\r\ncontent-type: application/json\r\n");
    exchange(port, &head, body, patience)
}

fn exchange(port: u16, head: &str, body: &str, patience: Duration) -> Result<Answer, Broken> {
    let mut stream = open(port, head, body, patience).map_err(|cause| Broken { began: false, cause })?;
    let began = stream.fill_buf().is_ok_and(|bytes| !bytes.is_empty());
    read(&mut stream).map_err(|cause| Broken { began, cause })
}

fn open(port: u16, head: &str, body: &str, patience: Duration) -> Result<BufReader<TcpStream>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, CONNECT_LIMIT).context("connecting")?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let length = body.len();
    write!(stream, "{head}host: 127.0.0.1:{port}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .context("sending")?;
    Ok(BufReader::new(stream))
}

fn read(from: &mut impl BufRead) -> Result<Answer> {
    let status_line = line(from)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.with_context(|| format!("not an HTTP answer: {status_line:?}"))?;
    let mut length = None;
    let mut chunked = false;
    loop {
        let header = line(from)?;
        let Some((name, value)) = header.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = Some(value.trim().parse::<u64>().context("content-length")?),
            "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        while read_chunk(from, &mut body)? {}
    } else if let Some(length) = length {
        from.take(length).read_to_end(&mut body).context("reading")?;
        ensure!(body.len() as u64 == length, "the body ended after {} of {length} bytes", body.len());
    } else {
        from.read_to_end(&mut body).context("reading")?;
    }
    Ok(Answer { status, body: String::from_utf8(body).context("the body is not UTF-8")? })
}

/// Adds one chunk; `false` after the last.
fn read_chunk(from: &mut impl BufRead, body: &mut Vec<u8>) -> Result<bool> {
    let size = line(from)?;
    let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).context("chunk size")?;
    let start = body.len();
    body.resize(start + size, 0);
    from.read_exact(&mut body[start..]).context("the answer was cut inside a chunk")?;
    ensure!(line(from)?.is_empty(), "a chunk is longer than it said");
    Ok(size > 0)
}

fn line(from: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    from.read_line(&mut line).context("reading")?;
    if !line.ends_with('\n') {
        bail!("the answer was cut");
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.cause)
    }
}

impl std::error::Error for Broken {}

#[cfg(test)]
mod tests;
