use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
    let trusted: Vec<IpNet> = ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"].map(|net| net.parse().unwrap()).to_vec();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    client_of(peer.parse().unwrap(), &map, &trusted).to_string()
}

#[rstest]
#[case::nothing(&[], "127.0.0.1")]
#[case::one(&[("x-forwarded-for", "203.0.113.7")], "203.0.113.7")]
#[case::with_a_port(&[("x-forwarded-for", "203.0.113.7:4711")], "203.0.113.7")]
#[case::v6(&[("x-forwarded-for", "2001:db8::7")], "2001:db8::7")]
#[case::v6_in_brackets(&[("x-forwarded-for", "[2001:db8::7]")], "2001:db8::7")]
#[case::v6_with_a_port(&[("x-forwarded-for", "[2001:db8::7]:443")], "2001:db8::7")]
#[case::v4_in_v6(&[("x-forwarded-for", "::ffff:203.0.113.7")], "203.0.113.7")]
#[case::a_made_up_one_before(&[("x-forwarded-for", "1.2.3.4, 203.0.113.7")], "203.0.113.7")]
#[case::a_made_up_line_before(&[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.7")], "203.0.113.7")]
#[case::garbage_before(&[("x-forwarded-for", "\"\"\",;=, , 203.0.113.7")], "203.0.113.7")]
#[case::through_two_proxies(&[("x-forwarded-for", "1.2.3.4, 203.0.113.7, 10.0.0.2")], "203.0.113.7")]
#[case::from_inside(&[("x-forwarded-for", "10.0.0.9, 10.0.0.2")], "10.0.0.9")]
#[case::hidden_behind_a_proxy(&[("x-forwarded-for", "203.0.113.7, unknown, 10.0.0.2")], "10.0.0.2")]
#[case::empty(&[("x-forwarded-for", "")], "127.0.0.1")]
#[case::the_other_header_is_the_clients(&[("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=1.2.3.4")], "203.0.113.7")]
#[case::rfc_7239(&[("forwarded", "for=203.0.113.7")], "203.0.113.7")]
#[case::rfc_7239_all(&[("forwarded", "by=10.0.0.1;FOR=\"203.0.113.7:80\" ; proto=https")], "203.0.113.7")]
#[case::rfc_7239_v6(&[("forwarded", "for=1.2.3.4, For=\"[2001:db8:cafe::17]:4711\"")], "2001:db8:cafe::17")]
#[case::rfc_7239_comma_in_quotes(&[("forwarded", "for=1.2.3.4, for=203.0.113.7;by=\"_a,b\"")], "203.0.113.7")]
#[case::rfc_7239_open_quote(&[("forwarded", "for=\"1.2.3.4, for=203.0.113.7")], "203.0.113.7")]
#[case::rfc_7239_hidden(&[("forwarded", "for=_hidden, for=10.0.0.3")], "10.0.0.3")]
#[case::rfc_7239_nothing_about_for(&[("forwarded", "for=1.2.3.4, proto=https")], "127.0.0.1")]
fn what_trusted_proxies_wrote_is_read_from_the_right(#[case] headers: &[(&'static str, &str)], #[case] expected: &str) {
    assert_eq!(client("127.0.0.1", headers), expected);
    assert_eq!(client("203.0.113.250", headers), "203.0.113.250", "from elsewhere such headers change nothing");
}

#[test]
fn the_other_end_is_trusted_in_either_way_of_writing_it() {
    assert_eq!(client("::ffff:10.0.0.1", &[("x-forwarded-for", "203.0.113.7")]), "203.0.113.7");
    assert_eq!(client("fd00::1", &[("x-forwarded-for", "203.0.113.7")]), "203.0.113.7");
}

#[test]
fn a_chain_without_end_is_not_followed() {
    let long = vec!["10.0.0.2"; 5_000].join(",");
    assert_eq!(client("127.0.0.1", &[("x-forwarded-for", &format!("203.0.113.7,{long}"))]), "10.0.0.2");
}

proptest! {
    #[test]
    fn whatever_a_client_writes_the_proxys_word_counts(
        junk in "[ -~]{0,80}", plain in any::<bool>(), own_line in any::<bool>()
    ) {
        let (name, word) = if plain { ("x-forwarded-for", "203.0.113.7") } else { ("forwarded", "for=203.0.113.7") };
        let seen = if own_line {
            client("127.0.0.1", &[(name, &junk), (name, word)])
        } else {
            client("127.0.0.1", &[(name, &format!("{junk}, {word}"))])
        };
        prop_assert_eq!(seen, "203.0.113.7");
    }
}
