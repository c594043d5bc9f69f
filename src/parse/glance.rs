//! How many items a document holds that was refused or could not be read, at a glance.
//!
//! Nothing is lost silently (promise I12): of a document beyond the budget nobody reads the items,
//! but they are counted. The glance is one linear pass that keeps nothing. It sees what looks like
//! an item, also inside comments and texts; for a document nobody can read that is as good as it gets.

use super::decode;

/// How many items there seem to be in `bytes`, which came with the field `content_type`.
pub fn items(bytes: &[u8], content_type: Option<&str>) -> u32 {
    // Beyond what a document may hold unpacked, nothing is unpacked and nothing counted.
    let Ok(bytes) = decode::gunzip(bytes) else { return 0 };
    let text = decode::decode(&bytes, content_type);
    let found = if text.starts_with(['{', '[']) { in_json(&text) } else { in_xml(&text) };
    u32::try_from(found).unwrap_or(u32::MAX)
}

/// Start tags of items, under whatever prefix.
fn in_xml(text: &str) -> usize {
    let is_item = |rest: &str| {
        let end =
            rest.bytes().take(40).position(|byte| !byte.is_ascii_alphanumeric() && byte != b':');
        let local = end.and_then(|end| rest[..end].rsplit(':').next());
        local.is_some_and(|name| {
            name.eq_ignore_ascii_case("item") || name.eq_ignore_ascii_case("entry")
        })
    };
    text.match_indices('<').filter(|(at, _)| is_item(&text[at + 1..])).count()
}

/// Objects directly in the array called `items`.
fn in_json(text: &str) -> usize {
    let after = text.split_once("\"items\"").map_or("", |(_, after)| after);
    let array = after.trim_start_matches(|c: char| c == ':' || c.is_whitespace());
    if !array.starts_with('[') {
        return 0;
    }
    let (mut depth, mut items) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in array.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                items += usize::from(byte == b'{' && depth == 1);
                depth += 1;
            }
            b'}' | b']' if depth <= 1 => break,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_counted_in_whatever_format() {
        for (text, count) in [
            ("<rss><channel><item>a</item><Item/><items/></channel></rss>", 2),
            ("<feed><entry a='b'>\n<entry\n></entry></feed>", 2),
            ("<a:feed xmlns:a='x'><a:entry/>", 1),
            (
                "{\"version\": \"x\", \"items\": [{\"a\": [{}, \"{[\"]}, 1, {\"b\": \"\\\"{\"}], \"c\": [{}]}",
                2,
            ),
            ("{\"items\": null, \"a\": [{}]}", 0),
            ("{}", 0),
            ("", 0),
            ("<", 0),
        ] {
            assert_eq!(items(text.as_bytes(), None), count, "{text}");
        }
        let many = format!("<rss><channel>{}", "<item/>".repeat(1_000_000));
        assert_eq!(items(many.as_bytes(), None), 1_000_000);
    }
}
