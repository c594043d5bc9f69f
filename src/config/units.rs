//! Durations and sizes as people write them: `"1h 30m"`, `"2 d"`, `"10MB"`.
//!
//! A number always carries its unit, so that nobody has to know whether `60` means seconds or
//! minutes. Fractions are refused for the same reason: `"90m"` says what `"1.5h"` means.

use std::time::Duration;

/// The units of time with their length in milliseconds, longest first.
const TIME_UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The units of size with their length in bytes.
const SIZE_UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// What a duration may look like, for advice.
pub const DURATION_FORM: &str =
    "a number with its unit (ms, s, m, h, d), as in \"30m\" or \"1h 30m\"";

/// What a size may look like, for advice.
pub const SIZE_FORM: &str = "a number with its unit (kB, MB, GB, KiB, MiB, GiB), as in \"10MB\"";

/// The longest duration that can be written: ten years, so that no sum of them overflows.
const LONGEST_MS: u64 = 3_650 * 86_400_000;

/// Reads a duration; nothing if it is none or longer than ten years.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total_ms: u64 = 0;
    loop {
        let (number, unit, behind) = next_quantity(rest)?;
        let (_, length_ms) = TIME_UNITS.iter().find(|(name, _)| *name == unit)?;
        total_ms = total_ms.checked_add(number.checked_mul(*length_ms)?)?;
        rest = behind.trim_start();
        if rest.is_empty() {
            return (total_ms <= LONGEST_MS).then(|| Duration::from_millis(total_ms));
        }
    }
}

/// Reads a size in bytes.
pub fn size(text: &str) -> Option<u64> {
    let (number, unit, behind) = next_quantity(text.trim())?;
    let (_, length) = SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    if behind.is_empty() { number.checked_mul(*length) } else { None }
}

/// A duration in the form in which it can be read again, as short as possible.
pub fn in_words(duration: Duration) -> String {
    let mut rest_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut words = Vec::new();
    for (unit, length_ms) in TIME_UNITS {
        let number = rest_ms / length_ms;
        rest_ms %= length_ms;
        if number > 0 {
            words.push(format!("{number}{unit}"));
        }
    }
    if words.is_empty() { "0s".to_owned() } else { words.join(" ") }
}

/// Splits `"30 m 5s"` into 30, `"m"` and `" 5s"`.
fn next_quantity(text: &str) -> Option<(u64, &str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number = text[..digits].parse().ok()?;
    let text = text[digits..].trim_start();
    let letters = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    (letters > 0).then_some((number, &text[..letters], &text[letters..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("1h", 3_600_000),
            ("30m", 1_800_000),
            ("2 d", 172_800_000),
            ("500ms", 500),
            ("0s", 0),
            ("1h 30m", 5_400_000),
            ("1h30m", 5_400_000),
            (" 1 d 2 h ", 93_600_000),
            ("3650d", LONGEST_MS),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for bad in [
            "",
            " ",
            "1",
            "h",
            "1.5h",
            "-1h",
            "1h 30",
            "1 hour",
            "1H",
            "1h,30m",
            "3651d",
            "99999999999999999999s",
            "18446744073709551615d",
            "1é",
            "١h",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("10MB", 10_000_000),
            ("10 mb", 10_000_000),
            ("1KiB", 1_024),
            ("512 kB", 512_000),
            ("0B", 0),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for bad in ["", "10", "MB", "10Mo", "1.5MB", "-1MB", "10MB 3kB", "99999999999GB"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_duration_in_words_reads_as_itself() {
        for (ms, words) in [
            (0, "0s"),
            (500, "500ms"),
            (3_600_000, "1h"),
            (5_400_000, "1h 30m"),
            (93_784_005, "1d 2h 3m 4s 5ms"),
        ] {
            assert_eq!(in_words(Duration::from_millis(ms)), words);
            assert_eq!(duration(words), Some(Duration::from_millis(ms)));
        }
    }
}
