//! The last rung: the tree is closed where the document broke off or crossed its tags.
//!
//! An end tag closes what is still open inside its element; one that closes nothing goes; at the end
//! everything is closed. A tag that was cut off goes, and so does the item it stands in if that has no
//! guid and no link yet: it would be another item when the whole comes. What was complete before the
//! break is kept.

use std::collections::HashMap;

use super::characters;

/// How many elements may be open at once: beyond, start tags are dropped.
const MAX_OPEN: usize = 1_000;

/// `text` with every element closed.
pub fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut open: Vec<Open<'_>> = Vec::new();
    // Asked for every end tag: most of those that cross close nothing.
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<![CDATA[") {
            let length = rest.find("]]>").map_or(rest.len(), |end| end + 3);
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        let Some(length) = characters::tag_length(rest) else {
            // Cut off, or a stray one that the first rung would have escaped.
            rest = "";
            break;
        };
        let tag = &rest[..length];
        rest = &rest[length..];
        match tag.strip_prefix("</") {
            Some(inner) => {
                let name = inner[..inner.len() - 1].trim_ascii_end();
                close(&mut out, &mut open, &mut counts, name);
            }
            None if tag.ends_with("/>") => out.push_str(tag),
            None if open.len() < MAX_OPEN => {
                let end = tag.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(1);
                let name = &tag[1..end];
                if matches!(name, "item" | "entry") {
                    // The one before was never closed: items that nest were taken apart already.
                    close(&mut out, &mut open, &mut counts, name);
                }
                *counts.entry(name).or_default() += 1;
                open.push(Open { name, from: out.len() });
                out.push_str(tag);
            }
            None => {}
        }
    }
    out.push_str(rest);
    drop_half_item(&mut out, &mut open);
    for open in open.iter().rev() {
        push_end(&mut out, open.name);
    }
    out
}

/// An element that is open, and where it began.
struct Open<'a> {
    name: &'a str,
    from: usize,
}

fn close<'a>(
    out: &mut String,
    open: &mut Vec<Open<'a>>,
    counts: &mut HashMap<&'a str, usize>,
    name: &str,
) {
    if counts.get(name).is_none_or(|count| *count == 0) {
        return;
    }
    let Some(at) = open.iter().rposition(|other| other.name == name) else { return };
    for inner in open.drain(at..).rev() {
        counts.entry(inner.name).and_modify(|count| *count -= 1);
        push_end(out, inner.name);
    }
}

/// What names an item, once it is complete.
const NAMES: [&str; 4] = ["</guid>", "</link>", "</id>", "<link "];

/// The document broke off inside an item: without a name it goes, if one before it is whole.
fn drop_half_item(out: &mut String, open: &mut Vec<Open<'_>>) {
    let Some(at) = open.iter().position(|open| matches!(open.name, "item" | "entry")) else {
        return;
    };
    let Open { name, from } = open[at];
    let is_named = NAMES.iter().any(|name| out[from..].contains(name));
    if !is_named && out[..from].contains(&format!("</{name}>")) {
        out.truncate(from);
        open.truncate(at);
    }
}

fn push_end(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_closed_once() {
        for (text, closed) in [
            ("<a><b>x</b></a>", "<a><b>x</b></a>"),
            ("<a><b>x</a>", "<a><b>x</b></a>"),
            ("<a><b>x</b></b></c></a>", "<a><b>x</b></a>"),
            ("<a><b>x <c/", "<a><b>x </b></a>"),
            ("<a><item>1<item>2</a>", "<a><item>1</item><item>2</item></a>"),
            ("<a><![CDATA[</a>]]><b y='z'>", "<a><![CDATA[</a>]]><b y='z'></b></a>"),
            ("<c><item>a</item><item><t>b", "<c><item>a</item></c>"),
            (
                "<c><item>a</item><item><id>1</id><t>b",
                "<c><item>a</item><item><id>1</id><t>b</t></item></c>",
            ),
            ("<c><item>a<item>b", "<c><item>a</item></c>"),
            ("<d><p>a<p>b<br>c</d>", "<d><p>a<p>b<br>c</br></p></p></d>"),
        ] {
            assert_eq!(mend(text), closed, "{text}");
        }
    }
}
