//! Merged feeds as reader apps read them.

use std::process::{Command, Output, Stdio};

use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::{Service, feedmill};
use crate::world::publisher::Publisher;
use crate::world::servers;

/// A home whose service serves two posts of one publisher.
fn two_posts() -> (Home, Publisher, Service) {
    let publisher = Publisher::start();
    publisher.posts("/rss", [Post::new("2").titled("L'été & <l'hiver>"), Post::new("1")]);
    let home = Home::new();
    home.configure(&[publisher.url("/rss")], home::Post::Files, "");
    let said = feedmill(&home, &["refresh", "--all"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let service = Service::start(&home);
    (home, publisher, service)
}

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("the program starts")
}

#[test]
fn feedparser_finds_no_fault_in_a_merged_feed() {
    if !servers::present("feedparser", &["feedparser"]) {
        return;
    }
    let (home, _publisher, _service) = two_posts();
    for format in ["atom", "rss"] {
        let script = format!(
            "import feedparser; feed = feedparser.parse('{}')\n\
             print(feed.bozo, feed.version, len(feed.entries))\n\
             print(sorted(entry.title for entry in feed.entries)[0])\n\
             print(all(entry.id and entry.link for entry in feed.entries))",
            home.url(&format!("/feeds/all.{format}"))
        );
        let output = run(Command::new(servers::python()).args(["-c", &script]));
        let said = String::from_utf8_lossy(&output.stdout);
        let version = if format == "atom" { "atom10" } else { "rss20" };
        // feedparser shows titles as HTML.
        let titles = ["L'été &amp; &lt;l'hiver&gt;", "L'été & <l'hiver>"];
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.first().copied(), Some(format!("False {version} 2").as_str()), "{said}");
        assert!(titles.contains(&lines[1]), "{said}");
        assert_eq!(lines.get(2).copied(), Some("True"), "{said}");
    }
}

#[test]
fn newsboat_subscribes_and_finds_each_post_once() {
    if !servers::present("newsboat", &["newsboat"]) {
        return;
    }
    let (home, _publisher, _service) = two_posts();
    for format in ["atom", "rss"] {
        let folder = home.path(format);
        std::fs::create_dir(&folder).expect("the home can be written");
        let feed = home.url(&format!("/feeds/all.{format}"));
        std::fs::write(folder.join("urls"), format!("{feed}\n")).expect("written");
        std::fs::write(folder.join("config"), "").expect("written");
        // Twice: what is known already does not come again.
        for _ in 0..2 {
            let output = run(Command::new("newsboat")
                .current_dir(&folder)
                .env("HOME", &folder)
                .args(["-u", "urls", "-c", "cache.db", "-C", "config"])
                .args(["-x", "reload", "print-unread"]));
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.starts_with("2 "), "{format}: {said} {output:?}");
        }
    }
}

#[test]
fn a_browser_shows_the_front_page_without_complaint() {
    if !servers::present("chromium", &["chromium"]) {
        return;
    }
    let (home, _publisher, _service) = two_posts();
    let profile = format!("--user-data-dir={}", home.path("profile").display());
    let output = run(Command::new("chromium").env("HOME", home.folder()).args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        &profile,
        "--dump-dom",
        &home.url("/"),
    ]));
    let page = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(page.contains("/feeds/all.atom"), "{page}");
    assert!(!log.contains("CONSOLE"), "{log}");
}
