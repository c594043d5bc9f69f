//! What an inbox shows of an edition: its subject and the line beside it.
//!
//! The subject is the lead headline, how many other stories there are, and the date. The preheader
//! is real text, the next headlines, long enough that no mail program fills up with the body's first
//! words; it does not repeat the subject.

use chrono::NaiveDate;

use crate::model::settings::Language;
use crate::newsletter::page::ViewStory;
use crate::newsletter::{typeset, words};

/// The longest subject, in graphemes.
const LONGEST_SUBJECT: usize = 150;
/// The preheader a mail program is content with, in graphemes.
const ENOUGH_PREHEADER: usize = 90;
/// The longest preheader, in graphemes.
const LONGEST_PREHEADER: usize = 180;

/// The subject of a letter of `count` stories: `Le Sénat dit non, et 14 autres · mardi 24 novembre`.
pub fn subject(
    language: Language,
    date: NaiveDate,
    lead: Option<&ViewStory>,
    count: usize,
) -> String {
    let day = words::day(language, date);
    let Some(lead) = lead else { return day };
    let others = count.saturating_sub(1);
    let others = (others > 0).then(|| words::and_others(language, others));
    let others = others.unwrap_or_default();
    let room = LONGEST_SUBJECT - typeset::length(&day) - typeset::length(&others) - 6;
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
pub fn preheader(stories: &[ViewStory]) -> String {
    let lead = stories.first().map_or("", |lead| lead.title.as_str());
    let headlines = stories.iter().map(|story| story.title.as_str()).filter(|title| *title != lead);
    let sentences = stories.iter().filter_map(|story| story.excerpt.as_deref());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn story(title: &str, excerpt: &str) -> ViewStory {
        ViewStory {
            title: title.to_owned(),
            link: None,
            source: "Le Courrier".to_owned(),
            byline: None,
            when: None,
            also: None,
            excerpt: (!excerpt.is_empty()).then(|| excerpt.to_owned()),
            details: String::new(),
            meta: String::new(),
        }
    }

    fn stories(titles: &[&str]) -> Vec<ViewStory> {
        titles.iter().map(|title| story(title, "")).collect()
    }

    fn subject_of(language: Language, titles: &[&str]) -> String {
        let stories = stories(titles);
        subject(language, tuesday(), stories.first(), stories.len())
    }

    fn tuesday() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 24).expect("a date")
    }

    #[test]
    fn a_subject_names_the_lead_the_others_and_the_day() {
        for (titles, french, english) in [
            (
                &["Réforme\u{a0}: le Sénat dit non", "b", "c"][..],
                "Réforme\u{a0}: le Sénat dit non, et 2 autres · mardi 24 novembre",
                "Réforme\u{a0}: le Sénat dit non, and 2 more · Tuesday 24 November",
            ),
            (
                &["Il neige.", "b"],
                "Il neige, et 1 autre · mardi 24 novembre",
                "Il neige, and 1 more · Tuesday 24 November",
            ),
            (
                &["Qui a gagné\u{a0}?", "b"],
                "Qui a gagné\u{a0}? · et 1 autre · mardi 24 novembre",
                "Qui a gagné\u{a0}? · and 1 more · Tuesday 24 November",
            ),
            (&["Seul"], "Seul · mardi 24 novembre", "Seul · Tuesday 24 November"),
            (&[], "mardi 24 novembre", "Tuesday 24 November"),
        ] {
            assert_eq!(subject_of(Language::Fr, titles), french);
            assert_eq!(subject_of(Language::En, titles), english);
        }
    }

    #[test]
    fn a_subject_stays_short_and_whole() {
        for title in ["a".repeat(2_000), "👩‍👩‍👧‍👦".repeat(10_000), "mot ".repeat(500)]
        {
            let line = subject_of(Language::Fr, &[&title, "b"]);
            let length = typeset::length(&line);
            assert!((90..=LONGEST_SUBJECT).contains(&length), "{length}: {line}");
            assert!(line.ends_with(" · mardi 24 novembre"), "{line}");
            assert!(!line.contains("…, "), "{line}");
        }
    }

    #[test]
    fn a_preheader_is_real_text_and_does_not_repeat_the_subject() {
        let long = "Une dépêche de taille ordinaire sur la vie du port";
        let titles = ["Le Sénat dit non", long, "Le Sénat dit non", "La neige", "Un pont"];
        let line = preheader(&stories(&titles));
        assert!(typeset::length(&line) >= 60, "{line}");
        assert_eq!(line, format!("{long} · La neige · Un pont"));
        let single = [story("Seul", &"Un long article sur la mer. ".repeat(12))];
        let line = preheader(&single);
        assert!((ENOUGH_PREHEADER..=LONGEST_PREHEADER).contains(&typeset::length(&line)), "{line}");
        assert_eq!(preheader(&stories(&["Seul"])), "");
    }
}
