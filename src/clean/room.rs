//! How much the cleaning of one document may cost.
//!
//! The caps of [`super::scan`] bound one body; a document holds many. So each body takes what it is
//! going to cost from the room of its document, and where none is left the bodies that follow keep
//! the beginning of their text only, which costs next to nothing: no document keeps a thread for more than a second.
//! A weight is a microsecond, roughly, on the machine of `docs/performance.md`. What real feeds
//! weigh is far below: of ten megabytes of ordinary articles, three quarters of the room.

/// What all bodies of one document may weigh.
const DOCUMENT: usize = 800_000;
/// What any body weighs, however short.
const BODY: usize = 16;

/// What is left for the bodies of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room(usize);

impl Default for Room {
    /// The room of one document, or of one body that is cleaned alone.
    fn default() -> Self {
        Self(DOCUMENT)
    }
}

impl Room {
    /// Takes `weight`; whether there was any room left for it.
    pub fn take(&mut self, weight: usize) -> bool {
        let had = self.0 > 0;
        self.0 = self.0.saturating_sub(weight + BODY);
        had
    }
}

/// What is counted of a body while it is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weights {
    /// Its bytes.
    pub bytes: usize,
    /// Its tags, and lines that will have one.
    pub tags: usize,
    /// How many open elements its tags met, together: the parser looks through them.
    pub met: usize,
    /// What is no markup and looks like it: `<` and `&` in texts.
    pub stray: usize,
}

impl Weights {
    /// What the body weighs.
    pub fn sum(self) -> usize {
        self.bytes / 40 + self.tags + self.met / 150 + self.stray
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_body_that_finds_room_may_be_larger_than_it() {
        let mut room = Room::default();
        assert!(room.take(DOCUMENT - 2 * BODY));
        assert!(room.take(10 * DOCUMENT));
        assert!(!room.take(0));
    }

    #[test]
    fn ten_megabytes_of_articles_find_room() {
        let tags = 10_000_000 / 40;
        let weights = Weights { bytes: 10_000_000, tags, met: 12 * tags, stray: 100_000 };
        assert!(weights.sum() < DOCUMENT * 4 / 5, "{}", weights.sum());
    }
}
