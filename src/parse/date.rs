//! Timestamps as publishers write them: RFC 3339, RFC 822 and its descendants, and what people
//! type instead, in English and French.
//!
//! A rule of its own for absurd dates: before 1971 and after 2199 a date is a default or a slip, not
//! a date, and counts as missing. A date that is merely in the future is passed on; whoever knows
//! what time it is decides about that. A time without a zone is read as UTC, for nothing says where.

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
    time: Option<NaiveTime>,
    next_day: bool,
    afternoon: Option<bool>,
    offset_mins: Option<i32>,
    separator: Option<char>,
}

impl Seen {
    /// Takes a number, or a time of day; returns the bytes taken.
    fn number(&mut self, rest: &str) -> Option<usize> {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = &rest[digits..];
        let is_clock =
            after.starts_with(':') || (self.date_is_complete() && after.starts_with(['h', 'H']));
        if self.time.is_none() && is_clock && digits <= 2 {
            return self.clock(rest);
        }
        if digits == 8 && self.numbers.is_empty() {
            for (from, to) in [(0, 4), (4, 6), (6, 8)] {
                self.numbers.push((rest[from..to].parse().ok()?, to - from));
            }
            return Some(digits);
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
            let goes_on = rest[at..].starts_with([':', 'h', 'H'])
                && rest[at + 1..].starts_with(|c: char| c.is_ascii_digit());
            if n == 2 || !goes_on {
                break;
            }
            at += 1;
        }
        if rest[at..].starts_with(['.', ',']) {
            at += 1 + rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        }
        let [hour, minute, second] = parts;
        self.next_day = hour == 24;
        self.time = NaiveTime::from_hms_opt(hour % 24, minute, second.min(59));
        if hour > 24 { None } else { self.time.map(|_| at) }
    }

    /// Takes a word: a month, a zone, half a day; others mean nothing.
    fn word(&mut self, rest: &str) -> usize {
        let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let word = rest[..length].to_lowercase();
        if let Some(month) = month(&word) {
            self.month = self.month.or(Some(month));
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
        let mut local = NaiveDateTime::new(self.date()?, time);
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

fn day_of(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// RFC 2822, section 4.3: two digits are 2000 to 2049 or 1950 to 1999.
fn full_year(two_digits: u32) -> u32 {
    if two_digits < 50 { 2000 + two_digits } else { 1900 + two_digits }
}

/// English and French names of months and how they are shortened, accents optional; and those of
/// their neighbours, as dates of feeds have them.
fn month(word: &str) -> Option<u32> {
    Some(match word {
        "jan" | "january" | "janv" | "janvier" | "januar" | "ene" | "enero" | "gen" | "gennaio" => {
            1
        }
        "feb" | "february" | "fév" | "fev" | "févr" | "fevr" | "février" | "fevrier"
        | "februar" | "febrero" | "febbraio" => 2,
        "mar" | "march" | "mars" | "mär" | "märz" | "mrz" | "mrt" | "marzo" => 3,
        "apr" | "april" | "avr" | "avril" | "abr" | "abril" | "aprile" => 4,
        "may" | "mai" | "mei" | "mayo" | "mag" | "maggio" => 5,
        "jun" | "june" | "juin" | "juni" | "junio" | "giu" | "giugno" => 6,
        "jul" | "july" | "juil" | "juill" | "juillet" | "juli" | "julio" | "lug" | "luglio" => 7,
        "aug" | "august" | "aoû" | "aout" | "août" | "ago" | "agosto" => 8,
        "sep" | "sept" | "september" | "septembre" | "septiembre" | "set" | "settembre" => 9,
        "oct" | "october" | "octobre" | "okt" | "oktober" | "octubre" | "ott" | "ottobre" => 10,
        "nov" | "november" | "novembre" | "noviembre" => 11,
        "dec" | "december" | "déc" | "décembre" | "decembre" | "dez" | "dezember" | "dic"
        | "diciembre" | "dicembre" => 12,
        _ => return None,
    })
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
            "1700000000",
            "12:30",
            "999999999999999999999999999999",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"9".repeat(1_000_000)), None);
    }
}
