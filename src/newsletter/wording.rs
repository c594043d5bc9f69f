//! Putting an edition into the words of its language.
//!
//! Names and headlines get a bearable length, bylines and dates their form, lists their `et`. What a
//! story lacks is not mentioned; a story without a headline is headed by its first words.

use crate::model::settings::Language;
use crate::model::text::{HeaderText, PlainText};
use crate::newsletter::page::{EditionPage, PageSection, PageStory, View, ViewSection, ViewStory};
use crate::newsletter::{headline, typeset, words};

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
    let title = line(&story.title, LONGEST_TITLE);
    let excerpt = story.excerpt.one_line();
    let excerpt =
        typeset::shorten_to_sentence(after_title(excerpt.as_str(), &title), excerpt_limit);
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

/// The excerpt without the headline that many publishers repeat at its start.
fn after_title<'a>(excerpt: &'a str, title: &str) -> &'a str {
    match excerpt.strip_prefix(title) {
        Some(rest) if !rest.starts_with(char::is_alphanumeric) => {
            rest.trim_start_matches(|c: char| c.is_whitespace() || ".:;,-–—|·".contains(c))
        }
        Some(_) | None => excerpt,
    }
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

/// The sentences about feeds that need attention, and about those that have ended.
fn attention(page: &EditionPage) -> Option<String> {
    let said = |feeds: &[PlainText], sentence: fn(Language, &[&str]) -> String| {
        let names = names(feeds, usize::MAX, "");
        (!names.is_empty()).then(|| sentence(page.language, &strs(&names)))
    };
    let sentences = [said(&page.attention, words::attention), said(&page.ended, words::ended)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_is_not_repeated_by_its_excerpt() {
        for (title, excerpt, shown) in [
            ("La neige", "La neige. Elle tombe depuis mardi.", "Elle tombe depuis mardi."),
            ("La neige", "La neige – Elle tombe.", "Elle tombe."),
            ("La neige", "La neige", ""),
            ("La neige", "La neigeuse vallée", "La neigeuse vallée"),
            ("La neige", "Elle tombe.", "Elle tombe."),
            ("", "Elle tombe.", "Elle tombe."),
        ] {
            assert_eq!(after_title(excerpt, title), shown);
        }
    }

    #[test]
    fn names_are_distinct_few_and_not_the_source_s_own() {
        let given = ["A", "B", "A", " ", "C", "D\r\nE"].map(PlainText::new);
        assert_eq!(names(&given, 3, "A"), ["B", "C", "D E"]);
        assert_eq!(names(&given, 1, ""), ["A"]);
    }

    #[test]
    fn a_section_s_name_begins_with_a_capital() {
        for (tag, name) in [("été", "Été"), ("tech", "Tech"), ("ß", "SS"), ("", "")] {
            assert_eq!(capitalised(tag), name);
        }
    }
}
