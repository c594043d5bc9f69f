//! An edition as its templates see it: every sentence ready, nothing left to decide.
//!
//! [`EditionPage`] is what a job gathers; [`View`] is the same in the words of its language. User
//! templates get a `View` too, so its fields are part of feedmill's contract with operators.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::model::settings::Language;
use crate::model::text::{HeaderText, PlainText};
use crate::model::url::WebUrl;
use crate::newsletter::{headline, typeset, words};

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
    /// Which feeds need attention, as a sentence.
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

/// How many authors a byline names.
const MOST_AUTHORS: usize = 3;
/// How many other sources a story names.
const MOST_SOURCES: usize = 5;
/// The longest headline, in graphemes.
const LONGEST_TITLE: usize = 240;
/// The longest name of a source, an author or a section, in graphemes.
const LONGEST_NAME: usize = 80;

/// `text` on one line and of bearable length.
fn line(text: &PlainText, limit: usize) -> String {
    typeset::shorten(text.one_line().as_str(), limit)
}

/// The page in words; excerpts have at most `excerpt_limit` graphemes.
pub fn view(page: &EditionPage, excerpt_limit: usize) -> View {
    let sections: Vec<ViewSection> =
        page.sections.iter().map(|it| section(page, it, excerpt_limit)).collect();
    let stories = || sections.iter().flat_map(|section| &section.stories);
    let mut sources: Vec<&str> = stories().map(|story| story.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    // What an inbox shows does not depend on how much of the excerpts fits into the letter.
    let all = page.sections.iter().flat_map(|section| &section.stories);
    let first: Vec<ViewStory> =
        all.take(MOST_PREHEADER_STORIES).map(|it| story(page, it, PREHEADER_EXCERPT)).collect();
    View {
        language: words::tag(page.language),
        title: HeaderText::new(&page.title).as_str().to_owned(),
        date: words::date(page.language, page.date),
        subject: headline::subject(page.language, page.date, first.first(), stories().count()),
        preheader: headline::preheader(&first),
        summary: words::summary(page.language, stories().count(), sources.len()),
        named: sections.iter().any(|section| section.name.is_some()),
        online: page.online.as_ref().map(|url| url.as_str().to_owned()),
        merged_feed: page.merged_feed.as_ref().map(|url| url.as_str().to_owned()),
        attention: attention(page),
        words: words::phrases(page.language),
        sections,
    }
}

/// From how many stories a preheader is made at most.
const MOST_PREHEADER_STORIES: usize = 12;
/// How much of an excerpt a preheader may need.
const PREHEADER_EXCERPT: usize = 200;

/// The story in words; its excerpt has at most `excerpt_limit` graphemes.
fn story(page: &EditionPage, story: &PageStory, excerpt_limit: usize) -> ViewStory {
    let phrases = words::phrases(page.language);
    let excerpt = typeset::shorten_to_sentence(story.excerpt.one_line().as_str(), excerpt_limit);
    let title = line(&story.title, LONGEST_TITLE);
    let title = if title.is_empty() { typeset::shorten(&excerpt, 80) } else { title };
    let title = if title.is_empty() { phrases.untitled.to_owned() } else { title };
    let excerpt = (!excerpt.is_empty() && excerpt != title).then_some(excerpt);
    let source = line(&story.source, LONGEST_NAME);
    let authors = names(&story.authors, MOST_AUTHORS, &source);
    let byline = (!authors.is_empty()).then(|| words::by(page.language, &strs(&authors)));
    let sources = names(&story.also, MOST_SOURCES, &source);
    let also = (!sources.is_empty()).then(|| words::also(page.language, &strs(&sources)));
    let when = story
        .published
        .map(|published| words::when(page.language, published, page.zone, page.date));
    let details = joined([&byline, &when, &also].into_iter().flatten());
    let meta = joined([&source, &details].into_iter().filter(|part| !part.is_empty()));
    let link = story.link.as_ref().map(|link| link.as_str().to_owned());
    ViewStory { title, link, source, byline, when, also, excerpt, details, meta }
}

/// The section in words.
fn section(page: &EditionPage, section: &PageSection, excerpt_limit: usize) -> ViewSection {
    let unnamed = (page.sections.len() > 1).then(|| words::phrases(page.language).other_section);
    let name = match &section.name {
        Some(name) => Some(capitalised(&line(name, LONGEST_NAME))),
        None => unnamed.map(str::to_owned),
    };
    ViewSection {
        name,
        stories: section.stories.iter().map(|s| story(page, s, excerpt_limit)).collect(),
        more: (section.more > 0).then(|| words::more(page.language, section.more)),
    }
}

/// The sentence about feeds that need attention.
fn attention(page: &EditionPage) -> Option<String> {
    let names = names(&page.attention, usize::MAX, "");
    (!names.is_empty()).then(|| words::attention(page.language, &strs(&names)))
}

/// Parts in one line. The dots stay with what precedes them where the line is wrapped.
fn joined<'a>(parts: impl Iterator<Item = &'a String>) -> String {
    parts.map(String::as_str).collect::<Vec<_>>().join("\u{a0}· ")
}

/// Distinct names in their order, `limit` at most, without `except`.
fn names(names: &[PlainText], limit: usize, except: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names.iter().map(|name| line(name, LONGEST_NAME)) {
        if !name.is_empty() && name != except && !kept.contains(&name) && kept.len() < limit {
            kept.push(name);
        }
    }
    kept
}

fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Tags are written in lower case as often as not; a section's name begins with a capital.
fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
