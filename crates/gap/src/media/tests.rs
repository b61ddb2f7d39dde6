use std::collections::HashMap;
use std::net::Ipv4Addr;

use gap_protocol::models::ModelTable;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory, decode};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

#[rstest]
#[case::google("8.8.8.8", true)]
#[case::google_v6("2001:4860:4860::8888", true)]
#[case::this_network("0.0.0.0", false)]
#[case::loopback("127.0.0.1", false)]
#[case::loopback_elsewhere("127.8.9.1", false)]
#[case::private_10("10.0.0.1", false)]
#[case::private_172("172.31.255.255", false)]
#[case::public_172("172.32.0.1", true)]
#[case::private_192("192.168.1.1", false)]
#[case::metadata("169.254.169.254", false)]
#[case::carrier("100.64.0.1", false)]
#[case::metadata_of_a_cloud("100.100.100.200", false)]
#[case::public_100("100.128.0.1", true)]
#[case::assignments("192.0.0.192", false)]
#[case::documentation("203.0.113.7", false)]
#[case::benchmarks("198.19.0.1", false)]
#[case::multicast("224.0.0.1", false)]
#[case::reserved("240.0.0.1", false)]
#[case::broadcast("255.255.255.255", false)]
#[case::loopback_v6("::1", false)]
#[case::unspecified_v6("::", false)]
#[case::unique_local("fd00:ec2::254", false)]
#[case::link_local("fe80::1", false)]
#[case::site_local("fec0::1", false)]
#[case::multicast_v6("ff02::1", false)]
#[case::documentation_v6("2001:db8::1", false)]
#[case::teredo("2001:0:4136:e378:8000:63bf:3fff:fdd2", false)]
#[case::mapped_loopback("::ffff:127.0.0.1", false)]
#[case::mapped_public("::ffff:8.8.8.8", true)]
#[case::compatible_loopback("::127.0.0.1", false)]
#[case::translated_private("64:ff9b::10.0.0.1", false)]
#[case::six_to_four_private("2002:0a00:0001::1", false)]
#[case::six_to_four_public("2002:0808:0808::1", true)]
fn the_inside_of_networks_is_told_from_the_internet(#[case] ip: &str, #[case] public: bool) {
    assert_eq!(address::is_public(ip.parse().unwrap()), public);
}

#[rstest]
#[case::file("file:///etc/passwd")]
#[case::gopher("gopher://example.org/")]
#[case::no_scheme("example.org/x.png")]
#[case::empty("")]
#[case::credentials("http://user:password@example.org/x.png")]
#[case::no_host("http:///x.png")]
fn what_is_no_web_address_is_refused(#[case] url: &str) {
    assert_eq!(Place::parse(url).unwrap_err(), FetchError::Address);
}

#[test]
fn redirects_are_resolved_against_the_address_that_sends_them() {
    let place = Place::parse("https://example.org:8443/a/b?c=d#e").unwrap();
    let to = |location: &str| {
        let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
        place.redirected(&headers).map(|place| place.uri.to_string())
    };
    assert_eq!(to("https://other.org/x"), Ok("https://other.org/x".to_owned()));
    assert_eq!(to("//other.org/x"), Ok("https://other.org/x".to_owned()));
    assert_eq!(to("/x?y"), Ok("https://example.org:8443/x?y".to_owned()));
    assert_eq!(to("x"), Ok("https://example.org:8443/a/x".to_owned()));
    assert_eq!(to("http://example.org/x"), Err(FetchError::Address));
    assert_eq!(to("ftp://example.org/x"), Err(FetchError::Address));
}

// === over sockets ===

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A server on loopback that gives each connection the next of these answers, byte for byte.
struct Site {
    port: u16,
    _task: tokio::task::JoinHandle<()>,
}

impl Site {
    async fn serve(answers: Vec<Vec<u8>>) -> Self {
        Self::start(answers, false).await
    }

    /// A server that says no more than this and does not hang up.
    async fn dripping(answer: &[u8]) -> Self {
        Self::start(vec![answer.to_vec()], true).await
    }

    async fn start(answers: Vec<Vec<u8>>, holds: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        #[expect(clippy::disallowed_methods, reason = "the test's runtime ends it")]
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap() > 0 {}
                stream.write_all(&answer).await.unwrap();
                open.extend(holds.then_some(stream));
            }
            std::future::pending::<()>().await;
        });
        Self { port, _task: task }
    }
}

fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn redirect(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

fn policy() -> MediaPolicy {
    MediaPolicy {
        fetch: true,
        limit: 1_000,
        timeout: Duration::from_secs(20),
        per_request: 4,
        at_once: 4,
        allow_hosts: HashSet::from(["media.test".to_owned()]),
    }
}

/// A fetcher for which the names of the table exist and no others.
fn fetcher(policy: MediaPolicy, names: &[(&str, &str)]) -> MediaFetcher {
    let names: HashMap<String, IpAddr> =
        names.iter().map(|(name, ip)| ((*name).to_owned(), ip.parse().unwrap())).collect();
    let resolver = Resolver(Arc::new(move |host, port| {
        let found = names.get(&host).map(|ip| vec![SocketAddr::new(*ip, port)]);
        Box::pin(async move { found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)) })
    }));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    MediaFetcher::with_resolver(policy, tls, resolver)
}

const LOCAL: &[(&str, &str)] = &[("media.test", "127.0.0.1"), ("rebound.test", "127.0.0.1")];

async fn fetch(policy: MediaPolicy, url: &str) -> Result<Vec<u8>, FetchError> {
    match fetcher(policy, LOCAL).fetch(url).await? {
        Fetched::Bytes { data, .. } => Ok(data.to_vec()),
        Fetched::Uri { .. } => panic!("it fetches bytes"),
    }
}

#[tokio::test]
async fn a_medium_arrives_with_its_type() {
    let site = Site::serve(vec![ok(PNG)]).await;
    let url = format!("http://media.test:{}/a picture.png", site.port);
    let fetched = fetcher(policy(), LOCAL).fetch(&url).await.unwrap();
    let Fetched::Bytes { data, content_type } = fetched else { panic!("it fetches bytes") };
    assert_eq!((&data[..], content_type.as_deref()), (PNG, Some("image/png")));
}

#[tokio::test]
async fn a_redirect_is_followed() {
    let site = Site::serve(vec![redirect("/there"), ok(PNG)]).await;
    assert_eq!(fetch(policy(), &format!("http://media.test:{}/", site.port)).await, Ok(PNG.to_vec()));
}

#[tokio::test]
async fn a_redirect_into_the_own_network_is_refused() {
    for inside in
        ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://rebound.test/"]
    {
        let site = Site::serve(vec![redirect(inside)]).await;
        let fetched = fetch(policy(), &format!("http://media.test:{}/", site.port)).await;
        assert_eq!(fetched, Err(FetchError::Private), "{inside}");
    }
}

#[tokio::test]
async fn redirects_end_somewhere() {
    let site = Site::serve(vec![redirect("/again"); 5]).await;
    let fetched = fetch(policy(), &format!("http://media.test:{}/", site.port)).await;
    assert_eq!(fetched, Err(FetchError::Redirects));
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_unless_allowed() {
    let site = Site::serve(vec![ok(PNG)]).await;
    for host in ["rebound.test", "127.0.0.1", "[::ffff:127.0.0.1]"] {
        let fetched = fetch(policy(), &format!("http://{host}:{}/", site.port)).await;
        assert_eq!(fetched, Err(FetchError::Private), "{host}");
    }
    let with_port = MediaPolicy { allow_hosts: HashSet::from([format!("rebound.test:{}", site.port)]), ..policy() };
    assert_eq!(fetch(with_port, &format!("http://Rebound.test:{}/", site.port)).await, Err(FetchError::UnknownHost));
}

#[rstest]
#[case::announced(ok(&[0; 1_001]))]
#[case::chunked([b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5dc\r\n".as_slice(), &[0; 1_500], b"\r\n0\r\n\r\n"].concat())]
#[tokio::test]
async fn what_is_too_large_is_refused(#[case] answer: Vec<u8>) {
    let site = Site::serve(vec![answer]).await;
    let fetched = fetch(policy(), &format!("http://media.test:{}/", site.port)).await;
    assert_eq!(fetched, Err(FetchError::TooLarge(1_000)));
}

#[rstest]
#[case::missing(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(), FetchError::Status(404))]
#[case::partial(b"HTTP/1.1 206 Partial Content\r\ncontent-length: 0\r\n\r\n".to_vec(), FetchError::Status(206))]
#[case::compressed(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\n\r\n".to_vec(), FetchError::Encoded)]
#[case::nonsense(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(), FetchError::Broken)]
#[case::redirect_nowhere(b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".to_vec(), FetchError::Address)]
#[tokio::test]
async fn other_answers_are_named(#[case] answer: Vec<u8>, #[case] reason: FetchError) {
    let site = Site::serve(vec![answer]).await;
    assert_eq!(fetch(policy(), &format!("http://media.test:{}/", site.port)).await, Err(reason));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drips_runs_out_of_time() {
    let site = Site::dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx").await;
    let fetched = fetch(policy(), &format!("http://media.test:{}/", site.port)).await;
    assert_eq!(fetched, Err(FetchError::TimedOut(Duration::from_secs(20))));
}

/// What a request waits for that names this many pictures on this machine.
fn waiting_for(pictures: usize) -> Vec<Pending> {
    let image = serde_json::json!({ "type": "image_url", "image_url": { "url": "http://127.0.0.1/" } });
    let messages = serde_json::json!([{ "role": "user", "content": vec![image; pictures] }]);
    let body = serde_json::json!({ "model": "gemini-2.5-flash", "messages": messages }).to_string();
    let models = ModelTable::built_in().unwrap();
    let context = DecodeContext { models: &models, memory: &NoMemory, options: DecodeOptions::default() };
    decode(body.as_bytes(), &context).unwrap().pending().to_vec()
}

#[tokio::test]
async fn a_request_is_told_which_field_failed() {
    let pending = waiting_for(2);
    let pending = &pending[1..];
    let error = fetcher(policy(), LOCAL).fetch_all(pending).await.unwrap_err();
    assert_eq!((error.field.as_str(), error.reason), ("messages[0].content[1].image_url.url", FetchError::Private));

    let off = MediaPolicy { fetch: false, ..policy() };
    assert_eq!(fetcher(off.clone(), LOCAL).fetch_all(pending).await.unwrap_err().reason, FetchError::Off);
    assert!(fetcher(off, LOCAL).fetch_all(&[]).await.is_ok_and(|fetched| fetched.is_empty()));

    let many = waiting_for(5);
    let error = fetcher(policy(), LOCAL).fetch_all(&many).await.unwrap_err();
    assert_eq!((error.field.as_str(), error.reason), ("messages[0].content[4].image_url.url", FetchError::TooMany(4)));
}
