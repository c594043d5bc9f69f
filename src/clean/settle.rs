//! The last pass over a body that ammonia made safe: addresses are settled, pictures nobody could
//! see and links to nowhere go, and so does what is not part of the text.
//!
//! It reads the serialiser's pieces once and only ever leaves pieces out or writes an address anew,
//! so what was safe stays safe.

use std::collections::HashSet;

use super::markup::{self, Piece};
use super::{furniture, links};
use crate::model::url::WebUrl;

/// `html`, as ammonia wrote it, settled; and whether it may be read otherwise now, because a link
/// to nowhere no longer stands between what it held and what held it.
pub fn settle(html: &str, base: Option<&WebUrl>) -> (String, bool) {
    let mut settler = Settler {
        base,
        out: String::with_capacity(html.len() + html.len() / 8),
        links: Vec::new(),
        paragraph: None,
        in_code: 0,
        pre: usize::MAX,
        unwrapped: false,
        closed: html.contains('[').then(|| furniture::closed_names(html)),
    };
    for piece in markup::pieces(html) {
        settler.take(piece);
    }
    (settler.out, settler.unwrapped)
}

struct Settler<'a> {
    base: Option<&'a WebUrl>,
    out: String,
    /// Where each open link begins, if it leads somewhere.
    links: Vec<Option<usize>>,
    /// Where the open paragraph begins, and its content.
    paragraph: Option<(usize, usize)>,
    in_code: usize,
    /// Where a `<pre>` has begun: HTML drops a line feed there, and would drop the next one later.
    pre: usize,
    /// Something was left out that parted two others.
    unwrapped: bool,
    /// The shortcodes that are closed somewhere, if there is any bracket.
    closed: Option<HashSet<&'a str>>,
}

impl<'a> Settler<'a> {
    fn take(&mut self, piece: Piece<'a>) {
        match piece {
            Piece::Text(text) if self.out.len() == self.pre => {
                self.text(text.trim_start_matches('\n'));
            }
            Piece::Text(text) => self.text(text),
            Piece::Open { name, attributes, whole } => self.open(name, attributes, whole),
            Piece::Close { name, whole } => self.close(name, whole),
        }
    }

    fn text(&mut self, text: &str) {
        match &self.closed {
            Some(closed) if self.in_code == 0 => {
                furniture::push_without_shortcodes(&mut self.out, text, closed);
            }
            Some(_) | None => self.out.push_str(text),
        }
    }

    fn open(&mut self, name: &str, attributes: &str, whole: &str) {
        let from = self.out.len();
        match name {
            "a" => {
                let leads = links::write_link(&mut self.out, attributes, self.base);
                self.unwrapped |= !leads;
                self.links.push(leads.then_some(from));
            }
            "img" => links::write_picture(&mut self.out, attributes, self.base),
            "blockquote" | "q" if !attributes.is_empty() => {
                links::write_quotation(&mut self.out, name, attributes, self.base);
            }
            _ => {
                self.in_code += usize::from(matches!(name, "pre" | "code"));
                self.out.push_str(whole);
                if name == "pre" {
                    self.pre = self.out.len();
                }
                if name == "p" {
                    self.paragraph = Some((from, self.out.len()));
                }
            }
        }
    }

    fn close(&mut self, name: &str, whole: &str) {
        match name {
            "a" => {
                let Some(from) = self.links.pop().flatten() else { return };
                if furniture::is_skip_link(&self.out[from..]) {
                    self.out.truncate(from);
                } else {
                    self.out.push_str(whole);
                }
            }
            "p" => match self.paragraph.take() {
                Some((from, inner)) if furniture::is_furniture(&self.out[inner..]) => {
                    self.out.truncate(from);
                }
                Some(_) | None => self.out.push_str(whole),
            },
            _ => {
                self.in_code -= usize::from(self.in_code > 0 && matches!(name, "pre" | "code"));
                self.out.push_str(whole);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(html: &str) -> String {
        let base = WebUrl::parse("https://exemple.fr/a/b?c").expect("a URL");
        settle(html, Some(&base)).0
    }

    #[test]
    fn relative_addresses_are_resolved() {
        for (given, kept) in [
            ("../x?y=1&amp;z", "https://exemple.fr/x?y=1&amp;z"),
            ("//autre.fr", "https://autre.fr/"),
            ("#haut", "https://exemple.fr/a/b?c#haut"),
            ("MAILTO:a@b.fr", "mailto:a@b.fr"),
        ] {
            assert_eq!(
                settled(&format!("<a href=\"{given}\" title=\"t\">x</a>")),
                format!("<a href=\"{kept}\" title=\"t\" rel=\"noopener noreferrer\">x</a>")
            );
        }
    }

    #[test]
    fn links_that_lead_nowhere_go_and_their_text_stays() {
        for href in ["javascript:alert(1)", "data:text/html,x", "http://", "tel:1", ""] {
            assert_eq!(settled(&format!("a <a href=\"{href}\">b</a> c")), "a b c", "{href}");
        }
        assert_eq!(settled("<a rel=\"x\">b</a>"), "b");
        assert_eq!(settle("<a href=\"/x\">y</a><img src=\"z.png\">", None).0, "y");
    }

    #[test]
    fn pictures_nobody_could_see_go() {
        let kept = "<img src=\"https://exemple.fr/a/i.png\" alt=\"a &amp; b\" width=\"3\">";
        assert_eq!(settled("<img src=\"i.png\" alt=\"a &amp; b\" width=\"3\">"), kept);
        for gone in [
            "<img alt=\"x\">",
            "<img src=\"data:image/gif;base64,R0\">",
            "<img src=\"https://t.fr/p\" width=\"1\" height=\"1\">",
            "<img src=\"https://t.fr/p\" height=\"0\">",
        ] {
            assert_eq!(settled(gone), "", "{gone}");
        }
    }

    #[test]
    fn leftover_shortcodes_go_in_every_quote_style() {
        for html in [
            "[amazon box=\"B01\"]",
            "[amazon box='B01' /]",
            "[foo bar=“x”]",
            "[foo bar=″x″]",
            "[foo bar=&quot;x&quot;]",
            "[gallery]",
            "[vc_row][/vc_row]",
            "[am[toc]azon]",
        ] {
            let page = format!("<p>a</p><p>{html}</p><p>b</p>");
            assert_eq!(settled(&page), "<p>a</p><p>b</p>", "{html}");
        }
    }

    #[test]
    fn the_text_inside_a_pair_stays() {
        let html = "[caption id=\"x\" width=\"300\"]<img src=\"https://e.fr/i\"> légende[/caption]";
        assert_eq!(settled(html), "<img src=\"https://e.fr/i\"> légende");
        assert_eq!(settled("[box]texte[/box]"), "texte");
    }

    #[test]
    fn brackets_that_mean_something_stay() {
        for html in [
            "Il dit [...] puis […] et [1], [sic], [MàJ], [Test], [note 2], [/s]",
            "<pre>[amazon box=\"x\"]</pre> <code>[gallery]</code>",
            "a[i] = b[j=0]",
            "[] [ ] [[x]] ]x[",
        ] {
            assert_eq!(settled(html), html);
        }
    }

    #[test]
    fn notices_and_skip_links_go() {
        for html in [
            "<p>The post <a href=\"https://e.fr/a\">A</a> appeared first on <a href=\"https://e.fr\">E</a>.</p>",
            "<p>L’article <a href=\"https://e.fr/a\">A</a> est apparu en premier sur <a href=\"https://e.fr\">E</a>.</p>",
            "<a href=\"https://e.fr/#content\">Aller au contenu</a>",
            "<p>&nbsp;</p>",
        ] {
            assert_eq!(settled(&format!("<p>texte</p>{html}")), "<p>texte</p>", "{html}");
        }
        let kept = "<p>The post office appeared in 1840.</p><pre>x</pre>";
        assert_eq!(settled(kept), kept);
    }
}
