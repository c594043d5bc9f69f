//! Notices of where a post first appeared.
//!
//! A plugin's wording (`The post … appeared first on …`) is known as such; what people write counts
//! only if the title and the place are links, or if the line says it of itself and is short: the post
//! office first appeared on maps in 1840.

use super::blocks::Line;
use super::keys::Key;

/// The longest name of a place that is no link, in bytes.
const LONGEST_PLACE: usize = 40;

/// What a notice of the first appearance begins with, and the words that must follow.
const NOTICES: &[(&str, &str)] = &[
    ("the post", " appeared first on "),
    ("the post", " first appeared on "),
    ("this post", " appeared first on "),
    ("this post", " first appeared on "),
    ("this article", " appeared first on "),
    ("this article", " first appeared on "),
    ("this article", " was originally published "),
    ("this article", " was first published "),
    ("this story", " first appeared on "),
    ("this story", " originally appeared "),
    ("this entry", " was posted "),
    ("this post", " was originally published "),
    ("the article", " appeared first on "),
    ("the article", " first appeared on "),
    ("l'article", " est apparu en premier sur "),
    ("l'article", " est apparu d'abord sur "),
    ("l'article", " est paru en premier sur "),
    ("l'article", " a été publié en premier sur "),
    ("cet article", " est apparu en premier sur "),
    ("cet article", " est apparu d'abord sur "),
    ("cet article", " est paru en premier sur "),
    ("cet article", " a été publié en premier sur "),
    ("cet article", " est initialement paru "),
    ("der beitrag", " erschien zuerst auf "),
    ("la entrada", " se publicó primero en "),
    ("la entrada", " aparece primero en "),
    ("l'articolo", " proviene da "),
    ("l'articolo", " sembra essere il primo su "),
];

/// Those of the words that must follow that a plugin writes, whatever the title.
const NOTICES_OF_PLUGINS: &[&str] = &[
    " appeared first on ",
    " est apparu en premier sur ",
    " est apparu d'abord sur ",
    " a été publié en premier sur ",
    " erschien zuerst auf ",
    " se publicó primero en ",
    " aparece primero en ",
    " proviene da ",
    " sembra essere il primo su ",
];

/// Whether a line is a notice.
pub fn is_notice(line: &Line<'_>, key: &Key) -> bool {
    let byte = key.text.as_bytes().first();
    NOTICES
        .iter()
        // Most lines begin otherwise.
        .filter(|(first, _)| byte == first.as_bytes().first())
        .any(|(first, then)| says(line, &key.text, first, then))
}

fn says(line: &Line<'_>, text: &str, first: &str, then: &str) -> bool {
    let Some(rest) = text.strip_prefix(first) else { return false };
    let Some(at) = rest.find(then) else { return false };
    let (title, place) = (rest[..at].trim(), rest[at + then.len()..].trim());
    let is_linked = line.linked > 0 && line.linked * 2 >= title.len() + place.len();
    let is_of_itself = title.is_empty() && (first.starts_with("this") || first.starts_with("cet"));
    let is_by_plugin = !title.is_empty() && NOTICES_OF_PLUGINS.contains(&then);
    !place.is_empty()
        && (is_linked || (place.len() <= LONGEST_PLACE && (is_of_itself || is_by_plugin)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::blocks;

    fn is_notice(html: &str) -> bool {
        let read = blocks::read(html);
        super::is_notice(&read.lines[0], &Key::of(&read.lines[0]))
    }

    #[test]
    fn notices_are_told_from_what_the_post_did() {
        for html in [
            "<p>The post A bridge appeared first on The Gazette.</p>",
            "<p>The post <a href=\"a\">A bridge</a> first appeared on <a href=\"b\">Gazette</a>.</p>",
            "<p>L’article Un pont est apparu en premier sur La Gazette.</p>",
            "<p>This article was originally published on The Gazette.</p>",
            "<p>This article was first published on <a href=\"a\">The Gazette</a>.</p>",
            "<p>This story originally appeared on Gazette.</p>",
            "<p>Cet article est initialement paru dans La Gazette.</p>",
            "<p>This entry was posted in <a href=\"a\">Bridges</a>, <a href=\"b\">Rivers</a></p>",
        ] {
            assert!(is_notice(html), "{html}");
        }
        for html in [
            "<p>The post office first appeared on maps in 1840.</p>",
            "<p>The post <em>riders</em> first appeared on <a href=\"a\">maps</a> of the northern \
             counties in 1840.</p>",
            "<p>The article of 1905 first appeared on the agenda in March.</p>",
            "<p>L’article 49 est apparu en premier sur la liste que le gouvernement a envoyée aux \
             députés.</p>",
            "<p>This story first appeared on the walls of the caves that the two boys found.</p>",
            "<p>This article explains where it was first published.</p>",
            "<p>This article was originally published.</p>",
        ] {
            assert!(!is_notice(html), "{html}");
        }
    }
}
