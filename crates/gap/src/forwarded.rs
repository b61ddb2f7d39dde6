//! Whose request it is when proxies stand in between.
//!
//! The other end of the connection is the client, unless it is one of the trusted proxies. Then what the proxies wrote is
//! read from the right, since each adds its peer at the end: the first address that is no trusted proxy's is the client's.
//! What stands further left came from outside and is not even looked at, so nobody gets another address by sending such a
//! header.
//!
//! `X-Forwarded-For` goes before `Forwarded` (RFC 7239), which is read only where there is none of the former: proxies write
//! one of them and pass the other on as it came, and nearly all write the former. A proxy that writes `Forwarded` must
//! take the other off.
//!
//! ## Edges
//! - A hop that is no address (`unknown`, `_hidden`, garbage) ends the walk: the client is the proxy that vouches for it.
//! - Where every hop is trusted, the client is the leftmost of them.
//! - More than [`MOST_HOPS`] are not read.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HeaderName};
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Nobody stands behind so many proxies.
const MOST_HOPS: usize = 32;

/// The address of the client whose request came from `peer` with these headers.
pub fn client_of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(&client) {
        return client;
    }
    let plain = headers.contains_key(X_FORWARDED_FOR);
    let name = if plain { X_FORWARDED_FOR } else { FORWARDED };
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    let hops = values.into_iter().rev().flat_map(|value| Hops { rest: Some(value.as_bytes()), quotable: !plain });
    for hop in hops.take(MOST_HOPS) {
        let node = if plain { Some(hop) } else { for_of(hop) };
        let Some(address) = node.and_then(address) else { return client };
        client = address;
        if !is_trusted(&client) {
            return client;
        }
    }
    client
}

/// The elements of a list, the last one first.
struct Hops<'a> {
    rest: Option<&'a [u8]>,
    /// Whether commas inside of quotes divide nothing.
    quotable: bool,
}

impl<'a> Iterator for Hops<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.take()?;
        let mut quoted = false;
        let comma = rest.iter().rposition(|byte| {
            // Read from the right, an open quote further left cannot swallow what a proxy wrote after it.
            quoted ^= self.quotable && *byte == b'"';
            *byte == b',' && !quoted
        });
        match comma.and_then(|comma| rest.split_at_checked(comma)) {
            Some((before, hop)) => {
                self.rest = Some(before);
                Some(hop.get(1..).unwrap_or_default())
            }
            None => Some(rest),
        }
    }
}

/// What an element of `Forwarded` says of the sender.
fn for_of(element: &[u8]) -> Option<&[u8]> {
    element.split(|byte| *byte == b';').find_map(|pair| {
        let (name, value) = pair.trim_ascii().split_at_checked(4)?;
        name.eq_ignore_ascii_case(b"for=").then_some(value)
    })
}

/// An address with or without a port, brackets and quotes.
fn address(node: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(node.trim_ascii()).ok()?;
    let text = text.strip_prefix('"').map_or(Some(text), |text| text.strip_suffix('"'))?;
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests;
