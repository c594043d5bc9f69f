//! Hostile HTML: own vectors, and, where `FEEDMILL_CORPORA` says where they are, those of DOMPurify and
//! feedparser. And the three places where a cleaned body stands: a page, a mail, a feed.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use feedmill::clean::sanitise;
use feedmill::model::document::RawHtml;
use feedmill::model::text::{HeaderText, PlainText};
use feedmill::model::url::WebUrl;
use feedmill::parse::read;
use feedmill::publish::format::Format;
use feedmill::publish::view::{View, ViewItem};
use feedmill::publish::write;

use super::runner;

/// Some of every kind, so that something is shown where there are no corpora.
const OWN: [&str; 14] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a><a href=\"java&#10;script:alert(1)\">y</a>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<svg onload=alert(1)><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<form action=\"javascript:alert(1)\"><button formaction=\"javascript:alert(1)\">x</button></form>",
    "<details open ontoggle=alert(1)>x</details>",
    "<table background=\"javascript:alert(1)\"><td></table></td></tr></div><script>alert(1)</script>",
    "<template><script>alert(1)</script></template><style>@import 'javascript:alert(1)';</style>",
    "<![CDATA[<img src=x onerror=alert(1)>]]><!--><img src=x onerror=alert(1)>-->",
    "<object data=\"data:text/html,<script>alert(1)</script>\"></object><embed src=\"javascript:alert(1)\">",
    "<div class=\"sharedaddy\"><p onclick=alert(1)>Partager sur Facebook</p></div>]]><p>x",
];

/// All vectors that can be had here.
pub(crate) fn all() -> Vec<String> {
    let mut vectors: Vec<String> = OWN.iter().map(ToString::to_string).collect();
    match runner::variable("FEEDMILL_CORPORA").map(PathBuf::from) {
        Some(corpora) => {
            vectors.extend(dompurify(&corpora));
            vectors.extend(feedparser(&corpora));
        }
        None => runner::skip("the vectors of other projects", "FEEDMILL_CORPORA is not set"),
    }
    vectors
}

/// The payloads of DOMPurify's own test.
fn dompurify(corpora: &Path) -> Vec<String> {
    let path = corpora.join("sanitizer/dompurify-expect.json");
    let text = std::fs::read_to_string(path).expect("the vectors of DOMPurify");
    let vectors: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let payload = |vector: &serde_json::Value| vector["payload"].as_str().map(ToString::to_string);
    let vectors: Vec<_> = vectors.as_array().expect("a list").iter().filter_map(payload).collect();
    assert!(vectors.len() > 100, "{} vectors of DOMPurify", vectors.len());
    vectors
}

/// The bodies of feedparser's feeds of hostile markup.
fn feedparser(corpora: &Path) -> Vec<String> {
    let folder = corpora.join("syn-feedparser/wellformed/sanitize");
    let found_at = WebUrl::parse("https://exemple.fr/feed").expect("a URL");
    let mut vectors = Vec::new();
    for file in std::fs::read_dir(folder).expect("feedparser's feeds").flatten() {
        let bytes = std::fs::read(file.path()).expect("readable");
        // What its tests look at: the content of every element, escaped or not.
        let text = String::from_utf8_lossy(&bytes);
        vectors.push(text.into_owned());
        if let Ok(document) = read::read(&bytes, None, &found_at) {
            vectors.extend(document.items.into_iter().map(|item| item.body.0));
        }
    }
    assert!(vectors.len() > 300, "{} vectors of feedparser", vectors.len());
    vectors
}

/// `vector`, cleaned.
pub(crate) fn cleaned(vector: &str) -> feedmill::model::text::SafeHtml {
    let base = WebUrl::parse("https://exemple.fr/a/").expect("a URL");
    sanitise::body(&RawHtml(vector.to_owned()), Some(&base))
}

/// Where bodies stand: as they are in a page, in a cell of a mail, and as the content of Atom
/// entries, which a reader app puts into a block of its own.
pub(crate) fn places(vectors: &[String]) -> [(&'static str, Vec<String>); 3] {
    let page = vectors.iter().map(|vector| cleaned(vector).as_str().to_owned()).collect();
    let mail = vectors.iter().map(|vector| {
        let body = cleaned(vector);
        format!("<table><tbody><tr><td>{}</td></tr></tbody></table>", body.as_str())
    });
    let mail = mail.collect();
    let feed = through_atom(vectors).into_iter().map(|body| format!("<div>{body}</div>")).collect();
    [("page", page), ("mail", mail), ("feed", feed)]
}

/// The bodies of a merged feed as its reader decodes them.
fn through_atom(vectors: &[String]) -> Vec<String> {
    let item = |(number, vector): (usize, &String)| ViewItem {
        id: format!("urn:uuid:00000000-0000-4000-8000-{number:012}"),
        title: HeaderText::new(vector),
        link: None,
        authors: vec![PlainText::new(vector)],
        published: DateTime::<Utc>::UNIX_EPOCH,
        updated: DateTime::<Utc>::UNIX_EPOCH,
        categories: vec![PlainText::new(vector)],
        enclosures: Vec::new(),
        excerpt: PlainText::default(),
        body: cleaned(vector),
        source: None,
        also: Vec::new(),
    };
    let items: Vec<ViewItem> = vectors.iter().enumerate().map(item).collect();
    let filled = items.iter().filter(|item| !item.body.as_str().is_empty()).count();
    let base = WebUrl::parse("https://moulin.example/").expect("a URL");
    let title = feedmill::model::text::PlainText::new("Tout");
    let view = View::merged("all", title.as_str(), base, items);
    let atom = write::write(&view, Format::Atom);
    let feed = feed_rs::parser::parse(atom.as_bytes()).expect("a document");
    assert_eq!(feed.entries.len(), vectors.len());
    let bodies: Vec<String> =
        feed.entries.into_iter().filter_map(|entry| entry.content?.body).collect();
    assert!(bodies.len() >= filled, "{} of {filled} bodies", bodies.len());
    bodies
}
