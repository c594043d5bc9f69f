//! What is wrong with TLS is told with its cause, and never got around: expired, early, self-signed,
//! for another host, by nobody known, incomplete, too old, silent, not there at all.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};

use axum::http::Version;
use hickory_resolver::proto::op::ResponseCode;
use rcgen::{BasicConstraints, IsCa};

use super::canaries::Canaries;
use super::certificates::{self, Authority};
use super::names::{Names, Says, these};
use super::pocket::{self, PUBLIC};
use super::secure::Secure;
use crate::world::home::{self, Home};
use crate::world::host::Host;
use crate::world::program::{Said, feedmill, feedmill_with};

/// Hosts that break off in TLS itself (all of one site: many that are silent at once would look like
/// an outage of our own), each at an address of its own: what they send, and what is
/// told of it.
const BROKEN: [(&str, &str, &[u8], &str); 5] = [
    // An alert "protocol version" (RFC 8446, section 6), as servers of TLS 1.0 alone send it.
    ("old", "93.184.215.21", b"\x15\x03\x01\x00\x02\x02\x46", "no version of TLS that is safe"),
    ("picky", "93.184.215.22", b"\x15\x03\x03\x00\x02\x02\x28", "no encryption that is safe"),
    ("nameless", "93.184.215.23", b"\x15\x03\x03\x00\x02\x02\x70", "no certificate for this name"),
    ("plain", "93.184.215.24", b"HTTP/1.1 400 Bad Request\r\n\r\n", "it does not speak TLS there"),
    ("closed", "93.184.215.25", b"", "the connection was closed"),
];

/// Another that takes the connection and says nothing, and one that answers with TLS 1.0.
const SILENT: &str = "93.184.215.26";
const OLDER: &str = "93.184.215.27";

/// A `ServerHello` of TLS 1.0 (RFC 2246, section 7.4.1.3): no extension, AES-128 with SHA-1.
fn server_hello_of_1999() -> Vec<u8> {
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    hello
}

fn told(said: &Said) -> BTreeMap<String, String> {
    let feeds: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let feeds = feeds.as_array().expect("a list");
    feeds.iter().map(|feed| (text(&feed["url"]), text(&feed["trouble"]))).collect()
}

/// Listens and sends `bytes` to whoever spoke first.
fn breaks_off(ip: &str, bytes: Vec<u8>) -> Host {
    Host::over(pocket::listen(ip, 443), move |connection| {
        let mut hello = [0; 5];
        connection.read_exact(&mut hello)?;
        let mut rest = vec![0; usize::from(u16::from_be_bytes([hello[3], hello[4]]))];
        connection.read_exact(&mut rest)?;
        connection.write_all(&bytes)
    })
}

#[test]
fn what_is_wrong_with_tls_is_told_and_never_got_around() {
    if !pocket::enter("wire::tls::what_is_wrong_with_tls_is_told_and_never_got_around") {
        return;
    }
    let canaries = Canaries::set_out();
    let root = Authority::root("Racine de confiance");
    let middle = root.intermediate("Autorit\u{e9} interm\u{e9}diaire");
    let stranger = Authority::root("Racine inconnue");
    let plainly = |_: &mut rcgen::CertificateParams| {};
    let ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let of = |name: &str| format!("{name}.tls.example");
    let certificates = HashMap::from([
        (of("good"), middle.vouches_for(&of("good"), &[&middle], plainly)),
        (
            of("shuffled"),
            middle.vouches_for(&of("shuffled"), &[&stranger, &root, &middle], plainly),
        ),
        (of("expired"), middle.vouches_for(&of("expired"), &[&middle], certificates::expired)),
        (of("early"), middle.vouches_for(&of("early"), &[&middle], certificates::early)),
        (of("wrong"), middle.vouches_for(&of("other"), &[&middle], plainly)),
        (of("self-signed"), certificates::self_signed(&of("self-signed"), IsCa::NoCa)),
        (of("self-made"), certificates::self_signed(&of("self-made"), ca)),
        (of("unknown"), stranger.vouches_for(&of("unknown"), &[&stranger], plainly)),
        (of("incomplete"), middle.vouches_for(&of("incomplete"), &[], plainly)),
    ]);
    let faults = [
        ("expired", "its certificate expired on 2020-01-31"),
        ("early", "its certificate is not valid before 2050-05-01"),
        ("wrong", "its certificate is for another host: other.tls.example"),
        ("self-signed", "its certificate is self-signed"),
        ("self-made", "its certificate is self-signed"),
        ("unknown", "its certificate is from \"Racine inconnue\", which is not trusted here"),
        (
            "incomplete",
            "its certificate leads to \"Autorit\u{e9} interm\u{e9}diaire\", whose own certificate it does not send",
        ),
        ("silent", "timed out after 10 s while a connection was being made"),
        ("older", "no version of TLS that is safe"),
    ];
    let secure = Secure::start(pocket::listen(PUBLIC, 443), certificates, &["h2", "http/1.1"]);
    let mut hosts: Vec<Host> =
        BROKEN.iter().map(|(_, ip, bytes, _)| breaks_off(ip, bytes.to_vec())).collect();
    hosts.push(Host::over(pocket::listen(SILENT, 443), |connection| connection.stall()));
    hosts.push(breaks_off(OLDER, server_hello_of_1999()));
    let _names = Names::start(|name, _, _| {
        let host = name.trim_end_matches(".tls.example");
        match (BROKEN.iter().find(|(broken, ..)| *broken == host), host) {
            (Some((_, ip, ..)), _) => these(&[ip]),
            (None, "silent") => these(&[SILENT]),
            (None, "older") => these(&[OLDER]),
            (None, _) if name.ends_with(".example") => these(&[PUBLIC]),
            (None, _) => Says::Code(ResponseCode::NXDomain),
        }
    });

    let home = Home::new();
    let roots = home.path("roots.pem");
    root.write(&roots);
    let broken = BROKEN.map(|(host, _, _, cause)| (host, cause));
    let all = || faults.iter().chain(&broken);
    let url = |host: &str| format!("https://{host}.tls.example/rss");
    let good = ["good", "shuffled"];
    let feeds: Vec<String> = all().map(|(host, _)| *host).chain(good).map(url).collect();
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let trust = [("SSL_CERT_FILE", roots.to_str().expect("a plain path"))];
    let said = feedmill_with(&home, &trust, &["refresh", "--all"]);
    let told = told(&feedmill(&home, &["feeds", "--failing", "--json"]));
    for (host, cause) in all() {
        let trouble = told.get(&url(host)).map_or("nothing", String::as_str);
        assert!(trouble.contains(cause), "{host}: {trouble}");
        assert!(trouble.starts_with(&format!("{host}.tls.example")), "{trouble}");
        assert!(said.stdout.contains(trouble), "`refresh` tells it too: {}", said.stdout);
    }
    assert!(good.iter().all(|host| !told.contains_key(&url(host))), "{told:?}");
    assert_eq!(secure.requests().len(), good.len(), "nothing is asked of who is not trusted");
    assert_eq!(canaries.reached(), [], "and nothing in the clear");
    assert!(hosts.iter().all(|host| host.accepted() == 1), "nor a second time");

    // Without the variable the authority of the test is as unknown as any.
    let said = feedmill(&home, &["refresh", "--force", &url("good")]);
    assert!(said.stdout.contains("is not trusted here"), "{}{}", said.stdout, said.stderr);
}

#[test]
fn feeds_of_a_host_share_one_connection_and_one_handshake() {
    if !pocket::enter("wire::tls::feeds_of_a_host_share_one_connection_and_one_handshake") {
        return;
    }
    let root = Authority::root("Racine de confiance");
    let _names = Names::start(|_, _, _| these(&[PUBLIC, "93.184.215.15"]));
    let protocols: [(&[&str], Version); 2] =
        [(&["h2", "http/1.1"], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11)];
    for (n, (protocols, version)) in protocols.into_iter().enumerate() {
        let port = 8_443 + u16::try_from(n).expect("small");
        let host = "many.example";
        let certificates = HashMap::from([(host.to_owned(), root.vouches_for(host, &[], |_| {}))]);
        let secure = Secure::start(pocket::listen(PUBLIC, port), certificates, protocols);
        let home = Home::new();
        let roots = home.path("roots.pem");
        root.write(&roots);
        let feeds: Vec<String> = (0..20).map(|n| format!("https://{host}:{port}/{n}")).collect();
        home.configure_fetching("", &feeds, home::Post::Files, "");
        let trust = [("SSL_CERT_FILE", roots.to_str().expect("a plain path"))];
        let said = feedmill_with(&home, &trust, &["refresh", "--all"]);
        assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
        let requests = secure.requests();
        assert_eq!(requests.len(), 20, "{requests:?}");
        assert!(requests.iter().all(|(asked, _)| *asked == version), "{requests:?}");
        assert_eq!((secure.connections(), secure.handshakes()), (1, (1, 0)), "{version:?}");
        pocket::report(&format!("20 feeds by {version:?}: 1 connection, 1 handshake"));
    }
}

#[test]
fn who_is_sent_to_and_fro_between_http_and_https_stops_after_five_hops() {
    if !pocket::enter(
        "wire::tls::who_is_sent_to_and_fro_between_http_and_https_stops_after_five_hops",
    ) {
        return;
    }
    let root = Authority::root("Racine de confiance");
    let host = "toandfro.example";
    let _names = Names::start(|_, _, _| these(&[PUBLIC]));
    let certificates = HashMap::from([(host.to_owned(), root.vouches_for(host, &[], |_| {}))]);
    let secure = Secure::start(pocket::listen(PUBLIC, 443), certificates, &["http/1.1"]);
    let back = format!(
        "HTTP/1.1 302 Found\r\nLocation: https://{host}/plain/{host}/\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let plain = Host::over(pocket::listen(PUBLIC, 80), move |connection| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte)?;
            head.extend(byte);
        }
        connection.write_all(back.as_bytes())
    });
    let home = Home::new();
    let roots = home.path("roots.pem");
    root.write(&roots);
    let url = format!("http://{host}/");
    home.configure_fetching("", std::slice::from_ref(&url), home::Post::Files, "");
    let trust = [("SSL_CERT_FILE", roots.to_str().expect("a plain path"))];
    let said = feedmill_with(&home, &trust, &["refresh", "--all"]);
    let told = told(&feedmill(&home, &["feeds", "--failing", "--json"]));
    let trouble = told.get(&url).map_or("nothing", String::as_str);
    assert!(trouble.contains("redirects once more after 5 redirects"), "{trouble}");
    assert!(said.stdout.contains(trouble), "{}", said.stdout);
    assert_eq!((plain.accepted(), secure.requests().len()), (3, 3));
}
