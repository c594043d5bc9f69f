//! The shelf: merged feeds, printed once and handed out many times.
//!
//! A copy is printed when it is asked for and something may have changed since the last printing;
//! whoever asks meanwhile waits for that one printing. Between changes a copy is two reads of a lock
//! that nobody holds for long: no SQL. Bytes change only when content does (promise I9), and an
//! older copy is better than none: when the store fails, the last one is handed out.
//!
//! `Last-Modified` is the newest change among the items shown, so it is the same after a restart; it
//! can step back when items leave the selection, which is why the ETag rules.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::jobs::gather;
use crate::jobs::labels::Labels;
use crate::model::settings::MergedFeed;
use crate::publish::format::Format;
use crate::publish::{revision, write};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// A representation ready to be handed out.
#[derive(Debug, PartialEq, Eq)]
pub struct Printed {
    /// Its bytes.
    pub body: Bytes,
    /// The same coded with gzip, if that is shorter.
    pub gzip: Option<Bytes>,
    /// The strong ETag of `body`, with quotes.
    pub etag: String,
    /// The strong ETag of `gzip`, with quotes.
    pub gzip_etag: String,
    /// When its content last changed, if that is known to the second.
    pub last_modified: Option<DateTime<Utc>>,
    /// Its media type, as a Content-Type field states it.
    pub content_type: &'static str,
}

impl Printed {
    /// Makes a representation of `text`: hashes it and codes it once.
    pub fn of(
        text: String,
        content_type: &'static str,
        last_modified: Option<DateTime<Utc>>,
    ) -> Self {
        let body = Bytes::from(text);
        let (etag, gzip_etag) = (revision::etag(&body), revision::gzip_etag(&body));
        let gzip = Some(gzip(&body)).filter(|coded| coded.len() < body.len());
        Self { body, gzip, etag, gzip_etag, last_modified, content_type }
    }
}

/// RFC 1952, without a name or a time: the same bytes give the same coding.
fn gzip(body: &[u8]) -> Bytes {
    const IN_MEMORY: &str = "writing to memory cannot fail";
    let mut encoder =
        flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 3), Default::default());
    encoder.write_all(body).expect(IN_MEMORY);
    Bytes::from(encoder.finish().expect(IN_MEMORY))
}

/// The merged feeds of a running service.
#[derive(Debug)]
pub struct Shelf {
    store: Store,
    rack: RwLock<Arc<Rack>>,
    /// Counts what may have changed the content of a merged feed.
    turn: AtomicU64,
}

/// The merged feeds under one set of labels.
#[derive(Debug)]
struct Rack {
    labels: Labels,
    places: HashMap<String, Place>,
}

/// One merged feed and its copies, one per format.
#[derive(Debug)]
struct Place {
    feed: MergedFeed,
    formats: [Stand; Format::ALL.len()],
}

/// Where the copy of one format stands.
#[derive(Debug, Default)]
struct Stand {
    copy: RwLock<Option<Current>>,
    /// Held by whoever prints.
    press: tokio::sync::Mutex<()>,
}

/// A copy, and the turn it is known to be current at.
#[derive(Debug, Clone)]
struct Current {
    turn: u64,
    printed: Arc<Printed>,
}

impl Shelf {
    /// A shelf without copies.
    pub fn new(store: Store, labels: Labels) -> Self {
        let rack = RwLock::new(Arc::new(Rack::of(labels)));
        Self { store, rack, turn: AtomicU64::new(0) }
    }

    /// Takes other labels: the next request prints anew.
    pub fn relabel(&self, labels: Labels) {
        let rack = Arc::new(Rack::of(labels));
        *self.rack.write().unwrap_or_else(PoisonError::into_inner) = rack;
    }

    /// Says that entries may have changed: the next request looks again.
    pub fn turn(&self) {
        self.turn.fetch_add(1, Ordering::AcqRel);
    }

    /// A current copy of the merged feed `name`; none if there is no such feed.
    pub async fn copy(
        &self,
        name: &str,
        format: Format,
    ) -> Result<Option<Arc<Printed>>, StoreError> {
        let rack = self.rack();
        let Some(place) = rack.places.get(name) else { return Ok(None) };
        let stand = place.stand(format);
        if let Some(copy) = stand.copy().filter(|copy| copy.turn == self.now()) {
            return Ok(Some(copy.printed));
        }
        let _printing = stand.press.lock().await;
        // Read before gathering: what changes meanwhile makes this copy outdated, never current.
        let turn = self.now();
        let last = stand.copy();
        if let Some(copy) = last.clone().filter(|copy| copy.turn == turn) {
            return Ok(Some(copy.printed));
        }
        let last = last.map(|copy| copy.printed);
        match (self.print(&rack.labels, &place.feed, format, last.clone()).await, last) {
            (Ok(printed), _) => {
                stand.put(Current { turn, printed: Arc::clone(&printed) });
                Ok(Some(printed))
            }
            (Err(error), Some(older)) => {
                tracing::warn!(merged_feed = name, %error, "served an older copy");
                Ok(Some(older))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Prints `feed`, or gives back the last copy if its bytes are still the same.
    async fn print(
        &self,
        labels: &Labels,
        feed: &MergedFeed,
        format: Format,
        last: Option<Arc<Printed>>,
    ) -> Result<Arc<Printed>, StoreError> {
        let selection = gather::select(&self.store, feed).await?;
        let entries = self.store.entries(&selection.shown()).await?;
        let (labels, feed) = (labels.clone(), feed.clone());
        let press = move || {
            let view = selection.view(&labels, &feed, entries);
            let text = write::write(&view, format);
            let same = last.filter(|last| last.body == text.as_bytes());
            same.unwrap_or_else(|| {
                let changed = (!view.items.is_empty()).then(|| view.updated());
                Arc::new(Printed::of(text, format.content_type(), changed))
            })
        };
        let printed = tokio::task::spawn_blocking(press).await;
        printed.map_err(|error| StoreError::Engine(error.to_string()))
    }

    fn rack(&self) -> Arc<Rack> {
        Arc::clone(&self.rack.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> u64 {
        self.turn.load(Ordering::Acquire)
    }
}

impl Rack {
    fn of(labels: Labels) -> Self {
        let place = |feed: &MergedFeed| {
            let formats = Default::default();
            (feed.name.clone(), Place { feed: feed.clone(), formats })
        };
        Self { places: labels.feeds.iter().map(place).collect(), labels }
    }
}

impl Place {
    fn stand(&self, format: Format) -> &Stand {
        let [atom, rss, json] = &self.formats;
        match format {
            Format::Atom => atom,
            Format::Rss => rss,
            Format::Json => json,
        }
    }
}

impl Stand {
    fn put(&self, current: Current) {
        *self.copy.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }

    fn copy(&self) -> Option<Current> {
        self.copy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::samples::{Mill, Post, labels, merged, post, start};

    const A: &str = "https://a.example/rss";
    const B: &str = "https://b.example/atom";

    async fn mill() -> Mill {
        Mill::new(&[(A, &["fr"]), (B, &["en"])]).await
    }

    async fn atom(shelf: &Shelf) -> Arc<Printed> {
        shelf.copy("all", Format::Atom).await.expect("a store").expect("a merged feed")
    }

    fn titles(printed: &Printed) -> Vec<String> {
        let feed = feed_rs::parser::parse(&printed.body[..]).expect("a feed");
        let title = |entry: feed_rs::model::Entry| entry.title.expect("a title").content;
        feed.entries.into_iter().map(title).collect()
    }

    #[tokio::test]
    async fn asked_twice_without_change_the_copy_is_the_same() {
        let mill = mill().await;
        mill.posts(A, "A", &[post(1, "un", "https://a.example/1")]).await;
        let shelf = Shelf::new(mill.store.clone(), labels(vec![merged("all", 10)]));
        let first = atom(&shelf).await;
        assert!(Arc::ptr_eq(&first, &atom(&shelf).await));
        shelf.turn();
        assert!(Arc::ptr_eq(&first, &atom(&shelf).await), "a turn without change");
        let restarted = Shelf::new(mill.store.clone(), labels(vec![merged("all", 10)]));
        assert_eq!(first, atom(&restarted).await);
        assert_eq!(first.last_modified, Some(start() + chrono::TimeDelta::minutes(1)));
    }

    #[tokio::test]
    async fn a_change_is_seen_after_a_turn_and_changes_the_tags() {
        let mill = mill().await;
        let ids = mill.posts(A, "A", &[post(1, "un", "https://a.example/1")]).await;
        let shelf = Shelf::new(mill.store.clone(), labels(vec![merged("all", 10)]));
        let first = atom(&shelf).await;
        mill.posts(B, "B", &[post(2, "deux", "https://b.example/2")]).await;
        shelf.turn();
        let second = atom(&shelf).await;
        assert_eq!(titles(&second), ["deux", "un"]);
        let edited = Post { seen: start() + chrono::TimeDelta::hours(1), ..post(1, "un bis", "") };
        mill.edits(A, "A", ids[0], &edited).await;
        shelf.turn();
        let third = atom(&shelf).await;
        assert_eq!(titles(&third), ["deux", "un bis"]);
        assert_eq!(third.last_modified, Some(edited.seen));
        let tags = [&first, &second, &third].map(|copy| (&copy.etag, &copy.gzip_etag));
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0].0 != tags[0].1);
    }

    #[tokio::test]
    async fn a_document_of_several_feeds_is_one_item_of_the_first() {
        let mill = mill().await;
        let shared = "https://story.example/x";
        mill.posts(B, "Aggregator", &[post(1, "only here", "https://b.example/1")]).await;
        mill.posts(A, "Origin", &[post(2, "the story", shared)]).await;
        mill.posts(B, "Aggregator", &[post(3, "the story, again", shared)]).await;
        let shelf = Shelf::new(mill.store.clone(), labels(vec![merged("all", 10)]));
        let folded = atom(&shelf).await;
        assert_eq!(titles(&folded), ["the story", "only here"]);
        let text = std::str::from_utf8(&folded.body).expect("UTF-8");
        assert!(text.contains(&format!("rel=\"via\" title=\"Aggregator\" href=\"{B}\"")), "{text}");
        let apart =
            MergedFeed { collapse: crate::model::settings::Collapse::None, ..merged("all", 10) };
        shelf.relabel(labels(vec![apart]));
        assert_eq!(titles(&*atom(&shelf).await).len(), 3);
    }

    #[tokio::test]
    async fn items_of_one_feed_with_one_link_are_not_folded() {
        let mill = mill().await;
        let home = "https://a.example/";
        mill.posts(A, "A", &[post(1, "un", home), post(2, "deux", home)]).await;
        mill.posts(B, "B", &[post(3, "trois", home)]).await;
        let shelf = Shelf::new(mill.store.clone(), labels(vec![merged("all", 10)]));
        assert_eq!(titles(&*atom(&shelf).await), ["trois", "deux", "un"]);
    }

    #[tokio::test]
    async fn folded_places_are_filled_up_to_the_limit() {
        let mill = mill().await;
        let links: Vec<&'static str> =
            (0..60).map(|n| &*format!("https://a.example/{n}").leak()).collect();
        let posts: Vec<Post> = (0..60).map(|n| post(n, "x", links[usize::from(n)])).collect();
        mill.posts(A, "A", &posts).await;
        let again: Vec<Post> = (30..60)
            .map(|n| Post { seen: start() + chrono::TimeDelta::days(1), ..posts[n].clone() })
            .collect();
        mill.posts(B, "B", &again).await;
        let shelf = Shelf::new(mill.store.clone(), labels(vec![merged("all", 40)]));
        let copy = atom(&shelf).await;
        let feed = feed_rs::parser::parse(&copy.body[..]).expect("a feed");
        let shown: Vec<&str> = feed.entries.iter().map(|e| e.links[0].href.as_str()).collect();
        let expected: Vec<&str> = links.iter().rev().take(40).copied().collect();
        assert_eq!(shown, expected);
    }

    #[tokio::test]
    async fn tags_select_and_titles_of_the_operator_win() {
        let mill = mill().await;
        mill.posts(A, "A", &[post(1, "un", "https://a.example/1")]).await;
        mill.posts(B, "B", &[post(2, "two", "https://b.example/2")]).await;
        let english = MergedFeed { tags: vec!["en".to_owned()], ..merged("all", 10) };
        let mut labels = labels(vec![english]);
        labels.titles.insert(crate::jobs::samples::feed_url(B), "Bee".to_owned());
        let shelf = Shelf::new(mill.store.clone(), labels);
        let copy = atom(&shelf).await;
        assert_eq!(titles(&copy), ["two"]);
        assert!(
            std::str::from_utf8(&copy.body).is_ok_and(|text| text.contains("<name>Bee</name>"))
        );
    }

    #[tokio::test]
    async fn an_older_copy_is_better_than_none() {
        let mill = mill().await;
        mill.posts(A, "A", &[post(1, "un", "https://a.example/1")]).await;
        let shelf = Shelf::new(mill.store.clone(), labels(vec![merged("all", 10)]));
        let first = atom(&shelf).await;
        mill.store.close().await.expect("closed");
        shelf.turn();
        assert!(Arc::ptr_eq(&first, &atom(&shelf).await));
        assert!(shelf.copy("all", Format::Rss).await.is_err());
    }

    #[tokio::test]
    async fn asked_by_many_at_once_it_is_printed_once() {
        let mill = mill().await;
        mill.posts(A, "A", &[post(1, "un", "https://a.example/1")]).await;
        let shelf = Arc::new(Shelf::new(mill.store.clone(), labels(vec![merged("all", 10)])));
        let asking: Vec<_> = (0..32)
            .map(|_| {
                let shelf = Arc::clone(&shelf);
                tokio::spawn(async move { atom(&shelf).await })
            })
            .collect();
        let mut copies = Vec::new();
        for ask in asking {
            copies.push(ask.await.expect("a copy"));
        }
        assert!(copies.iter().all(|copy| Arc::ptr_eq(copy, &copies[0])));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn readers_during_updates_never_go_back_in_time() {
        let mill = mill().await;
        let shelf = Arc::new(Shelf::new(mill.store.clone(), labels(vec![merged("all", 100)])));
        let done = tokio_util::sync::CancellationToken::new();
        let read = |shelf: Arc<Shelf>, done: tokio_util::sync::CancellationToken| async move {
            let (mut seen, mut reads) = (0, 0);
            while !done.is_cancelled() || reads == 0 {
                let copy = atom(&shelf).await;
                assert_eq!(copy.etag, revision::etag(&copy.body));
                let shown = titles(&copy).len();
                assert!(shown >= seen, "{seen} entries, then {shown}");
                (seen, reads) = (shown, reads + 1);
            }
            titles(&*atom(&shelf).await).len()
        };
        let readers: Vec<_> =
            (0..8).map(|_| tokio::spawn(read(Arc::clone(&shelf), done.clone()))).collect();
        for key in 0..40 {
            mill.posts(A, "A", &[post(key, "un", "")]).await;
            shelf.turn();
        }
        done.cancel();
        for reader in readers {
            assert_eq!(reader.await.expect("no reader was told nonsense"), 40);
        }
    }

    #[tokio::test]
    async fn unknown_names_are_none_and_empty_feeds_have_no_date() {
        let mill = mill().await;
        let shelf = Shelf::new(mill.store.clone(), labels(vec![merged("all", 10)]));
        assert!(shelf.copy("other", Format::Atom).await.expect("a store").is_none());
        assert_eq!(atom(&shelf).await.last_modified, None);
    }

    #[test]
    fn gzip_is_undone_to_the_same_bytes_and_left_out_where_it_does_not_help() {
        let text = "feed ".repeat(1_000);
        let printed = Printed::of(text.clone(), "text/plain", None);
        let coded = printed.gzip.expect("shorter");
        let mut plain = String::new();
        let mut decoder = flate2::read::GzDecoder::new(&coded[..]);
        std::io::Read::read_to_string(&mut decoder, &mut plain).expect("gzip");
        assert_eq!(plain, text);
        assert!(coded.len() < 200);
        assert_eq!(Printed::of("x".to_owned(), "text/plain", None).gzip, None);
    }
}
