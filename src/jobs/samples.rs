//! A small mill for tests: a real store in a folder of its own, and words to fill it.

use chrono::{DateTime, Utc};

use crate::jobs::labels::Labels;
use crate::model::edition::{EditionText, NewEdition, Slot};
use crate::model::entry::{Content, EntryId, EntryKey, Fingerprint};
use crate::model::feed::Standing;
use crate::model::hash;
use crate::model::plan::{Arrival, Change, Plan};
use crate::model::secret::Address;
use crate::model::settings::{Collapse, MergedFeed};
use crate::model::text::{PlainText, SafeHtml};
use crate::model::url::{DocumentKey, FeedUrl, WebUrl};
use crate::store::open::{self, Store};

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an RFC 3339 date")
}

/// When tests begin.
pub(crate) fn start() -> DateTime<Utc> {
    at("2026-11-23T06:00:00Z")
}

/// An entry to be posted.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) key: u8,
    pub(crate) title: &'static str,
    pub(crate) link: &'static str,
    pub(crate) body: &'static str,
    pub(crate) published: Option<DateTime<Utc>>,
    pub(crate) seen: DateTime<Utc>,
}

/// A post with a key, a title and a link; seen as many minutes after the start as its key says.
pub(crate) fn post(key: u8, title: &'static str, link: &'static str) -> Post {
    let seen = start() + chrono::TimeDelta::minutes(i64::from(key));
    Post { key, title, link, body: "<p>Un texte.</p>", published: None, seen }
}

/// A store and its folder.
pub(crate) struct Mill {
    pub(crate) store: Store,
    _folder: tempfile::TempDir,
}

impl Mill {
    pub(crate) async fn new(feeds: &[(&str, &[&str])]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("feedmill.db");
        let store = open::open(&path, start()).await.expect("a store");
        let mill = Self { store, _folder: folder };
        mill.subscribe(feeds).await;
        mill
    }

    pub(crate) async fn subscribe(&self, feeds: &[(&str, &[&str])]) {
        let tagged = |(url, tags): &(&str, &[&str])| {
            (feed_url(url), tags.iter().map(|&tag| tag.to_owned()).collect())
        };
        let feeds: Vec<_> = feeds.iter().map(tagged).collect();
        self.store.sync(&feeds, start()).await.expect("synced");
    }

    /// Writes what a refresh of `feed` would write.
    async fn commit(&self, feed: &str, title: &str, fill: impl FnOnce(&mut Plan)) -> Vec<EntryId> {
        let found = self.store.feed_by_url(&feed_url(feed)).await.expect("a feed");
        let found = found.expect("a subscribed feed");
        let feed = found.id;
        let mut plan = Plan { noteworthy: true, ..Plan::of(&found) };
        plan.state.title = PlainText::new(title);
        plan.state.standing = Standing::Healthy;
        plan.state.site =
            found.url.web().parts().join("/").ok().and_then(|u| WebUrl::from_url(u).ok());
        fill(&mut plan);
        let keys: Vec<_> = plan.arrivals.iter().map(|arrival| arrival.key).collect();
        self.store.commit(plan).await.expect("committed");
        let known = self.store.known(feed, &keys, &[], &[]).await.expect("known entries");
        let number = |key| known.iter().find(|known| known.key == key).map(|known| known.id);
        keys.into_iter().filter_map(number).collect()
    }

    /// The feed posts.
    pub(crate) async fn posts(&self, feed: &str, title: &str, posts: &[Post]) -> Vec<EntryId> {
        self.commit(feed, title, |plan| plan.arrivals = posts.iter().map(arrival).collect()).await
    }

    /// The feed edits an entry.
    pub(crate) async fn edits(&self, feed: &str, title: &str, entry: EntryId, post: &Post) {
        let arrival = arrival(post);
        let change = Change {
            entry,
            document: arrival.document,
            title_hash: arrival.title_hash,
            fingerprint: Fingerprint(77),
            content: arrival.content,
            changed: post.seen,
        };
        self.commit(feed, title, |plan| plan.changes = vec![change]).await;
    }

    /// Seals an edition of that date, at 06:30, with that HTML.
    pub(crate) async fn seals(&self, newsletter: &str, date: &str, html: &str) {
        let sealed = at(&format!("{date}T06:30:00Z"));
        self.store.newsletter_began(newsletter, start()).await.expect("began");
        let slot = Slot { date: sealed.date_naive(), time: "06:30".to_owned(), at: sealed };
        let edition = NewEdition {
            newsletter: newsletter.to_owned(),
            slot,
            sealed,
            text: EditionText {
                subject: format!("Le matin du {date} <3"),
                html: html.to_owned(),
                text: "Bonjour".to_owned(),
            },
            from: Address::parse("mill@example.org").expect("an address"),
            title: "Le matin".to_owned(),
            shown: Vec::new(),
            counted: Vec::new(),
            copies: Vec::new(),
            ended: Vec::new(),
            letters: Vec::new(),
            expires: sealed,
        };
        self.store.seal(edition).await.expect("sealed");
    }
}

fn arrival(post: &Post) -> Arrival {
    let link = WebUrl::parse(post.link).ok();
    Arrival {
        key: EntryKey([post.key; 16]),
        document: link.as_ref().map(|link| DocumentKey(hash::number([link.as_str().as_bytes()]))),
        title_hash: hash::number([post.title.as_bytes()]),
        fingerprint: Fingerprint(i64::from(post.key)),
        content: Content {
            link,
            title: PlainText::new(post.title),
            published: post.published,
            body: SafeHtml::cleaned(post.body.to_owned()),
            ..Content::default()
        },
        first_seen: post.seen,
        backlog: 0,
    }
}

pub(crate) fn feed_url(url: &str) -> FeedUrl {
    FeedUrl::parse(url).expect("a feed URL")
}

/// A merged feed of everything.
pub(crate) fn merged(name: &str, limit: usize) -> MergedFeed {
    MergedFeed {
        name: name.to_owned(),
        title: format!("Tout ({name})"),
        tags: Vec::new(),
        limit,
        collapse: Collapse::Documents,
    }
}

/// Labels with those merged feeds and one newsletter.
pub(crate) fn labels(feeds: Vec<MergedFeed>) -> Labels {
    Labels {
        base_url: WebUrl::parse("https://mill.example/").expect("a URL"),
        feeds,
        newsletters: vec![("matin".to_owned(), "Le matin".to_owned())],
        titles: std::collections::HashMap::new(),
    }
}
