//! Rules that make the address of a feed out of that of a page: what a row of a table means.
//!
//! A rule is matched part by part, without backtracking, and what it makes is parsed again: a part
//! can fill its place and nothing else. The tables stand in [`super::platforms`].

use super::discover;
use crate::model::url::{FeedUrl, WebUrl};

/// One rule: a host, a path with `{names}` for its parts, and where the feeds are then.
///
/// `*.` before a host stands for any name below it, `*` for any host. `{host}` is the host itself.
/// A name that ends in `...` takes all that follows; `?list={id}` behind a path asks for a
/// parameter. A rule without feeds says that there are none.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    host: &'static str,
    path: &'static str,
    feeds: &'static [&'static str],
}

/// A rule.
pub const fn row(host: &'static str, path: &'static str, feeds: &'static [&'static str]) -> Row {
    Row { host, path, feeds }
}

/// The feeds that the first fitting rule names, each once; none if `at` is a feed's address already.
pub fn fitting(rows: &[Row], at: &WebUrl) -> Vec<FeedUrl> {
    let is_feed = |url: FeedUrl| discover::looks_like_feed(&url, "");
    if FeedUrl::parse(at.as_str()).is_ok_and(is_feed) {
        return Vec::new();
    }
    let fitting = rows.iter().find_map(|row| Some((row, row.parts(at)?)));
    let Some((row, parts)) = fitting else { return Vec::new() };
    let filled = row.feeds.iter().map(|feed| fill(feed, &parts));
    once(filled.filter_map(|text| FeedUrl::parse(&text).ok()))
}

type Parts<'a> = Vec<(&'static str, &'a str)>;

impl Row {
    /// What the names of the rule stand for in `at`, if the rule fits it.
    fn parts<'a>(&self, at: &'a WebUrl) -> Option<Parts<'a>> {
        let (url, host) = (at.parts(), at.parts().host_str()?);
        let fits = match self.host.strip_prefix("*.") {
            Some(domain) => {
                let below = host.strip_suffix(domain).and_then(|head| head.strip_suffix('.'));
                below.is_some_and(|name| !matches!(name, "" | "www"))
            }
            None => self.host == "*" || presented(host) == self.host,
        };
        if !fits {
            return None;
        }
        let (path, query) = self.path.split_once('?').unwrap_or((self.path, ""));
        let mut parts = vec![("host", &url[url::Position::BeforeHost..url::Position::AfterPort])];
        fit_path(path, url.path(), &mut parts)?;
        if let Some((name, variable)) = query.split_once('=') {
            let pairs = url.query().unwrap_or_default().split('&');
            let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(own, _)| *own == name);
            parts.push((variable.trim_matches(['{', '}']), value?.1));
        }
        Some(parts)
    }
}

/// A host without the labels that only say how a site is shown.
fn presented(host: &str) -> &str {
    let labels = ["www.", "m.", "mobile.", "old.", "new."];
    labels.iter().find_map(|label| host.strip_prefix(label)).unwrap_or(host)
}

/// Binds the names in `pattern` to the parts of `path`.
fn fit_path<'a>(pattern: &'static str, path: &'a str, parts: &mut Parts<'a>) -> Option<()> {
    let mut rest = path.trim_matches('/');
    let mut wanted = pattern.trim_matches('/');
    while !wanted.is_empty() {
        let (part, further) = wanted.split_once('/').unwrap_or((wanted, ""));
        if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix("...}")) {
            let is_enough = name == "any" || !rest.is_empty();
            parts.push((name, rest));
            return is_enough.then_some(());
        }
        let (segment, left) = rest.split_once('/').unwrap_or((rest, ""));
        match part.split_once('{') {
            None if part == segment => {}
            None => return None,
            Some((head, name)) => {
                let value = segment.strip_prefix(head).filter(|value| !value.is_empty())?;
                parts.push((name.trim_end_matches('}'), value));
            }
        }
        (rest, wanted) = (left, further);
    }
    rest.is_empty().then_some(())
}

/// `template` with its names filled in; behind its `?` what would part parameters is escaped.
fn fill(template: &str, parts: &Parts<'_>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, further) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        let value = parts.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value);
        match out.contains('?') {
            true => {
                out.push_str(&value.replace('&', "%26").replace('+', "%2B").replace('=', "%3D"));
            }
            false => out.push_str(value),
        }
        rest = further;
    }
    out + rest
}

/// Each once, in order.
pub fn once(urls: impl Iterator<Item = FeedUrl>) -> Vec<FeedUrl> {
    let mut found = Vec::new();
    for url in urls {
        if !found.contains(&url) {
            found.push(url);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feeds(row: Row, at: &str) -> String {
        let at = WebUrl::parse(at).expect(at);
        fitting(&[row], &at).iter().map(FeedUrl::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_rule_fits_whole_addresses_only() {
        for (host, path, at, feed) in [
            ("a.fr", "/x/{n}", "https://a.fr/x/1", "https://f.fr/1"),
            ("a.fr", "/x/{n}", "https://www.a.fr/x/1/", "https://f.fr/1"),
            ("a.fr", "/x/{n}", "https://a.fr/x", ""),
            ("a.fr", "/x/{n}", "https://a.fr/x/1/2", ""),
            ("a.fr", "/x/{n}", "https://b.a.fr/x/1", ""),
            ("*.a.fr", "/x/{n}", "https://b.a.fr/x/1", "https://f.fr/1"),
            ("*.a.fr", "/x/{n}", "https://a.fr/x/1", ""),
            ("*", "/@{n}", "https://z.fr/@1", "https://f.fr/1"),
            ("*", "/@{n}", "https://z.fr/@", ""),
            ("a.fr", "/{n...}", "https://a.fr/1/2", "https://f.fr/1/2"),
            ("a.fr", "/{n...}", "https://a.fr/", ""),
            ("a.fr", "/w?v={n}", "https://a.fr/w?u=2&v=1", "https://f.fr/1"),
            ("a.fr", "/w?v={n}", "https://a.fr/w?u=2", ""),
        ] {
            assert_eq!(feeds(row(host, path, &["https://f.fr/{n}"]), at), feed, "{path} {at}");
        }
    }

    #[test]
    fn a_part_fills_its_place_and_nothing_else() {
        let rule = row("a.fr", "/{n}", &["https://f.fr/?t={n}&x=y"]);
        assert_eq!(feeds(rule, "https://a.fr/b&x=z+c"), "https://f.fr/?t=b%26x%3Dz%2Bc&x=y");
        let rule = row("a.fr", "/{n}", &["https://{n}.f.fr/rss"]);
        for hostile in ["u:p@evil.fr", "evil.fr%2f", "evil.fr:80"] {
            let made = feeds(rule, &format!("https://a.fr/{hostile}"));
            assert!(made.is_empty() || made.ends_with(".f.fr/rss"), "{made}");
        }
    }
}
