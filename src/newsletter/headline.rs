//! What an inbox shows of an edition: its subject and the line beside it.
//!
//! The subject is the lead headline, how many other stories there are, and the date. The preheader
//! is real text, the next headlines, long enough that no mail program fills up with the body's first
//! words; it does not repeat the subject.

use chrono::NaiveDate;

use crate::model::settings::Language;
use crate::newsletter::{page::ViewSection, typeset, words};

/// The longest subject, in graphemes.
const LONGEST_SUBJECT: usize = 150;
/// The preheader a mail program is content with, in graphemes.
const ENOUGH_PREHEADER: usize = 90;
/// The longest preheader, in graphemes.
const LONGEST_PREHEADER: usize = 180;

/// The subject: `Le Sénat dit non, et 14 autres · mardi 24 novembre`.
pub fn subject(language: Language, date: NaiveDate, sections: &[ViewSection]) -> String {
    let mut stories = sections.iter().flat_map(|section| &section.stories);
    let day = words::day(language, date);
    let Some(lead) = stories.next() else { return day };
    let others = stories.count();
    let others = (others > 0).then(|| words::and_others(language, others));
    let others = others.unwrap_or_default();
    let room = LONGEST_SUBJECT - typeset::length(&day) - typeset::length(&others) - 5;
    let lead = typeset::shorten(&lead.title, room);
    let lead = match lead.strip_suffix('.') {
        Some(sentence) if !sentence.ends_with('.') => sentence,
        _ => lead.as_str(),
    };
    let lead = lead.trim_end_matches([',', ';', ' ']);
    if others.is_empty() {
        return format!("{lead} · {day}");
    }
    if lead.ends_with(['?', '!', '…', '»', '"', ':', '.']) {
        return format!("{lead} · {others} · {day}");
    }
    format!("{lead}, {others} · {day}")
}

/// The preheader: headlines after the lead's until they are enough, then first sentences.
pub fn preheader(sections: &[ViewSection]) -> String {
    let stories = || sections.iter().flat_map(|section| &section.stories);
    let lead = stories().next().map_or("", |lead| lead.title.as_str());
    let headlines = stories().map(|story| story.title.as_str()).filter(|title| *title != lead);
    let sentences = stories().filter_map(|story| story.excerpt.as_deref());
    let mut line = String::new();
    for part in headlines.chain(sentences) {
        if typeset::length(&line) >= ENOUGH_PREHEADER {
            break;
        }
        if !line.is_empty() {
            line.push_str(" · ");
        }
        line.push_str(part);
    }
    typeset::shorten(&line, LONGEST_PREHEADER)
}
