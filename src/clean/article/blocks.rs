//! The blocks of a page: paragraphs, headings, items, in order, each with a number of its own.
//!
//! The number is written on the element before the extraction and read again after it, so that what
//! was kept of a page and what was not can be told exactly, whatever was moved.

use std::collections::HashSet;

use dom_query::{Document, NodeRef};

use super::boilerplate;

/// The attribute that carries a block's number.
pub const NUMBER: &str = "data-block";

/// One block.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// Its element.
    pub node: NodeRef<'a>,
    /// Its element's name.
    pub name: String,
    /// Its text, on one line.
    pub text: String,
    /// How much of its text is in links, from 0 to 1.
    pub links: f64,
    /// What paragraphs of one article have in common: names and classes of it and what holds it.
    pub kind: String,
    /// Whether it stands in what a site puts around articles.
    pub is_aside: bool,
}

/// Whether elements of this name are blocks of text.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "li"
            | "pre"
            | "blockquote"
            | "figcaption"
            | "dd"
            | "dt"
            | "td"
    )
}

/// Numbers the blocks of `page` in order.
pub fn number(page: &Document) -> Vec<Block<'_>> {
    let Some(body) = page.body() else { return Vec::new() };
    let mut blocks = Vec::new();
    // Parents come before their children.
    let mut aside = HashSet::new();
    for node in body.descendants() {
        let is_below = node.parent().is_some_and(|parent| aside.contains(&parent.id));
        let is_aside = is_below || stands_aside(&node);
        if is_aside {
            aside.insert(node.id);
        }
        let Some(name) = node.node_name() else { continue };
        let is_text = matches!(&*name, "div" | "section" | "span") && holds_text(&node);
        if !is_block(&name) && !is_text {
            continue;
        }
        let text = one_line(&node.text());
        if text.is_empty() {
            continue;
        }
        node.set_attr(NUMBER, &blocks.len().to_string());
        let parent = node.parent();
        let class =
            |node: &NodeRef<'_>| node.class().map(|class| class.to_string()).unwrap_or_default();
        let above = parent.as_ref().map(class).unwrap_or_default();
        blocks.push(Block {
            name: name.to_string(),
            links: link_share(&node, &text),
            kind: format!("{name} {} {above}", class(&node).trim()),
            is_aside,
            text,
            node,
        });
    }
    blocks
}

/// Whether a generic element holds text of its own, in a line of text with others.
fn holds_text(node: &NodeRef<'_>) -> bool {
    let is_long = |child: &NodeRef<'_>| child.is_text() && child.text().trim().len() >= 40;
    !node.has_name("span") && node.children_it(false).any(|child| is_long(&child))
}

/// The numbers of blocks that are in `content`.
pub fn numbers_in(content: &Document) -> HashSet<usize> {
    let nodes = content.select(&format!("[{NUMBER}]"));
    let number = |node: &NodeRef<'_>| node.attr(NUMBER)?.parse().ok();
    nodes.nodes().iter().filter_map(number).collect()
}

/// `text` with each run of white space as one blank.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How much of `text`, that of `node`, is in links.
pub fn link_share(node: &NodeRef<'_>, text: &str) -> f64 {
    if node.has_name("a") {
        return 1.0;
    }
    let links = node.descendants_it().filter(|inner| inner.has_name("a"));
    let linked: usize = links.map(|link| one_line(&link.text()).chars().count()).sum();
    linked as f64 / text.chars().count().max(1) as f64
}

/// Whether `node` is something that a site puts around articles, or is not shown.
fn stands_aside(node: &NodeRef<'_>) -> bool {
    let Some(name) = node.node_name() else { return false };
    if matches!(&*name, "article" | "main") {
        return false;
    }
    let is_hidden = node.attr("aria-hidden").is_some_and(|value| &*value == "true")
        || node.has_attr("hidden")
        || node.attr("style").is_some_and(|style| style.replace(' ', "").contains("display:none"));
    matches!(&*name, "aside" | "nav" | "footer" | "form" | "button")
        || is_hidden
        || boilerplate::named(node).is_some()
}
