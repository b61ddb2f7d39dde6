//! `gap healthcheck`: one plain request, without a runtime or a client, because containers ask every few seconds.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, bail};
use http::Uri;

use crate::config::Server;

/// An orchestrator's own patience is rarely longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whom to ask.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    host: String,
    port: u16,
    path: String,
}

impl Target {
    /// Reads an address such as `http://127.0.0.1:7860`.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        const TAKES: &str = "takes an address such as http://127.0.0.1:7860";
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| TAKES)?;
        if uri.scheme_str() != Some("http") {
            return Err(if uri.scheme_str() == Some("https") {
                "takes the plain http address behind TLS"
            } else {
                TAKES
            });
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(TAKES)?;
        let path = format!("{}/healthz", uri.path().trim_end_matches('/'));
        Ok(Self { host: host.trim_matches(['[', ']']).to_owned(), port: uri.port_u16().unwrap_or(80), path })
    }
}

/// The address at which a gateway with these settings answers on this machine.
pub(super) fn own_address(server: &Server) -> String {
    let host = match server.host {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    format!("http://{}{}", SocketAddr::new(host, server.port), server.root_path)
}

/// Asks once. Errors: it does not answer, or not with 200.
pub(super) fn ask(target: &Target) -> anyhow::Result<()> {
    let Target { host, port, path } = target;
    let mut addresses = (host.as_str(), *port).to_socket_addrs().context("the name leads nowhere")?;
    let address = addresses.next().context("the name leads nowhere")?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).context("no connection")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    // In one piece: whoever answers after the first of several may hang up on the rest.
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head).context("no answer")?;
    if head.starts_with(b"HTTP/1.1 200") {
        return Ok(());
    }
    bail!("it answers {}", String::from_utf8_lossy(&head).trim_start_matches("HTTP/1.1 "))
}

#[cfg(test)]
mod tests;
