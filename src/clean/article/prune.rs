//! What was found loses what the site put into it: share bars, offers, links to other articles,
//! lines about the article, notices of rights.
//!
//! An element that is named as boilerplate goes only where it is a small part of all, since names
//! lie: some publishers call the article's own box `social`.

use dom_query::{Document, NodeRef};

use super::blocks::{link_share, one_line};
use super::boilerplate;

/// How large a part of the text an element may be that goes for its name.
const SMALL_PART: f64 = 0.3;
/// What is shorter than this, in characters, may be headings and pictures only.
const HEADED: usize = 400;
/// In how many blocks at the start and at the end facts about the article stand.
const EDGE: usize = 6;

/// Takes out of `content` what is not the article's.
pub fn prune(content: &Document) {
    by_name(content);
    others(content);
    lines(content);
    loose_headings(content);
}

fn elements<'a>(content: &'a Document) -> Vec<NodeRef<'a>> {
    content.root().descendants_it().filter(NodeRef::is_element).collect()
}

/// Whether `node` was taken out with something above it.
fn is_gone(node: &NodeRef<'_>) -> bool {
    let last = node.ancestors_it(None).last();
    !last.is_some_and(|root| root.is_document() || root.is_fragment())
}

fn by_name(content: &Document) {
    let whole = content.root().normalized_char_count().max(1) as f64;
    for node in elements(content) {
        let name = node.node_name().unwrap_or_default();
        if matches!(&*name, "html" | "body" | "article" | "main") || is_gone(&node) {
            continue;
        }
        let is_aside = matches!(&*name, "nav" | "footer" | "button" | "form");
        if !is_aside && !boilerplate::is_named_so(&node) {
            continue;
        }
        if (node.normalized_char_count() as f64) / whole < SMALL_PART
            && node.find(&["blockquote"]).is_empty()
        {
            node.remove_from_parent();
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
fn others(content: &Document) {
    for heading in elements(content) {
        let is_heading = rank(&heading).is_some() || heading.has_name("p");
        if !is_heading || is_gone(&heading) || is_quoted(&heading) {
            continue;
        }
        let text = one_line(&heading.text());
        if text.chars().count() > 80 || !boilerplate::heads_others(&text) {
            continue;
        }
        let mut next = heading.next_element_sibling();
        while let Some(node) = next {
            next = node.next_element_sibling();
            let text = one_line(&node.text());
            let is_list = link_share(&node, &text) > 0.5 || text.is_empty();
            if !is_list {
                break;
            }
            node.remove_from_parent();
        }
        heading.remove_from_parent();
    }
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

fn lines(content: &Document) {
    let leaves = leaves(content);
    let count = leaves.len();
    for (at, (node, text)) in leaves.into_iter().enumerate() {
        let links = link_share(&node, &text);
        let is_edge = at < EDGE || at + EDGE >= count;
        let is_code = node.has_name("pre");
        let is_caption = node.has_name("figcaption");
        let goes = boilerplate::is_see_also(&text, links)
            || boilerplate::is_offer(&text)
            || boilerplate::is_rights(&text) && !is_caption
            || boilerplate::is_alone(&text)
            || boilerplate::is_label(&text) && !is_caption
            || (is_edge || node.has_name("small")) && !is_caption && boilerplate::is_fact(&text);
        if goes && !is_code && !is_quoted(&node) {
            node.remove_from_parent();
        }
    }
}

/// A heading that nothing follows heads nothing.
fn loose_headings(content: &Document) {
    if content.root().normalized_char_count() < HEADED {
        return;
    }
    for (at, (node, text)) in leaves(content).iter().enumerate().rev() {
        if at == 0 || rank(node).is_none() || text.chars().count() >= 120 {
            return;
        }
        node.remove_from_parent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::article::blocks;

    const TEXT: &str = "<p>Le meunier a repris son moulin, et le village, qui l’attendait depuis \
        l’hiver, s’est retrouvé sur la place.</p>";

    /// What is left between two paragraphs.
    fn left(html: &str) -> String {
        let content = Document::fragment(format!("<div>{}{html}{TEXT}</div>", TEXT.repeat(8)));
        prune(&content);
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
        ] {
            let html = match text {
                "Commentaires" => format!("<blockquote><p>{text}</p></blockquote>"),
                _ => format!("<p>{text}</p>"),
            };
            assert_eq!(left(&html), blocks::one_line(text), "{text}");
        }
    }

    #[test]
    fn an_element_that_holds_most_of_the_text_stays_whatever_its_name() {
        let content = Document::fragment(format!("<div class=social>{}</div>", TEXT.repeat(9)));
        prune(&content);
        assert_eq!(content.select("p").length(), 9);
    }

    #[test]
    fn a_heading_that_nothing_follows_goes() {
        let content = Document::fragment(format!("{}<h2>Pour finir</h2>", TEXT.repeat(9)));
        prune(&content);
        assert!(content.select("h2").is_empty());
    }
}
