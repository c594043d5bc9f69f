//! Shortcodes that a plugin should have replaced: `[amazon box="…"]`, `[gallery]`, `[caption]…`.
//!
//! One goes if its name is known and what follows it is nothing, `key=` or an address; if it has a
//! quoted attribute in whatever quotes an editor made of it; or if it is closed. What stands inside a
//! pair stays. Brackets that mean something to readers stay, too: `[...]`, `[1]`, `[sic]`, `[Video]`,
//! `[ad nauseam]`. Code is not given to this file.

use std::collections::HashSet;

use super::entities;
use crate::model::removed::{Removed, RemovedKind};

/// Shortcodes that are removed wherever they stand.
const SHORTCODES: [&str; 20] = [
    "ad",
    "ads",
    "adrotate",
    "adsense",
    "amazon",
    "audio",
    "caption",
    "contact-form",
    "contact-form-7",
    "embed",
    "gallery",
    "playlist",
    "rev_slider",
    "toc",
    "video",
    "wp_ad_camp",
    "youtube",
    "pullquote",
    "sc",
    "ngg",
];
/// Families of shortcodes, by how their names begin.
const FAMILIES: [&str; 6] = ["vc_", "et_pb_", "su_", "fusion_", "av_", "wpvideo"];

/// How many closing shortcodes are looked at.
const MAX_PAIRS: usize = 100;
/// The longest shortcode, in bytes.
const LONGEST_SHORTCODE: usize = 2_000;
/// The longest name of one, in bytes.
const LONGEST_NAME: usize = 40;

/// The names of all `[/name]` that close a `[name]` or `[name …]`.
pub fn closed_names(html: &str) -> HashSet<&str> {
    let mut closing: HashSet<&str> = html
        .match_indices("[/")
        .take(MAX_PAIRS)
        .filter_map(|(at, _)| name_at(html, at + 2))
        .filter(|(_, next)| *next == Some(b']'))
        .map(|(name, _)| name)
        .collect();
    if closing.is_empty() {
        return closing;
    }
    let opened: HashSet<&str> = html
        .match_indices('[')
        .filter_map(|(at, _)| name_at(html, at + 1))
        .filter(|(name, next)| matches!(next, Some(b']' | b' ' | b'/')) && closing.contains(name))
        .map(|(name, _)| name)
        .collect();
    closing.retain(|name| opened.contains(name));
    closing
}

/// The name that begins at `at`, and the byte that follows it.
fn name_at(html: &str, at: usize) -> Option<(&str, Option<u8>)> {
    let bytes = &html.as_bytes()[at..];
    let length = bytes.iter().take(LONGEST_NAME + 1).take_while(|byte| is_of_name(**byte)).count();
    let name = &html[at..at + length];
    is_name(name).then(|| (name, bytes.get(length).copied()))
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(is_of_name)
}

/// Adds `text`; whenever a bracket closes, what stands since the last one that opened is judged, so
/// that what a removal brings together is judged again.
pub fn push_without(out: &mut String, text: &str, closed: &HashSet<&str>, removed: &mut Removed) {
    let start = out.len();
    let mut opened = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', ']']) {
        out.push_str(&rest[..at]);
        if rest.as_bytes()[at] == b'[' {
            opened.push(out.len());
            out.push('[');
        } else if let Some(from) = opened.pop() {
            let is_near = out.len() - from <= LONGEST_SHORTCODE && from >= start;
            if is_near && is_shortcode(&out[from + 1..], closed) {
                let shortcode = format!("{}]", &out[from..]);
                removed.take(RemovedKind::Shortcode, &entities::decode(&shortcode));
                out.truncate(from);
            } else {
                out.push(']');
            }
        } else {
            out.push(']');
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Whether `inner`, what stands between two brackets, is a shortcode or the end of one.
fn is_shortcode(inner: &str, closed: &HashSet<&str>) -> bool {
    if let Some(name) = inner.strip_prefix('/') {
        return is_name(name) && (is_known(name) || closed.contains(name));
    }
    let inner = inner.trim_end().trim_end_matches('/');
    let Some((name, next)) = name_at(inner, 0) else { return false };
    let attributes = &inner[name.len()..];
    if !(next.is_none() || attributes.starts_with(char::is_whitespace)) {
        return false;
    }
    let attributes = attributes.trim();
    closed.contains(name)
        || is_of_family(name)
        || (SHORTCODES.contains(&name) && is_attributed(attributes))
        || has_quoted_attribute(attributes)
}

fn is_known(name: &str) -> bool {
    SHORTCODES.contains(&name) || is_of_family(name)
}

fn is_of_family(name: &str) -> bool {
    FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether `attributes` may follow the name of a shortcode, and no word that goes on.
fn is_attributed(attributes: &str) -> bool {
    attributes.is_empty() || attributes.starts_with("http") || value(attributes).is_some()
}

/// What stands behind the `key=` with which `attributes` begins.
fn value(attributes: &str) -> Option<&str> {
    let (key, _) = name_at(attributes, 0)?;
    attributes[key.len()..].trim_start().strip_prefix('=')
}

/// Whether `attributes` begins as `key="…"`, in any of the quotes that editors make of `"`.
fn has_quoted_attribute(attributes: &str) -> bool {
    let Some(value) = value(attributes) else { return false };
    // A reference to a quote is no longer than that.
    let value: String = value.trim_start().chars().take(10).collect();
    entities::decode(&value).starts_with(['"', '\'', '“', '”', '″', '«', '‘', '’', '„'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        let mut out = String::new();
        push_without(&mut out, text, &closed_names(text), &mut Removed::default());
        out
    }

    #[test]
    fn known_names_go_with_attributes_or_nothing_and_words_in_brackets_stay() {
        for gone in [
            "[toc]",
            "[gallery ids=1,2]",
            "[gallery columns = 3 ]",
            "[youtube https://video.example/1]",
            "[ad id=3 /]",
            "[vc_column width=1]",
            "[wpvideo AbCd]",
            "[/caption]",
        ] {
            assert_eq!(left(gone), "", "{gone}");
        }
        for kept in [
            "un argument [ad hominem]",
            "repeated [ad nauseam]",
            "[audio unclear]",
            "[audio inaudible à 12:04]",
            "[Video]",
            "[VIDEO] Le pont",
            "[Audio]",
            "[caption contest]",
            "[video of the day]",
            "[embed this]",
            "[/Video]",
            "[x=y]",
            "[note: a = \"b\"]",
        ] {
            assert_eq!(left(kept), kept);
        }
        assert_eq!(left("[audio unclear]x[/audio]"), "x");
        assert_eq!(left("[Box]x[/Box]"), "x");
    }

    #[test]
    fn few_closing_ones_are_looked_at_and_not_far() {
        let late = format!("{}[box]x[/box]", "[/".repeat(MAX_PAIRS));
        assert!(closed_names(&late).is_empty());
        let long = "a".repeat(LONGEST_NAME + 1);
        assert!(closed_names(&format!("[{long}]x[/{long}]")).is_empty());
        assert_eq!(closed_names("[box][/box]").len(), 1);
        let hostile = "[/".repeat(500_000);
        assert_eq!(left(&hostile), hostile);
    }
}
