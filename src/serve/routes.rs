//! Which address is answered by what.
//!
//! Only GET and HEAD reach these routes, and POST those of hubs; other methods are answered before.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::house::House;
use super::{answer, feeds, health, pages, websub};

/// The routes of `house`.
pub fn router(house: Arc<House>) -> Router {
    Router::new()
        .route("/", get(pages::index))
        .route("/feeds/{file}", get(feeds::merged))
        .route("/feeds.opml", get(feeds::opml))
        .route("/editions", get(pages::editions))
        .route("/editions/{file}", get(feeds::editions))
        .route("/editions/{newsletter}/{date}", get(pages::edition))
        .route("/entries/{id}", get(pages::entry))
        .route("/status", get(pages::status))
        .route("/websub/{token}", get(websub::verify).post(websub::push))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(async || answer::not_found())
        .with_state(house)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::super::listen::Limits;
    use super::super::visitor::{Served, serve};
    use crate::jobs::samples::{Mill, Post, labels, merged, post};

    const A: &str = "https://a.example/rss";
    const B: &str = "https://b.example/atom";
    const MARKER: &str = "<img src=x onerror=alert(1)>\"'&";

    async fn mill() -> Mill {
        let mill = Mill::new(&[(A, &["fr"]), (B, &[])]).await;
        let first = Post {
            body: "<p>Bien <em>chaud</em></p>",
            ..post(1, "L’été", "https://a.example/1")
        };
        mill.posts(A, "L’Écho", &[first, post(2, MARKER, "https://a.example/2")]).await;
        mill.posts(B, MARKER, &[post(3, "Ships", "https://b.example/3")]).await;
        mill.seals("matin", "2026-11-23", "<p style=\"color:red\">Bonjour</p>").await;
        mill
    }

    async fn served(mill: &Mill) -> Served {
        serve(mill, labels(vec![merged("all", 10)]), Limits::default()).await
    }

    const EVERY_ROUTE: [&str; 15] = [
        "/",
        "/feeds/all.atom",
        "/feeds/all.rss",
        "/feeds/all.json",
        "/feeds.opml",
        "/editions",
        "/editions/matin.atom",
        "/editions/matin/2026-11-23",
        "/editions/matin/2026-11-23-0630",
        "/entries/1",
        "/status",
        "/health/live",
        "/health/ready",
        "/nothing",
        "/feeds/none.atom",
    ];

    #[tokio::test]
    async fn every_answer_is_inert_and_typed() {
        let mill = mill().await;
        let served = served(&mill).await;
        for path in EVERY_ROUTE {
            let reply = served.get(path).await;
            let expected = if path.contains("no") { 404 } else { 200 };
            assert_eq!(reply.status, expected, "{path}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
            let policy = reply.header("content-security-policy").expect("a policy");
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
            assert!(policy.contains("base-uri 'none'") && !policy.contains("script"), "{path}");
            let kind = reply.header("content-type").expect("a type");
            assert!(kind.ends_with("; charset=utf-8"), "{path}: {kind}");
            if !kind.starts_with("text/html") || path.contains("/2026") {
                assert!(policy.contains("sandbox"), "{path}: {policy}");
            }
            assert!(reply.header("cache-control").is_some() && reply.header("date").is_some());
        }
    }

    #[tokio::test]
    async fn media_types_are_those_of_the_formats() {
        let mill = mill().await;
        let served = served(&mill).await;
        for (path, kind) in [
            ("/feeds/all.atom", "application/atom+xml; charset=utf-8"),
            ("/feeds/all.rss", "application/rss+xml; charset=utf-8"),
            ("/feeds/all.json", "application/feed+json; charset=utf-8"),
            ("/feeds.opml", "text/x-opml; charset=utf-8"),
            ("/editions/matin.atom", "application/atom+xml; charset=utf-8"),
            ("/", "text/html; charset=utf-8"),
            ("/nothing", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(served.get(path).await.header("content-type"), Some(kind), "{path}");
        }
    }

    #[tokio::test]
    async fn strangers_texts_are_escaped_in_every_page() {
        let mill = mill().await;
        let served = served(&mill).await;
        for path in ["/", "/editions", "/entries/2", "/entries/3", "/status", "/editions/matin"] {
            let page = served.get(path).await.text();
            assert!(!page.contains("<img src=x"), "{path}: {page}");
        }
        let entry = served.get("/entries/2").await.text();
        assert!(entry.contains("&lt;img src=x onerror=alert(1)&gt;"), "{entry}");
        assert!(served.get("/status").await.text().contains("&lt;img src=x"));
        let bodies = served.get("/entries/1").await.text();
        assert!(bodies.contains("<p>Bien <em>chaud</em></p>"), "{bodies}");
    }

    #[tokio::test]
    async fn links_to_strangers_send_no_referrer() {
        let mill = mill().await;
        let served = served(&mill).await;
        for path in ["/entries/1", "/status"] {
            let page = served.get(path).await.text();
            for link in page.split("<a ").skip(1).filter(|link| link.contains("href=\"https:")) {
                let tag = link.split('>').next().unwrap_or_default();
                assert!(tag.contains("rel=\"noopener noreferrer\""), "{path}: {tag}");
                assert!(!tag.contains("target="), "{path}: {tag}");
            }
        }
    }

    #[tokio::test]
    async fn published_addresses_come_from_the_configuration_only() {
        let mill = mill().await;
        let served = served(&mill).await;
        let forged = [("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example")];
        for path in EVERY_ROUTE {
            let reply = served.ask("GET", path, &forged).await;
            assert!(!reply.text().contains("evil.example"), "{path}");
        }
        let feed = served.get("/feeds/all.atom").await.text();
        assert!(feed.contains("href=\"https://mill.example/feeds/all.atom\""), "{feed}");
    }

    #[tokio::test]
    async fn hostile_paths_are_not_found_and_lead_nowhere() {
        let mill = mill().await;
        let served = served(&mill).await;
        let long = format!("/feeds/{}", "a".repeat(10_000));
        let longer = format!("/feeds/{}", "a".repeat(70_000));
        for (path, statuses) in [
            ("//evil.example", &[404][..]),
            ("//evil.example/..", &[404]),
            ("/\\evil.example", &[400, 404]),
            ("/..%2f..%2fetc%2fpasswd", &[404]),
            ("/feeds/..%2f..%2fetc%2fpasswd.atom", &[404]),
            ("/feeds/%00.atom", &[404]),
            ("/feeds/all.atom%00", &[404]),
            ("/feeds/all.atom/", &[404]),
            ("/feeds/%ff.atom", &[400]),
            ("/feeds/all%2eatom%0d%0aX-Evil:%20y", &[404]),
            ("/entries/-1", &[404]),
            ("/entries/1%20or%201=1", &[404]),
            ("/entries/99999999999999999999", &[404]),
            ("/editions/matin/2026-11-23'--", &[404]),
            ("/editions/%27%3bdrop/2026-11-23", &[404]),
            ("/metrics", &[404]),
            ("*", &[400, 404]),
            ("http://evil.example/feeds/all.atom", &[200]),
            (&long, &[404, 414, 431]),
            (&longer, &[400, 414, 431]),
        ] {
            let reply = served.get(path).await;
            let shown: String = path.chars().take(50).collect();
            assert!(statuses.contains(&reply.status), "{shown}: {}", reply.status);
            assert_eq!(reply.header("location"), None, "{shown}");
            assert!(reply.header("x-evil").is_none() && !reply.text().contains("root:"));
        }
    }

    #[tokio::test]
    async fn only_reading_is_possible() {
        let mill = mill().await;
        let served = served(&mill).await;
        for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            let reply = served.ask(method, "/feeds/all.atom", &[("Content-Length", "0")]).await;
            assert_eq!(reply.status, 405, "{method}");
            assert_eq!(reply.header("allow"), Some("GET, HEAD, OPTIONS"));
        }
        let options = served.ask("OPTIONS", "/feeds/all.atom", &[]).await;
        assert_eq!((options.status, options.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
    }

    #[tokio::test]
    async fn head_says_what_get_says_without_a_body() {
        let mill = mill().await;
        let served = served(&mill).await;
        let fields = [
            "content-type",
            "content-length",
            "content-encoding",
            "etag",
            "last-modified",
            "cache-control",
            "vary",
            "content-security-policy",
        ];
        for path in EVERY_ROUTE {
            for coding in ["identity", "gzip"] {
                let accept = [("Accept-Encoding", coding)];
                let get = served.ask("GET", path, &accept).await;
                let head = served.ask("HEAD", path, &accept).await;
                assert_eq!(head.body, b"", "{path}");
                assert_eq!(head.status, get.status, "{path}");
                for field in fields {
                    assert_eq!(head.header(field), get.header(field), "{path} {field}");
                }
                let length = get.header("content-length").and_then(|text| text.parse().ok());
                assert_eq!(length, Some(get.body.len()), "{path}");
            }
        }
    }

    #[tokio::test]
    async fn conditional_requests_are_answered_per_coding() {
        let mill = mill().await;
        let served = served(&mill).await;
        for path in ["/feeds/all.atom", "/feeds/all.rss", "/feeds/all.json", "/status", "/"] {
            let plain = served.get(path).await;
            let coded = served.ask("GET", path, &[("Accept-Encoding", "gzip")]).await;
            assert_eq!(coded.header("content-encoding"), Some("gzip"), "{path}");
            assert_eq!(plain.header("content-encoding"), None);
            assert_eq!(plain.header("vary"), Some("accept-encoding"));
            let tags = [plain.header("etag"), coded.header("etag")].map(|tag| tag.expect("a tag"));
            assert_ne!(tags[0], tags[1]);
            for (tag, coding, status) in [
                (tags[0], "identity", 304),
                (tags[1], "gzip", 304),
                (tags[0], "gzip", 200),
                (tags[1], "identity", 200),
            ] {
                let fields = [("Accept-Encoding", coding), ("If-None-Match", tag)];
                let reply = served.ask("GET", path, &fields).await;
                assert_eq!(reply.status, status, "{path} {tag} {coding}");
                assert_eq!(reply.body.is_empty(), status == 304);
                if status == 304 {
                    assert_eq!(reply.header("etag"), Some(tag));
                    assert!(reply.header("vary").is_some());
                    assert!(reply.header("cache-control").is_some());
                    assert_eq!(reply.header("content-type"), None);
                }
            }
        }
    }

    #[tokio::test]
    async fn dates_of_feeds_are_honoured() {
        let mill = mill().await;
        let served = served(&mill).await;
        let feed = served.get("/feeds/all.atom").await;
        let date = feed.header("last-modified").expect("a date").to_owned();
        assert_eq!(date, "Mon, 23 Nov 2026 06:03:00 GMT");
        let since = [("If-Modified-Since", date.as_str())];
        assert_eq!(served.ask("GET", "/feeds/all.atom", &since).await.status, 304);
        assert_eq!(served.ask("HEAD", "/feeds/all.atom", &since).await.status, 304);
        let both = [("If-None-Match", "\"other\""), ("If-Modified-Since", date.as_str())];
        assert_eq!(served.ask("GET", "/feeds/all.atom", &both).await.status, 200);
        let range = [("Range", "bytes=0-9")];
        assert_eq!(served.ask("GET", "/feeds/all.atom", &range).await.status, 200);
        let precondition = [("If-Match", "\"other\"")];
        assert_eq!(served.ask("GET", "/feeds/all.atom", &precondition).await.status, 412);
    }

    #[tokio::test]
    async fn an_edition_is_shown_as_it_was_sealed() {
        let mill = mill().await;
        let served = served(&mill).await;
        for date in ["2026-11-23", "2026-11-23-0630"] {
            let edition = served.get(&format!("/editions/matin/{date}")).await;
            assert_eq!(edition.text(), "<p style=\"color:red\">Bonjour</p>");
        }
        for missing in ["2026-11-22", "2026-11-23-0631", "2026-11-23-06:30", "last"] {
            let reply = served.get(&format!("/editions/matin/{missing}")).await;
            assert_eq!(reply.status, 404, "{missing}");
        }
        let feed = served.get("/editions/matin.atom").await;
        let feed = feed_rs::parser::parse(&feed.body[..]).expect("a feed");
        let entry = &feed.entries[0];
        assert_eq!(entry.title.as_ref().expect("a title").content, "Le matin du 2026-11-23 <3");
        assert_eq!(entry.links[0].href, "https://mill.example/editions/matin/2026-11-23-0630");
        assert_eq!(served.get("/editions/soir.atom").await.status, 404);
    }

    #[tokio::test]
    async fn ready_is_not_alive() {
        let mill = mill().await;
        let served = served(&mill).await;
        served.ready.store(false, Ordering::Release);
        assert_eq!(served.get("/health/ready").await.status, 503);
        assert_eq!(served.get("/health/live").await.status, 200);
        served.ready.store(true, Ordering::Release);
        assert_eq!(served.get("/health/ready").await.status, 200);
    }

    #[tokio::test]
    async fn a_reload_changes_what_is_offered() {
        let mill = mill().await;
        let served = served(&mill).await;
        assert_eq!(served.get("/feeds/new.atom").await.status, 404);
        served.house.relabel(labels(vec![merged("new", 5)]));
        assert_eq!(served.get("/feeds/new.atom").await.status, 200);
        assert_eq!(served.get("/feeds/all.atom").await.status, 404);
        let index = served.get("/").await.text();
        assert!(index.contains("https://mill.example/feeds/new.atom"), "{index}");
    }

    #[tokio::test]
    async fn a_closed_store_is_said_without_details() {
        let mill = mill().await;
        let served = served(&mill).await;
        let feed = served.get("/feeds/all.atom").await;
        mill.store.close().await.expect("closed");
        served.house.shelf.turn();
        let older = served.get("/feeds/all.atom").await;
        assert_eq!((older.status, &older.body), (200, &feed.body));
        let reply = served.get("/status").await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("60")));
        assert!(!reply.text().contains("database"), "{}", reply.text());
    }

    #[tokio::test]
    async fn pages_for_people() {
        let mill = mill().await;
        let served = served(&mill).await;
        for (name, path) in [
            ("index", "/"),
            ("status", "/status"),
            ("editions", "/editions"),
            ("entry", "/entries/2"),
        ] {
            let page = served.get(path).await.text();
            let (before, rest) = page.split_once("<style>").expect("a style sheet");
            let (_, after) = rest.split_once("</style>").expect("its end");
            insta::assert_snapshot!(name, format!("{before}{after}"));
        }
        insta::assert_snapshot!("not_found", served.get("/nothing").await.text());
    }
}
