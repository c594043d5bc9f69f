//! Where known platforms, programs and habits put their feeds, as tables.
//!
//! A row of `SURE` is a rule of one platform: its addresses are asked before the page itself. A
//! row of `LIKELY` goes by the shape of an address that a program gives on any host, and
//! `PROGRAMS` by what a page says made it: both only help where the page declares nothing. Last
//! come paths that many sites share, a few. What stands here was published by the platform; whether
//! it still answers, only asking tells.

use super::page;
use super::pattern::{self, Row, once, row};
use crate::model::url::{FeedUrl, WebUrl};

/// How many well-known paths are named for an address.
pub const MOST_WELL_KNOWN: usize = 9;

/// Rules of platforms; of those that fit an address the first holds.
const SURE: &[Row] = &[
    row(
        "youtube.com",
        "/channel/{id}",
        &["https://www.youtube.com/feeds/videos.xml?channel_id={id}"],
    ),
    row(
        "youtube.com",
        "/channel/{id}/{tab}",
        &["https://www.youtube.com/feeds/videos.xml?channel_id={id}"],
    ),
    row(
        "youtube.com",
        "/playlist?list={id}",
        &["https://www.youtube.com/feeds/videos.xml?playlist_id={id}"],
    ),
    row(
        "youtube.com",
        "/watch?list={id}",
        &["https://www.youtube.com/feeds/videos.xml?playlist_id={id}"],
    ),
    row("youtube.com", "/user/{name}", &["https://www.youtube.com/feeds/videos.xml?user={name}"]),
    row("reddit.com", "/", &["https://www.reddit.com/.rss"]),
    row("reddit.com", "/r/{name}", &["https://www.reddit.com/r/{name}/.rss"]),
    row("reddit.com", "/r/{name}/{rest...}", &["https://www.reddit.com/r/{name}/{rest}/.rss"]),
    row("reddit.com", "/user/{name}", &["https://www.reddit.com/user/{name}/.rss"]),
    row("reddit.com", "/u/{name}", &["https://www.reddit.com/user/{name}/.rss"]),
    row(
        "reddit.com",
        "/user/{name}/m/{multi}",
        &["https://www.reddit.com/user/{name}/m/{multi}/.rss"],
    ),
    row("github.com", "/features/{rest...}", &[]),
    row("github.com", "/topics/{rest...}", &[]),
    row("github.com", "/orgs/{rest...}", &[]),
    row("github.com", "/sponsors/{rest...}", &[]),
    row("github.com", "/marketplace/{rest...}", &[]),
    row("github.com", "/{owner}", &["https://github.com/{owner}.atom"]),
    row(
        "github.com",
        "/{owner}/{repo}",
        &[
            "https://github.com/{owner}/{repo}/releases.atom",
            "https://github.com/{owner}/{repo}/tags.atom",
            "https://github.com/{owner}/{repo}/commits.atom",
        ],
    ),
    row(
        "github.com",
        "/{owner}/{repo}/releases",
        &["https://github.com/{owner}/{repo}/releases.atom"],
    ),
    row(
        "github.com",
        "/{owner}/{repo}/releases/{rest...}",
        &["https://github.com/{owner}/{repo}/releases.atom"],
    ),
    row("github.com", "/{owner}/{repo}/tags", &["https://github.com/{owner}/{repo}/tags.atom"]),
    row(
        "github.com",
        "/{owner}/{repo}/commits",
        &["https://github.com/{owner}/{repo}/commits.atom"],
    ),
    row(
        "github.com",
        "/{owner}/{repo}/commits/{rest...}",
        &["https://github.com/{owner}/{repo}/commits/{rest}.atom"],
    ),
    row(
        "github.com",
        "/{owner}/{repo}/tree/{rest...}",
        &["https://github.com/{owner}/{repo}/commits/{rest}.atom"],
    ),
    row(
        "github.com",
        "/{owner}/{repo}/blob/{rest...}",
        &["https://github.com/{owner}/{repo}/commits/{rest}.atom"],
    ),
    row(
        "gitlab.com",
        "/{owner}/{repo}/-/tags",
        &["https://gitlab.com/{owner}/{repo}/-/tags?format=atom"],
    ),
    row(
        "gitlab.com",
        "/{owner}/{repo}/-/commits/{branch}",
        &["https://gitlab.com/{owner}/{repo}/-/commits/{branch}?format=atom"],
    ),
    row(
        "gitlab.com",
        "/{owner}/{repo}",
        &[
            "https://gitlab.com/{owner}/{repo}/-/tags?format=atom",
            "https://gitlab.com/{owner}/{repo}.atom",
        ],
    ),
    row(
        "codeberg.org",
        "/{owner}/{repo}",
        &[
            "https://codeberg.org/{owner}/{repo}/releases.rss",
            "https://codeberg.org/{owner}/{repo}.rss",
        ],
    ),
    row("codeberg.org", "/{owner}", &["https://codeberg.org/{owner}.rss"]),
    row("medium.com", "/tag/{tag}", &["https://medium.com/feed/tag/{tag}"]),
    row("medium.com", "/{name}", &["https://medium.com/feed/{name}"]),
    row("*.medium.com", "/", &["https://{host}/feed"]),
    row("*.substack.com", "/{any...}", &["https://{host}/feed"]),
    row("*.wordpress.com", "/", &["https://{host}/feed/"]),
    row("*.blogspot.com", "/{any...}", &["https://{host}/feeds/posts/default"]),
    row("tumblr.com", "/{name}", &["https://{name}.tumblr.com/rss"]),
    row("*.tumblr.com", "/", &["https://{host}/rss"]),
    row("*.tumblr.com", "/tagged/{tag}", &["https://{host}/tagged/{tag}/rss"]),
    row("bsky.app", "/profile/{name}", &["https://bsky.app/profile/{name}/rss"]),
    row(
        "stackoverflow.com",
        "/questions/tagged/{tag}",
        &["https://stackoverflow.com/feeds/tag/{tag}"],
    ),
    row(
        "stackoverflow.com",
        "/questions/{id}/{rest...}",
        &["https://stackoverflow.com/feeds/question/{id}"],
    ),
    row(
        "stackoverflow.com",
        "/users/{id}/{rest...}",
        &["https://stackoverflow.com/feeds/user/{id}"],
    ),
    row("*.stackexchange.com", "/questions/tagged/{tag}", &["https://{host}/feeds/tag/{tag}"]),
    row(
        "*.stackexchange.com",
        "/questions/{id}/{rest...}",
        &["https://{host}/feeds/question/{id}"],
    ),
    row("*.stackexchange.com", "/", &["https://{host}/feeds"]),
    row("vimeo.com", "/channels/{name}", &["https://vimeo.com/channels/{name}/videos/rss"]),
    row("vimeo.com", "/{name}", &["https://vimeo.com/{name}/videos/rss"]),
    row("news.ycombinator.com", "/", &["https://news.ycombinator.com/rss"]),
    row("lobste.rs", "/", &["https://lobste.rs/rss"]),
    row("lobste.rs", "/t/{tag}", &["https://lobste.rs/t/{tag}.rss"]),
    row(
        "*.wikipedia.org",
        "/wiki/{title...}",
        &["https://{host}/w/index.php?title={title}&action=history&feed=atom"],
    ),
    row(
        "*.wiktionary.org",
        "/wiki/{title...}",
        &["https://{host}/w/index.php?title={title}&action=history&feed=atom"],
    ),
    row("arxiv.org", "/list/{subject}/{list}", &["https://rss.arxiv.org/atom/{subject}"]),
    row("dev.to", "/t/{tag}", &["https://dev.to/feed/tag/{tag}"]),
    row("dev.to", "/{name}", &["https://dev.to/feed/{name}"]),
    row("pypi.org", "/project/{name}", &["https://pypi.org/rss/project/{name}/releases.xml"]),
    row("crates.io", "/crates/{name}", &["https://static.crates.io/rss/crates/{name}.xml"]),
    row("letterboxd.com", "/{name}", &["https://letterboxd.com/{name}/rss/"]),
];

/// Shapes of addresses that programs give on any host.
const LIKELY: &[Row] = &[
    // Mastodon and its kin.
    row("*", "/@{name}", &["https://{host}/@{name}.rss"]),
    row("*", "/tags/{name}", &["https://{host}/tags/{name}.rss"]),
    // Lemmy; PeerTube has channels of the same shape.
    row(
        "*",
        "/c/{name}",
        &[
            "https://{host}/feeds/c/{name}.xml",
            "https://{host}/feeds/videos.xml?videoChannelName={name}",
        ],
    ),
    row("*", "/c/{name}/videos", &["https://{host}/feeds/videos.xml?videoChannelName={name}"]),
    row("*", "/u/{name}", &["https://{host}/feeds/u/{name}.xml"]),
    row("*", "/a/{name}", &["https://{host}/feeds/videos.xml?accountName={name}"]),
    row("*", "/a/{name}/{tab}", &["https://{host}/feeds/videos.xml?accountName={name}"]),
];

/// What pages call the program that made them, and where it puts its feed.
const PROGRAMS: &[(&str, &str)] = &[
    ("wordpress", "feed/"),
    ("ghost", "rss/"),
    ("hugo", "index.xml"),
    ("jekyll", "feed.xml"),
    ("drupal", "rss.xml"),
    ("joomla", "?format=feed&type=rss"),
    ("spip", "spip.php?page=backend"),
    ("dotclear", "feed/atom"),
    ("blogger", "feeds/posts/default"),
    ("discourse", "latest.rss"),
    ("mediawiki", "index.php?title=Special:RecentChanges&feed=atom"),
    ("pelican", "feeds/all.atom.xml"),
    ("squarespace", "?format=rss"),
    ("wix", "blog-feed.xml"),
];

/// Paths that many sites share, by how often they are met.
const WELL_KNOWN: [&str; 7] =
    ["feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json"];
/// The same below the folder of the page.
const WELL_KNOWN_BESIDE: [&str; 2] = ["feed", "index.xml"];

/// The feeds of an address by the rules of its platform. None for what is a feed's address already.
pub fn sure(at: &WebUrl) -> Vec<FeedUrl> {
    pattern::fitting(SURE, at)
}

/// The feeds that the shape of an address hints at.
pub fn likely(at: &WebUrl) -> Vec<FeedUrl> {
    match sure(at).is_empty() {
        true => pattern::fitting(LIKELY, at),
        false => Vec::new(),
    }
}

/// Where the program that made `page` puts its feed: beside the page, and at the root.
pub fn made_by(page: &str, at: &WebUrl) -> Vec<FeedUrl> {
    let is_generator = |tag: &page::PageTag<'_>| {
        tag.name.as_str() == "meta"
            && tag.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("generator"))
    };
    let said = page::tags(page).find(is_generator).and_then(|tag| tag.attribute("content"));
    let said = said.unwrap_or_default().to_ascii_lowercase();
    let program = PROGRAMS.iter().find(|(name, _)| said.starts_with(name));
    let Some((_, path)) = program else { return Vec::new() };
    once([beside(at, path), at_root(at, path)].into_iter().flatten())
}

/// Paths to try when nothing else helped: beside the page, then at the root.
pub fn well_known(at: &WebUrl) -> Vec<FeedUrl> {
    let near = WELL_KNOWN_BESIDE.iter().filter_map(|path| beside(at, path));
    let far = WELL_KNOWN.iter().filter_map(|path| at_root(at, path));
    once(near.chain(far))
}

/// Where Apple says which feed a podcast has: a JSON document for [`looked_up`].
pub fn lookup(at: &WebUrl) -> Option<FeedUrl> {
    let segments = at.parts().path_segments()?;
    let id = segments.filter_map(|part| part.strip_prefix("id")).next_back()?;
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let is_apples = at.parts().host_str() == Some("podcasts.apple.com");
    let asked = format!("https://itunes.apple.com/lookup?entity=podcast&id={id}");
    FeedUrl::parse(&asked).ok().filter(|_| is_number && is_apples)
}

/// The feed in an answer to [`lookup`].
pub fn looked_up(json: &[u8]) -> Option<FeedUrl> {
    let answer: serde_json::Value = serde_json::from_slice(json).ok()?;
    let results = answer.get("results")?.as_array()?;
    let urls = results.iter().filter_map(|result| result.get("feedUrl")?.as_str());
    urls.filter_map(|url| FeedUrl::parse(url).ok()).next()
}

/// `path` below the folder of a page: of `/a/b.html` it is `/a/`, of `/a/b` it is `/a/b/`.
fn beside(at: &WebUrl, path: &str) -> Option<FeedUrl> {
    let whole = at.parts().path();
    let (folder, last) = whole.rsplit_once('/')?;
    let folder = if last.contains('.') || last.is_empty() { folder } else { whole };
    let address = format!("{}{folder}/{path}", origin(at));
    FeedUrl::parse(&address).ok()
}

fn at_root(at: &WebUrl, path: &str) -> Option<FeedUrl> {
    FeedUrl::parse(&format!("{}/{path}", origin(at))).ok()
}

/// Scheme, host and port.
fn origin(at: &WebUrl) -> String {
    let url = at.parts();
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    format!("{}://{host}", url.scheme())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> WebUrl {
        WebUrl::parse(url).expect(url)
    }

    fn shown(urls: Vec<FeedUrl>) -> String {
        urls.iter().map(FeedUrl::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_platform_has_its_rule() {
        for (page, feeds) in [
            (
                "https://www.youtube.com/channel/UCx_1-2",
                "https://www.youtube.com/feeds/videos.xml?channel_id=UCx_1-2",
            ),
            (
                "https://m.youtube.com/channel/UCx/videos",
                "https://www.youtube.com/feeds/videos.xml?channel_id=UCx",
            ),
            (
                "https://youtube.com/watch?v=1&list=PL9",
                "https://www.youtube.com/feeds/videos.xml?playlist_id=PL9",
            ),
            (
                "https://www.youtube.com/playlist?list=PL9",
                "https://www.youtube.com/feeds/videos.xml?playlist_id=PL9",
            ),
            (
                "https://www.youtube.com/user/zoe",
                "https://www.youtube.com/feeds/videos.xml?user=zoe",
            ),
            ("https://www.youtube.com/@zoe", ""),
            ("https://www.youtube.com/watch?v=1", ""),
            ("https://reddit.com/", "https://www.reddit.com/.rss"),
            ("https://old.reddit.com/r/rust/", "https://www.reddit.com/r/rust/.rss"),
            ("https://www.reddit.com/r/rust/top", "https://www.reddit.com/r/rust/top/.rss"),
            (
                "https://www.reddit.com/r/rust/comments/1/a_b/",
                "https://www.reddit.com/r/rust/comments/1/a_b/.rss",
            ),
            ("https://www.reddit.com/u/zoe", "https://www.reddit.com/user/zoe/.rss"),
            ("https://www.reddit.com/r/rust/.rss", ""),
            ("https://github.com/zoe", "https://github.com/zoe.atom"),
            (
                "https://github.com/zoe/moulin",
                "https://github.com/zoe/moulin/releases.atom \
                 https://github.com/zoe/moulin/tags.atom https://github.com/zoe/moulin/commits.atom",
            ),
            (
                "https://github.com/zoe/moulin/releases/tag/v1",
                "https://github.com/zoe/moulin/releases.atom",
            ),
            (
                "https://github.com/zoe/moulin/tree/main/src",
                "https://github.com/zoe/moulin/commits/main/src.atom",
            ),
            ("https://github.com/features/actions", ""),
            ("https://github.com/zoe/moulin/releases.atom", ""),
            (
                "https://gitlab.com/zoe/moulin",
                "https://gitlab.com/zoe/moulin/-/tags?format=atom https://gitlab.com/zoe/moulin.atom",
            ),
            (
                "https://codeberg.org/zoe/moulin",
                "https://codeberg.org/zoe/moulin/releases.rss https://codeberg.org/zoe/moulin.rss",
            ),
            ("https://medium.com/@zoe", "https://medium.com/feed/@zoe"),
            ("https://medium.com/tag/rust", "https://medium.com/feed/tag/rust"),
            ("https://zoe.medium.com/", "https://zoe.medium.com/feed"),
            ("https://zoe.substack.com/p/lundi", "https://zoe.substack.com/feed"),
            ("https://www.substack.com/", ""),
            ("https://zoe.wordpress.com", "https://zoe.wordpress.com/feed/"),
            ("https://zoe.blogspot.com/2026/", "https://zoe.blogspot.com/feeds/posts/default"),
            ("https://www.tumblr.com/zoe", "https://zoe.tumblr.com/rss"),
            ("https://zoe.tumblr.com/", "https://zoe.tumblr.com/rss"),
            ("https://bsky.app/profile/zoe.fr", "https://bsky.app/profile/zoe.fr/rss"),
            (
                "https://stackoverflow.com/questions/tagged/rust",
                "https://stackoverflow.com/feeds/tag/rust",
            ),
            (
                "https://stackoverflow.com/questions/12/how",
                "https://stackoverflow.com/feeds/question/12",
            ),
            (
                "https://french.stackexchange.com/questions/tagged/mots",
                "https://french.stackexchange.com/feeds/tag/mots",
            ),
            ("https://vimeo.com/zoe", "https://vimeo.com/zoe/videos/rss"),
            ("https://news.ycombinator.com/", "https://news.ycombinator.com/rss"),
            (
                "https://fr.wikipedia.org/wiki/AT&T",
                "https://fr.wikipedia.org/w/index.php?title=AT%26T&action=history&feed=atom",
            ),
            ("https://arxiv.org/list/cs.LG/recent", "https://rss.arxiv.org/atom/cs.LG"),
            (
                "https://pypi.org/project/moulin/",
                "https://pypi.org/rss/project/moulin/releases.xml",
            ),
            ("https://crates.io/crates/url", "https://static.crates.io/rss/crates/url.xml"),
            ("https://exemple.fr/", ""),
            ("https://notyoutube.com/channel/UCx", ""),
            ("https://youtube.com.evil.fr/channel/UCx", ""),
        ] {
            assert_eq!(shown(sure(&at(page))), feeds, "{page}");
        }
    }

    #[test]
    fn shapes_of_addresses_are_hints() {
        for (page, feeds) in [
            ("https://social.exemple.fr/@zoe", "https://social.exemple.fr/@zoe.rss"),
            ("https://social.exemple.fr/tags/moulin", "https://social.exemple.fr/tags/moulin.rss"),
            ("https://social.exemple.fr/@zoe/1", ""),
            (
                "https://tube.exemple.fr/c/moulin/videos",
                "https://tube.exemple.fr/feeds/videos.xml?videoChannelName=moulin",
            ),
            (
                "https://lemmy.exemple.fr/c/moulin",
                "https://lemmy.exemple.fr/feeds/c/moulin.xml \
                 https://lemmy.exemple.fr/feeds/videos.xml?videoChannelName=moulin",
            ),
            ("https://medium.com/@zoe", ""),
            ("https://exemple.fr/", ""),
        ] {
            assert_eq!(shown(likely(&at(page))), feeds, "{page}");
        }
    }

    #[test]
    fn a_page_may_say_what_made_it() {
        let page = |program| format!("<meta name=Generator content='{program}'>");
        for (program, url, feeds) in [
            (
                "WordPress 6.8",
                "https://a.fr/blog/x.html",
                "https://a.fr/blog/feed/ https://a.fr/feed/",
            ),
            ("SPIP 4.3 [1]", "https://a.fr/", "https://a.fr/spip.php?page=backend"),
            (
                "Hugo 0.140",
                "https://a.fr/notes",
                "https://a.fr/notes/index.xml https://a.fr/index.xml",
            ),
            ("Word 97", "https://a.fr/", ""),
        ] {
            assert_eq!(shown(made_by(&page(program), &at(url))), feeds, "{program}");
        }
        assert_eq!(made_by("", &at("https://a.fr/")), []);
    }

    #[test]
    fn well_known_paths_are_few() {
        assert_eq!(
            shown(well_known(&at("http://a.fr:8080/"))),
            "http://a.fr:8080/feed http://a.fr:8080/index.xml http://a.fr:8080/rss \
             http://a.fr:8080/rss.xml http://a.fr:8080/feed.xml http://a.fr:8080/atom.xml \
             http://a.fr:8080/feed.json"
        );
        let below = well_known(&at("https://a.fr/blog/2026/x.html?y=1"));
        assert!(shown(below.clone()).starts_with("https://a.fr/blog/2026/feed "), "{below:?}");
        assert_eq!(below.len(), MOST_WELL_KNOWN);
    }

    #[test]
    fn apple_is_asked_which_feed_a_podcast_has() {
        let asked = |page: &str| lookup(&at(page)).map(|url| url.to_string());
        assert_eq!(
            asked("https://podcasts.apple.com/fr/podcast/le-moulin/id123?i=1").as_deref(),
            Some("https://itunes.apple.com/lookup?entity=podcast&id=123")
        );
        assert_eq!(asked("https://podcasts.apple.com/fr/podcast/idee"), None);
        assert_eq!(asked("https://exemple.fr/id123"), None);
        let answer = br#"{"resultCount":1,"results":[{"feedUrl":"https://exemple.fr/p.xml"}]}"#;
        assert_eq!(
            looked_up(answer).map(|url| url.to_string()).as_deref(),
            Some("https://exemple.fr/p.xml")
        );
        for none in
            [&b"{}"[..], b"", b"{\"results\":[{\"feedUrl\":\"file:///x\"}]}", b"{\"results\":[]}"]
        {
            assert_eq!(looked_up(none), None);
        }
    }
}
