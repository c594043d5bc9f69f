//! Pictures that count readers, known by their address.
//!
//! Only what is never shown to anybody: counters, beacons and the like. A picture of a host that
//! counts and shows (an advertiser's banner) is none unless all of that host is.

use crate::model::url::WebUrl;

/// Hosts that only count or advertise, with all below them.
const HOSTS: [&str; 32] = [
    "2o7.net",
    "adsafeprotected.com",
    "adsrvr.org",
    "amazon-adsystem.com",
    "at-o.net",
    "analytics.twitter.com",
    "bat.bing.com",
    "chartbeat.net",
    "counter.theconversation.com",
    "counter.theconversation.edu.au",
    "doubleclick.net",
    "estat.com",
    "feedproxy.google.com",
    "feedsportal.com",
    "google-analytics.com",
    "googlesyndication.com",
    "googletagmanager.com",
    "hits.blogsoft.org",
    "moatads.com",
    "omtrdc.net",
    "pheedo.com",
    "pixel.wp.com",
    "pixel.quantserve.com",
    "pixel.watch",
    "quantserve.com",
    "scorecardresearch.com",
    "statcounter.com",
    "stats.wordpress.com",
    "stats.wp.com",
    "tracking.feedpress.com",
    "tracking.feedpress.it",
    "xiti.com",
];

/// Hosts of which some paths only count: the end of the host, and how the path begins.
const PATHS: [(&str, &str); 14] = [
    ("feedburner.com", "/~r/"),
    ("feedburner.com", "/~ff/"),
    ("feedburner.com", "/~a/"),
    ("facebook.com", "/tr"),
    ("t.co", "/i/adsct"),
    ("medium.com", "/_/stat"),
    ("feeds.wordpress.com", "/1.0/"),
    ("blogger.googleusercontent.com", "/tracker/"),
    ("blogger.com", "/tracker/"),
    ("linkedin.com", "/px"),
    ("px.ads.linkedin.com", "/"),
    ("assoc-amazon.com", "/e/ir"),
    ("assoc-amazon.fr", "/e/ir"),
    ("google.com", "/pagead/"),
];

/// How paths end that count wherever they stand.
const ENDS: [&str; 10] = [
    "/matomo.php",
    "/piwik.php",
    "/pixel.gif",
    "/pixel.png",
    "/spacer.gif",
    "/blank.gif",
    "/1x1.gif",
    "/1x1.png",
    "/tracking.gif",
    "/count.gif",
];

/// Whether the picture at `url` only counts readers.
pub fn is_tracker(url: &WebUrl) -> bool {
    let Some((_, rest)) = url.as_str().split_once("://") else { return false };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let is_of = |known: &str| {
        host.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    HOSTS.iter().any(|known| is_of(known))
        || PATHS.iter().any(|(known, begins)| is_of(known) && path.starts_with(begins))
        || ENDS.iter().any(|known| path.ends_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_counts_is_a_tracker() {
        for (address, tracks) in [
            ("https://pixel.wp.com/b.gif", true),
            ("http://x@logc12.xiti.com:80/hit.xiti", true),
            ("https://feeds.feedburner.com/~r/a/~4/b", true),
            ("https://feeds.feedburner.com/logo.png", false),
            ("https://axiti.com/i.png", false),
            ("https://exemple.fr/xiti.com/i.png", false),
            ("https://exemple.fr/piwik.php?x=1", true),
            ("https://counter.theconversation.com/content/1/count.gif", true),
        ] {
            let url = WebUrl::parse(address).expect("a URL");
            assert_eq!(is_tracker(&url), tracks, "{address}");
        }
    }
}
