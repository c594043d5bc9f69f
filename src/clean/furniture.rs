//! What stands in a body and is no part of the text goes, and is told: elements whose class or id
//! says what they are, and lines that [`super::judge`] recognises.
//!
//! A body is never left without all of its text, unless all there was are links to skip a menu and
//! notices of where it first appeared. Leaving out what was left out before changes nothing.

use super::blocks::{self, Left, Line};
use super::judge;
use super::phrases;
use crate::model::removed::{Removed, RemovedKind};

/// How often a body is judged again after something went: what is then at its end may be furniture
/// as well.
const MAX_ROUNDS: usize = 12;

/// The shortest class or id that is looked up.
const SHORTEST_MARK: usize = 6;

/// The names under which marks travel through the sanitiser, in the place of a class.
static MARKS: [(&str, RemovedKind, &phrases::Phrases); 5] = [
    ("comments", RemovedKind::Comments, &phrases::COMMENT_MARKS),
    ("skip", RemovedKind::SkipLink, &phrases::SKIP_MARKS),
    ("share", RemovedKind::Share, &phrases::SHARE_MARKS),
    ("related", RemovedKind::Related, &phrases::RELATED_MARKS),
    ("promotion", RemovedKind::Promotion, &phrases::PROMOTION_MARKS),
];

/// The mark of an element with this class, as it is written for [`marked`]; most have none.
pub fn mark(class: &str) -> Option<&'static str> {
    if class.len() < SHORTEST_MARK || class.len() > 500 {
        return None;
    }
    class.split_ascii_whitespace().find_map(|name| {
        let is_called = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(start) => {
                name.get(..start.len()).is_some_and(|name| name.eq_ignore_ascii_case(start))
            }
            None => name.eq_ignore_ascii_case(pattern),
        };
        let found =
            MARKS.iter().find(|(_, _, patterns)| patterns.beginning_as(name).iter().any(is_called));
        found.map(|(mark, _, _)| *mark)
    })
}

/// The mark of an element with this id. Many a program makes ids of the headings of chapters, so
/// only names count that no heading gives.
pub fn mark_of_id(id: &str) -> Option<&'static str> {
    mark(id).filter(|_| id.contains('_') || phrases::PLUGIN_IDS.holds(&id.to_ascii_lowercase()))
}

/// What a mark says.
pub fn marked(mark: &str) -> Option<RemovedKind> {
    MARKS.iter().find(|(name, _, _)| *name == mark).map(|(_, kind, _)| *kind)
}

/// `html` without lines that are no part of the text, if there are any; what they were is added to
/// `removed`.
pub fn without(html: &str, removed: &mut Removed) -> Option<Left> {
    let mut left: Option<Left> = None;
    for _ in 0..MAX_ROUNDS {
        let before = left.as_ref().map_or(html, |left| left.html.as_str());
        let Some(mut less) = once(before, removed) else { return left };
        less.is_read_alike &= left.is_none_or(|left| left.is_read_alike);
        left = Some(less);
    }
    // There may be more.
    left.map(|left| Left { is_read_alike: false, ..left })
}

fn once(html: &str, removed: &mut Removed) -> Option<Left> {
    let read = blocks::read(html);
    let verdicts = judge::judge(&read.lines);
    if verdicts.iter().all(Option::is_none) {
        return None;
    }
    let goes = spared(&read.lines, &verdicts);
    if !goes.contains(&true) {
        return None;
    }
    let gone = read.lines.iter().zip(&verdicts).zip(&goes).filter(|(_, goes)| **goes);
    for ((line, verdict), _) in gone {
        if let Some(kind) = verdict.filter(|_| !line.text.is_empty()) {
            removed.take(kind, &line.text);
        }
    }
    Some(read.without(&goes))
}

/// Which lines go, so that not all of the text does.
fn spared(lines: &[Line<'_>], verdicts: &[Option<RemovedKind>]) -> Vec<bool> {
    let stays = |(line, verdict): (&Line<'_>, &Option<RemovedKind>)| {
        verdict.is_none() && (!line.text.is_empty() || line.picture.is_some())
    };
    let is_certain =
        |kind: &RemovedKind| matches!(kind, RemovedKind::SkipLink | RemovedKind::Notice);
    let something_stays = lines.iter().zip(verdicts).any(stays);
    verdicts
        .iter()
        .map(|verdict| verdict.as_ref().is_some_and(|kind| something_stays || is_certain(kind)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(html: &str) -> String {
        without(html, &mut Removed::default()).map_or_else(|| html.to_owned(), |left| left.html)
    }

    const TEXT: &str = "<p>Le premier paragraphe d’un article, assez long pour que l’on voie ce qui \
        en fait partie et ce qui n’en fait pas partie, même quand des commentaires le suivent et \
        que personne ne les annonce par un titre. Il y a encore une phrase de plus.</p>";

    #[test]
    fn furniture_goes_and_the_text_stays() {
        for furniture in [
            "<p><a href=\"#c\">Aller au contenu principal</a></p>",
            "<p>The post <a href=\"a\">A</a> appeared first on <a href=\"b\">B</a>.</p>",
            "<p>L’article <a href=\"a\">A</a> est apparu en premier sur <a href=\"b\">B</a>.</p>",
            "<p>Partager sur Facebook</p><p>Partager sur X (ouvre dans une nouvelle fenêtre)</p>",
            "<h3>Share this:</h3><ul><li><a href=\"a\">Click to share on Twitter (Opens in new \
             window)</a></li><li><a href=\"b\">Facebook</a></li></ul>",
            "<p><a href=\"a\">Facebook</a> | <a href=\"b\">Twitter</a> | <a href=\"c\">E-mail</a></p>",
            "<ul><li><a href=\"a\">Facebook</a></li><li><a href=\"b\">WhatsApp</a></li><li>\
             <a href=\"c\">Copier le lien</a></li></ul>",
            "<p><strong>🟣 Pour ne manquer aucune news, abonnez-vous sur Google&nbsp;Actualités.</strong></p>",
            "<p>Suivez-nous sur <a href=\"a\">Facebook</a>&nbsp;!</p>",
            "<p>Subscribe to our newsletter</p>\n<p>Follow us on Twitter</p>",
            "<p>Lire aussi : <a href=\"a\">Un autre article du même journal</a></p>",
            "<h3>Articles similaires</h3><ul><li><a href=\"a\">Un</a></li><li><a href=\"b\">Deux</a></li></ul>",
            "<h2>2 commentaires</h2><p>Zoé</p><p>Je ne suis pas d’accord.</p>",
            "<p>2 commentaires<br>1. non</p><p>Les commentaires sont fermés.</p><p>Mode</p>",
            "<h3>Laisser un commentaire</h3><p>Nom</p><p>E-mail</p>",
            "<h3>3 thoughts on “A title”</h3><p>Jane says: no.</p><h3>Leave a Reply</h3>",
            "<p>Les commentaires sont fermés.</p>",
            "<p><a href=\"a\">Leave a comment</a></p>",
            "<p>Mode</p>",
            "<hr><p>Mode sombre</p>",
            "<p><a href=\"a\">Lire la suite</a></p>",
        ] {
            assert_eq!(left(&format!("{TEXT}{furniture}")), TEXT, "{furniture}");
        }
        let head = "<p><a href=\"#c\">Passer au contenu</a></p><p>Mode clair</p>";
        assert_eq!(left(&format!("{head}{TEXT}")), TEXT);
    }

    #[test]
    fn what_only_looks_like_furniture_stays() {
        let long = format!("<p>Suivez-nous sur Twitter. {}</p>", "Du texte. ".repeat(30));
        for kept in [
            "<p>La newsletter de Facebook compte un million d’abonnés.</p>",
            "<p>Partager sur Facebook sa vie privée n’est pas sans risque.</p>",
            "<h2>Facebook et Twitter</h2><p>Deux réseaux.</p>",
            "<ul><li>Facebook</li><li>Google et ses filiales</li></ul>",
            "<ul><li>Facebook Messenger</li><li>WhatsApp</li><li>Viber</li></ul>",
            "<p>.share-link .twitter {</p>",
            "<p>The post office appeared in 1840.</p>",
            "<h2>Mode</h2><p>Les défilés de Paris.</p>",
            "<h2>5 réponses à vos questions</h2><p>Oui.</p>",
            "<p>Voir aussi plus haut.</p><p>Fin.</p>",
            "<pre>Mode</pre>",
            "<table><tbody><tr><td>Mode</td><td>Facebook</td></tr></tbody></table>",
            long.as_str(),
        ] {
            let html = format!("{TEXT}{kept}");
            assert_eq!(left(&html), html, "{kept}");
        }
        let first = format!("<p>Abonnez-vous à notre newsletter.</p>{TEXT}{TEXT}{TEXT}");
        assert_eq!(left(&first), first);
    }

    #[test]
    fn a_digest_keeps_its_items_when_each_counts_its_comments() {
        let item = format!("<h2>Un titre</h2>{TEXT}<p>4 commentaires</p>");
        let html = item.repeat(3);
        assert_eq!(left(&html), format!("<h2>Un titre</h2>{TEXT}").repeat(3));
        let above = format!("<p>2 commentaires</p>{TEXT}");
        assert_eq!(left(&above), above.replace("<p>2 commentaires</p>", ""));
    }

    #[test]
    fn a_body_is_never_left_without_text() {
        for html in [
            "<p>Abonnez-vous à notre newsletter.</p>",
            "<p><a href=\"a\">Comments</a></p>",
            "<h2>2 commentaires</h2><p>Partager sur Facebook</p>",
        ] {
            assert_eq!(left(html), html);
        }
        assert_eq!(left("<p>The post A appeared first on B.</p>"), "");
    }

    #[test]
    fn what_goes_is_told() {
        let mut removed = Removed::default();
        let html = format!("{TEXT}<h2>2 commentaires</h2><p>Non.</p>");
        assert_eq!(without(&html, &mut removed).map(|left| left.html).as_deref(), Some(TEXT));
        assert_eq!(removed.count(RemovedKind::Comments), 2);
        assert_eq!(removed.spans[0].text.as_str(), "2 commentaires");
    }

    #[test]
    fn classes_and_ids_say_what_an_element_is() {
        for (class, mark_of) in [
            ("entry sharedaddy sd-sharing-enabled", Some("share")),
            ("Comments", Some("comments")),
            ("disqus_thread", Some("comments")),
            ("skip-link screen-reader-text", Some("skip")),
            ("wp-block-paragraph comments-are-fun", None),
            ("post-content", None),
            ("x", None),
        ] {
            assert_eq!(mark(class), mark_of, "{class}");
        }
        for (id, mark_of) in [
            ("disqus_thread", Some("comments")),
            ("commentform", Some("comments")),
            ("jp-relatedposts", Some("related")),
            ("comments", None),
            ("respond", None),
            ("sharing", None),
            ("disqus", None),
            ("related-content", None),
            ("comment-form", None),
            ("share-button", None),
        ] {
            assert_eq!(mark_of_id(id), mark_of, "{id}");
        }
        assert!(MARKS.iter().all(|(name, kind, _)| marked(name) == Some(*kind)));
    }
}
