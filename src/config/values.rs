//! One value of the configuration: each reader takes it or says what is wrong with it.
//!
//! Readers know nothing of places: [`crate::config::section`] adds them. What they say names the
//! value as written, unless it may be secret.

use std::ops::RangeInclusive;
use std::time::Duration;

use toml::de::DeValue;

use crate::config::fault::Wrong;
use crate::config::units;
use crate::model::text::is_harmless;

/// What a value is, as the end of a sentence about it.
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "is a text",
        DeValue::Integer(_) => "is a number",
        DeValue::Float(_) => "is a fraction",
        DeValue::Boolean(_) => "is true or false",
        DeValue::Datetime(_) => "is a date",
        DeValue::Array(_) => "is a list",
        DeValue::Table(_) => "is a table",
    }
}

/// Whether a key of this name probably holds a secret.
pub fn is_sensitive(key: &str) -> bool {
    let key = key.to_lowercase();
    ["pass", "secret", "token", "auth", "cookie", "bearer", "credential", "apikey"]
        .iter()
        .any(|word| key.replace(['-', '_'], "").contains(word))
}

/// Any text in quotes.
pub fn raw_text<'a>(value: &'a DeValue<'_>) -> Result<&'a str, Wrong> {
    value
        .as_str()
        .ok_or_else(|| Wrong::new(format!("this {}", kind(value))).allowed("a text in quotes"))
}

/// A text of one line that is not empty, without controls, at most 200 characters.
pub fn label(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?.trim();
    let wrong = |what: &str| Err(Wrong::new(what).allowed("a text of 1 to 200 characters"));
    match text.chars().count() {
        0 => wrong("this is empty"),
        1..=200 if text.chars().all(|c| is_harmless(c) && c != '\n') => Ok(text.to_owned()),
        1..=200 => wrong("this holds control characters"),
        _ => wrong("this is too long"),
    }
}

/// A name that becomes part of addresses.
pub fn name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?;
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits {
        return Ok(text.to_owned());
    }
    let allowed = "1 to 64 of the characters a–z, 0–9 and -, since it becomes part of addresses";
    Err(Wrong::new(format!("{text:?} cannot be a name")).allowed(allowed))
}

/// A path; relative ones are resolved later.
pub fn path(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?;
    if text.is_empty() || text.contains('\0') {
        return Err(Wrong::new("this is not a path").allowed("the path of a file or folder"));
    }
    Ok(text.to_owned())
}

/// A duration between the ends of `range`.
pub fn duration(
    range: RangeInclusive<Duration>,
) -> impl Fn(&DeValue<'_>) -> Result<Duration, Wrong> {
    move |value| {
        if let DeValue::Integer(number) = value {
            let wrong = Wrong::new(format!("{number} has no unit"));
            return Err(wrong.allowed(format!("\"{number}s\", \"{number}m\", \"{number}h\"")));
        }
        let text = raw_text(value)?;
        let duration = units::duration(text).ok_or_else(|| {
            Wrong::new(format!("{text:?} is not a duration")).allowed(units::DURATION_FORM)
        })?;
        if range.contains(&duration) {
            return Ok(duration);
        }
        let (least, most) = (units::in_words(*range.start()), units::in_words(*range.end()));
        Err(Wrong::new(format!("{text:?} is out of bounds")).allowed(format!("{least} to {most}")))
    }
}

/// A size in bytes between the ends of `range`, whose ends are named by `bounds`.
pub fn size(
    range: RangeInclusive<u64>,
    bounds: &'static str,
) -> impl Fn(&DeValue<'_>) -> Result<u64, Wrong> {
    move |value| {
        if let DeValue::Integer(number) = value {
            return Err(Wrong::new(format!("{number} has no unit")).allowed(units::SIZE_FORM));
        }
        let text = raw_text(value)?;
        let size = units::size(text).ok_or_else(|| {
            Wrong::new(format!("{text:?} is not a size")).allowed(units::SIZE_FORM)
        })?;
        if range.contains(&size) {
            return Ok(size);
        }
        Err(Wrong::new(format!("{text:?} is out of bounds")).allowed(bounds))
    }
}

/// A whole number between the ends of `range`.
pub fn count<T>(range: RangeInclusive<T>) -> impl Fn(&DeValue<'_>) -> Result<T, Wrong>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    move |value| {
        let bounds = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(integer) = value else {
            return Err(Wrong::new(format!("this {}", kind(value))).allowed(bounds));
        };
        i64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .and_then(|number| T::try_from(number).ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| Wrong::new(format!("{integer} is out of bounds")).allowed(bounds))
    }
}

/// Yes or no.
pub fn flag(value: &DeValue<'_>) -> Result<bool, Wrong> {
    value
        .as_bool()
        .ok_or_else(|| Wrong::new(format!("this {}", kind(value))).allowed("true or false"))
}

/// How much a feed weighs: a number from 0 to 100.
pub fn weight(value: &DeValue<'_>) -> Result<f64, Wrong> {
    let number: Option<f64> = match value {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    };
    number.filter(|number| (0.0..=100.0).contains(number)).ok_or_else(|| {
        Wrong::new("this is not a weight").allowed("a number from 0 to 100, 1 is usual")
    })
}

/// One of a few words, each standing for a value.
pub fn one_of<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&DeValue<'_>) -> Result<T, Wrong> {
    move |value| {
        let all = || words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>();
        let text = value.as_str().ok_or_else(|| {
            Wrong::new(format!("this {}", kind(value))).allowed(all().join(" or "))
        })?;
        words.iter().find(|(word, _)| *word == text).map(|(_, meant)| *meant).ok_or_else(|| {
            Wrong::new(format!("{text:?} is not known here"))
                .allowed(all().join(" or "))
                .nearest(text, words.iter().map(|(word, _)| *word))
        })
    }
}

/// A User-Agent: printable ASCII, as header values are.
pub fn user_agent(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?.trim();
    if (1..=300).contains(&text.len()) && is_header_value(text) {
        return Ok(text.to_owned());
    }
    let allowed = "1 to 300 printable ASCII characters";
    Err(Wrong::new(format!("{text:?} cannot be a User-Agent")).allowed(allowed))
}

/// Whether `text` can be the value of an HTTP header (RFC 9110, section 5.5), in ASCII.
pub fn is_header_value(text: &str) -> bool {
    text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(toml: &str, reader: impl Fn(&DeValue<'_>) -> Result<T, Wrong>) -> Result<T, Wrong> {
        reader(DeValue::parse(toml).expect("a TOML value").get_ref())
    }

    #[test]
    fn counts_and_weights_have_bounds() {
        assert_eq!(read("0x10", count(1_usize..=100)), Ok(16));
        for bad in ["0", "101", "-1", "1.0", "\"3\"", "99999999999999999999"] {
            assert!(read(bad, count(1_usize..=100)).is_err(), "{bad}");
        }
        assert_eq!(read("2", weight), Ok(2.0));
        assert_eq!(read("0.5", weight), Ok(0.5));
        for bad in ["-1.0", "inf", "nan", "101", "true"] {
            assert!(read(bad, weight).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_that_look_like_secrets_are_known_as_such() {
        for key in ["password", "smtp_pass", "token", "Authorization", "api-key", "ApiKey"] {
            assert!(is_sensitive(key), "{key}");
        }
        assert!(!is_sensitive("intervall"));
    }
}
