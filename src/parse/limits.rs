//! How much a document may hold, and the walk over JSON that sees to it; [`super::budget`] is the
//! one over XML.
//!
//! The limits follow from two others: the worst document within them grows the process by no more
//! than 64 MB and takes no more than a second of one thread. What real feeds hold is far below.

use crate::model::document::Unreadable;

/// How deep elements, or JSON values, may nest.
pub const MAX_DEPTH: usize = 200;
/// How deep groups may nest, those elements in which feed-rs calls itself: its frames are large.
pub const MAX_GROUPS: usize = 32;
/// How many elements, or JSON values, a document may hold.
pub const MAX_ELEMENTS: usize = 200_000;
/// How many items.
pub const MAX_ITEMS: usize = 20_000;
/// How many attributes one element may carry.
pub const MAX_ATTRIBUTES: usize = 256;
/// How many elements may stand directly in one item: categories, links, authors.
pub const MAX_PARTS: usize = 10_000;
/// How many elements of Media RSS and podcasts a document may hold: feed-rs makes a kilobyte of each.
pub const MAX_MEDIA: usize = 40_000;
/// How many references a document may hold: each is a piece of its own to feed-rs. In escaped bodies
/// each tag has two.
pub const MAX_REFERENCES: usize = 2_000_000;
/// How many bytes of text may stand in one element: what is kept of a title, a guid or a body is
/// far less.
pub const MAX_FIELD: usize = 8 << 20;

/// From how many digits on a number does not fit where feed-rs puts it.
const TOO_MANY_DIGITS: usize = 12;

/// Whether `text` holds a number that feed-rs panics on.
pub fn overflows(text: &str) -> bool {
    let mut digits = 0;
    text.len() >= TOO_MANY_DIGITS
        && text.bytes().any(|byte| {
            digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
            digits >= TOO_MANY_DIGITS
        })
}

/// Whether a numeric reference, without `&` and `;`, names a character that XML allows.
pub fn is_character(name: &str) -> bool {
    let number = match name.strip_prefix("#x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => name[1..].parse(),
    };
    number.is_ok_and(|number| number != 0 && char::from_u32(number).is_some())
}

/// Bounds a JSON document by one look at its brackets, before any of it is read.
pub fn json(text: &str) -> Result<(), Unreadable> {
    let (mut depth, mut values, mut items) = (0_usize, 0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                // An object in an array of the document: an item.
                items += usize::from(byte == b'{' && depth == 3);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' | b':' => values += 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Unreadable::TooMuch { limit: MAX_DEPTH, unit: "levels of JSON" });
        }
        if items > MAX_ITEMS {
            return Err(Unreadable::TooMuch { limit: MAX_ITEMS, unit: "items" });
        }
        if values > 2 * MAX_ELEMENTS {
            return Err(Unreadable::TooMuch { limit: 2 * MAX_ELEMENTS, unit: "JSON values" });
        }
    }
    Ok(())
}
