//! What an extraction gives: the article, or why there is none.

use std::fmt;

use crate::model::removed::Removed;
use crate::model::text::{PlainText, SafeHtml};
use crate::model::url::WebUrl;

/// An article as it was found in its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its title, as the page gives it; empty if it gives none.
    pub title: PlainText,
    /// Its text, without the title.
    pub body: SafeHtml,
    /// What cleaning took out of that.
    pub removed: Removed,
    /// The picture that stands for it.
    pub image: Option<WebUrl>,
    /// Who wrote it, as the page says.
    pub byline: Option<PlainText>,
    /// The language the page states.
    pub language: Option<String>,
    /// How long its text is, in characters.
    pub length: usize,
}

/// Why there is no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoArticle {
    /// The page is beyond a limit.
    Beyond(TooMuch),
    /// Nothing in it is long enough to be an article.
    TooShort,
    /// Nothing in it looks like an article.
    NotFound,
}

/// What there is too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMuch {
    /// Bytes.
    Bytes,
    /// Elements in each other.
    Depth,
    /// Attributes of one tag.
    Attributes,
    /// Tags.
    Tags,
    /// Character references.
    References,
}

impl fmt::Display for NoArticle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beyond(what) => write!(f, "the page has too many {what}"),
            Self::TooShort => f.write_str("what was found in the page is too short"),
            Self::NotFound => f.write_str("no article was found in the page"),
        }
    }
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Depth => "elements in each other",
            Self::Attributes => "attributes on one tag",
            Self::Tags => "tags",
            Self::References => "character references",
        })
    }
}
