//! Two weeks of several feeds, in the terms of the tests of feed readers: what the origin counts.

use chrono::TimeDelta;

use super::town::{Seen, Town, gaps, hold};
use crate::world::feed::Post;
use crate::world::publisher::Reply;

/// The paths, and what each of them is.
const PATHS: [&str; 6] = ["/steady", "/silent", "/bare", "/moved", "/throttled", "/sweet"];

/// What the origin counted, line by line; an error names what should not have been.
pub(crate) fn fortnight() -> Seen {
    let town = Town::empty();
    let publisher = &town.publisher;
    PATHS.iter().for_each(|path| publisher.posts(path, [Post::new(path)]));
    publisher.edit("/bare", |feed| (feed.etag, feed.last_modified) = (false, false));
    let cookie = ("Set-Cookie".to_owned(), "id=1; Path=/".to_owned());
    publisher.edit("/sweet", |feed| feed.headers = vec![cookie]);
    publisher.answers("/moved", Reply::Redirect(302, "/end".to_owned()));
    publisher.posts("/end", [Post::new("end")]);
    publisher.answers_once("/throttled", Reply::RetryAfter(429, "86400".to_owned()));
    let feeds = PATHS.map(|path| publisher.url(path));
    town.subscribes(&feeds, "");
    let mill = town.mill();
    for day in 0..14 {
        publisher.posts("/steady", [Post::new(&format!("day {day}")), Post::new("/steady")]);
        town.passes(&mill, TimeDelta::days(1));
    }
    let heard = publisher.requests();
    let is_conditional = |request: &&crate::world::request::Request| {
        request.bytes("if-none-match").is_some() || request.bytes("if-modified-since").is_some()
    };
    let offered = ["/steady", "/silent", "/sweet", "/end"];
    let (mut repeated, mut echoed) = (0, 0);
    for path in offered {
        let later = publisher.requests_for(path).split_off(1);
        echoed += later.iter().filter(is_conditional).count();
        repeated += later.iter().filter(|request| !is_conditional(request)).count();
    }
    let shortest =
        PATHS.iter().filter_map(|path| gaps(&publisher.requests_for(path)).into_iter().min());
    let shortest = shortest.min().ok_or("nothing was asked twice")?;
    let with = |name: &str| heard.iter().filter(|request| request.bytes(name).is_some()).count();
    let unconditional = heard.len() - heard.iter().filter(is_conditional).count();
    let hops = publisher.requests_for("/moved").len();
    let bare = publisher.requests_for("/bare").len();
    let other = heard.iter().filter(|request| request.method != "GET").count();
    let lines = [
        format!("requests                 {} in 14 days, 6 feeds", heard.len()),
        format!(
            "unconditional requests   {unconditional}: {repeated} where validators had been offered ({bare} of a feed without, {hops} of hops)"
        ),
        format!("validators echoed        {echoed} of {}", echoed + repeated),
        format!("shortest interval        {} min", shortest.num_minutes()),
        format!("redirects followed       {hops}, temporary; asked again at the start each time"),
        format!("cookies sent             {}", with("cookie")),
        format!("referrers sent           {}", with("referer")),
        format!("requests that were no GET {other}"),
    ];
    let report = lines.join("\n");
    let is_well = repeated == 0
        && shortest >= TimeDelta::hours(1)
        && with("cookie") + with("referer") + other == 0
        && bare <= 15;
    hold(is_well, || report.clone())?;
    Ok(report)
}
