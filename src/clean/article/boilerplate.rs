//! How boilerplate gives itself away: by the names publishers give its elements, and by its words.
//!
//! French and English first; Spanish, German, Portuguese and Italian where their sites say the same
//! things in fixed words. A line is only judged whole: what stands inside a sentence stays.

use dom_query::NodeRef;

use super::phrases::{ALONE, FACTS, NAMES, OFFERS, OTHER_ARTICLES, RIGHTS, SEE_ALSO};

/// Whether the classes or the id of `node` name boilerplate.
pub fn is_named_so(node: &NodeRef<'_>) -> bool {
    let is = |name: &str| {
        name.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| NAMES.contains(&word.to_ascii_lowercase().as_str()))
    };
    let class = node.class();
    class.is_some_and(|class| class.len() < 500 && is(&class))
        || node.id_attr().is_some_and(|id| id.len() < 200 && is(&id))
}

fn folded(text: &str) -> String {
    let text = text
        .trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | '©' | '-' | '¡'));
    text.replace('’', "'").to_lowercase()
}

fn begins(text: &str, with: &str) -> bool {
    text.starts_with(&with.replace('’', "'"))
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

/// Whether a heading stands above what is not the article.
pub fn heads_others(text: &str) -> bool {
    let text = folded(text);
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let counted = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    OTHER_ARTICLES.contains(&text)
        || OTHER_ARTICLES[19] == counted
        || counted == "comments"
        || OTHER_ARTICLES.iter().any(|words| {
            words.len() > 11 && text.starts_with(words) && text.len() < words.len() + 30
        })
}

/// Whether a line asks for something, or tells of an offer, and does nothing else.
pub fn is_offer(text: &str) -> bool {
    text.chars().count() < 330 && {
        let text = text.replace('’', "'").to_lowercase();
        OFFERS.iter().any(|words| text.contains(&words.replace('’', "'")))
    }
}

/// Whether a line states facts about the article that are not part of it.
pub fn is_fact(text: &str) -> bool {
    text.chars().count() < 260 && {
        let text = folded(text);
        FACTS.iter().any(|words| begins(&text, words))
    }
}

/// Whether a line is nothing but the label of such a fact, with a word or two.
pub fn is_label(text: &str) -> bool {
    text.chars().count() < 60 && text.contains(':') && is_fact(text)
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
