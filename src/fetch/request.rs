//! What one request says: the fields of every request, and those of one feed.
//!
//! The same fields at every poll, so that a server which varies its answer varies nothing between
//! two polls of ours. Nothing asks caches to step aside. Validators go to the address that gave
//! them, credentials and custom fields to the origin they were given for, and to no other.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    USER_AGENT,
};

use crate::model::outcome::Validators;
use crate::model::secret::Secret;
use crate::model::settings::Login;
use crate::model::url::{FeedUrl, WebUrl};

use super::error::FetchError;

/// One conditional request for a feed.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Which feed.
    pub url: &'a FeedUrl,
    /// What the last good answer said to recognise itself by.
    pub validators: &'a Validators,
    /// Whose those are: they are sent to no other address.
    pub owner: &'a WebUrl,
    /// HTTP Basic credentials.
    pub login: Option<&'a Login>,
    /// Further fields.
    pub headers: &'a [(String, Secret)],
    /// A User-Agent instead of feedmill's.
    pub user_agent: Option<&'a str>,
    /// Only what is new is asked for, if the server can tell (RFC 3229 with the feed instance
    /// manipulation). It holds for conditional requests.
    pub delta: bool,
    /// The site has more feeds queued: its connection is worth keeping for a few seconds.
    pub keep_alive: bool,
}

/// What kinds of answers but a whole one are understood (RFC 3229, section 10.5.3).
const A_IM: HeaderName = HeaderName::from_static("a-im");

/// Types of feeds, then whatever there is: some servers answer 406 to less.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
    application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, \
    */*;q=0.1";

/// Types of web pages.
const ACCEPTED_PAGES: &str = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.1";

/// Codings that [`super::body`] undoes.
const ACCEPTED_CODINGS: &str = "gzip, br, zstd";

/// The instance manipulation by which servers send only the items that are new (RFC 3229).
pub const FEED_DELTA: &str = "feed";

/// Fields that are feedmill's or the connection's to set.
const OURS: [&str; 15] = [
    "a-im",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The fields of every request.
pub fn common(contact: Option<&str>, subscribers: usize) -> HeaderMap {
    let mut fields = HeaderMap::with_capacity(8);
    fields.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
    fields.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED_CODINGS));
    if let Ok(name) = HeaderValue::from_str(&user_agent(contact, subscribers)) {
        fields.insert(USER_AGENT, name);
    }
    fields
}

/// The fields of every request for a page: `common`, but for what is accepted.
pub fn of_pages(common: &HeaderMap) -> HeaderMap {
    let mut fields = common.clone();
    fields.insert(ACCEPT, HeaderValue::from_static(ACCEPTED_PAGES));
    fields
}

/// `feedmill/1.2.3 (+https://…; contact; 2 subscribers)`: who asks, whom a publisher can write to, and
/// for how many people. The last is in the words by which publishers count readers, one or more.
fn user_agent(contact: Option<&str>, subscribers: usize) -> String {
    let home = Some(env!("CARGO_PKG_REPOSITORY")).filter(|home| !home.is_empty());
    let mut remarks: Vec<String> = home.map(|home| format!("+{home}")).into_iter().collect();
    if let Some(contact) = contact {
        // A comment ends at a parenthesis (RFC 9110, section 5.6.5), the rest of the world at ASCII.
        let plain = |c: &char| (' '..='~').contains(c) && !"()\\".contains(*c);
        let contact: String = contact.chars().filter(plain).collect();
        match contact.trim() {
            "" => {}
            url if url.starts_with("http") && remarks.is_empty() => remarks.push(format!("+{url}")),
            contact => remarks.push(contact.to_owned()),
        }
    }
    remarks.push(format!("{} subscribers", subscribers.max(1)));
    format!("{} ({})", concat!("feedmill/", env!("CARGO_PKG_VERSION")), remarks.join("; "))
}

impl<'a> Request<'a> {
    /// One that carries nothing of a feed's own.
    pub fn plain(url: &'a FeedUrl, validators: &'a Validators) -> Self {
        Self {
            url,
            validators,
            owner: url.web(),
            login: None,
            headers: &[],
            user_agent: None,
            delta: false,
            keep_alive: true,
        }
    }
}

impl Request<'_> {
    /// Whether it carries what only its own origin may see.
    pub fn is_confidential(&self) -> bool {
        self.login.is_some() || !self.headers.is_empty()
    }

    /// Adds the fields of this feed that every hop may see.
    pub fn add_open(&self, fields: &mut HeaderMap) -> Result<(), FetchError> {
        if let Some(name) = self.user_agent {
            let unfit = || FetchError::Setting("its user_agent is not plain ASCII".to_owned());
            let name = HeaderValue::from_str(name).map_err(|_| unfit())?;
            if name.to_str().is_err() {
                return Err(unfit());
            }
            fields.insert(USER_AGENT, name);
        }
        Ok(())
    }

    /// Adds the fields of this feed that are for its own origin only.
    pub fn add_confidential(&self, fields: &mut HeaderMap) -> Result<(), FetchError> {
        for (name, value) in self.headers {
            let unfit = |what: &str| FetchError::Setting(format!("its header \"{name}\" {what}"));
            let field = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| unfit("is not a name of a header"))?;
            if OURS.contains(&field.as_str()) {
                return Err(unfit("is not one that can be set"));
            }
            let mut value = HeaderValue::from_str(value.reveal())
                .map_err(|_| unfit("has a value that cannot be sent"))?;
            value.set_sensitive(true);
            fields.insert(field, value);
        }
        Ok(())
    }

    /// Makes the request conditional, byte for byte as the server said (RFC 9110, section 13.1);
    /// returns whether it is.
    pub fn add_conditions(&self, fields: &mut HeaderMap) -> bool {
        let pairs = [
            (IF_NONE_MATCH, self.validators.etag.as_ref()),
            (IF_MODIFIED_SINCE, self.validators.last_modified.as_ref()),
        ];
        let mut conditional = false;
        for (field, value) in pairs {
            if let Some(Ok(value)) = value.map(|bytes| HeaderValue::from_bytes(bytes)) {
                fields.insert(field, value);
                conditional = true;
            }
        }
        if self.delta && conditional {
            fields.insert(A_IM, HeaderValue::from_static(FEED_DELTA));
        }
        conditional
    }
}
