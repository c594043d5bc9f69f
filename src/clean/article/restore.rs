//! What was found gets back what the extraction dropped of the article: its standfirst (the chapô),
//! the credits under its picture, paragraphs and items of the same make as those that were kept.

use std::collections::HashSet;

use dom_query::{Document, NodeRef};

use super::blocks::{self, Block, NUMBER};
use super::boilerplate;
use super::hints::Hints;

/// How many blocks are put back at most.
const MOST_MISSED: usize = 200;
/// The shortest paragraph that is missed, in characters.
const MISSED: usize = 30;
/// The largest part of a paragraph that may be links.
const LINKED: f64 = 0.4;
/// How long a standfirst may be, in characters.
const STANDFIRST: std::ops::Range<usize> = 40..900;
/// How many paragraphs a standfirst may have.
const MOST_LEADS: usize = 2;
/// The shortest paragraph under the title that is a standfirst although nothing says so.
const UNNAMED: usize = 80;
/// How much of a description must stand in a paragraph for it to be meant, in characters.
const DESCRIBED: usize = 50;

/// Words in the classes of standfirsts.
const LEADS: [&str; 26] = [
    "chapo",
    "chapeau",
    "chapô",
    "standfirst",
    "dek",
    "subtitle",
    "subheadline",
    "subhead",
    "subheading",
    "strapline",
    "lede",
    "lead",
    "intro",
    "introduction",
    "excerpt",
    "summary",
    "abstract",
    "entradilla",
    "bajada",
    "sumario",
    "vorspann",
    "teaser",
    "accroche",
    "soustitre",
    "heading",
    "description",
];

/// Puts into `content` what `page`, whose blocks are `blocks`, has more of the article.
pub fn restore(content: &Document, blocks: &[Block<'_>], hints: &Hints) {
    let kept = blocks::numbers_in(content);
    let (Some(&first), Some(&last)) = (kept.iter().min(), kept.iter().max()) else { return };
    let kinds: HashSet<&str> =
        kept.iter().filter_map(|&at| blocks.get(at)).map(|block| block.kind.as_str()).collect();
    let texts: HashSet<&str> =
        kept.iter().filter_map(|&at| blocks.get(at)).map(|block| block.text.as_str()).collect();
    let title = blocks[..first].iter().rposition(|block| block.name == "h1");
    let is_wanted = |(at, block): &(usize, &Block<'_>)| {
        if *at < first {
            is_lead(*at, block, title, hints) || is_alike(block, &kinds)
        } else if *at <= last {
            is_alike(block, &kinds) || says(hints, block)
        } else {
            is_alike(block, &kinds) && has_class(block) || says(hints, block)
        }
    };
    let is_new = |(at, block): &(usize, &Block<'_>)| {
        !kept.contains(at)
            && !block.is_aside
            && block.links < LINKED
            && !texts.contains(block.text.as_str())
            && !is_inside(block, &kept, blocks)
    };
    let missing: Vec<_> =
        blocks.iter().enumerate().filter(is_new).filter(is_wanted).take(MOST_MISSED).collect();
    if missing.is_empty() {
        return credits(content, &blocks[..first], title, first);
    }
    let all = blocks::one_line(&content.root().text());
    let missing: Vec<_> =
        missing.into_iter().filter(|(_, block)| !all.contains(&block.text)).collect();
    let leads =
        missing.iter().filter(|(at, block)| *at < first && !is_alike(block, &kinds)).count();
    for (at, block) in missing {
        // Where many would be the standfirst, they are those of other articles.
        if at > first
            || leads <= MOST_LEADS
            || is_alike(block, &kinds)
            || is_described_by(hints, block)
        {
            put(content, at, block, &kept);
        }
    }
    credits(content, &blocks[..first], title, first);
}

/// Whether a block in or around it was kept.
fn is_inside(block: &Block<'_>, kept: &HashSet<usize>, blocks: &[Block<'_>]) -> bool {
    let is_kept = |node: &NodeRef<'_>| {
        let number: Option<usize> = node.attr(NUMBER).and_then(|number| number.parse().ok());
        number.is_some_and(|number| {
            kept.contains(&number)
                || blocks.get(number).is_some_and(|above| above.text == block.text)
        })
    };
    block.node.ancestors_it(None).any(|above| is_kept(&above))
        || block.node.descendants_it().any(|inner| is_kept(&inner))
}

/// Whether it is made as paragraphs that were kept are.
fn is_alike(block: &Block<'_>, kinds: &HashSet<&str>) -> bool {
    let is_text = matches!(block.name.as_str(), "p" | "li" | "blockquote" | "h2" | "h3" | "h4");
    let is_heading = block.name.starts_with('h');
    is_text
        && kinds.contains(block.kind.as_str())
        && (block.text.chars().count() >= MISSED || is_heading)
        && !boilerplate::is_fact(&block.text, block.links)
}

fn has_class(block: &Block<'_>) -> bool {
    block.node.class().is_some_and(|class| !class.trim().is_empty())
}

/// Whether the page says in JSON-LD that it is part of the article.
fn says(hints: &Hints, block: &Block<'_>) -> bool {
    block.text.chars().count() >= 80
        && hints.text.as_ref().is_some_and(|text| text.contains(&block.text))
}

/// Whether it is the standfirst: it stands between the title and the text and is named so, or is
/// what the page is described with.
fn is_lead(at: usize, block: &Block<'_>, title: Option<usize>, hints: &Hints) -> bool {
    let is_after_title = title.is_some_and(|title| at > title);
    let is_text =
        matches!(block.name.as_str(), "p" | "h2" | "h3" | "h4" | "div" | "li" | "section");
    if !is_text
        || !STANDFIRST.contains(&block.text.chars().count())
        || boilerplate::is_fact(&block.text, block.links)
    {
        return false;
    }
    let is_paragraph = block.name == "p" && block.text.chars().count() >= UNNAMED;
    is_after_title && (is_described_by(hints, block) || is_named_lead(&block.node) || is_paragraph)
}

fn is_described_by(hints: &Hints, block: &Block<'_>) -> bool {
    hints.description.as_ref().is_some_and(|description| is_described(&block.text, description))
}

fn is_described(text: &str, description: &str) -> bool {
    let head = |text: &str| {
        blocks::one_line(text)
            .chars()
            .filter(|c| c.is_alphanumeric())
            .take(DESCRIBED)
            .collect::<String>()
    };
    let (text, description) = (head(text), head(description));
    text.chars().count() >= 30 && (text.starts_with(&description) || description.starts_with(&text))
}

fn is_named_lead(node: &NodeRef<'_>) -> bool {
    let is = |node: &NodeRef<'_>| {
        let class = node.class().map(|class| class.to_lowercase()).unwrap_or_default();
        let property = node.attr("itemprop").unwrap_or_default();
        class.len() < 300
            && class.split(|c: char| !c.is_alphanumeric()).any(|word| LEADS.contains(&word))
            || matches!(&*property, "description" | "alternativeHeadline")
    };
    is(node) || node.parent().is_some_and(|above| is(&above))
}

/// Puts a block where it stood: before the next that was kept, or at the end.
fn put(content: &Document, at: usize, block: &Block<'_>, kept: &HashSet<usize>) {
    let name =
        if matches!(block.name.as_str(), "div" | "section") { "p" } else { block.name.as_str() };
    let html = format!("<{name} {NUMBER}=\"{at}\">{}</{name}>", block.node.inner_html());
    let place = |number: usize| {
        let found = content.select(&format!("[{NUMBER}=\"{number}\"]"));
        found.nodes().first().copied()
    };
    let next = kept.iter().copied().filter(|&number| number > at).min();
    let before = kept.iter().copied().filter(|&number| number < at).max();
    if let Some(next) = next.and_then(place) {
        next.before_html(html);
    } else if let Some(before) = before.and_then(place) {
        before.after_html(html);
    }
}

/// The picture between title and text, with the words under it.
fn credits(content: &Document, before: &[Block<'_>], title: Option<usize>, first: usize) {
    let from = title.map_or(before.len(), |title| title + 1);
    let caption = before[from..].iter().find(|block| block.name == "figcaption" && !block.is_aside);
    let Some(figure) = caption.and_then(|caption| caption.node.parent()) else { return };
    if !figure.has_name("figure") || figure.find(&["img"]).is_empty() {
        return;
    }
    let first = content.select(&format!("[{NUMBER}=\"{first}\"]"));
    if let Some(first) = first.nodes().first() {
        first.before_html(figure.html());
    }
}
