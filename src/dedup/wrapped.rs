//! Addresses that carry another one: redirectors of feed proxies and social networks, AMP caches.
//!
//! Only those are undone whose target stands readable in the address; nothing is asked of the
//! network. A flat table of redirectors, and two caches whose path is the target.

use url::Url;

/// A redirector: its host without `www.`, the beginning of its path, and the parameter that holds
/// the target.
type Redirector = (&'static str, &'static str, &'static str);

/// Redirectors in the wild. `google` stands for Google under any public suffix.
const REDIRECTORS: &[Redirector] = &[
    ("google", "/url", "url"),
    ("google", "/url", "q"),
    ("news.google.com", "/", "url"),
    ("feedproxy.google.com", "/", "url"),
    ("feeds.feedburner.com", "/", "url"),
    ("bing.com", "/news/apiclick.aspx", "url"),
    ("l.facebook.com", "/l.php", "u"),
    ("lm.facebook.com", "/l.php", "u"),
    ("l.instagram.com", "/", "u"),
    ("out.reddit.com", "/", "url"),
    ("t.umblr.com", "/redirect", "z"),
    ("youtube.com", "/redirect", "q"),
    ("steamcommunity.com", "/linkfilter", "url"),
    ("go.redirectingat.com", "/", "url"),
    ("redirect.viglink.com", "/", "u"),
];

/// Viewers whose path holds the target after this beginning.
const VIEWERS: &[(&str, &str)] = &[("google", "/amp/"), ("bing.com", "/amp/")];

/// The address that `url` carries, if its `host` (folded) is one that only passes on.
pub fn target(host: &str, url: &Url) -> Option<Url> {
    let found = redirected(host, url).or_else(|| viewed(host, url))?;
    matches!(found.scheme(), "http" | "https").then_some(found).filter(Url::has_host)
}

fn redirected(host: &str, url: &Url) -> Option<Url> {
    REDIRECTORS
        .iter()
        .filter(|(at, path, _)| is_at(host, at) && url.path().starts_with(path))
        .find_map(|(_, _, name)| {
            let (_, value) = url.query_pairs().find(|(key, _)| key == name)?;
            Url::parse(&value).ok()
        })
}

fn viewed(host: &str, url: &Url) -> Option<Url> {
    let rest = match VIEWERS.iter().find(|(at, _)| is_at(host, at)) {
        Some((_, path)) => url.path().strip_prefix(path)?,
        None if host == "cdn.ampproject.org" || host.ends_with(".cdn.ampproject.org") => {
            url.path().strip_prefix("/c/").or_else(|| url.path().strip_prefix("/v/"))?
        }
        None => return None,
    };
    let (scheme, rest) = rest.strip_prefix("s/").map_or(("http", rest), |rest| ("https", rest));
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let host = rest.split('/').next().filter(|host| host.contains('.'))?;
    Url::parse(&format!("{scheme}://{host}{}{query}", &rest[host.len()..])).ok()
}

fn is_at(host: &str, at: &str) -> bool {
    match at {
        "google" => host.starts_with("google.") && psl::domain_str(host) == Some(host),
        _ => host == at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_read_from_the_address() {
        for (given, host, carried) in [
            (
                "https://www.google.com/url?rct=j&url=https://x.fr/a%3Fid%3D1&ct=ga",
                "google.com",
                Some("https://x.fr/a?id=1"),
            ),
            (
                "https://www.google.co.uk/amp/s/www.x.fr/a/amp/?b=1",
                "google.co.uk",
                Some("https://www.x.fr/a/amp/?b=1"),
            ),
            (
                "https://www-x-fr.cdn.ampproject.org/c/s/www.x.fr/a.html",
                "www-x-fr.cdn.ampproject.org",
                Some("https://www.x.fr/a.html"),
            ),
            (
                "http://news.google.com/news/url?sa=t&url=http://x.fr/b",
                "news.google.com",
                Some("http://x.fr/b"),
            ),
            ("https://google.evil.fr/url?q=https://x.fr", "google.evil.fr", None),
            ("https://www.google.com/url?q=javascript:alert(1)", "google.com", None),
            ("https://www.google.com/amp/guide", "google.com", None),
            ("https://x.fr/?url=https://y.fr", "x.fr", None),
            ("http://feedproxy.google.com/~r/x/~3/abc/", "feedproxy.google.com", None),
        ] {
            let url = Url::parse(given).expect(given);
            assert_eq!(target(host, &url).as_ref().map(Url::as_str), carried, "{given}");
        }
    }
}
