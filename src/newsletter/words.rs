//! The words of a newsletter, in the languages it speaks: dates, plurals, sentences.
//!
//! French is set as French printers set it: months and days in lower case, `1er` on the first, `7 h`
//! and `7 h 30`, a no-break space before `: ; ! ?` and inside « ». Nought and one are singular in
//! French, only one is in English. Only our own sentences are set; what publishers wrote stays as
//! they wrote it.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::model::settings::Language;

const JOURS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MOIS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `mardi 24 novembre`, `Tuesday 24 November`.
pub fn day(language: Language, date: NaiveDate) -> String {
    let weekday = date.weekday().num_days_from_monday() as usize;
    let month = date.month0() as usize;
    match language {
        Language::Fr if date.day() == 1 => format!("{} 1er {}", JOURS[weekday], MOIS[month]),
        Language::Fr => format!("{} {} {}", JOURS[weekday], date.day(), MOIS[month]),
        Language::En => format!("{} {} {}", DAYS[weekday], date.day(), MONTHS[month]),
    }
}

/// `mercredi 1er mai 2024`, `Wednesday 1 May 2024`.
pub fn date(language: Language, date: NaiveDate) -> String {
    format!("{} {}", day(language, date), date.year())
}

/// `7 h`, `7 h 05` (no-break spaces), `7:05`.
pub fn time(language: Language, hour: u32, minute: u32) -> String {
    match (language, minute) {
        (Language::Fr, 0) => format!("{hour}\u{a0}h"),
        (Language::Fr, minute) => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
        (Language::En, minute) => format!("{hour}:{minute:02}"),
    }
}

/// When something was published, as short as a reader of `today` needs it: `7 h 30`,
/// `hier à 21 h 05`, `samedi 21 novembre`, and with the year if it is another.
pub fn when(language: Language, published: DateTime<Utc>, zone: Tz, today: NaiveDate) -> String {
    let local: NaiveDateTime = published.with_timezone(&zone).naive_local();
    let clock = time(language, local.hour(), local.minute());
    if local.date() == today {
        return clock;
    }
    if Some(local.date()) == today.pred_opt() {
        return match language {
            Language::Fr => format!("hier à {clock}"),
            Language::En => format!("yesterday at {clock}"),
        };
    }
    if local.year() == today.year() {
        day(language, local.date())
    } else {
        date(language, local.date())
    }
}

/// `12 345` (no-break space) or `12,345`.
fn number(language: Language, count: usize) -> String {
    let digits = count.to_string();
    let separator = match language {
        Language::Fr => '\u{a0}',
        Language::En => ',',
    };
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// `1 article`, `15 articles`.
fn articles(language: Language, count: usize) -> String {
    let number = number(language, count);
    match language {
        Language::Fr if count < 2 => format!("{number} article"),
        Language::En if count == 1 => format!("{number} article"),
        Language::Fr | Language::En => format!("{number} articles"),
    }
}

/// `15 articles de 8 sources`, `15 articles from 8 sources`.
pub fn summary(language: Language, shown: usize, from: usize) -> String {
    let (articles, sources) = (articles(language, shown), sources(language, from));
    match language {
        Language::Fr => format!("{articles} de {sources}"),
        Language::En => format!("{articles} from {sources}"),
    }
}

/// `1 source`, `8 sources`.
fn sources(language: Language, count: usize) -> String {
    let number = number(language, count);
    let one = match language {
        Language::Fr => count < 2,
        Language::En => count == 1,
    };
    if one { format!("{number} source") } else { format!("{number} sources") }
}

/// The tail of a subject that names one story of several: `et 14 autres`, `and 14 more`.
pub fn and_others(language: Language, count: usize) -> String {
    let number = number(language, count);
    match language {
        Language::Fr if count < 2 => format!("et {number} autre"),
        Language::Fr => format!("et {number} autres"),
        Language::En => format!("and {number} more"),
    }
}

/// What a section counts and does not show: `+ 3 autres articles`.
pub fn more(language: Language, count: usize) -> String {
    let number = number(language, count);
    match language {
        Language::Fr if count < 2 => format!("+\u{a0}{number} autre article"),
        Language::Fr => format!("+\u{a0}{number} autres articles"),
        Language::En if count == 1 => format!("+\u{a0}{number} more article"),
        Language::En => format!("+\u{a0}{number} more articles"),
    }
}

/// `aussi chez A, B et C`.
pub fn also(language: Language, sources: &[&str]) -> String {
    match language {
        Language::Fr => format!("aussi chez {}", list(language, sources)),
        Language::En => format!("also at {}", list(language, sources)),
    }
}

/// `par A et B`.
pub fn by(language: Language, authors: &[&str]) -> String {
    match language {
        Language::Fr => format!("par {}", list(language, authors)),
        Language::En => format!("by {}", list(language, authors)),
    }
}

/// `A, B et C`.
fn list(language: Language, names: &[&str]) -> String {
    let and = match language {
        Language::Fr => " et ",
        Language::En => " and ",
    };
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{}{and}{last}", first.join(", ")),
    }
}

/// Which feeds need the operator's attention, as a sentence.
pub fn attention(language: Language, feeds: &[&str]) -> String {
    let names = list(language, feeds);
    match (language, feeds.len()) {
        (Language::Fr, 1) => {
            format!("Une source ne répond plus depuis plus d’un jour\u{a0}: {names}.")
        }
        (Language::Fr, _) => {
            format!("Des sources ne répondent plus depuis plus d’un jour\u{a0}: {names}.")
        }
        (Language::En, 1) => format!("One source has not answered for more than a day: {names}."),
        (Language::En, _) => {
            format!("Some sources have not answered for more than a day: {names}.")
        }
    }
}

/// Which feeds have ended by their publishers' word, as a sentence.
pub fn ended(language: Language, feeds: &[&str]) -> String {
    let names = list(language, feeds);
    match (language, feeds.len()) {
        (Language::Fr, 1) => format!("Une source n’est plus publiée (410)\u{a0}: {names}."),
        (Language::Fr, _) => {
            format!("Des sources ne sont plus publiées (410)\u{a0}: {names}.")
        }
        (Language::En, 1) => format!("One source has ended (410): {names}."),
        (Language::En, _) => format!("Some sources have ended (410): {names}."),
    }
}

/// The fixed phrases, for templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Phrases {
    /// The section of what belongs to no section, beside others.
    pub other_section: &'static str,
    /// Stands for a missing title.
    pub untitled: &'static str,
    /// The words of the link to the web page.
    pub online: &'static str,
    /// The words of the link to the merged feed.
    pub whole_feed: &'static str,
    /// A colon with the space that the language puts before it.
    pub colon: &'static str,
    /// Who made this.
    pub made_by: &'static str,
}

/// The fixed phrases of a language.
pub fn phrases(language: Language) -> Phrases {
    match language {
        Language::Fr => Phrases {
            other_section: "Autres",
            untitled: "Sans titre",
            online: "Lire en ligne",
            whole_feed: "Tous les articles, dans le flux complet",
            colon: "\u{a0}:",
            made_by: "Composé par feedmill",
        },
        Language::En => Phrases {
            other_section: "Other",
            untitled: "Untitled",
            online: "Read online",
            whole_feed: "All articles, in the full feed",
            colon: ":",
            made_by: "Made by feedmill",
        },
    }
}

/// The language tag (RFC 5646).
pub fn tag(language: Language) -> &'static str {
    match language {
        Language::Fr => "fr",
        Language::En => "en",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a date of the table")
    }

    #[test]
    fn dates_are_written_as_readers_write_them() {
        for (day, french, english) in [
            (on(2024, 5, 1), "mercredi 1er mai 2024", "Wednesday 1 May 2024"),
            (on(2024, 8, 15), "jeudi 15 août 2024", "Thursday 15 August 2024"),
            (on(2024, 3, 12), "mardi 12 mars 2024", "Tuesday 12 March 2024"),
            (on(2026, 11, 24), "mardi 24 novembre 2026", "Tuesday 24 November 2026"),
            (on(2024, 2, 29), "jeudi 29 février 2024", "Thursday 29 February 2024"),
            (on(2028, 12, 31), "dimanche 31 décembre 2028", "Sunday 31 December 2028"),
        ] {
            assert_eq!(date(Language::Fr, day), french);
            assert_eq!(date(Language::En, day), english);
        }
    }

    #[test]
    fn times_are_written_as_readers_write_them() {
        for (hour, minute, french, english) in [
            (7, 30, "7\u{a0}h\u{a0}30", "7:30"),
            (7, 0, "7\u{a0}h", "7:00"),
            (0, 5, "0\u{a0}h\u{a0}05", "0:05"),
            (21, 5, "21\u{a0}h\u{a0}05", "21:05"),
        ] {
            assert_eq!(time(Language::Fr, hour, minute), french);
            assert_eq!(time(Language::En, hour, minute), english);
        }
    }

    #[test]
    fn a_publication_date_is_as_short_as_today_allows() {
        let paris = chrono_tz::Europe::Paris;
        let today = on(2026, 11, 24);
        for (published, french) in [
            ("2026-11-24T05:30:00Z", "6\u{a0}h\u{a0}30"),
            ("2026-11-23T23:30:00Z", "0\u{a0}h\u{a0}30"),
            ("2026-11-23T20:05:00Z", "hier à 21\u{a0}h\u{a0}05"),
            ("2026-11-21T08:00:00Z", "samedi 21 novembre"),
            ("2025-11-21T08:00:00Z", "vendredi 21 novembre 2025"),
        ] {
            let published: DateTime<Utc> = published.parse().expect("a moment of the table");
            assert_eq!(when(Language::Fr, published, paris, today), french);
        }
    }

    #[test]
    fn nought_and_one_are_singular_in_french() {
        for (count, french, english) in [
            (0, "0 article", "0 articles"),
            (1, "1 article", "1 article"),
            (2, "2 articles", "2 articles"),
            (1_234, "1\u{a0}234 articles", "1,234 articles"),
        ] {
            assert_eq!(articles(Language::Fr, count), french);
            assert_eq!(articles(Language::En, count), english);
        }
        assert_eq!(more(Language::Fr, 1), "+\u{a0}1 autre article");
        assert_eq!(more(Language::Fr, 3), "+\u{a0}3 autres articles");
        assert_eq!(and_others(Language::Fr, 1), "et 1 autre");
        assert_eq!(and_others(Language::Fr, 14), "et 14 autres");
    }

    #[test]
    fn names_are_listed_with_an_and() {
        assert_eq!(also(Language::Fr, &["A"]), "aussi chez A");
        assert_eq!(also(Language::Fr, &["A", "B", "C"]), "aussi chez A, B et C");
        assert_eq!(by(Language::En, &["A", "B"]), "by A and B");
    }
}
