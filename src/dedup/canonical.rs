//! One spelling for the many addresses of one document.
//!
//! What is folded: the scheme, letter case and a final dot of the host, default ports, the host
//! labels `www`, `m`, `mobile` and `amp` left of the registrable domain, credentials, percent-
//! encoding, index files, trailing slashes, AMP forms, session ids, tracking parameters, the order
//! of parameters, fragments, and addresses that only pass on (`wrapped`).
//! What is not: the path's letter case, parameters with a content, fragments that begin with `!` or
//! `/` (pages that a script routes). Two documents must never share a spelling; that one document
//! has two is the smaller evil. The result is only to be compared: keys of years depend on it.

use url::{Host, Url};

use crate::dedup::{tracking, wrapped};
use crate::model::url::{CanonicalUrl, WebUrl};

/// Labels before the registrable domain that name a presentation of a site, not another site.
const PRESENTATIONS: &[&str] = &["www", "m", "mobile", "amp"];

/// File names that a server answers with when the folder itself is asked for.
const INDEX_FILES: &[&str] = &[
    "index.html",
    "index.htm",
    "index.xhtml",
    "index.shtml",
    "index.php",
    "index.asp",
    "index.aspx",
    "default.htm",
    "default.asp",
    "default.aspx",
];

/// How many wrappings are undone: enough for what is met, and an end for what is made to hurt.
const MOST_STEPS: usize = 64;

/// The one spelling of `url`; spelling it again changes nothing.
pub fn canonicalise(url: &WebUrl) -> CanonicalUrl {
    let mut text = respell(url.parts());
    for _ in 0..MOST_STEPS {
        let Ok(read) = Url::parse(&text) else { break };
        let next = respell(&read);
        if next == text {
            break;
        }
        text = next;
    }
    CanonicalUrl::new(text)
}

fn respell(url: &Url) -> String {
    let host = fold_host(url);
    if let Some(target) = wrapped::target(&host, url) {
        return target.into();
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = url.query().map(fold_query).filter(|query| !query.is_empty());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let route = url.fragment().filter(|fragment| is_route(fragment));
    let route = route.map(|route| format!("#{}", unescape(route))).unwrap_or_default();
    format!("https://{host}{port}{}{query}{route}", fold_path(url.path()))
}

fn fold_host(url: &Url) -> String {
    let written = url.host_str().unwrap_or_default();
    let host = written.trim_end_matches('.');
    let is_name = matches!(url.host(), Some(Host::Domain(_))) && !host.is_empty();
    if !is_name {
        return written.to_owned();
    }
    let registrable = psl::domain_str(host).unwrap_or(host);
    let before = host.strip_suffix(registrable).unwrap_or_default();
    let kept =
        before.split('.').filter(|label| !label.is_empty() && !PRESENTATIONS.contains(label));
    kept.chain([registrable]).collect::<Vec<_>>().join(".")
}

fn fold_path(path: &str) -> String {
    let mut path = unescape(path);
    if let Some(at) = path.to_ascii_lowercase().find(";jsessionid=") {
        path.truncate(at);
    }
    loop {
        let before = path.len();
        path.truncate(path.trim_end_matches('/').len());
        strip_last_segment(&mut path);
        if path.len() == before {
            break;
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Takes from the end of a path what only names an index file or the AMP form of the page.
fn strip_last_segment(path: &mut String) {
    let Some(slash) = path.rfind('/') else { return };
    let last = path[slash + 1..].to_ascii_lowercase();
    let is_amp = matches!(last.as_str(), "amp" | "amp.html" | "amp.htm") && slash > 0;
    if is_amp || INDEX_FILES.contains(&last.as_str()) {
        path.truncate(slash);
    } else if let Some(name) = last.strip_suffix(".amp").filter(|name| !name.is_empty()) {
        path.truncate(slash + 1 + name.len());
    } else if let Some(name) = last.strip_suffix(".amp.html").filter(|name| !name.is_empty()) {
        path.replace_range(slash + 1 + name.len()..slash + 1 + name.len() + 4, "");
    }
}

fn fold_query(query: &str) -> String {
    let mut kept: Vec<String> = query
        .split('&')
        .map(|parameter| unescape(parameter.trim_start_matches("amp;")).replace("%20", "+"))
        .filter(|parameter| !parameter.is_empty() && !tracking::is_tracking(parameter))
        .collect();
    kept.sort_by(|a, b| name(a).cmp(name(b)));
    kept.join("&")
}

fn name(parameter: &str) -> &str {
    parameter.split('=').next().unwrap_or_default()
}

fn is_route(fragment: &str) -> bool {
    fragment.starts_with(['!', '/']) && fragment.contains(|c: char| c.is_ascii_alphanumeric())
}

/// Percent-encoding in its shortest form (RFC 3986, section 6.2.2): what needs none is decoded, the
/// digits of the rest are upper-case. Beyond the RFC, marks that no server tells from their encoded
/// form are decoded too.
fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let from = bytes.len() - rest.len() + at;
        match octet(&bytes[from + 1..]) {
            Some(octet) if needs_no_escape(octet) => plain.push(char::from(octet)),
            Some(octet) => plain.push_str(&format!("%{octet:02X}")),
            None => {
                plain.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 3..];
    }
    plain.push_str(rest);
    plain
}

fn octet(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

fn needs_no_escape(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~!()*,:@".contains(&octet)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop, prop_assert_eq, proptest};

    use super::*;

    fn spelled(url: &str) -> String {
        canonicalise(&WebUrl::parse(url).expect(url)).as_str().to_owned()
    }

    #[test]
    fn addresses_of_one_document_are_one() {
        for (one, other) in [
            ("http://x.fr/a", "https://x.fr/a"),
            ("https://X.FR:443/a/", "http://x.fr:80/a"),
            ("https://www.x.fr./a", "https://x.fr/a"),
            ("http://./a", "https://./a"),
            ("https://m.x.fr/a", "https://www.x.fr/a"),
            ("https://fr.m.wikipedia.org/wiki/Flux", "https://fr.wikipedia.org/wiki/Flux"),
            ("https://amp.x.co.uk/a", "https://x.co.uk/a"),
            ("https://x.fr", "https://x.fr/index.html"),
            ("https://x.fr/a/index.php?id=3", "https://x.fr/a?id=3"),
            ("https://x.fr/a/#commentaires", "https://x.fr/a"),
            ("https://x.fr/a#xtor=RSS-3208", "https://x.fr/a"),
            ("https://x.fr/a?xtor=RSS-3208&at_medium=rss&at_campaign=1", "https://x.fr/a"),
            ("https://x.fr/a?utm_source=rss&id=1&fbclid=z", "https://x.fr/a?id=1"),
            ("https://x.fr/a?id=1&amp;utm_source=rss", "https://x.fr/a?id=1"),
            ("https://x.fr/a?b=2&a=1", "https://x.fr/a?a=1&b=2"),
            ("https://x.fr/%7ejean/%c3%a9t%C3%A9", "https://x.fr/~jean/été"),
            ("https://x.fr/a%2Cb?q=%28x%20y%29", "https://x.fr/a,b?q=(x+y)"),
            ("https://x.fr/a/amp/", "https://x.fr/a"),
            ("https://x.fr/a/amp/index.html", "https://x.fr/a"),
            ("https://x.fr/a.amp.html", "https://x.fr/a.html"),
            ("https://x.fr/a.html?amp=1", "https://x.fr/a.html"),
            ("https://x.fr/a;jsessionid=F00?id=1", "https://x.fr/a?id=1"),
            ("https://www.google.fr/amp/s/amp.x.fr/a/amp", "https://x.fr/a"),
            ("https://x-fr.cdn.ampproject.org/v/s/x.fr/a?amp_js_v=0.1", "https://x.fr/a"),
            ("http://feedproxy.google.com/~r/x/~3/y?url=https://x.fr/a/", "https://x.fr/a"),
            ("https://news.google.com/news/url?url=http%3A%2F%2Fwww.x.fr%2Fa", "https://x.fr/a"),
            ("https://user:pw@x.fr/a", "https://x.fr/a"),
        ] {
            assert_eq!(spelled(one), spelled(other), "{one} and {other}");
        }
    }

    #[test]
    fn addresses_of_two_documents_stay_two() {
        for (one, other) in [
            ("https://x.fr/?p=1", "https://x.fr/?p=2"),
            ("https://x.fr/a?id=1", "https://x.fr/a"),
            ("https://x.fr/?12345", "https://x.fr/?12346"),
            ("https://youtube.com/watch?v=a", "https://youtube.com/watch?v=A"),
            ("https://x.fr/A", "https://x.fr/a"),
            ("https://x.fr/amp", "https://x.fr/"),
            ("https://x.fr/#!/a/1", "https://x.fr/#!/a/2"),
            ("https://x.fr/a?ref=main", "https://x.fr/a?ref=dev"),
            ("https://a.github.io/", "https://b.github.io/"),
            ("https://www.github.io/", "https://github.io/"),
            ("https://blog.x.fr/", "https://x.fr/"),
            ("https://x.fr:8443/a", "https://x.fr/a"),
            ("https://x.fr/a%2Fb", "https://x.fr/a/b"),
            ("https://x.fr/a?x=1&x=2", "https://x.fr/a?x=2&x=1"),
            ("https://x.fr/a?x=1%262", "https://x.fr/a?x=1&2"),
        ] {
            assert_ne!(spelled(one), spelled(other), "{one} and {other}");
        }
    }

    #[test]
    fn a_chain_of_wrappings_ends() {
        let deep = format!("https://{}x.fr/a", "www.google.com/amp/s/".repeat(200));
        assert!(spelled(&deep).starts_with("https://"));
        assert_eq!(spelled("https://google.com/amp/s/google.com/amp/s/x.fr/a"), "https://x.fr/a");
    }

    fn address() -> impl Strategy<Value = String> {
        let host = prop::sample::select(vec![
            "x.fr",
            "www.m.x.fr",
            "amp.amp.x.co.uk",
            "google.com",
            "www.google.de",
            "[::1]:80",
            "127.0.0.1",
            "m.l.facebook.com",
            "localhost:443",
            "a-b.cdn.ampproject.org",
            "été.fr",
        ]);
        let piece = prop::sample::select(vec![
            "/",
            "amp",
            "/amp/",
            "s/",
            "c/",
            "index.php",
            ".amp",
            ".html",
            "%61",
            "%2f",
            "%zz",
            "%",
            "é",
            ";jsessionid=1",
            "?",
            "&",
            "amp;",
            "=",
            "url=",
            "q=",
            "utm_x=1",
            "x.fr",
            "#",
            "#!/",
            "http://x.fr/",
            "https%3A%2F%2Fx.fr",
            "+",
            "%20",
            " ",
            "'",
            "a",
            "B",
            "..",
            "//",
        ]);
        let scheme = prop::sample::select(vec!["http", "https"]);
        (scheme, host, prop::collection::vec(piece, 0..14))
            .prop_map(|(scheme, host, pieces)| format!("{scheme}://{host}/{}", pieces.concat()))
    }

    proptest! {
        #[test]
        fn spelling_again_changes_nothing(url in address()) {
            let once = spelled(&url);
            prop_assert_eq!(spelled(&once), once);
        }

        #[test]
        fn no_address_is_too_strange(text in "https?://\\PC{1,60}") {
            if let Ok(url) = WebUrl::parse(&text) {
                let once = canonicalise(&url);
                prop_assert_eq!(spelled(once.as_str()), once.as_str());
            }
        }
    }
}
