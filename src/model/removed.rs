//! What cleaning took out of a body, kept with the entry so that it can be asked for (promise I12).
//!
//! What was text for readers is kept as such, clipped, and everything is counted. Both are bounded:
//! a hostile body cannot make more of this than a few kilobytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::PlainText;

/// How many removed texts are kept of one entry; further ones are only counted.
pub const MOST_SPANS: usize = 24;

/// How much is kept of each, in characters.
pub const SPAN_CHARS: usize = 300;

/// Why something was removed. The order is the one in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovedKind {
    /// A link that skips a menu of the page.
    SkipLink,
    /// What a plugin should have replaced: `[amazon box="…"]`.
    Shortcode,
    /// Says where the post first appeared.
    Notice,
    /// Asks to pass the post on.
    Share,
    /// Asks to subscribe, follow or pay.
    Promotion,
    /// Links to other posts.
    Related,
    /// Comments of readers, and the form to write one.
    Comments,
    /// Switches the look of the page.
    Switch,
    /// Stands in several of the last items of this source.
    Repeated,
    /// Scripts and addresses that are scripts.
    Script,
    /// Style sheets.
    Style,
    /// Frames, players and other documents inside the document.
    Embedded,
    /// Drawings and formulas that are markup of their own (`svg`, `math`).
    Drawing,
    /// Forms and their fields.
    Form,
    /// Attributes that run scripts.
    Handler,
    /// Pictures that count readers.
    Tracker,
    /// Pictures without an address of the web.
    Picture,
    /// Markup beyond the limits: only the text of the body was kept.
    Markup,
    /// Stands on the page of an article, outside of what was found to be the article.
    Outside,
}

impl RemovedKind {
    /// What it is called where people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::SkipLink => "link that skips a menu",
            Self::Shortcode => "leftover shortcode",
            Self::Notice => "notice of where it first appeared",
            Self::Share => "share line",
            Self::Promotion => "promotion",
            Self::Related => "links to other posts",
            Self::Comments => "comments",
            Self::Switch => "switch of the page",
            Self::Repeated => "repeated in this source",
            Self::Script => "script",
            Self::Style => "style sheet",
            Self::Embedded => "embedded document or player",
            Self::Drawing => "drawing or formula",
            Self::Form => "form",
            Self::Handler => "script in an attribute",
            Self::Tracker => "tracker",
            Self::Picture => "picture without an address of the web",
            Self::Markup => "markup beyond the limits",
            Self::Outside => "outside the article on its page",
        }
    }
}

/// A removed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Why it was removed.
    pub kind: RemovedKind,
    /// Its beginning, up to [`SPAN_CHARS`]; of a picture, its address.
    pub text: PlainText,
}

/// All that was removed from a body.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Removed {
    /// What was text for readers, in the order in which it was removed; at most [`MOST_SPANS`].
    pub spans: Vec<Span>,
    /// How often each kind was removed, the texts among `spans` and those beyond included.
    pub counts: BTreeMap<RemovedKind, u32>,
    /// How many characters the texts of each kind had, those that were clipped or not kept included.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chars: BTreeMap<RemovedKind, u32>,
}

impl Removed {
    /// Whether nothing was removed.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How often something of `kind` was removed.
    pub fn count(&self, kind: RemovedKind) -> u32 {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// Something that is no text for readers was removed.
    pub fn add(&mut self, kind: RemovedKind) {
        let count = self.counts.entry(kind).or_default();
        *count = count.saturating_add(1);
    }

    /// A text was removed that is not worth keeping.
    pub fn count_text(&mut self, kind: RemovedKind, text: &str) {
        self.add(kind);
        let chars = self.chars.entry(kind).or_default();
        *chars = chars.saturating_add(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
    }

    /// A text was removed.
    pub fn take(&mut self, kind: RemovedKind, text: &str) {
        self.count_text(kind, text);
        if self.spans.len() < MOST_SPANS {
            self.spans.push(Span { kind, text: PlainText::new(clip(text)) });
        }
    }

    /// What `later` removed was removed, too.
    pub fn absorb(&mut self, later: Self) {
        for (kind, more) in later.counts {
            let count = self.counts.entry(kind).or_default();
            *count = count.saturating_add(more);
        }
        for (kind, more) in later.chars {
            let chars = self.chars.entry(kind).or_default();
            *chars = chars.saturating_add(more);
        }
        let room = MOST_SPANS.saturating_sub(self.spans.len());
        self.spans.extend(later.spans.into_iter().take(room));
    }
}

/// As much of `text` as is kept of a removed one.
pub fn clip(text: &str) -> &str {
    match text.char_indices().nth(SPAN_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_counted_and_little_is_kept() {
        let mut removed = Removed::default();
        assert!(removed.is_empty());
        for _ in 0..3 {
            let mut more = Removed::default();
            for _ in 0..10 {
                more.take(RemovedKind::Share, &"é".repeat(1_000));
            }
            more.add(RemovedKind::Script);
            removed.absorb(more);
        }
        assert_eq!(removed.count(RemovedKind::Share), 30);
        assert_eq!(removed.count(RemovedKind::Script), 3);
        assert_eq!(removed.chars[&RemovedKind::Share], 30_000);
        assert_eq!(removed.spans.len(), MOST_SPANS);
        assert_eq!(removed.spans[0].text.as_str().chars().count(), SPAN_CHARS);
    }

    #[test]
    fn it_comes_back_as_it_was_kept() {
        let mut removed = Removed::default();
        removed.take(RemovedKind::SkipLink, "Passer au contenu \u{1b}[2J");
        removed.add(RemovedKind::Tracker);
        let json = serde_json::to_string(&removed).expect("JSON");
        assert_eq!(
            json,
            "{\"spans\":[{\"kind\":\"skip_link\",\"text\":\"Passer au contenu [2J\"}],\
             \"counts\":{\"skip_link\":1,\"tracker\":1},\"chars\":{\"skip_link\":22}}"
        );
        assert_eq!(serde_json::from_str::<Removed>(&json).expect("the same"), removed);
        let old = "{\"spans\":[],\"counts\":{\"tracker\":1}}";
        assert_eq!(serde_json::from_str::<Removed>(old).expect("it is read").chars.len(), 0);
    }
}
