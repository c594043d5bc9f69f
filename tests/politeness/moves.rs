//! Redirects: what is followed, what is believed, and what no hop learns of another (P09, P11, P23–P26,
//! P41, P47, P48).

use chrono::TimeDelta;

use super::connections::witnessed;
use super::town::{MONDAY, Seen, Town, document, hold, wire};
use crate::world::feed::Post;
use crate::world::mill::Mill;
use crate::world::publisher::{Publisher, Reply};

/// Another publisher on another site, under the town's clock.
fn elsewhere(town: &Town) -> Publisher {
    Publisher::on([127, 0, 0, 2]).under(&town.clock)
}

/// So many polls, a day apart: moves must hold for days.
fn daily(town: &Town, mill: &Mill, polls: usize) {
    for _ in 0..polls {
        town.clock.advance(TimeDelta::days(1));
        mill.polls();
    }
}

pub(crate) fn p23() -> Seen {
    let town = Town::empty();
    let kinds = [301, 302, 303, 307, 308];
    let paths: Vec<String> = kinds.iter().map(|kind| format!("/{kind}")).collect();
    for (kind, path) in kinds.iter().zip(&paths) {
        town.publisher.answers(path, Reply::Redirect(*kind, format!("/to{path}")));
        town.publisher.posts(&format!("/to{path}"), [Post::new(path)]);
    }
    for hop in 0..9 {
        town.publisher.answers(&format!("/{hop}"), Reply::Redirect(302, format!("/{}", hop + 1)));
    }
    let mut feeds: Vec<String> = paths.iter().map(|path| town.publisher.url(path)).collect();
    feeds.push(town.publisher.url("/0"));
    // Permanent, then temporary: no move, however long it holds.
    town.publisher.answers("/mixed", Reply::Redirect(301, "/302".to_owned()));
    feeds.push(town.publisher.url("/mixed"));
    town.subscribes(&feeds, "");
    let mill = town.mill();
    let reached =
        kinds.iter().filter(|kind| town.publisher.requests_for(&format!("/to/{kind}")).is_empty());
    hold(reached.clone().count() == 0, || {
        format!("not followed: {:?}", reached.collect::<Vec<_>>())
    })?;
    let hops = (0..9).filter(|hop| !town.publisher.requests_for(&format!("/{hop}")).is_empty());
    let hops = hops.count();
    hold(hops == 6, || format!("{hops} requests in an endless chain"))?;
    daily(&town, &mill, 9);
    let asked = |path: &str| town.publisher.requests_for(path).len();
    let moved = [asked("/301"), asked("/308")].iter().all(|asked| *asked < 10);
    let stayed = [asked("/302"), asked("/303"), asked("/307"), asked("/mixed")];
    hold(moved && stayed[1..].iter().all(|asked| *asked == 10), || format!("{stayed:?}"))?;
    Ok("5 of 5 kinds followed, 5 hops at most; only 301 and 308 alone lead to another address"
        .to_owned())
}

pub(crate) fn p24() -> Seen {
    let town = Town::new();
    let other = elsewhere(&town);
    other.posts("/new", [Post::new("2"), Post::new("1")]);
    other.answers("/login", Reply::Page("<html><form>Connexion</form></html>".to_owned()));
    let mill = town.mill();
    for (path, polls) in [("/new", 1), ("/login", 9)] {
        town.publisher.answers("/rss", Reply::Redirect(301, other.url(path)));
        daily(&town, &mill, polls);
        town.publisher.recovers("/rss");
        let before = town.heard().len();
        mill.polls();
        hold(town.heard().len() == before + 1, || format!("{path} was believed"))?;
    }
    town.publisher.answers("/rss", Reply::Redirect(301, other.url("/new")));
    daily(&town, &mill, 5);
    let (old, new) = (town.heard().len(), other.requests_for("/new").len());
    mill.polls();
    let left = town.heard().len() == old && other.requests_for("/new").len() == new + 1;
    hold(left, || "five good polls in three days did not move it".to_owned())?;
    hold(mill.merged().len() == 2, || format!("history: {:?}", mill.merged()))?;
    mill.stop();
    town.subscribes(&[town.publisher.url("/rss"), other.url("/new")], "");
    let mill = town.mill();
    let before = other.requests_for("/new").len();
    mill.polls();
    hold(other.requests_for("/new").len() == before + 1, || "asked for both".to_owned())?;
    Ok("rolled back: kept; a login page: kept; held five polls and three days: moved, history kept, one with an equal subscription".to_owned())
}

pub(crate) fn p25() -> Seen {
    let town = Town::empty();
    let other = elsewhere(&town);
    other.posts("/new", [Post::new("1")]);
    let location = format!("Location: {}", other.url("/new")).into_bytes();
    let hop = wire("302 Found", &[&location, b"Set-Cookie: id=1; Path=/", b"ETag: \"hop\""], b"");
    town.publisher.answers("/rss", hop);
    std::fs::write(town.home.path("password.txt"), "secret").map_err(|e| e.to_string())?;
    let keys = "username = \"zoe\"\npassword_file = \"password.txt\"\n\
                headers = { \"X-Key\" = \"k\" }\n";
    town.subscribes(&[town.publisher.url("/rss")], keys);
    let mill = town.mill();
    mill.polls();
    let (hops, ends) = (town.heard(), other.requests());
    let leaks = |request: &crate::world::request::Request| {
        ["cookie", "referer"].iter().any(|name| request.bytes(name).is_some())
    };
    hold(!hops.iter().chain(&ends).any(leaks), || "a cookie or a Referer".to_owned())?;
    let own = hops.iter().all(|hop| hop.bytes("authorization").is_some());
    let foreign = ["authorization", "x-key"];
    let told = ends.iter().any(|end| foreign.iter().any(|name| end.bytes(name).is_some()));
    hold(own && !told, || "credentials crossed origins".to_owned())?;
    let conditional = hops.iter().filter(|hop| hop.bytes("if-none-match").is_some()).count();
    hold(conditional == 0, || "the hop got validators of another address".to_owned())?;
    let echoed = ends.get(1).and_then(|end| end.header("if-none-match"));
    hold(echoed.is_some_and(|etag| etag != "\"hop\""), || "the end got not its own".to_owned())?;
    Ok("4 requests: credentials to their origin alone, validators to the end that gave them"
        .to_owned())
}

pub(crate) fn p26() -> Seen {
    let town = Town::new();
    let etag = b"ETag: \"hop\"".as_slice();
    let fresh = b"Cache-Control: max-age=864000".as_slice();
    let date = format!("Last-Modified: {MONDAY}").into_bytes();
    let hop = wire("302 Found", &[b"Location: /end", etag, &date, fresh], b"");
    town.publisher.answers("/rss", hop);
    let end = wire("200 OK", &[], &document(&[Post::new("1")]));
    town.publisher.answers("/end", end);
    let mill = town.mill();
    town.passes(&mill, TimeDelta::hours(49));
    let heard = town.publisher.requests();
    let bare = heard.iter().all(|request| {
        request.bytes("if-none-match").is_none() && request.bytes("if-modified-since").is_none()
    });
    hold(bare, || "the hop's validators were echoed".to_owned())?;
    let polls = town.heard().len();
    hold(polls == 3, || format!("{polls} polls in two days: the hop's max-age counted"))?;
    Ok("nothing of the hop was kept; a poll a day, since the end has no validators".to_owned())
}

pub(crate) fn p48() -> Seen {
    let town = Town::new();
    let other = elsewhere(&town);
    other.posts("/self", [Post::new("1")]);
    let own = other.url("/self");
    let link = format!("<{own}>; rel=\"self\", <{}>; rel=\"hub\"", other.url("/hub"));
    town.adds(&[("Content-Location", own.as_str()), ("Link", link.as_str())]);
    town.publisher.edit("/rss", |feed| {
        feed.channel = format!(
            "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"self\" href=\"{own}\"/>"
        );
    });
    let mill = town.mill();
    (0..9).for_each(|_| drop(mill.polls()));
    let (here, there) = (town.heard().len(), other.requests().len());
    hold((here, there) == (10, 0), || format!("{here} polls here, {there} there"))?;
    let moved = mill.feed().moved_to;
    hold(moved.is_none(), || format!("moved to {moved:?}"))?;
    Ok("10 of 10 polls at the address subscribed".to_owned())
}

pub(crate) fn p47() -> Seen {
    // Without a network of its own: other places than the same one, which need five polls.
    let town = Town::new();
    let mill = town.mill();
    let other = town.publisher.url("/rss").replace("http://", "https://");
    town.publisher.answers("/rss", Reply::Redirect(301, other));
    (0..3).for_each(|_| drop(mill.polls()));
    let asked = town.heard().len();
    hold(asked == 4, || format!("{asked} requests: left for an address that does not answer"))?;
    witnessed("wire::upgrade::a_move_to_https_at_the_same_place_is_believed_after_two_polls")
}
