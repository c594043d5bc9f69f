//! What was found loses what the site put into it: share bars, offers, links to other articles,
//! lines about the article, notices of rights.
//!
//! An element that is named as boilerplate goes only where it is a small part of all, since names
//! lie: some publishers call the article's own box `social`.

use dom_query::{Document, NodeRef};

use super::blocks::{link_share, one_line};
use super::boilerplate;
use super::publisher::Publisher;
use crate::model::removed::{Removed, RemovedKind};

/// How large a part of the text an element may be that goes for its name.
const SMALL_PART: f64 = 0.3;
/// What is shorter than this, in characters, may be headings and pictures only.
const HEADED: usize = 400;
/// In how many blocks at the start and at the end facts about the article stand.
const EDGE: usize = 6;

/// How much of a line must be in links for it to tell under what the article is filed: some publishers
/// link words of the text so, too.
const FILED: f64 = 0.2;

/// Takes out of `content`, from a page of `publisher`, what is not the article's, and notes it in
/// `removed`.
pub fn prune(content: &Document, publisher: &Publisher, removed: &mut Removed) {
    by_name(content, removed);
    others(content, removed);
    lines(content, publisher, removed);
    loose_headings(content, removed);
}

fn take(node: &NodeRef<'_>, kind: RemovedKind, removed: &mut Removed) {
    let text = one_line(&node.text());
    if !text.is_empty() {
        removed.take(kind, &text);
    }
    node.remove_from_parent();
}

fn elements<'a>(content: &'a Document) -> Vec<NodeRef<'a>> {
    content.root().descendants_it().filter(NodeRef::is_element).collect()
}

/// Whether `node` was taken out with something above it.
fn is_gone(node: &NodeRef<'_>) -> bool {
    let last = node.ancestors_it(None).last();
    !last.is_some_and(|root| root.is_document() || root.is_fragment())
}

fn by_name(content: &Document, removed: &mut Removed) {
    let whole = content.root().normalized_char_count().max(1) as f64;
    for node in elements(content) {
        let name = node.node_name().unwrap_or_default();
        if matches!(&*name, "html" | "body" | "article" | "main") || is_gone(&node) {
            continue;
        }
        let role = node.attr("role").unwrap_or_default();
        let role = match (&*name, &*role) {
            ("nav", _) | (_, "navigation") => Some(RemovedKind::Related),
            ("footer", _) | (_, "contentinfo") => Some(RemovedKind::Notice),
            ("button" | "form", _) | (_, "search") => Some(RemovedKind::Form),
            _ => None,
        };
        let Some(kind) = role.or_else(|| boilerplate::named(&node)) else { continue };
        if (node.normalized_char_count() as f64) / whole < SMALL_PART
            && node.find(&["blockquote"]).is_empty()
        {
            take(&node, kind, removed);
        }
    }
}

fn rank(node: &NodeRef<'_>) -> Option<u8> {
    let name = node.node_name()?;
    match &*name {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ => None,
    }
}

/// Headings above lists of other articles, with their lists.
fn others(content: &Document, removed: &mut Removed) {
    for heading in elements(content) {
        let is_heading = rank(&heading).is_some() || heading.has_name("p");
        if !is_heading || is_gone(&heading) || is_quoted(&heading) {
            continue;
        }
        let text = one_line(&heading.text());
        let next = heading.next_element_sibling();
        let is_followed = next.is_some_and(|next| is_list(&next));
        if text.chars().count() > 80 || !boilerplate::heads_others(&text, is_followed) {
            continue;
        }
        let mut next = next;
        while let Some(node) = next.filter(is_list) {
            next = node.next_element_sibling();
            take(&node, RemovedKind::Related, removed);
        }
        take(&heading, RemovedKind::Related, removed);
    }
}

/// Whether `node` is links, mostly.
fn is_list(node: &NodeRef<'_>) -> bool {
    let text = one_line(&node.text());
    text.is_empty() || link_share(node, &text) > 0.5
}

/// Whether all of `node` is set apart from text.
fn is_apart(node: &NodeRef<'_>, text: &str, links: f64) -> bool {
    let set = ["em", "i", "strong", "b", "small"].map(|name| node.find(&[name]));
    let is_whole = |inner: &NodeRef<'_>| one_line(&inner.text()) == text;
    links > 0.9 || set.iter().flatten().any(is_whole)
}

/// Whether most links of `node` say under what the article is filed.
fn is_filed(node: &NodeRef<'_>) -> bool {
    let links = node.find(&["a"]);
    let is_tag = |link: &NodeRef<'_>| {
        link.attr("rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "tag"))
    };
    !links.is_empty() && links.iter().filter(|link| is_tag(link)).count() * 2 >= links.len()
}

/// Whether `node` begins with a label in bold.
fn is_bold_label(node: &NodeRef<'_>) -> bool {
    let mut inner = node.children_it(false).filter(|child| !child.text().trim().is_empty());
    inner.next().is_some_and(|first| {
        matches!(first.node_name().as_deref(), Some("strong" | "b"))
            && boilerplate::is_fact(&one_line(&first.text()), 0.0)
    })
}

fn is_quoted(node: &NodeRef<'_>) -> bool {
    node.ancestors_it(None).any(|above| above.has_name("blockquote"))
}

/// The innermost blocks with text, in order.
fn leaves<'a>(content: &'a Document) -> Vec<(NodeRef<'a>, String)> {
    let is_block = |node: &NodeRef<'_>| {
        node.node_name().is_some_and(|name| {
            matches!(
                &*name,
                "p" | "div"
                    | "section"
                    | "li"
                    | "h1"
                    | "h2"
                    | "h3"
                    | "h4"
                    | "h5"
                    | "h6"
                    | "blockquote"
                    | "pre"
                    | "td"
                    | "th"
                    | "dd"
                    | "dt"
                    | "figcaption"
                    | "figure"
                    | "ul"
                    | "ol"
                    | "table"
                    | "article"
                    | "header"
                    | "small"
                    | "dl"
                    | "tr"
                    | "tbody"
                    | "aside"
                    | "center"
            )
        })
    };
    elements(content)
        .into_iter()
        .filter(|node| is_block(node) && !node.descendants_it().any(|inner| is_block(&inner)))
        .map(|node| (node, one_line(&node.text())))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn lines(content: &Document, publisher: &Publisher, removed: &mut Removed) {
    let leaves = leaves(content);
    let count = leaves.len();
    for (at, (node, text)) in leaves.into_iter().enumerate() {
        let is_edge = at < EDGE || at + EDGE >= count;
        if !node.has_name("pre")
            && !is_quoted(&node)
            && let Some(kind) = line(&node, &text, publisher, is_edge)
        {
            take(&node, kind, removed);
        }
    }
}

/// What boilerplate the line `text` in `node` is.
fn line(
    node: &NodeRef<'_>,
    text: &str,
    publisher: &Publisher,
    is_edge: bool,
) -> Option<RemovedKind> {
    let links = link_share(node, text);
    let is_caption = node.has_name("figcaption");
    let is_line = !is_caption && rank(node).is_none();
    let is_linked = links > 0.0;
    let stand = boilerplate::Stand {
        publisher: Some(publisher),
        is_apart: (is_linked || is_edge) && is_apart(node, text, links),
        is_linked,
        asks: is_linked && publisher.asks_in(node),
    };
    let is_fact = || {
        boilerplate::is_label(text)
            || (is_edge || node.has_name("small"))
                && (boilerplate::is_fact(text, links) || is_bold_label(node))
    };
    if boilerplate::is_see_also(text, links) {
        Some(RemovedKind::Related)
    } else if boilerplate::is_offer(text, stand) || boilerplate::is_alone(text) {
        Some(RemovedKind::Promotion)
    } else if !is_caption && boilerplate::is_rights(text)
        || is_line && (is_fact() || is_edge && links > FILED && is_filed(node))
    {
        Some(RemovedKind::Notice)
    } else {
        None
    }
}

/// A heading that nothing follows heads nothing.
fn loose_headings(content: &Document, removed: &mut Removed) {
    if content.root().normalized_char_count() < HEADED {
        return;
    }
    for (at, (node, text)) in leaves(content).iter().enumerate().rev() {
        if at == 0 || rank(node).is_none() || text.chars().count() >= 120 {
            return;
        }
        take(node, RemovedKind::Related, removed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::article::blocks;
    use crate::model::url::WebUrl;

    const TEXT: &str = "<p>Le meunier a repris son moulin, et le village, qui l’attendait depuis \
        l’hiver, s’est retrouvé sur la place.</p>";

    fn pruned(content: &Document) -> Removed {
        let url = WebUrl::parse("https://journal.example/moulin").expect("a URL");
        let mut removed = Removed::default();
        prune(content, &Publisher::new(&url, Some("Le Journal")), &mut removed);
        removed
    }

    /// What is left between two paragraphs.
    fn left(html: &str) -> String {
        let content = Document::fragment(format!("<div>{}{html}{TEXT}</div>", TEXT.repeat(8)));
        pruned(&content);
        let text = blocks::one_line(&content.root().text());
        let paragraph = blocks::one_line(&Document::fragment(TEXT).root().text());
        text.replace(&paragraph, "").trim().to_owned()
    }

    #[test]
    fn what_the_site_put_in_goes() {
        for html in [
            "<div class='post-newsletter'><p>Chaque matin, l’essentiel.</p></div>",
            "<p><strong>Lire aussi :</strong> <a href=x>Le moulin ferme</a></p>",
            "<p>Lea también: <a href=x>Otra cosa</a></p>",
            "<p>🟣 Abonnez-vous à notre infolettre pour ne rien manquer.</p>",
            "<p>Sign up for our daily newsletter.</p>",
            "<p>© 2026 Le journal. Tous droits réservés.</p>",
            "<p>Publicité</p>",
            "<h3>Sur le même sujet</h3><ul><li><a href=a>Un</a></li><li><a href=b>Deux</a></li></ul>",
            "<h2>2 commentaires</h2><ol><li><a href=x>Zoé a répondu</a></li></ol>",
            "<p>Publié le 3 mars 2026</p>",
            "<p>Soutenez <a href='/don'>Le Journal</a>, qui vit de ses lecteurs.</p>",
            "<p>Already a subscriber? You can <a href='/login'>log in</a> to read on.</p>",
            "<p><em>Every day: <a href=x>our newsletter</a>.</em></p>",
            "<div role=navigation><ul><li><a href=a>Un</a></li><li>Deux</li></ul></div>",
        ] {
            assert_eq!(left(html), "", "{html}");
        }
    }

    #[test]
    fn what_the_author_wrote_stays() {
        for text in [
            "Il faut lire aussi ce que disent les opposants, dont la voix porte loin.",
            "« Abonnez-vous » était le mot d’ordre du journal. Le tirage, qui montait depuis un an, \
             retomba pourtant ; et lorsque le directeur, las de compter, ferma ses portes un soir de \
             mars, il ne restait plus, dans la salle où l’on avait tant crié, que trois typographes, \
             un chat et la vieille presse, que personne n’avait voulu racheter malgré les annonces.",
            "Commentaires",
            "Ukraine hopes to become a member of the European Union by 2030.",
            "Only 12 countries have agreed to sign up to the treaty.",
            "Few economists still subscribe to the theory that made him famous.",
            "Download the report, unpack it and read it to the end.",
            "To continue reading in the dark she lit a candle.",
            "« Abonnez-vous », répétait le crieur devant la gare.",
            "Les habitants peuvent s’abonner à la bibliothèque pour dix euros par an.",
            "Il suffit de faire un don au refuge pour adopter un chien.",
            "Recevez trente convives, et vous saurez ce que coûte un agneau.",
            "Inscrivez-vous en mairie avant le 31 mars pour voter en juin.",
        ] {
            let html = match text {
                "Commentaires" => format!("<blockquote><p>{text}</p></blockquote>"),
                _ => format!("<p>{text}</p>"),
            };
            assert_eq!(left(&html), blocks::one_line(text), "{text}");
        }
    }

    /// What is left of a line that stands first, where facts about the article do.
    fn left_first(html: &str) -> String {
        let content = Document::fragment(format!("<div>{html}{}</div>", TEXT.repeat(9)));
        pruned(&content);
        let text = blocks::one_line(&content.root().text());
        let paragraph = blocks::one_line(&Document::fragment(TEXT).root().text());
        text.replace(&paragraph, "").trim().to_owned()
    }

    #[test]
    fn a_sentence_is_no_fact_about_the_article() {
        for text in [
            "Publié par Gallimard en 1942, L’Étranger s’ouvre sur la mort d’une mère.",
            "Partager son bureau avec un inconnu, voilà ce que demande la mairie à ses agents.",
            "Imprimer une maison en trois dimensions ne prend plus que deux jours.",
            "Posted by the tenants on every door, the notice gave them until Friday.",
            "Photo sensible exige mains sûres : la restauratrice ne tremble pas.",
        ] {
            assert_eq!(left_first(&format!("<p>{text}</p>")), text);
        }
        for html in [
            "<p>Publié le 3 mars 2026 à 10 h</p>",
            "<p>Mis à jour le 3 mars 2026.</p>",
            "<p>Écrit par Zoé Meunier</p>",
            "<p>Catégorie : Moulins</p>",
            "<p>Par <a href=x>Zoé Meunier</a></p>",
            "<p>Posted in <a rel='category tag' href=x>Mills</a></p>",
            "<li><b>Permalien</b> https://journal.example/3</li>",
            "<p>Photo: Yves Leblond.</p>",
        ] {
            assert_eq!(left_first(html), "", "{html}");
        }
    }

    #[test]
    fn a_heading_that_no_links_follow_may_begin_as_one_above_other_articles() {
        for text in ["Commentaires sur la guerre des Gaules", "Most popular bridges of Prague"] {
            assert_eq!(left(&format!("<h2>{text}</h2>")), text);
            assert_eq!(left(&format!("<h2>{text}</h2><ul><li><a href=x>Un</a></li></ul>")), "");
        }
    }

    #[test]
    fn what_goes_is_noted_with_its_kind() {
        let html = "<div class=sharebar>Partager</div><p>Publicité</p><p>Lire aussi : <a href=x>\
            Le moulin ferme</a></p><section id=comments><p>Bravo !</p></section>\
            <p>© 2026 Le Journal</p><nav><a href=x></a></nav>";
        let content = Document::fragment(format!("<div>{}{html}</div>", TEXT.repeat(9)));
        let removed = pruned(&content);
        let spans: Vec<_> =
            removed.spans.iter().map(|span| (span.kind, span.text.as_str())).collect();
        assert_eq!(
            spans,
            [
                (RemovedKind::Share, "Partager"),
                (RemovedKind::Comments, "Bravo !"),
                (RemovedKind::Promotion, "Publicité"),
                (RemovedKind::Related, "Lire aussi : Le moulin ferme"),
                (RemovedKind::Notice, "© 2026 Le Journal"),
            ]
        );
    }

    #[test]
    fn an_element_that_holds_most_of_the_text_stays_whatever_its_name() {
        let content = Document::fragment(format!("<div class=social>{}</div>", TEXT.repeat(9)));
        pruned(&content);
        assert_eq!(content.select("p").length(), 9);
    }

    #[test]
    fn a_heading_that_nothing_follows_goes() {
        let content = Document::fragment(format!("{}<h2>Pour finir</h2>", TEXT.repeat(9)));
        pruned(&content);
        assert!(content.select("h2").is_empty());
    }
}
