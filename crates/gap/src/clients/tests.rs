use std::net::Ipv6Addr;

use super::*;

/// A count that matters until a point in time.
#[derive(Debug, Default)]
struct Count(u64, Timestamp);

impl Remembered for Count {
    fn is_over(&self, now: Timestamp) -> bool {
        self.1 <= now
    }

    fn weight(&self, _: Timestamp) -> u64 {
        self.0
    }
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn client(number: u32) -> Client {
    IpAddr::V4(Ipv4Addr::from(number)).into()
}

#[test]
fn a_network_of_version_6_is_one_client() {
    let of = |text: &str| Client::from(IpAddr::V6(text.parse::<Ipv6Addr>().unwrap()));
    assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    assert_eq!(of("::ffff:203.0.113.7"), Client::from("203.0.113.7".parse::<IpAddr>().unwrap()));
}

#[test]
fn a_flood_of_addresses_is_bounded_and_does_not_wash_away_who_is_busy() {
    let clients = Clients::<Count>::new(6_400);
    let later = NOW + std::time::Duration::from_mins(1);
    clients.with(client(0), NOW, |count| *count = Count(60, later));
    for number in 1..100_000 {
        clients.with(client(number), NOW, |count| *count = Count(count.0 + 1, later));
    }
    assert!(clients.len() <= 6_400, "{}", clients.len());
    assert_eq!(clients.find(client(0), |count| count.0), Some(60));
}

#[test]
fn who_does_not_matter_any_more_goes_first_and_when_swept() {
    let clients = Clients::<Count>::new(1);
    let later = NOW + std::time::Duration::from_mins(1);
    for number in 0..1_000 {
        clients.with(client(number), NOW, |count| *count = Count(9, if number % 2 == 0 { NOW } else { later }));
    }
    assert!(clients.len() <= SHARDS);
    clients.sweep(later);
    assert!(clients.is_empty());
}
