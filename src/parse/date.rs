//! Timestamps as publishers write them: RFC 3339, RFC 822 and its descendants, and what people
//! type instead, in English and French.
//!
//! The rule for dates that cannot be relied on, in five parts. What is no date, or an impossible one
//! (the 32nd of June, 25 o'clock), is **missing**. A slip of counting **runs over**: the 31st of June
//! is the 1st of July, 12:61 is 13:01, as most software has it. A date before 1971 or after 2199 is **absurd**: a
//! default or a slip, and counts as missing. A date in the **future** is passed on as it is, for
//! nothing here knows what time it is; entries are ordered by the smaller of it and the moment at
//! which they were first seen, and those without a date by that moment alone. A time without a zone
//! is read as UTC, for nothing says where; of `03/04/2026` the first number is the day, unless only
//! the other reading gives a date.

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc,
};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 100;

/// The moment that `text` names.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let strict = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
    let time = strict.or_else(|| lenient(text))?;
    // Milliseconds are what is stored; a leap second becomes the next one.
    let time = DateTime::from_timestamp_millis(time.timestamp_millis())?;
    (1971..2200).contains(&time.year()).then_some(time)
}

/// Reads the pieces of a date in whatever order they come.
fn lenient(text: &str) -> Option<DateTime<Utc>> {
    let mut seen = Seen::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = if c.is_ascii_digit() {
            seen.number(rest)?
        } else if c.is_alphabetic() {
            seen.word(rest)
        } else if matches!(c, '+' | '-' | '−') && seen.time.is_some() {
            seen.offset(rest)
        } else {
            c.len_utf8()
        };
        rest = &rest[taken..];
    }
    seen.moment()
}

/// What was found so far.
#[derive(Debug, Default)]
struct Seen {
    /// Numbers before and between the names: day, year or all of a numeric date.
    numbers: Vec<(u32, usize)>,
    month: Option<u32>,
    /// Whether the month may have been a day of the week: `mar.` is March and mardi.
    may_be_weekday: bool,
    time: Option<NaiveTime>,
    next_day: bool,
    /// Minutes and seconds beyond 59.
    over: TimeDelta,
    afternoon: Option<bool>,
    offset_mins: Option<i32>,
    separator: Option<char>,
}

impl Seen {
    /// Takes a number, or a time of day; returns the bytes taken.
    fn number(&mut self, rest: &str) -> Option<usize> {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = &rest[digits..];
        let is_clock = after.starts_with(':')
            || (self.date_is_complete() && after.trim_start().starts_with(['h', 'H']));
        if self.time.is_none() && is_clock && digits <= 2 {
            return self.clock(rest);
        }
        if digits == 8 && self.numbers.is_empty() {
            for (from, to) in [(0, 4), (4, 6), (6, 8)] {
                self.numbers.push((rest[from..to].parse().ok()?, to - from));
            }
            return Some(digits);
        }
        if digits == 4 && self.date_is_complete() && self.time.is_none() {
            let (hour, minute) = (rest[..2].parse().ok()?, rest[2..4].parse().ok()?);
            self.time = NaiveTime::from_hms_opt(hour, minute, 0);
            return self.time.map(|_| digits);
        }
        if digits == 6 && self.date_is_complete() && self.time.is_none() {
            let part = |from: usize| rest[from..from + 2].parse::<u32>().ok();
            self.time = NaiveTime::from_hms_opt(part(0)?, part(2)?, part(4)?);
            return Some(digits);
        }
        if digits > 4 {
            return None;
        }
        if self.separator.is_none() {
            self.separator = after.chars().next().filter(|c| matches!(c, '/' | '.' | '-'));
        }
        self.numbers.push((rest[..digits].parse().ok()?, digits));
        Some(digits)
    }

    fn date_is_complete(&self) -> bool {
        self.numbers.len() + usize::from(self.month.is_some()) >= 3
    }

    /// Takes `h:m`, `h:m:s`, `h:m:s.fraction` or `7h30`.
    fn clock(&mut self, rest: &str) -> Option<usize> {
        let mut parts = [0_u32; 3];
        let mut at = 0;
        for (n, part) in parts.iter_mut().enumerate() {
            let digits = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || digits > 2 {
                break;
            }
            *part = rest[at..at + digits].parse().ok()?;
            at += digits;
            let Some(parted) = part_length(&rest[at..]).filter(|_| n < 2) else { break };
            at += parted;
        }
        if rest[at..].starts_with(['.', ',']) {
            at += 1 + rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        }
        let [hour, minute, second] = parts;
        self.next_day = hour == 24;
        self.time = NaiveTime::from_hms_opt(hour % 24, minute.min(59), second.min(59));
        let over = 60 * minute.saturating_sub(59) + second.saturating_sub(59);
        self.over = TimeDelta::seconds(over.into());
        if hour > 24 { None } else { self.time.map(|_| at) }
    }

    /// Takes a word: a month, a zone, half a day; others mean nothing.
    fn word(&mut self, rest: &str) -> usize {
        let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let word = rest[..length].to_lowercase();
        if let Some(month) = month(&word) {
            if self.month.is_none() || self.may_be_weekday {
                self.month = Some(month);
                self.may_be_weekday = word == "mar" && self.numbers.is_empty();
            }
        } else if let ("a" | "p", true) = (word.as_str(), rest[length..].starts_with(".m")) {
            self.afternoon = self.time.map(|_| word == "p").or(self.afternoon);
        } else if let ("am" | "pm", true) = (word.as_str(), self.time.is_some()) {
            self.afternoon = Some(word == "pm");
        } else if let Some(mins) = zone(&word).filter(|_| self.date_is_complete()) {
            self.offset_mins = self.offset_mins.or(Some(mins));
        }
        length
    }

    /// Takes `+2`, `+02`, `+0200` or `+02:00`.
    fn offset(&mut self, rest: &str) -> usize {
        let sign = rest.chars().next().map_or(1, char::len_utf8);
        let digits = rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        let number = &rest[sign..sign + digits];
        let (hours, mins, taken) = match digits {
            1 | 2 => match rest[sign + digits..].strip_prefix(':').and_then(|after| after.get(..2))
            {
                Some(mins) if mins.bytes().all(|byte| byte.is_ascii_digit()) => {
                    (number, mins, digits + 3)
                }
                Some(_) | None => (number, "0", digits),
            },
            4 => (&number[..2], &number[2..], 4),
            _ => return sign + digits,
        };
        if let (Ok(hours), Ok(mins)) = (hours.parse::<i32>(), mins.parse::<i32>())
            && hours <= 14
            && mins < 60
        {
            let offset = hours * 60 + mins;
            self.offset_mins = Some(if rest.starts_with('+') { offset } else { -offset });
        }
        sign + taken
    }

    fn moment(&self) -> Option<DateTime<Utc>> {
        let mut time = self.time.unwrap_or_default();
        if let Some(afternoon) = self.afternoon {
            let hour = chrono::Timelike::hour(&time);
            let hour = hour % 12 + if afternoon { 12 } else { 0 };
            time = chrono::Timelike::with_hour(&time, hour)?;
        }
        let mut local = NaiveDateTime::new(self.date()?, time).checked_add_signed(self.over)?;
        if self.next_day {
            local += TimeDelta::days(1);
        }
        let offset = FixedOffset::east_opt(self.offset_mins.unwrap_or(0) * 60)?;
        Some(local.and_local_timezone(offset).single()?.to_utc())
    }

    fn date(&self) -> Option<NaiveDate> {
        let numbers = self.numbers.as_slice();
        if let Some(month) = self.month {
            return match numbers {
                [(year, 4), (day, _), ..] | [(day, _), (year, 4), ..] => day_of(*year, month, *day),
                [(day, _), (year, 2), ..] => day_of(full_year(*year), month, *day),
                _ => None,
            };
        }
        match numbers {
            [(year, 4), (month, _), (day, _), ..] => day_of(*year, *month, *day),
            [(year, 2), (month, 2), (day, 2), ..] if self.separator == Some('-') => {
                day_of(full_year(*year), *month, *day)
            }
            // 31.12.2026 and 31/12/2026 are common, 12/31/2026 is read where nothing else fits.
            [(first, _), (second, _), (year, width @ (2 | 4)), ..] => {
                let year = if *width == 2 { full_year(*year) } else { *year };
                match self.separator {
                    Some('/') if *second > 12 => day_of(year, *first, *second),
                    _ => day_of(year, *second, *first),
                }
            }
            _ => None,
        }
    }
}

/// The length of what parts hours from minutes at the start of `text`, if a number follows: `:`,
/// `h`, or ` h ` as the French write it.
fn part_length(text: &str) -> Option<usize> {
    let sign = text.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let blanks = text.len() - sign.len();
    let after = match sign.strip_prefix(':') {
        Some(after) if blanks == 0 => after,
        Some(_) => return None,
        None => sign.strip_prefix(['h', 'H'])?.trim_start_matches([' ', '\u{a0}', '\u{202f}']),
    };
    after.starts_with(|c: char| c.is_ascii_digit()).then_some(text.len() - after.len())
}

/// A day, or what follows a month that has no such day, up to the 31st.
fn day_of(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, 1)?;
    let after = day.checked_sub(1).filter(|after| *after < 31)?;
    first.checked_add_signed(TimeDelta::days(i64::from(after)))
}

/// RFC 2822, section 4.3: two digits are 2000 to 2049 or 1950 to 1999.
fn full_year(two_digits: u32) -> u32 {
    if two_digits < 50 { 2000 + two_digits } else { 1900 + two_digits }
}

/// Names of months and how they are shortened, accents optional where writers leave them out: in
/// English, French, German, Dutch, Spanish, Portuguese, Italian, Catalan, Swedish, Danish, Polish
/// and Hungarian.
const MONTHS: [&[&str]; 12] = [
    &[
        "jan", "january", "janv", "janvier", "januar", "jänner", "januari", "ene", "enero", "gen",
        "gennaio", "gener", "janeiro", "stycznia", "sty", "január",
    ],
    &[
        "feb",
        "february",
        "fév",
        "fev",
        "févr",
        "fevr",
        "février",
        "fevrier",
        "februar",
        "februari",
        "febrero",
        "febbraio",
        "febrer",
        "fevereiro",
        "lutego",
        "lut",
        "február",
    ],
    &[
        "mar", "march", "mars", "mär", "märz", "maerz", "mrz", "mrt", "maart", "marzo", "març",
        "março", "marts", "marca", "március",
    ],
    &["apr", "april", "avr", "avril", "abr", "abril", "aprile", "kwietnia", "kwi", "április"],
    &["may", "mai", "mei", "mayo", "mag", "maggio", "maig", "maio", "maj", "maja", "május"],
    &[
        "jun", "june", "juin", "juni", "junio", "giu", "giugno", "juny", "junho", "czerwca", "cze",
        "június",
    ],
    &[
        "jul", "july", "juil", "juill", "juillet", "juli", "julio", "lug", "luglio", "juliol",
        "julho", "lipca", "lip", "július",
    ],
    &[
        "aug",
        "august",
        "aoû",
        "aou",
        "aout",
        "août",
        "augustus",
        "augusti",
        "ago",
        "agosto",
        "agost",
        "sierpnia",
        "sie",
        "augusztus",
    ],
    &[
        "sep",
        "sept",
        "september",
        "septembre",
        "septiembre",
        "setembre",
        "set",
        "settembre",
        "setembro",
        "września",
        "wrz",
        "szeptember",
    ],
    &[
        "oct",
        "october",
        "octobre",
        "okt",
        "oktober",
        "octubre",
        "ott",
        "ottobre",
        "out",
        "outubro",
        "października",
        "paź",
        "október",
    ],
    &["nov", "november", "novembre", "noviembre", "novembro", "listopada", "lis"],
    &[
        "dec",
        "december",
        "déc",
        "décembre",
        "decembre",
        "dez",
        "dezember",
        "dic",
        "diciembre",
        "dicembre",
        "desembre",
        "dezembro",
        "grudnia",
        "gru",
    ],
];

fn month(word: &str) -> Option<u32> {
    let at = MONTHS.iter().position(|names| names.contains(&word))?;
    u32::try_from(at + 1).ok()
}

/// Zones by name, in minutes east of Greenwich (RFC 2822, section 4.3, and those of Europe).
fn zone(word: &str) -> Option<i32> {
    Some(match word {
        "z" | "ut" | "utc" | "gmt" | "wet" => 0,
        "cet" | "met" | "bst" | "west" => 60,
        "cest" | "mest" | "eet" | "sast" => 120,
        "eest" | "msk" => 180,
        "ist" => 330,
        "jst" | "kst" => 540,
        "aest" => 600,
        "aedt" => 660,
        "edt" | "ast" => -240,
        "et" | "est" | "cdt" => -300,
        "ct" | "cst" | "mdt" => -360,
        "mt" | "mst" | "pdt" => -420,
        "pt" | "pst" => -480,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_publishers_write_them() {
        for (text, meant) in [
            ("2026-11-23T06:00:00+01:00", "2026-11-23T05:00:00Z"),
            ("2026-11-23T06:00:00.123Z", "2026-11-23T06:00:00.123Z"),
            ("2026-11-23T06:00:00", "2026-11-23T06:00:00Z"),
            ("2026-11-23T06:00Z", "2026-11-23T06:00:00Z"),
            ("2026-11-23T5:40:14", "2026-11-23T05:40:14Z"),
            ("2026-11-23 06:00:00 +0200", "2026-11-23T04:00:00Z"),
            ("2026-11-23T06:00:00+0100", "2026-11-23T05:00:00Z"),
            ("2020/1/10 14:33:00", "2020-01-10T14:33:00Z"),
            ("2026-11-23", "2026-11-23T00:00:00Z"),
            ("20261123T060000Z", "2026-11-23T06:00:00Z"),
            ("Mon, 23 Nov 2026 06:00:00 GMT", "2026-11-23T06:00:00Z"),
            ("Mon, 23 Nov 2026 06:00:00 +0100", "2026-11-23T05:00:00Z"),
            ("Mon, 23 Nov 2026 06:00:00 CET", "2026-11-23T05:00:00Z"),
            ("Thu, 23 Jul 2026 06:00:00 CEST", "2026-07-23T04:00:00Z"),
            ("Mon, 23 Nov 2026 06:00 EST", "2026-11-23T11:00:00Z"),
            ("Mon, 23 Nov 2026 06:00:00 GMT+1", "2026-11-23T05:00:00Z"),
            ("Tue 11 Jan 2011", "2011-01-11T00:00:00Z"),
            ("lun., 23 nov. 2026 06:00:00 +0100", "2026-11-23T05:00:00Z"),
            ("mardi 1er décembre 2026 à 7h30", "2026-12-01T07:30:00Z"),
            ("14 août 2026", "2026-08-14T00:00:00Z"),
            ("mar. 24 nov. 2026, 18 h 05", "2026-11-24T18:05:00Z"),
            ("Mar 24, 2026 4:07 p.m.", "2026-03-24T16:07:00Z"),
            ("mar. 3 mars 2026", "2026-03-03T00:00:00Z"),
            ("dim., 1 févr. 2026 09:00:00 +0100", "2026-02-01T08:00:00Z"),
            ("Dienstag, 3. März 2026", "2026-03-03T00:00:00Z"),
            ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z"),
            ("20261123T0600", "2026-11-23T06:00:00Z"),
            ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z"),
            ("Wed, 19 Feb 2012 22:40:00 GMT-01:01", "2012-02-19T23:41:00Z"),
            ("Fri,24 Nov 2023 18:28:36 -0000", "2023-11-24T18:28:36Z"),
            ("Sun Jan  4 16:29:06 2004", "2004-01-04T16:29:06Z"),
            ("2004-07-08 23:56:58 -00:20", "2004-07-09T00:16:58Z"),
            ("Friday, January 29, 2021 04:42 PM", "2021-01-29T16:42:00Z"),
            ("Fri, Oct 7 2022 10:15:00 -0400", "2022-10-07T14:15:00Z"),
            ("22.11.2022 12:16:00", "2022-11-22T12:16:00Z"),
            ("08/02/2013 12:00:00", "2013-02-08T12:00:00Z"),
            ("12/31/2026", "2026-12-31T00:00:00Z"),
            ("Wed, 25 Aug 2012 03:25:42 GMT", "2012-08-25T03:25:42Z"),
            ("Sat, 07 Sep 02 00:00:01 GMT", "2002-09-07T00:00:01Z"),
            ("03-12-31", "2003-12-31T00:00:00Z"),
            ("2026-11-23T24:00:00Z", "2026-11-24T00:00:00Z"),
            ("2026-06-30T23:59:60Z", "2026-07-01T00:00:00Z"),
            ("2026-06-31T12:00:00Z", "2026-07-01T12:00:00Z"),
            ("Mon, 30 Feb 2026 06:00:00 GMT", "2026-03-02T06:00:00Z"),
            ("2026-11-23T23:61:00Z", "2026-11-24T00:01:00Z"),
            ("2026-11-23T06:00:75+01:00", "2026-11-23T05:01:15Z"),
        ] {
            let read =
                parse(text).map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
            assert_eq!(read.as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "hier",
            "0001-01-01T00:00:00Z",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "9999-12-31T23:59:59Z",
            "2026-13-45",
            "2026-06-32",
            "2026-06-00",
            "2003-12-31T25:14:55Z",
            "Sun, 16 Dec zz 11:47:32 GMT",
            "22013",
            "1700000000",
            "12:30",
            "999999999999999999999999999999",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"9".repeat(1_000_000)), None);
    }
}
