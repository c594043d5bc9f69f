//! What of a page was left outside the article that was found, for those who ask why a paragraph is
//! missing.
//!
//! Most of a page is rightly outside: menus, teasers, comments. So all blocks that are are counted,
//! and of those that read like paragraphs the longest few are told with their beginnings.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::blocks::Block;
use crate::model::removed::{Removed, RemovedKind};

/// How many blocks are told.
const TOLD: usize = 6;
/// From how many characters on a block reads like a paragraph.
const PARAGRAPH: usize = 80;
/// The largest part of one that may be links.
const LINKED: f64 = 0.4;

/// Notes in `removed` which of `blocks` are neither in nor around those that were `kept`.
pub fn tell(blocks: &[Block<'_>], kept: &HashSet<usize>, removed: &mut Removed) {
    let texts: HashSet<&str> =
        kept.iter().filter_map(|&at| blocks.get(at)).map(|block| block.text.as_str()).collect();
    let is_outside = |(at, block): &(usize, &Block<'_>)| {
        !kept.contains(at) && !texts.contains(block.text.as_str()) && !holds_blocks(*at, blocks)
    };
    let outside: Vec<&Block<'_>> =
        blocks.iter().enumerate().filter(is_outside).map(|(_, block)| block).collect();
    let mut paragraphs: Vec<(usize, usize)> = outside
        .iter()
        .enumerate()
        .filter(|(_, block)| !block.is_aside && block.links < LINKED)
        .map(|(at, block)| (block.text.chars().count(), at))
        .filter(|(length, _)| *length >= PARAGRAPH)
        .collect();
    paragraphs.sort_by_key(|&(length, at)| (Reverse(length), at));
    paragraphs.truncate(TOLD);
    for (at, block) in outside.iter().enumerate() {
        match paragraphs.iter().any(|&(_, told)| told == at) {
            true => removed.take(RemovedKind::Outside, &block.text),
            false => removed.count_text(RemovedKind::Outside, &block.text),
        }
    }
}

/// Whether the block that follows stands inside the one at `at`, which then is told by it.
fn holds_blocks(at: usize, blocks: &[Block<'_>]) -> bool {
    let holder = blocks[at].node.id;
    blocks
        .get(at + 1)
        .is_some_and(|next| next.node.ancestors_it(None).any(|above| above.id == holder))
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;
    use crate::clean::article::blocks;

    #[test]
    fn what_is_outside_is_counted_and_the_longest_paragraphs_are_told() {
        let long = |word: &str| format!("{word} ").repeat(30);
        let page = format!(
            "<nav><ul><li>Accueil</li></ul></nav><p>Gardé.</p><blockquote><p>{}</p></blockquote>\
             <p>Court.</p><p>Gardé.</p><p>{}</p><p><a href=x>{}</a></p>",
            long("dehors"),
            long("ailleurs"),
            long("lien"),
        );
        let page = Document::from(page);
        let blocks = blocks::number(&page);
        let kept = blocks.iter().position(|block| block.text == "Gardé.").expect("it is there");
        let mut removed = Removed::default();
        tell(&blocks, &HashSet::from([kept]), &mut removed);
        assert_eq!(removed.count(RemovedKind::Outside), 5);
        let told: Vec<&str> = removed
            .spans
            .iter()
            .map(|span| span.text.as_str().split(' ').next().expect("a word"))
            .collect();
        assert_eq!(told, ["dehors", "ailleurs"]);
        assert!(removed.chars[&RemovedKind::Outside] > 500);
    }
}
