//! The manners of one request: who asks, for what, and in which words (P27–P29, P38, P39, P45).

use chrono::TimeDelta;

use super::town::{Seen, Town, document, hold, wire};
use crate::world::feed::Post;
use crate::world::home;
use crate::world::publisher::Reply;

pub(crate) fn p27() -> Seen {
    let town = Town::new();
    town.adds(&[("Set-Cookie", "id=1; Path=/; Max-Age=31536000"), ("Set-Cookie", "b=2")]);
    let mill = town.mill();
    (0..4).for_each(|_| drop(mill.polls()));
    mill.stop();
    let mill = town.mill();
    mill.polls();
    let heard = town.publisher.requests();
    let cookies = heard.iter().filter(|request| request.bytes("cookie").is_some()).count();
    hold(cookies == 0, || format!("{cookies} cookies"))?;
    Ok(format!("0 cookies in {} requests after Set-Cookie", heard.len()))
}

pub(crate) fn p28() -> Seen {
    let town = Town::empty();
    let path = "/Flux%20rss?b=1&a=|2&%7e=~";
    town.publisher.posts(path, [Post::new("1")]);
    town.subscribes(&[town.publisher.url(&format!("{path}#top"))], "");
    let mill = town.mill();
    (0..3).for_each(|_| drop(mill.polls()));
    let heard = town.publisher.requests();
    hold(heard.len() == 4, || format!("{} requests", heard.len()))?;
    for request in &heard {
        hold(request.path == path, || format!("asked for {}", request.path))?;
        let codings = request.header("accept-encoding").unwrap_or_default();
        hold(codings.contains("gzip"), || format!("Accept-Encoding: {codings}"))?;
        let accepted = request.header("accept").unwrap_or_default();
        let kinds = ["application/atom+xml", "application/rss+xml", "*/*;q="];
        hold(kinds.iter().all(|kind| accepted.contains(kind)), || format!("Accept: {accepted}"))?;
        for unwanted in ["pragma", "cache-control", "upgrade", "upgrade-insecure-requests", "te"] {
            hold(request.bytes(unwanted).is_none(), || format!("{unwanted} was sent"))?;
        }
    }
    Ok(format!("4 of 4 for {path}; gzip; feed types before */*; no cache told to step aside"))
}

pub(crate) fn p29() -> Seen {
    let town = Town::empty();
    town.publisher.posts("/rss", [Post::new("1")]);
    town.publisher.posts("/own", [Post::new("1")]);
    let fetch = "allow_private = [\"127.0.0.0/8\"]\ncontact = \"https://exemple.fr/lecteur\"";
    let newsletter = |name: &str, to: &str| {
        format!(
            "\n[[newsletter]]\nname = \"{name}\"\nat = \"06:30\"\ntimezone = \"Europe/Paris\"\n\
             from = \"moulin@exemple.fr\"\nto = [{to}]\n"
        )
    };
    let both = newsletter("matin", "\"zoe@exemple.fr\", \"ana@exemple.fr\"");
    let more =
        format!("user_agent = \"Mine/1.0\"\n{both}{}", newsletter("soir", "\"zoe@exemple.fr\""));
    let feeds = [town.publisher.url("/rss"), town.publisher.url("/own")];
    town.home.configure_fetching(fetch, &feeds, home::Post::Files, &more);
    let mill = town.mill();
    (0..3).for_each(|_| drop(mill.polls()));
    let agents = |path: &str| -> Vec<String> {
        let heard = town.publisher.requests_for(path);
        heard.iter().map(|request| request.header("user-agent").unwrap_or_default()).collect()
    };
    let (ours, own) = (agents("/rss"), agents("/own"));
    let expected = format!(
        "feedmill/{} (+https://exemple.fr/lecteur; 2 subscribers)",
        env!("CARGO_PKG_VERSION")
    );
    hold(ours.len() == 4 && ours.iter().all(|agent| *agent == expected), || format!("{ours:?}"))?;
    hold(expected.is_ascii() && own.iter().all(|agent| agent == "Mine/1.0"), || {
        format!("{own:?}")
    })?;
    Ok(format!("{expected}, the same 4 times; a feed's own where it has one"))
}

/// An answer of a server that knows how to send what is new.
fn delta(etag: &str, manipulation: &str, posts: &[Post]) -> Reply {
    let etag = format!("ETag: {etag}").into_bytes();
    let im = format!("IM: {manipulation}").into_bytes();
    wire("226 IM Used", &[&etag, &im, b"Content-Type: application/rss+xml"], &document(posts))
}

pub(crate) fn p38() -> Seen {
    let town = Town::with("delta = true\n");
    town.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    let mill = town.mill();
    town.publisher.answers_once("/rss", delta("\"v2\"", "feed", &[Post::new("3")]));
    mill.polls();
    let asked = town.last()?;
    let first = town.heard()[0].bytes("a-im").is_some();
    let said = asked.header("a-im");
    hold(!first && said.as_deref() == Some("feed"), || format!("A-IM: {said:?}, first: {first}"))?;
    let merged = mill.merged();
    hold(merged.len() == 3 && merged[0] == "Post 3", || format!("{merged:?}"))?;
    town.publisher.answers_once("/rss", delta("\"v3\"", "feed", &[]));
    mill.polls();
    hold(town.echoed()?.0.as_deref() == Some("\"v2\""), || "its ETag was not kept".to_owned())?;
    let (standing, entries) = (mill.feed().standing, mill.totals().entries);
    hold((standing, entries) == ("healthy", 3), || format!("{standing}, {entries} entries"))?;

    let plain = Town::new();
    let mill = plain.mill();
    let known = plain.publisher.requests().len();
    plain.publisher.answers_once("/rss", delta("\"trap\"", "feed", &[Post::new("trap")]));
    mill.polls();
    let (standing, entries) = (mill.feed().standing, mill.totals().entries);
    hold((standing, entries) == ("failing", 1), || format!("unasked: {standing}, {entries}"))?;
    mill.polls();
    let kept = plain.echoed()?.0.is_some_and(|etag| etag != "\"trap\"");
    let silent = plain.heard().iter().all(|request| request.bytes("a-im").is_none());
    hold(kept && silent && known == 1, || "not asked for, and taken".to_owned())?;
    Ok("A-IM: feed with validators only; 226 merged, nothing deleted; unasked it is an error"
        .to_owned())
}

pub(crate) fn p39() -> Seen {
    let town = Town::with("delta = true\n");
    let mill = town.mill();
    town.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    mill.polls();
    mill.polls();
    let asked = town.heard().iter().filter(|request| request.bytes("a-im").is_some()).count();
    let (standing, entries) = (mill.feed().standing, mill.totals().entries);
    hold((standing, entries, asked) == ("healthy", 2, 2), || format!("{standing}, {entries}"))?;
    Ok("answered with 200 and with 304 as any".to_owned())
}

pub(crate) fn p45() -> Seen {
    let town = Town::new();
    let publisher = &town.publisher;
    publisher.answers("/see", Reply::Redirect(303, "/rss".to_owned()));
    publisher.answers("/moved", Reply::Redirect(307, "/rss".to_owned()));
    publisher.answers("/no", Reply::Status(405));
    publisher.answers("/page", Reply::Page("<p>Un article.</p>".to_owned()));
    publisher.posts("/full", [Post::new("full").at(&publisher.url("/page"))]);
    let feeds = ["/see", "/moved", "/no", "/rss", "/full"].map(|path| publisher.url(path));
    town.subscribes(&feeds, "full_text = true\n");
    let mill = town.mill();
    (0..3).for_each(|_| drop(mill.polls()));
    town.passes(&mill, TimeDelta::days(2));
    let heard = publisher.requests();
    let others: Vec<_> = heard.iter().filter(|request| request.method != "GET").collect();
    hold(others.is_empty(), || format!("{others:?}"))?;
    let bodies = heard.iter().filter(|request| request.bytes("content-length").is_some()).count();
    hold(bodies == 0 && publisher.requests_for("/page").len() == 1, || "bodies".to_owned())?;
    Ok(format!("{} of {} requests GET, pages of articles included", heard.len(), heard.len()))
}
