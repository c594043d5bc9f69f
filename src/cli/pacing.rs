//! How long a first pass over the feeds takes: the site with the most feeds decides, since a site is
//! asked by one request at a time with a pause between.

use std::collections::HashMap;

use crate::cli::answer::counted;
use crate::config::units;
use crate::model::settings::FetchSettings;
use crate::model::url::{FeedUrl, Site};

/// Shorter passes are not worth a word.
const NOTEWORTHY_SECS: u64 = 60;

/// What is to be said of a first pass over `feeds`, if it takes long.
pub fn of_first_pass<'a>(
    feeds: impl Iterator<Item = &'a FeedUrl>,
    fetch: &FetchSettings,
) -> Option<String> {
    let mut sites: HashMap<Site, u32> = HashMap::new();
    for feed in feeds {
        *sites.entry(feed.site()).or_default() += 1;
    }
    let (site, feeds) = sites.into_iter().max_by(|one, other| {
        // Of sites alike, the same one is named each time.
        one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0))
    })?;
    let takes = fetch.per_host_gap * feeds.saturating_sub(1);
    (takes.as_secs() >= NOTEWORTHY_SECS).then(|| {
        format!(
            "A first pass takes at least {}: {} are at {}, asked one by one, {} apart.",
            units::in_words(takes),
            counted(feeds as usize, "feed", "feeds"),
            site.as_str(),
            units::in_words(fetch.per_host_gap),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema;

    #[test]
    fn the_site_with_the_most_feeds_decides() {
        let said = |hosts: &[(&str, usize)]| {
            let urls = hosts
                .iter()
                .flat_map(|(host, feeds)| (0..*feeds).map(move |n| format!("https://{host}/{n}")));
            let urls: Vec<FeedUrl> = urls.map(|url| FeedUrl::parse(&url).expect("a URL")).collect();
            of_first_pass(urls.iter(), &schema::fetch())
        };
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[("a.fr", 30), ("b.fr", 30)]), None);
        let long = "A first pass takes at least 16m 38s: 500 feeds are at b.fr, asked one by one, 2s \
                    apart.";
        assert_eq!(said(&[("a.fr", 30), ("x.b.fr", 250), ("y.b.fr", 250)]).as_deref(), Some(long));
    }
}
