//! Feeds of the real world, as they were found: read or told why not, never twice, never fatal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::journeys::NEWSLETTER;
use crate::world::home::{self, Home};
use crate::world::mailbox;
use crate::world::program::{Service, feedmill};
use crate::world::publisher::{Publisher, Reply};
use crate::world::{reader, runner};

/// All files below `folder`, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn corpora() -> Option<Vec<PathBuf>> {
    let folder = PathBuf::from(runner::variable("FEEDMILL_CORPORA")?);
    let folders = std::fs::read_dir(&folder).ok()?.flatten().map(|entry| entry.path());
    let all: Vec<PathBuf> = folders.flat_map(|folder| chosen(&folder)).collect();
    (!all.is_empty()).then_some(all)
}

/// All files of a folder of crawled feeds, whatever they are; of one that mixes feeds with the pages
/// of other tests, what may be a feed.
fn chosen(folder: &Path) -> Vec<PathBuf> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let may_be_feed = |file: &PathBuf| {
        matches!(
            file.extension().and_then(|extension| extension.to_str()),
            Some("xml" | "rss" | "atom" | "json" | "spc" | "it")
        )
    };
    match (name.starts_with("real-"), name.starts_with("mix-")) {
        (true, _) => files(folder),
        (false, true) => files(folder).into_iter().filter(may_be_feed).collect(),
        (false, false) => Vec::new(),
    }
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => "application/json",
        Some("html") => "text/html",
        Some("txt") => "text/plain",
        _ => "application/xml",
    }
}

/// How many entries each feed has, by address; every feed is read or says why not.
fn entries(home: &Home) -> BTreeMap<String, u64> {
    let said = feedmill(home, &["feeds", "--json"]);
    let feeds: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let counted = feeds.as_array().expect("a list").iter().map(|feed| {
        let is_read = feed["standing"] == "healthy" && feed["trouble"].is_null();
        let told = feed["trouble"].as_str().is_some_and(|reason| !reason.is_empty());
        assert!(is_read || told, "neither read nor told why not: {feed}");
        let url = feed["url"].as_str().expect("an address").to_owned();
        (url, feed["entries"].as_u64().expect("a number"))
    });
    counted.collect()
}

/// Publishes `file`. Each pass has other bytes and the same items, so that it is read anew.
fn serve(publisher: &Publisher, number: usize, file: &Path, pass: usize) -> String {
    let mut body = std::fs::read(file).expect("readable");
    let is_ascii_like = !body.iter().take(64).any(|&byte| byte == 0 || byte == 0x1f);
    if is_ascii_like {
        body.extend(b"\n".repeat(pass));
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        content_type(file),
        body.len()
    );
    let path = format!("/{number}");
    publisher.answers(&path, Reply::Wire([head.into_bytes(), body].concat()));
    publisher.url(&path)
}

#[test]
fn real_feeds_are_read_or_told_why_not_and_never_read_twice() {
    let Some(files) = corpora() else {
        return runner::skip(
            "real feeds",
            "FEEDMILL_CORPORA names no folder with real-* or mix-* in it",
        );
    };
    let (publisher, home) = (Publisher::start(), Home::new());
    let mut feeds = Vec::new();
    for (number, file) in files.iter().enumerate() {
        feeds.push(serve(&publisher, number, file, 1));
    }
    home.configure(&feeds, home::Post::Files, NEWSLETTER);

    let said = feedmill(&home, &["refresh", "--all"]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    let first = entries(&home);
    let read = first.values().filter(|entries| **entries > 0).count();
    assert_eq!(first.len(), feeds.len(), "every file is listed");
    assert!(read * 10 >= feeds.len() * 8, "{read} of {} files brought entries", feeds.len());
    // A poll of the same items brings nothing, whatever they are named by.
    for pass in [2, 3] {
        for (number, file) in files.iter().enumerate() {
            serve(&publisher, number, file, pass);
        }
        let said = feedmill(&home, &["refresh", "--all", "--force"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let differs: Vec<_> = entries(&home)
            .into_iter()
            .filter(|(url, count)| first.get(url) != Some(count))
            .map(|(url, count)| {
                let number = url.rsplit('/').next().and_then(|number| number.parse().ok());
                (files[number.unwrap_or(0_usize)].clone(), first[&url], count)
            })
            .collect();
        assert!(differs.is_empty(), "pass {pass} brought other entries: {differs:?}");
    }
    let said = feedmill(&home, &["newsletter", "send", "matin"]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert_eq!(mailbox::folder(&home.path("outbox")).len(), 1);

    let service = Service::start(&home);
    for format in ["atom", "rss", "json"] {
        let merged = reader::get(&home.url(&format!("/feeds/all.{format}"))).expect("answered");
        let parsed = feed_rs::parser::parse(merged.body.as_slice()).expect("a document");
        assert_eq!((merged.status, parsed.entries.len()), (200, 100), "{format}");
    }
    let (status, log) = service.stop();
    assert!(status.success() && !log.contains("panicked"), "{log}");
}
