//! An edition before and after it is put into words.
//!
//! [`EditionPage`] is what a job gathers; [`View`] is what templates see: every sentence ready,
//! nothing left to decide. User templates get a `View` too, so its fields are part of feedmill's
//! contract with operators. `newsletter::wording` makes one from the other.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::model::settings::Language;
use crate::model::text::PlainText;
use crate::model::url::WebUrl;
use crate::newsletter::words;

/// What an edition says.
#[derive(Debug, Clone, PartialEq)]
pub struct EditionPage {
    /// The newsletter's title.
    pub title: String,
    /// Its language.
    pub language: Language,
    /// The local date of its slot.
    pub date: NaiveDate,
    /// The zone of its readers, for the times of stories.
    pub zone: Tz,
    /// Its sections, in order; the first story of all is the lead.
    pub sections: Vec<PageSection>,
    /// Where it can be read in a browser.
    pub online: Option<WebUrl>,
    /// The merged feed of the same feeds.
    pub merged_feed: Option<WebUrl>,
    /// Names of feeds that need the operator's attention.
    pub attention: Vec<PlainText>,
    /// Names of feeds of which readers are to know that they have ended.
    pub ended: Vec<PlainText>,
}

/// A section.
#[derive(Debug, Clone, PartialEq)]
pub struct PageSection {
    /// Its name; none for what belongs to no section.
    pub name: Option<PlainText>,
    /// Its stories, in order.
    pub stories: Vec<PageStory>,
    /// How many entries it counts and does not show.
    pub more: usize,
}

/// A story.
#[derive(Debug, Clone, PartialEq)]
pub struct PageStory {
    /// Its headline; may be empty.
    pub title: PlainText,
    /// Where it is to be read.
    pub link: Option<WebUrl>,
    /// Who published it.
    pub source: PlainText,
    /// Who else did.
    pub also: Vec<PlainText>,
    /// The first sentences.
    pub excerpt: PlainText,
    /// Its authors.
    pub authors: Vec<PlainText>,
    /// When its publisher says it was published.
    pub published: Option<DateTime<Utc>>,
}

/// An edition in the words of its language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// `fr` or `en`.
    pub language: &'static str,
    /// The newsletter's title.
    pub title: String,
    /// `mardi 24 novembre 2026`.
    pub date: String,
    /// The subject line.
    pub subject: String,
    /// What mail programs show beside the subject.
    pub preheader: String,
    /// `15 articles de 8 sources`.
    pub summary: String,
    /// The sections.
    pub sections: Vec<ViewSection>,
    /// Whether the sections have names; if not, there is one.
    pub named: bool,
    /// Where it can be read in a browser.
    pub online: Option<String>,
    /// The merged feed of the same feeds.
    pub merged_feed: Option<String>,
    /// Which feeds need attention and which have ended, a sentence each.
    pub attention: Option<String>,
    /// The fixed phrases.
    pub words: words::Phrases,
}

/// A section in the words of its language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewSection {
    /// Its name; none only where there is no other section.
    pub name: Option<String>,
    /// Its stories.
    pub stories: Vec<ViewStory>,
    /// `+ 3 autres articles`.
    pub more: Option<String>,
}

/// A story in the words of its language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewStory {
    /// Its headline, never empty.
    pub title: String,
    /// Where it is to be read.
    pub link: Option<String>,
    /// Who published it.
    pub source: String,
    /// `par A et B`.
    pub byline: Option<String>,
    /// `7 h 30`, `hier à 21 h 05`, `samedi 21 novembre`.
    pub when: Option<String>,
    /// `aussi chez A et B`.
    pub also: Option<String>,
    /// The first sentences.
    pub excerpt: Option<String>,
    /// Byline, time and other sources in one line; may be empty.
    pub details: String,
    /// Source and details in one line.
    pub meta: String,
}
