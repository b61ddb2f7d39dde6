//! Redis without a file.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Server, as_text, find, folder};
use crate::service::free_port;

/// Programs that speak its protocol, in the order of preference.
const PROGRAMS: &[&str] = &["redis-server", "valkey-server"];

/// Starts a server; returns its address.
pub(super) fn start() -> Result<(Server, String)> {
    let program = PROGRAMS
        .iter()
        .find_map(|name| find(name, []))
        .context("Redis is not installed; on Debian: apt-get install -y redis-server")?;
    let folder = folder("redis")?;
    let port = free_port()?;
    let mut server = Command::new(program);
    server.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--dir", as_text(&folder)?]);
    server.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
    let mut server = Server::start(folder, "TERM", &server)?;
    server.wait_ready(|| ping(port).unwrap_or(false))?;
    Ok((server, format!("redis://127.0.0.1:{port}/")))
}

fn ping(port: u16) -> std::io::Result<bool> {
    let limit = Duration::from_secs(1);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG")
}
