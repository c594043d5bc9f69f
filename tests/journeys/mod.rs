//! Journeys: from what publishers do to what people receive, through the very program.
//!
//! Tests that move time have the mill in process; tests that kill it, or look at what a command
//! does to files, run it as a child. What they hold is listed in `docs/cases.md`.

mod article_scores;
mod articles;
mod clocks;
mod corpora;
mod discovery;
mod ends;
mod full_disk;
mod furniture;
mod hostile_documents;
mod hostile_titles;
mod identity;
mod kills;
mod leaps;
mod letters;
mod mornings;
mod moves;
mod outage;
mod outputs;
mod patience;
mod quarantine;
mod rehearsals;
mod reload;
mod selection;
mod signals;
mod two_at_once;
mod validators;
mod vectors;
mod visible;
mod websub;
mod why;
mod wishes;

use chrono::{DateTime, Utc};

use crate::world::clock::ManualClock;
use crate::world::home::{self, Home};
use crate::world::mailbox::{self, Letter};
use crate::world::publisher::Publisher;
use crate::world::relay::Relay;

/// A newsletter at half past six in Paris.
const NEWSLETTER: &str = "[[newsletter]]\nname = \"matin\"\ntitle = \"Le matin\"\nat = \"06:30\"\n\
    timezone = \"Europe/Paris\"\nlanguage = \"fr\"\nfrom = \"moulin@exemple.fr\"\n\
    to = [\"zoe@exemple.fr\"]\n";

/// Five in the morning in Paris: an hour and a half before the letter.
const DAWN: &str = "2026-11-24T04:00:00Z";

fn at(moment: &str) -> DateTime<Utc> {
    moment.parse().expect("a time as RFC 3339 writes it")
}

/// The headlines of a letter's text, in its order.
fn headlines(letter: &Letter) -> Vec<&str> {
    letter.text.lines().filter_map(|line| line.strip_prefix("* ")).collect()
}

/// A publisher with a feed at `/rss`, a relay, a home with both, and a clock at [`DAWN`].
struct Village {
    publisher: Publisher,
    relay: Relay,
    home: Home,
    clock: ManualClock,
}

impl Village {
    /// `more` is added to the configuration behind the newsletter.
    fn with(more: &str) -> Self {
        let (publisher, relay, home) = (Publisher::start(), Relay::start(), Home::new());
        let more = format!("{NEWSLETTER}{more}");
        home.configure(&[publisher.url("/rss")], home::Post::Relay(relay.port()), &more);
        Self { publisher, relay, home, clock: ManualClock::at(DAWN) }
    }

    /// The letters that the relay took so far, opened.
    fn letters(&self) -> Vec<Letter> {
        mailbox::opened(&self.relay.taken())
    }
}
