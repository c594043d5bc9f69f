//! Lines that ask readers to subscribe, follow, join or give: an asking word in the imperative that
//! begins a clause, and a place where that is done.
//!
//! News about such places (`Twitter has become a private company`) ask nothing, and neither does what
//! somebody is quoted with.

use super::keys::Key;
use super::phrases;

/// The longest promotion, in characters.
const LONGEST: usize = 200;
/// How far from the beginning of a line it asks at the latest, in bytes.
const LATEST: usize = 120;
/// What may stand between the beginning of a clause and the word that asks.
const BEFORE_ASKING: [&str; 13] = [
    "please ",
    "you can ",
    "you can also ",
    "and ",
    "or ",
    "et ",
    "ou ",
    "alors ",
    "vous pouvez ",
    "vous pouvez aussi ",
    "n'hésitez pas à ",
    "pour ",
    "to ",
];

/// Whether a line is a promotion.
pub fn is_promotion(key: &Key) -> bool {
    phrases::PROMOTIONS.holds(&key.text)
        || (!key.is_quoted
            && key.text.chars().count() < LONGEST
            && asks(&key.text)
            && names_a_place(&key.text))
}

fn asks(text: &str) -> bool {
    phrases::ASKED
        .find_iter(text)
        .take_while(|found| found.start() <= LATEST)
        .any(|found| is_word(text, found.start(), found.end()) && begins(&text[..found.start()]))
}

/// Whether a clause begins where `before` ends.
fn begins(before: &str) -> bool {
    let ends = |before: &str| {
        before.is_empty()
            || before.trim_end().ends_with(['.', ',', ':', '!', '?', '…', '–', '—', '|'])
    };
    ends(before)
        || BEFORE_ASKING
            .iter()
            .filter_map(|lead| before.strip_suffix(lead))
            .any(|before| before.ends_with(' ') && ends(before) || before.is_empty())
}

fn names_a_place(text: &str) -> bool {
    phrases::PLACES.find_iter(text).any(|found| {
        let end = found.end() + usize::from(text[found.end()..].starts_with('s'));
        is_word(text, found.start(), end)
    })
}

/// Whether no letter or digit stands right before or after a part of `text`.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    !text[..start].ends_with(char::is_alphanumeric)
        && !text[end..].starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::blocks;

    fn is_promotion(text: &str) -> bool {
        let html = format!("<p>{text}</p>");
        let read = blocks::read(&html);
        super::is_promotion(&Key::of(&read.lines[0]))
    }

    #[test]
    fn what_asks_is_a_promotion() {
        for text in [
            "🟣 Pour ne manquer aucune news, abonnez-vous sur Google&nbsp;Actualités.",
            "Suivez-nous sur Facebook&nbsp;!",
            "Suivez Le Journal sur Google News.",
            "Rejoignez notre chaîne WhatsApp",
            "Recevez le meilleur de la semaine par e-mail",
            "Inscrivez-vous à la newsletter du pont.",
            "Vous avez aimé ? Soutenez-nous sur Patreon.",
            "Vous pouvez aussi nous suivre sur Mastodon.",
            "Ne manquez rien : suivez notre flux RSS",
            "Retrouvez-nous aussi sur Twitch et YouTube.",
            "Subscribe to our newsletters",
            "Please subscribe to our YouTube channel.",
            "Follow us on Twitter",
            "You can follow me on Mastodon.",
            "Enjoyed this? Sign up for the newsletter.",
            "Join our Discord!",
            "Get the latest news in your inbox.",
            "Newsletter",
            "Subscribe",
        ] {
            assert!(is_promotion(text), "{text}");
        }
    }

    #[test]
    fn news_of_such_places_are_none() {
        for text in [
            "Twitter has become a private company.",
            "Threads will support users of Mastodon.",
            "You can find used phones on Facebook.",
            "Users can donate on YouTube.",
            "Meta wants to get our data for Facebook.",
            "Les utilisateurs de WhatsApp vont recevoir la mise à jour en mars.",
            "Elon Musk va soutenir la modération de Twitter.",
            "Elle va soutenir les podcasts.",
            "La mairie demande à être suivie : rejoignez-la à midi, dit-elle à Discorde.",
            "« Abonnez-vous à ma chaîne YouTube », répète-t-il.",
            "“Follow us on Twitter,” the mayor said.",
            "The mayor told us to join. Our podcast was not mentioned.",
            "Il demande aux élus de s'inscrire à Facebook.",
            "Pour rejoindre Mastodon, il faut une adresse.",
            "The number of people who subscribe to our podcast doubled.",
            "Twitter users never miss a podcast.",
            "La newsletter de Facebook compte un million d’abonnés.",
        ] {
            assert!(!is_promotion(text), "{text}");
        }
    }
}
