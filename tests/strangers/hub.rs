//! A hub of other people, behind TLS: it verifies us, and what it signs is read as it is pushed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::ledger::Ledger;
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::Publisher;
use crate::world::{reader, servers};

const PATIENCE: Duration = Duration::from_secs(60);

/// Flask-WebSub's hub as a child. Dropping it ends it.
struct Stranger {
    child: Child,
    url: String,
}

impl Stranger {
    fn start(home: &Home) -> Self {
        let mut child = Command::new(servers::python())
            .args(["-c", include_str!("hub.py")])
            .arg(home.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        let mut url = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut url).expect("it says its address");
        Self { child, url: url.trim().to_owned() }
    }

    fn publishes(&mut self, topic: &str) {
        let stdin = self.child.stdin.as_mut().expect("it is piped");
        writeln!(stdin, "{topic}").expect("it listens");
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_hub_of_other_people_verifies_us_and_what_it_signs_is_read_at_once() {
    if !servers::present("a hub of other people", &["flask-websub"]) {
        return;
    }
    let (publisher, home) = (Publisher::start(), Home::public());
    let mut hub = Stranger::start(&home);
    assert!(hub.url.starts_with("https://"), "{}", hub.url);
    let topic = publisher.url("/rss");
    publisher.edit("/rss", |feed| {
        feed.posts = vec![Post::new("1")];
        let links = format!("<{}>; rel=\"hub\", <{topic}>; rel=\"self\"", hub.url);
        feed.headers = vec![("Link".to_owned(), links)];
    });
    home.configure(std::slice::from_ref(&topic), home::Post::Files, "");
    let roots = home.path("ca.pem");
    let roots = roots.to_str().expect("UTF-8");
    let service = Service::start_with(&home, &[("SSL_CERT_FILE", roots)]);
    let status = || feedmill(&home, &["status", "--feed", &topic]).stdout;
    eventually("the hub verifies us", PATIENCE, || status().contains("tells of changes"));
    let ledger = Ledger::open(&home.path("feedmill.db"));
    assert_eq!(ledger.number("select count(*) from callback where secret is not null"), 1);

    publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    hub.publishes(&topic);
    let merged = || reader::get(&home.url("/feeds/all.atom")).expect("answered").text();
    eventually("the push is read", PATIENCE, || merged().contains("Post 2"));
    assert!(status().contains("told 1 times"), "{}", status());
    let ours = publisher.requests_for("/rss").into_iter().filter(|request| {
        request.header("user-agent").is_some_and(|agent| agent.starts_with("feedmill/"))
    });
    assert_eq!(ours.count(), 1, "the publisher was not asked again");

    home.configure(&[], home::Post::Files, "");
    service.signal(nix::sys::signal::Signal::SIGHUP);
    let left = || ledger.number("select count(*) from callback") == 0;
    eventually("the hub is told off and verifies that", PATIENCE, left);
    let subscriptions = rusqlite::Connection::open(home.path("hub.db")).expect("the hub's own");
    let count = "select count(*) from hub";
    let known = || subscriptions.query_row(count, [], |row| row.get::<_, i64>(0)).expect(count);
    eventually("it knows us no more", PATIENCE, || known() == 0);
}
