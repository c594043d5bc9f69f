//! What the operator sees of all this (P50).

use std::time::Duration;

use super::town::{Seen, Town, hold};
use crate::world::feed::Post;
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::Reply;

pub(crate) fn p50() -> Seen {
    let town = Town::new();
    town.publisher.posts("/long", [Post::new("long")]);
    let header = ("Cache-Control".to_owned(), "max-age=99999999".to_owned());
    town.publisher.edit("/long", |feed| feed.headers = vec![header]);
    town.publisher.answers("/moved", Reply::Redirect(302, "/rss".to_owned()));
    let feeds = ["/rss", "/long", "/moved"].map(|path| town.publisher.url(path));
    town.subscribes(&feeds, "");
    let mut service = Service::start(&town.home);
    let is_polled = || town.publisher.requests().len() >= 4;
    eventually("all three were asked", Duration::from_secs(60), is_polled);
    let said = feedmill(&town.home, &["refresh", "--all", "--force"]);
    hold(said.code == Some(0), || said.stderr.clone())?;

    let shown = feedmill(&town.home, &["status", "--feed", &feeds[0]]).stdout;
    let etag = town.last()?.header("if-none-match").unwrap_or_default();
    for expected in ["next check", "its own rhythm", etag.as_str(), "Last-Modified"] {
        hold(shown.contains(expected), || format!("no {expected:?} in:\n{shown}"))?;
    }
    let capped = feedmill(&town.home, &["status", "--feed", &feeds[1]]).stdout;
    let expected = ["the longest wait we obey", "more seldom than every 14 days"];
    hold(expected.iter().all(|words| capped.contains(words)), || capped.clone())?;

    let report = feedmill(&town.home, &["status", "--politeness", "--json"]).stdout;
    let report: serde_json::Value =
        serde_json::from_str(&report).map_err(|error| format!("{error}: {report}"))?;
    let counted = |name: &str| report["since_start"][name].as_u64();
    hold(report["since"].is_string(), || format!("since when: {report}"))?;
    let shown = feedmill(&town.home, &["status", "--politeness"]).stdout;
    hold(shown.contains("since the service started"), || shown.clone())?;
    let heard = town.publisher.requests();
    let conditional =
        |request: &&crate::world::request::Request| request.bytes("if-none-match").is_some();
    let (all, echoed) = (heard.len() as u64, heard.iter().filter(conditional).count() as u64);
    let agrees = (counted("requests"), counted("conditional")) == (Some(all), Some(echoed));
    hold(agrees, || format!("{all} requests, {echoed} conditional, but {report}"))?;
    let zero = ["cookies", "referrers", "not_get"].iter().all(|name| counted(name) == Some(0));
    hold(zero && counted("redirects") == Some(2), || format!("{report}"))?;
    hold(counted("shortest_interval_ms").is_some(), || format!("{report}"))?;
    hold(report["feeds"]["capped"] == 1, || format!("{report}"))?;
    service.kill();
    Ok(format!(
        "next check, rule, validators, cap; its report agrees with the origin: {all} requests, {echoed} conditional"
    ))
}
