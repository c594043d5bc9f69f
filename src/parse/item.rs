//! One entry as feed-rs read it becomes an item of ours: typed, with real addresses, with the text
//! a reader would see, and without anything made up.

use feed_rs::model::{Entry, FeedType, Link, Person, Text};

use super::date;
use super::extras::ItemExtras;
use crate::clean::{entities, plain};
use crate::model::document::{Enclosure, Item, Origin, RawHtml};
use crate::model::text::PlainText;
use crate::model::url::WebUrl;

/// The most categories, authors and enclosures kept of one item.
const MAX_LABELS: usize = 100;

/// What all items of a document share.
pub struct Context<'a> {
    /// Which format it is in.
    pub kind: &'a FeedType,
    /// Where the document was found.
    pub base: &'a WebUrl,
    /// The page it belongs to.
    pub site: Option<&'a WebUrl>,
    /// The feed's own authors.
    pub authors: &'a [Person],
    /// The feed's language: an item that has the same leaves it to the feed.
    pub language: Option<&'a str>,
}

/// Makes an item; `extras` are those of the same item, where they could be told.
pub fn item(entry: Entry, extras: Option<&ItemExtras>, context: &Context<'_>) -> Item {
    let about = extras.and_then(|extras| extras.about.as_deref()).unwrap_or_default();
    let guid = [entry.id.as_str(), about].map(str::trim);
    let guid = guid.into_iter().find(|id| !id.is_empty()).map(str::to_owned);
    let enclosures = enclosures(&entry, extras, context);
    let document = extras.and_then(|extras| own_base(extras, context.base));
    let address = |text: &str| web(text, document.as_ref().unwrap_or(context.base));
    let link = alternate(&entry.links, context.base)
        .and_then(|link| address(&link.href))
        .or_else(|| permalink(guid.as_deref(), extras))
        .or_else(|| entry.content.as_ref()?.src.as_ref().and_then(|link| address(&link.href)))
        .or_else(|| enclosures.first().and_then(|file| WebUrl::parse(&file.url).ok()));
    // feed-rs copies `published` to `updated` in RSS, which says nothing about an edit.
    let is_copied = *context.kind != FeedType::Atom && entry.updated == entry.published;
    let image = image(&entry, extras, document.as_ref().unwrap_or(context.base));
    let other_date = || extras.and_then(|extras| date::parse(extras.date.as_deref()?));
    let title = entry.title.as_ref().filter(|title| !title.content.trim().is_empty());
    let title = title.or_else(|| entry.media.iter().find_map(|media| media.title.as_ref()));
    Item {
        base: document.or_else(|| link.clone()).or_else(|| context.site.cloned()),
        link,
        title: title
            .map_or_else(
                || extras.and_then(|extras| extras.title.as_deref()).map(plain::title),
                |title| Some(title_of(title, context.kind)),
            )
            .unwrap_or_default(),
        authors: authors(&entry, extras, context),
        published: entry.published.or(entry.updated).or_else(other_date),
        updated: entry.updated.filter(|_| !is_copied),
        categories: categories(&entry, extras),
        origin: extras.and_then(|extras| origin(extras, context.base)),
        image,
        language: language(&entry, extras, context),
        comments: comments(&entry, extras, context.base),
        comment_count: extras.and_then(|extras| extras.comment_count),
        body: body(entry, extras, context.kind),
        guid,
        enclosures,
    }
}

/// The address of the web that `text` means in a document found at `base`. Publishers escape
/// ampersands twice.
pub fn web(text: &str, base: &WebUrl) -> Option<WebUrl> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    match text.contains("&amp;") {
        true => WebUrl::join(base, &text.replace("&amp;", "&")).ok(),
        false => WebUrl::join(base, text).ok(),
    }
}

/// `xml:base`, resolved from the root down.
fn own_base(extras: &ItemExtras, document: &WebUrl) -> Option<WebUrl> {
    let (first, rest) = extras.bases.split_first()?;
    let outermost = web(first, document);
    rest.iter()
        .fold(outermost, |base, inner| web(inner, base.as_ref().unwrap_or(document)).or(base))
}

/// The link to the item or the feed itself: RSS has one kind, Atom says which is which (RFC 4287,
/// section 4.2.7.2). An empty one, which feed-rs resolves to the document, is none.
pub fn alternate<'a>(links: &'a [Link], base: &WebUrl) -> Option<&'a Link> {
    let is_usable = |link: &&Link| {
        !link.href.trim().is_empty() && link.href != base.as_str() && link.target.is_none()
    };
    let is_alternate = |link: &&Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    let is_page =
        |link: &&Link| link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
    let alternates = || links.iter().filter(is_usable).filter(is_alternate);
    alternates().find(is_page).or_else(|| alternates().next()).or_else(|| {
        links.iter().filter(is_usable).find(|link| link.rel.as_deref() == Some("related"))
    })
}

/// A guid of RSS is a link unless it says that it is not; an id of Atom or JSON Feed that is an
/// address of the web is one where there is no other.
fn permalink(guid: Option<&str>, extras: Option<&ItemExtras>) -> Option<WebUrl> {
    let is_denied = extras.and_then(|extras| extras.is_permalink) == Some(false);
    if is_denied { None } else { WebUrl::parse(guid?).ok() }
}

/// Atom says what is text and what is HTML; RSS does not, and means HTML.
pub fn title_of(title: &Text, kind: &FeedType) -> PlainText {
    let is_literal = matches!(kind, FeedType::Atom | FeedType::JSON)
        && title.content_type.as_ref() == "text/plain";
    match is_literal && title.content.contains('<') {
        true => plain::title(&title.content.replace('<', "&lt;")),
        false => plain::title(&title.content),
    }
}

fn authors(entry: &Entry, extras: Option<&ItemExtras>, context: &Context<'_>) -> Vec<PlainText> {
    let mut names: Vec<PlainText> = Vec::new();
    let mut add = |name: &str| {
        let name = plain::label(name);
        if !name.is_empty() && !names.contains(&name) && names.len() < MAX_LABELS {
            names.push(name);
        }
    };
    let own = entry.authors.iter().filter_map(name_of);
    own.for_each(&mut add);
    if entry.authors.is_empty() {
        match extras.and_then(|extras| extras.author.as_deref()) {
            Some(author) => add(author),
            // An entry of Atom without author has the feed's (RFC 4287, section 4.2.1).
            None if *context.kind == FeedType::Atom => {
                context.authors.iter().filter_map(name_of).for_each(add);
            }
            None => {}
        }
    }
    names
}

/// A person's name, else address. Of RSS 2.0's `address (name)` the parser leaves the brackets.
fn name_of(person: &Person) -> Option<&str> {
    let filled = |text: &&str| !text.trim().is_empty();
    let name = person.name.as_deref().map(|name| {
        let inner = name.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        inner.unwrap_or(name)
    });
    name.filter(filled).or(person.email.as_deref().filter(filled))
}

fn categories(entry: &Entry, extras: Option<&ItemExtras>) -> Vec<PlainText> {
    let mut labels: Vec<PlainText> = Vec::new();
    let own = entry.categories.iter().take(MAX_LABELS).map(|category| {
        let label = category.label.as_deref().filter(|label| !label.trim().is_empty());
        label.unwrap_or(&category.term)
    });
    let subjects = extras.into_iter().flat_map(|extras| &extras.subjects).map(String::as_str);
    for label in own.chain(subjects) {
        let label = plain::label(label);
        if !label.is_empty() && !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

fn enclosures(entry: &Entry, extras: Option<&ItemExtras>, context: &Context<'_>) -> Vec<Enclosure> {
    let mut files: Vec<Enclosure> = Vec::new();
    let mut add = |url: &str, media_type: Option<String>, length: Option<u64>| {
        if let Some(url) = web(url, context.base)
            && files.len() < MAX_LABELS
            && !files.iter().any(|file| file.url == url.as_str())
        {
            let media_type = media_type.map(|kind| plain::label(&kind).as_str().to_owned());
            files.push(Enclosure { url: url.as_str().to_owned(), media_type, length });
        }
    };
    for [url, kind, length] in extras.into_iter().flat_map(|extras| &extras.enclosures) {
        let length = length.as_deref().and_then(|length| length.trim().parse().ok());
        add(url.as_deref().unwrap_or_default(), kind.clone(), length.filter(|&length| length > 0));
    }
    for link in &entry.links {
        let is_attachment = *context.kind == FeedType::JSON && link.media_type.is_some();
        if is_attachment || link.rel.as_deref() == Some("enclosure") {
            add(&link.href, link.media_type.clone(), link.length);
        }
    }
    files
}

/// The picture that the walk found, else one that feed-rs did: it alone reads JSON Feed.
fn image(entry: &Entry, extras: Option<&ItemExtras>, base: &WebUrl) -> Option<WebUrl> {
    let found = extras.and_then(|extras| extras.image.as_ref());
    let thumbnail = || entry.media.iter().flat_map(|media| &media.thumbnails).next();
    let attached = || {
        let is_picture = |kind: &str| kind.starts_with("image/");
        entry.links.iter().find(|link| link.media_type.as_deref().is_some_and(is_picture))
    };
    let address = found.map(|(_, address)| address.as_str());
    let address = address.or_else(|| thumbnail().map(|picture| picture.image.uri.as_str()));
    web(address.or_else(|| attached().map(|link| link.href.as_str()))?, base)
}

fn language(entry: &Entry, extras: Option<&ItemExtras>, context: &Context<'_>) -> Option<String> {
    let own = extras.and_then(|extras| extras.language.as_deref()).or(entry.language.as_deref());
    own.and_then(language_tag)
        .filter(|own| context.language.is_none_or(|language| !language.eq_ignore_ascii_case(own)))
}

/// A language as declared, if it can be one: tags have few characters (RFC 5646, section 4.4.1).
pub fn language_tag(text: &str) -> Option<String> {
    let tag = plain::label(text);
    let is_tag =
        |tag: &str| tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    Some(tag.as_str())
        .filter(|tag| !tag.is_empty() && tag.len() <= 35 && is_tag(tag))
        .map(str::to_owned)
}

fn comments(entry: &Entry, extras: Option<&ItemExtras>, base: &WebUrl) -> Option<WebUrl> {
    let found = extras.and_then(|extras| extras.comments.as_deref());
    let replies = || {
        let link = entry.links.iter().find(|link| link.rel.as_deref() == Some("replies"));
        link.map(|link| link.href.as_str())
    };
    web(found.or_else(replies)?, base)
}

fn origin(extras: &ItemExtras, base: &WebUrl) -> Option<Origin> {
    let title = extras.source_title.as_deref().map(plain::title).unwrap_or_default();
    let url = extras.source_url.as_deref().and_then(|url| web(url, base));
    (!title.is_empty() || url.is_some()).then_some(Origin { title, url })
}

/// The fullest text there is: content, unless the summary says twice as much; else what podcasts
/// and videos carry.
fn body(entry: Entry, extras: Option<&ItemExtras>, kind: &FeedType) -> RawHtml {
    let content = entry.content.and_then(|content| {
        let media_type = content.content_type.as_ref();
        let is_plain = media_type == "text/plain";
        let is_text = ["text/", "html", "xml"].iter().any(|part| media_type.contains(part));
        content.body.filter(|_| is_text).map(|body| (body, is_plain))
    });
    let is_plain = |text: &Text| text.content_type.as_ref() == "text/plain";
    let summary = entry.summary.map(|summary| {
        let is_plain = is_plain(&summary) && *kind == FeedType::Atom;
        (summary.content, is_plain)
    });
    let media = entry.media.into_iter().find_map(|media| media.description);
    let media = media.map(|text| (text.content.clone(), is_plain(&text)));
    let is_filled = |(body, _): &(String, bool)| !body.trim().is_empty();
    let (content, summary) = (content.filter(is_filled), summary.filter(is_filled));
    let fuller = match (content, summary) {
        (Some(content), Some(summary)) if summary.0.len() > 2 * content.0.len() => Some(summary),
        (content, summary) => content.or(summary),
    };
    // Text says that it is text, and is believed unless it holds HTML all the same.
    let other = || extras.and_then(|extras| Some((extras.summary.clone()?, false)));
    match fuller.or(media.filter(is_filled)).or_else(other) {
        Some((body, true)) if !looks_like_html(&body) => RawHtml(entities::escape(&body)),
        Some((body, _)) => RawHtml(body),
        None => RawHtml::default(),
    }
}

/// Whether text that was declared plain is HTML nevertheless: it closes an element that texts
/// are made of.
fn looks_like_html(text: &str) -> bool {
    ["</p>", "</a>", "<br>", "<br/>", "<br />", "</div>"].iter().any(|tag| text.contains(tag))
}
