//! That the guard bites: for every rule, small sources that break it are caught, and lawful ones
//! that look alike are not. Without this it could rot and nobody would notice.

use super::judge;
use super::source::Source;

/// The rules broken by a house of these files, with their lines.
fn verdict(files: &[(&str, &str)]) -> Vec<(&'static str, usize)> {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    judge::breaches(&sources).iter().map(|breach| (breach.rule, breach.line)).collect()
}

/// A house with doors to every room that the cases mention, and one file more.
fn alone(path: &str, text: &str) -> Vec<(&'static str, usize)> {
    let doors = [
        ("src/lib.rs", "pub mod clean; pub mod store; pub mod model; pub mod publish;"),
        ("src/store/mod.rs", "pub mod open;"),
        ("src/store/open.rs", ""),
        ("src/publish/mod.rs", "pub mod opml; pub mod atom;"),
        ("src/publish/opml.rs", ""),
        ("src/publish/atom.rs", ""),
        ("src/model/mod.rs", "pub mod url;"),
        ("src/model/url.rs", ""),
    ];
    let mut files: Vec<(&str, &str)> =
        doors.into_iter().filter(|(door, _)| *door != path).collect();
    files.push((path, text));
    verdict(&files)
}

#[test]
fn an_import_against_the_table_is_caught_however_it_is_written() {
    for text in [
        "use crate::store::open::open;",
        "use crate::store;",
        "use crate::{model::url, store::open};",
        "use crate::{self as root, store as shelf};",
        "use super::super::store::open;",
        "use feedmill::store::open;",
        "use ::feedmill::store::open;",
        "fn f() { crate::store::open::open(); }",
        "fn f() { super::super::store::open::open(); }",
        "fn f(s: &crate::store::open::Store) {}",
        "fn f() -> Vec<crate::store::open::Store> { Vec::new() }",
        "fn f() { use crate::store::open; }",
        "impl crate::store::open::Keep for X {}",
        "fn f() { vec![crate::store::open::open()]; }",
        "fn f() { println2!(\"{}\", super::super::store::open::N); }",
        "macro_rules! m { () => { $crate::store::open::open() } }",
        "macro_rules! m { () => { use crate::{model::url, store::open}; } }",
        "#[derive(crate::store::Row)] struct X;",
        "struct X { #[serde(with = \"crate::store::open\")] x: u8 }",
        "mod inner { fn f() { super::super::super::store::open::open(); } }",
        "use crate as root; fn f() { root::store::open::open(); }",
        "extern crate self as me; fn f() { me::store::open::open(); }",
    ] {
        let rules = alone("src/clean/plain.rs", text);
        assert!(rules.iter().any(|(rule, _)| *rule == "import table"), "{text}: {rules:?}");
    }
}

#[test]
fn lawful_imports_pass() {
    for (path, text) in [
        ("src/clean/plain.rs", "use crate::model::url::WebUrl;"),
        ("src/clean/plain.rs", "use super::sanitise::body; use crate::clean::sanitise;"),
        ("src/clean/plain.rs", "/// See [`crate::store::open`].\nfn f() {}"),
        ("src/clean/plain.rs", "const S: &str = \"use crate::store::open\";"),
        ("src/clean/plain.rs", "mod inner { use super::super::sanitise; }"),
        ("src/clean/plain.rs", "#[cfg(test)] mod tests { use crate::store::open::open; }"),
        ("src/clean/plain.rs", "#[cfg(all(test, unix))] mod tests { use crate::store::open; }"),
        ("src/cli/feeds.rs", "use crate::publish::opml::read; use crate::publish::opml;"),
        ("src/daemon/compose.rs", "use crate::store::open; use crate::fetch; use crate::mail;"),
        ("src/main.rs", "use feedmill::cli; fn main() { feedmill::cli::run(); }"),
        ("src/jobs/shelf.rs", "use crate::publish::atom; use crate::store::open;"),
    ] {
        assert_eq!(alone(path, text), [], "{text}");
    }
}

#[test]
fn a_part_of_a_room_is_not_the_room() {
    for text in
        ["use crate::publish::atom;", "use crate::publish;", "use crate::publish::{self, opml};"]
    {
        assert_eq!(alone("src/cli/feeds.rs", text), [("import table", 1)], "{text}");
    }
    assert_eq!(alone("src/daemon/postman.rs", "use crate::mail;"), [("import table", 1)]);
    assert_eq!(alone("src/attic/x.rs", "use crate::model::url;"), [("import table", 1)]);
}

#[test]
fn edges_do_not_know_each_other() {
    for text in ["use crate::store::open;", "fn f() { crate::store::open::open(); }"] {
        assert_eq!(alone("src/fetch/client.rs", text), [("edges", 1)], "{text}");
    }
}

#[test]
fn a_pure_room_that_touches_the_world_is_caught() {
    for text in [
        "async fn f() { tokio::spawn(async {}); }",
        "use reqwest::Client;",
        "use hyper::Request;",
        "use axum::Router;",
        "use rusqlite::Connection;",
        "use lettre::Message;",
        "fn f() { std::fs::read(\"x\"); }",
        "use std::{fmt, fs};",
        "use std as s; fn f() { s::fs::read(\"x\"); }",
        "use std::net::TcpStream;",
        "use std::net::{SocketAddr, ToSocketAddrs};",
        "use std::net; fn f() { net::UdpSocket::bind(1); }",
        "use std::time::{Duration, Instant};",
        "use std::time; fn f() { time::SystemTime::now(); }",
        "use chrono::{DateTime, Utc}; fn f() { Utc::now(); }",
        "use chrono::Utc as Z; fn f() { let now = Z::now; }",
        "use chrono::Utc; fn f() { <Utc>::now(); }",
        "use chrono::Utc; fn f() { g![Utc::now()]; }",
        "fn f() { ::chrono::Utc::now(); }",
        "fn f() { chrono::Local::now(); }",
        "fn f() { getrandom::u64(); }",
        "fn f() { rand::random::<u8>(); }",
        "fn f() { println!(\"x\"); }",
        "fn f() { std::env::var(\"HOME\"); }",
        "fn f() { if let Ok(x) = std::process::Command::new(\"ls\").spawn() {} }",
        "#[cfg(any(test, unix))] fn f() { std::fs::read(\"x\"); }",
        "#[cfg(not(test))] fn f() { std::fs::read(\"x\"); }",
    ] {
        for room in super::law::PURE {
            let rules = alone(&format!("src/{room}/x.rs"), text);
            let pure = rules.iter().all(|rule| *rule == ("purity", 1));
            assert!(!rules.is_empty() && pure, "{room}: {text}: {rules:?}");
        }
    }
}

#[test]
fn plain_values_are_pure() {
    for text in [
        "use std::net::{IpAddr, SocketAddr};",
        "use std::time::Duration;",
        "use chrono::{DateTime, Utc}; fn f(t: DateTime<Utc>) -> i64 { Utc.timestamp(t) }",
        "fn now() {} fn f() { self::now(); }",
        "#[cfg(test)] mod tests { use super::*; fn f() { std::fs::read(\"x\"); } }",
        "#[cfg(test)] fn f() { std::fs::read(\"x\"); }",
        "#[test] fn f() { tokio::spawn(()); }",
        "impl X { #[cfg(test)] fn f() { std::fs::read(\"x\"); } }",
        "fn f() { let tokio = 1; let x = tokio; }",
    ] {
        assert_eq!(alone("src/model/x.rs", text), [], "{text}");
    }
    let files = [
        ("src/clean/mod.rs", "pub mod plain;\n#[cfg(test)]\nmod tests;"),
        (
            "src/clean/tests.rs",
            "use super::*; use crate::store::open; fn f() { std::fs::read(1); }",
        ),
    ];
    assert_eq!(verdict(&files), [], "a file declared for tests");
}

#[test]
fn each_piece_of_the_outside_world_has_one_owner() {
    for (path, text) in [
        ("src/jobs/refresh.rs", "use reqwest::Client;"),
        ("src/jobs/refresh.rs", "fn f(row: rusqlite::Row) {}"),
        ("src/store/open.rs", "use lettre::Message;"),
        ("src/fetch/client.rs", "use axum::Router;"),
        ("src/store/error.rs", "use anyhow::Result;"),
        ("src/jobs/refresh.rs", "fn f() { getrandom::u64(); }"),
    ] {
        assert_eq!(alone(path, text), [("owner", 1)], "{text}");
    }
    for (path, text) in [
        ("src/fetch/client.rs", "use reqwest::Client;"),
        ("src/store/open.rs", "use rusqlite::Connection;"),
        ("src/serve/listen.rs", "use axum::Router; use hyper_util::rt::TokioIo;"),
        ("src/main.rs", "fn main() -> anyhow::Result<()> { Ok(()) }"),
    ] {
        assert_eq!(alone(path, text), [], "{text}");
    }
}

#[test]
fn facades_globs_and_detours_are_caught() {
    for (text, rule) in [
        ("pub use crate::model::url::WebUrl;", "facade"),
        ("pub(crate) use super::sanitise::body;", "facade"),
        ("use crate::model::url::*;", "glob"),
        ("use super::*;", "glob"),
        ("fn f() { use Kind::*; }", "glob"),
        ("#[cfg(test)] mod tests { use crate::model::url::*; }", "glob"),
        ("#[path = \"x.rs\"] mod y;", "detour"),
        ("include!(\"x.rs\");", "detour"),
    ] {
        assert_eq!(alone("src/clean/plain.rs", text), [(rule, 1)], "{text}");
    }
    assert_eq!(alone("src/clean/plain.rs", "#[cfg(test)] mod tests { use super::*; }"), []);
    assert_eq!(alone("src/model/mod.rs", "//! Nouns.\npub mod url;\nstruct X;"), [("door", 3)]);
    assert_eq!(alone("src/clean/plain.rs", "fn f( {"), [("readable", 1)]);
}

#[test]
fn circles_of_any_length_are_caught() {
    let two = [
        ("src/clean/a.rs", "use super::b::B;"),
        ("src/clean/b.rs", "fn f() { crate::clean::a::f(); }"),
    ];
    assert_eq!(verdict(&two), [("circle", 1)]);
    let three = [
        ("src/clean/a.rs", "use super::b;"),
        ("src/clean/b.rs", "use super::c;"),
        ("src/clean/c.rs", "use super::a;"),
        ("src/clean/d.rs", "use super::a;"),
    ];
    assert_eq!(verdict(&three), [("circle", 1)]);
    let through_a_door = [
        ("src/clean/mod.rs", "pub mod a; fn f() { a::f(); }"),
        ("src/clean/a.rs", "fn f() { super::f(); }"),
    ];
    assert_eq!(verdict(&through_a_door), [("circle", 1), ("door", 1)]);
    let only_in_tests = [
        ("src/clean/a.rs", "use super::b::B;"),
        ("src/clean/b.rs", "#[cfg(test)] mod tests { use super::super::a::A; }"),
    ];
    assert_eq!(verdict(&only_in_tests), []);
}

#[test]
fn long_files_and_functions_are_caught() {
    let statements = |n: usize| "    g();\n".repeat(n);
    let function = |n: usize| format!("fn f() {{\n{}}}\n", statements(n));
    assert_eq!(alone("src/clean/x.rs", &function(68)), []);
    assert_eq!(alone("src/clean/x.rs", &function(69)), [("function length", 1)]);
    let method = format!("impl X {{\n{}}}", function(69));
    assert_eq!(alone("src/clean/x.rs", &method), [("function length", 2)]);
    let in_test = format!("#[test]\n{}", function(100));
    assert_eq!(alone("src/clean/x.rs", &in_test), []);

    let file = |n: usize| "const A: u8 = 1;\n".repeat(n);
    let tests = |n: usize| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", file(n));
    assert_eq!(alone("src/clean/x.rs", &file(400)), []);
    assert_eq!(alone("src/clean/x.rs", &file(401)), [("file length", 1)]);
    assert_eq!(alone("src/clean/x.rs", &(file(400) + &tests(500))), []);
}

#[test]
fn a_breach_names_file_line_rule_and_reason() {
    let source = Source {
        path: "src/clean/plain.rs".to_owned(),
        text: "\nuse crate::store::open;\n".to_owned(),
    };
    let report: Vec<String> = judge::breaches(&[source]).iter().map(ToString::to_string).collect();
    assert_eq!(
        report,
        [
            "src/clean/plain.rs:2: [import table] clean names store::open: clean may import only model"
        ]
    );
}
