//! Shortcodes that a plugin should have replaced: `[amazon box="…"]`, `[gallery]`, `[caption]…`.
//!
//! One goes if its name is known, if it has a quoted attribute in whatever quotes an editor made of
//! it, or if it is closed; what stands inside a pair stays. Brackets that mean something to readers
//! stay, too: `[...]`, `[…]`, `[1]`, `[sic]`, `[MàJ]`. Code is not given to this file.

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
/// The names of all `[/name]` that close a `[name]` or `[name …]`.
pub fn closed_names(html: &str) -> HashSet<&str> {
    let opens = |name: &str| {
        html.match_indices(&format!("[{name}"))
            .any(|(at, _)| html[at + 1 + name.len()..].starts_with([']', ' ', '/']))
    };
    html.match_indices("[/")
        .filter_map(|(at, _)| html[at + 2..].split_once(']'))
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
        .take(MAX_PAIRS)
        .collect::<HashSet<_>>()
        .into_iter()
        .filter(|name| opens(name))
        .collect()
}

fn is_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
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
    let end = inner.find(|c: char| c.is_whitespace()).unwrap_or(inner.len());
    let (name, attributes) = (&inner[..end], inner[end..].trim());
    if !is_name(name) {
        return false;
    }
    is_known(name) || closed.contains(name) || has_quoted_attribute(attributes)
}

fn is_known(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SHORTCODES.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether `attributes` begins as `key="…"`, in any of the quotes that editors make of `"`.
fn has_quoted_attribute(attributes: &str) -> bool {
    let Some((key, value)) = attributes.split_once('=') else { return false };
    let value = entities::decode(value.trim_start());
    is_name(key.trim()) && value.starts_with(['"', '\'', '“', '”', '″', '«', '‘', '’', '„'])
}
