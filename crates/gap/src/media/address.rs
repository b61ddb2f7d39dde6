//! Which addresses belong to the public internet.
//!
//! What a stranger names is fetched from this machine, which may reach things that the stranger cannot: the machine
//! itself, its neighbours, a cloud's metadata service. So everything that is not globally routed is refused, and an
//! IPv6 form that wraps an IPv4 address is judged by what it wraps.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` is globally routed (IANA's special-purpose registries, RFC 6890 and its successors).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        // Carrier-grade NAT, where some clouds keep their metadata.
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments.
        || (a == 192 && b == 0 && c == 0)
        // The former 6to4 relays.
        || (a == 192 && b == 88 && c == 99)
        // Benchmarks.
        || (a == 198 && (18..20).contains(&b))
        // Multicast, reserved, broadcast.
        || a >= 224;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let Some(wrapped) = wrapped_v4(address) {
        return is_public_v4(wrapped);
    }
    // Only 2000::/3 is given out for the internet; loopback, local and multicast addresses lie outside of it.
    let global = segments[0] & 0xe000 == 0x2000;
    // Teredo and ORCHID (2001::/23), documentation (2001:db8::/32 and 3fff::/20).
    let special = (segments[0] == 0x2001 && (segments[1] < 0x0200 || segments[1] == 0x0db8))
        || (segments[0] == 0x3fff && segments[1] < 0x1000);
    global && !special
}

/// The IPv4 address inside a mapped (`::ffff:0:0/96`), translated (`64:ff9b::/96`) or 6to4 (`2002::/16`) address.
fn wrapped_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(join(high, low))
        }
        _ => None,
    }
}
