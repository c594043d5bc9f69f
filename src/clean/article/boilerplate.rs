//! How boilerplate gives itself away: by the names publishers give its elements, and by its words.
//!
//! French and English first; Spanish, German, Portuguese and Italian where their sites say the same
//! things in fixed words. What an author may say as well is the site's only where it begins a
//! sentence and goes on to the site, or where markup sets it apart or links to what the site asks.

use dom_query::NodeRef;

use super::phrases::{
    ALONE, APART, ASKS, COUNTED, FACTS, LABELS, NAMES, OFFERS, OTHER_ARTICLES, OURS, RIGHTS,
    SEE_ALSO,
};
use super::publisher::Publisher;
use crate::model::removed::RemovedKind;

/// The longest line that can be an offer, in characters.
const OFFER: usize = 330;
/// The longest line that can be a fact about the article, in characters.
const FACT: usize = 120;
/// With how many words a fact about the article may end as a sentence does.
const FEW_WORDS: usize = 8;
/// How much of a fact without a colon must be in links.
const LINKED: f64 = 0.3;

/// What boilerplate the classes or the id of `node` name.
pub fn named(node: &NodeRef<'_>) -> Option<RemovedKind> {
    let kind = |name: &str| {
        name.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| {
            let word = word.to_ascii_lowercase();
            NAMES.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
        })
    };
    let class = node.class().filter(|class| class.len() < 500);
    class.and_then(|class| kind(&class)).or_else(|| {
        let id = node.id_attr().filter(|id| id.len() < 200);
        id.and_then(|id| kind(&id))
    })
}

/// In lower case, without pictures and bullets before it. Quotation marks stay: what is quoted is
/// spoken of.
fn folded(text: &str) -> String {
    let is_text = |c: char| c.is_alphanumeric() || "(©-¡«“\"„‘".contains(c);
    text.trim_start_matches(|c: char| !is_text(c)).replace('’', "'").to_lowercase()
}

/// What follows `words` in `text`, if it begins with them.
fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(words)?;
    (!rest.starts_with(char::is_alphanumeric)).then(|| rest.trim_start())
}

fn begins(text: &str, with: &str) -> bool {
    text.starts_with(&with.replace('’', "'"))
}

/// Whether the last mark of a line is one that ends sentences.
fn ends_as_sentence(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || "»”\")’'".contains(c));
    text.ends_with(['.', '!', '?', '…'])
}

/// Whether a line of `chars` characters with so many of them in links only sends elsewhere.
pub fn is_see_also(text: &str, links: f64) -> bool {
    let chars = text.chars().count();
    let text = folded(text);
    let Some(words) = SEE_ALSO.iter().find(|words| begins(&text, words)) else { return false };
    let after = text[words.replace('’', "'").len()..].trim_start();
    let is_marked = words.ends_with(':') || after.starts_with([':', '|', '–', '—', '-', '»']);
    chars < 250 && (links > 0.4 || (is_marked && chars < 200) || after.is_empty())
}

/// Whether a heading stands above what is not the article; `is_followed` says that links follow it.
pub fn heads_others(text: &str, is_followed: bool) -> bool {
    let text = folded(text);
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let counted = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    OTHER_ARTICLES.contains(&text)
        || counted != text && COUNTED.contains(&counted)
        || OTHER_ARTICLES
            .iter()
            .any(|words| is_followed && text.starts_with(words) && text.len() < words.len() + 30)
}

/// How a line stands in its page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stand<'a> {
    /// Whose page it is.
    pub publisher: Option<&'a Publisher>,
    /// All of the line is set apart from text.
    pub is_apart: bool,
    /// It holds links.
    pub is_linked: bool,
    /// It links to what the site asks for.
    pub asks: bool,
}

/// Whether a line asks for something, or tells of an offer, and does nothing else.
pub fn is_offer(text: &str, stand: Stand<'_>) -> bool {
    if text.chars().count() >= OFFER {
        return false;
    }
    let text = folded(text);
    OFFERS.iter().any(|words| begins(&text, words))
        || text.split_inclusive(['.', '!', '?', ':']).any(|sentence| asks(sentence.trim()))
        || stand.is_apart && APART.iter().any(|words| text.contains(words))
        || stand.is_linked && asks_for_publisher(&text, stand)
}

/// Whether a sentence begins with what is asked and goes on to the site, or not at all.
fn asks(sentence: &str) -> bool {
    let is_ours = |after: &str| {
        let mut words = after.split(|c: char| !c.is_alphanumeric() && c != '-');
        words.any(|word| OURS.contains(&word))
    };
    ASKS.iter()
        .filter_map(|words| after(sentence, words))
        .any(|after| is_ours(after) || !after.contains(char::is_alphanumeric))
}

/// Whether something is asked anywhere, and for the site itself.
fn asks_for_publisher(text: &str, stand: Stand<'_>) -> bool {
    ASKS.iter().any(|words| {
        text.match_indices(words).any(|(at, words)| {
            let is_word = !text[..at].ends_with(char::is_alphanumeric);
            let after = after(&text[at..], words);
            is_word
                && after.is_some_and(|after| {
                    stand.asks
                        || stand.publisher.is_some_and(|publisher| publisher.is_named_in(after))
                })
        })
    })
}

/// Whether a line, with so much of it in links, states facts about the article that are no part of
/// it. A sentence is none.
pub fn is_fact(text: &str, links: f64) -> bool {
    if text.chars().count() >= FACT {
        return false;
    }
    let is_sentence = ends_as_sentence(text);
    let is_short = text.split_whitespace().count() <= FEW_WORDS;
    let text = folded(text);
    let is_dated = |after: &str| {
        after.split_whitespace().take(2).any(|word| word.contains(|c: char| c.is_ascii_digit()))
    };
    let is_told = |after: &str| !is_sentence || is_short && is_dated(after);
    FACTS.iter().filter_map(|words| after(&text, words)).any(is_told)
        || is_labelled(&text) && (!is_sentence || is_short)
        || LABELS
            .iter()
            .filter_map(|words| after(&text, words))
            .any(|after| !is_sentence && (links > LINKED || after.is_empty()))
}

fn is_labelled(folded: &str) -> bool {
    LABELS.iter().filter_map(|words| after(folded, words)).any(|after| after.starts_with(':'))
}

/// Whether a line is nothing but the label of such a fact, with a word or two.
pub fn is_label(text: &str) -> bool {
    text.chars().count() < 60
        && is_labelled(&folded(text))
        && (!ends_as_sentence(text) || text.split_whitespace().count() <= FEW_WORDS)
}

/// Whether a line says who holds the rights.
pub fn is_rights(text: &str) -> bool {
    let chars = text.chars().count();
    let lower = text.to_lowercase();
    chars < 250 && RIGHTS.iter().any(|words| lower.contains(words))
        || chars < 120
            && (lower.starts_with('©')
                || lower.starts_with("copyright ©")
                || lower.starts_with("(c) "))
}

/// Whether a line is boilerplate because it stands alone.
pub fn is_alone(text: &str) -> bool {
    let text = text.to_lowercase();
    ALONE.contains(&text.trim_end_matches(['.', ':', ' ', '…', '!']))
}
