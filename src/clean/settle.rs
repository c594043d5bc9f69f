//! The last pass over a body that ammonia made safe: addresses are settled, pictures nobody could
//! see and links to nowhere go, and so do elements that are marked as furniture, shortcodes and
//! empty paragraphs.
//!
//! It reads the serialiser's pieces once and only ever leaves pieces out or writes an address anew,
//! so what was safe stays safe. What it leaves out it tells.

use std::collections::HashSet;

use super::links::{self, Picture};
use super::markup::{self, Piece};
use super::{furniture, plain, shortcodes};
use crate::model::removed::{Removed, RemovedKind};
use crate::model::url::WebUrl;

/// A settled body.
#[derive(Debug, Default)]
pub struct Settled {
    /// The body.
    pub html: String,
    /// Whether it may be read otherwise now, because something that parted two others went.
    pub is_loose: bool,
    /// What went.
    pub removed: Removed,
}

/// `html`, as ammonia wrote it, settled. Marks count only if something stands outside of them.
pub fn settle(html: &str, base: Option<&WebUrl>) -> Settled {
    let settled = settle_all(html, base, true);
    if settled.had_marks && !has_content(&settled.result.html) {
        return settle_all(html, base, false).result;
    }
    settled.result
}

fn settle_all<'a>(html: &'a str, base: Option<&'a WebUrl>, heeds_marks: bool) -> Settler<'a> {
    let mut settler = Settler {
        base,
        result: Settled {
            html: String::with_capacity(html.len() + html.len() / 8),
            ..Settled::default()
        },
        heeds_marks,
        had_marks: false,
        depth: 0,
        marked: None,
        links: Vec::new(),
        paragraph: None,
        in_code: 0,
        pre: usize::MAX,
        parted: false,
        closed: html.contains('[').then(|| shortcodes::closed_names(html)),
    };
    for piece in markup::pieces(html) {
        settler.take(piece);
    }
    settler
}

/// An open element that is furniture as a whole.
#[derive(Debug, Clone, Copy)]
struct Marked {
    kind: RemovedKind,
    depth: usize,
    from: usize,
    is_block: bool,
}

struct Settler<'a> {
    base: Option<&'a WebUrl>,
    result: Settled,
    heeds_marks: bool,
    had_marks: bool,
    /// How many elements are open.
    depth: usize,
    /// The outermost marked element that is open.
    marked: Option<Marked>,
    /// Where each open link begins and its content does, if it leads somewhere.
    links: Vec<Option<(usize, usize)>>,
    /// Where the open paragraph begins, and its content.
    paragraph: Option<(usize, usize)>,
    in_code: usize,
    /// Where a `<pre>` has begun: HTML drops a line feed there, and would drop the next one later.
    pre: usize,
    /// A block went, and text stood before it.
    parted: bool,
    /// The shortcodes that are closed somewhere, if there is any bracket.
    closed: Option<HashSet<&'a str>>,
}

impl<'a> Settler<'a> {
    fn take(&mut self, piece: Piece<'a>) {
        match piece {
            Piece::Text(text) if self.result.html.len() == self.pre => {
                self.text(text.trim_start_matches('\n'));
            }
            Piece::Text(text) => self.text(text),
            Piece::Open { name, attributes, whole } => self.open(name, attributes, whole),
            Piece::Close { name, whole } => self.close(name, whole),
        }
    }

    fn text(&mut self, text: &str) {
        if self.parted && !text.trim_ascii().is_empty() {
            self.parted = false;
            self.result.html.push_str("<br>");
        }
        match &self.closed {
            Some(closed) if self.in_code == 0 => {
                let Settled { html, removed, .. } = &mut self.result;
                shortcodes::push_without(html, text, closed, removed);
            }
            Some(_) | None => self.result.html.push_str(text),
        }
    }

    fn open(&mut self, name: &str, attributes: &str, whole: &str) {
        if self.parted && name != "br" {
            self.parted = false;
            if !markup::is_block(name) {
                self.result.html.push_str("<br>");
            }
        }
        let from = self.result.html.len();
        let is_marked = self.mark(name, attributes);
        if !matches!(name, "br" | "hr" | "img") {
            self.depth += 1;
        }
        match name {
            "a" => {
                let leads = links::write_link(&mut self.result.html, attributes, self.base);
                self.result.is_loose |= !leads;
                self.links.push(leads.then_some((from, self.result.html.len())));
            }
            "img" => match links::write_picture(&mut self.result.html, attributes, self.base) {
                Picture::Kept => {}
                Picture::Tracker => self.result.removed.add(RemovedKind::Tracker),
                Picture::Nowhere => self.result.removed.add(RemovedKind::Picture),
            },
            "blockquote" | "q" if !attributes.is_empty() => {
                links::write_quotation(&mut self.result.html, name, attributes, self.base);
            }
            _ => {
                self.in_code += usize::from(matches!(name, "pre" | "code"));
                if is_marked {
                    links::write_unmarked(&mut self.result.html, name, attributes);
                } else {
                    self.result.html.push_str(whole);
                }
                if name == "pre" {
                    self.pre = self.result.html.len();
                }
                if name == "p" {
                    self.paragraph = Some((from, self.result.html.len()));
                }
            }
        }
    }

    /// Whether the element that opens is marked; if it is the outermost, it will go.
    fn mark(&mut self, name: &str, attributes: &str) -> bool {
        let Some(kind) = links::mark(attributes).and_then(furniture::marked) else { return false };
        self.had_marks = true;
        let is_void = matches!(name, "br" | "hr" | "img");
        if self.heeds_marks && self.marked.is_none() && self.in_code == 0 && !is_void {
            let from = self.result.html.len();
            let is_block = markup::is_block(name);
            self.marked = Some(Marked { kind, depth: self.depth, from, is_block });
        }
        true
    }

    fn close(&mut self, name: &str, whole: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.parted &= !markup::is_block(name);
        match name {
            "a" => match self.links.pop().flatten() {
                // A link around a tracker, or around nothing.
                Some((from, inner)) if self.result.html.len() == inner => {
                    self.result.html.truncate(from);
                    self.result.is_loose = true;
                }
                Some(_) => self.result.html.push_str(whole),
                None => {}
            },
            "p" => match self.paragraph.take() {
                Some((from, inner)) if is_blank(&self.result.html[inner..]) => {
                    self.result.html.truncate(from);
                }
                Some(_) | None => self.result.html.push_str(whole),
            },
            _ => {
                self.in_code -= usize::from(self.in_code > 0 && matches!(name, "pre" | "code"));
                self.result.html.push_str(whole);
            }
        }
        if let Some(marked) = self.marked.filter(|marked| marked.depth == self.depth) {
            self.marked = None;
            self.leave_out(marked);
        }
    }

    /// Leaves out all that was written since a marked element began.
    fn leave_out(&mut self, marked: Marked) {
        let text = plain::without_tags(&self.result.html[marked.from..]);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            self.result.removed.add(marked.kind);
        } else {
            self.result.removed.take(marked.kind, &text);
        }
        self.result.html.truncate(marked.from);
        self.result.is_loose = true;
        self.pre = usize::MAX;
        let before = self.result.html.trim_ascii_end();
        self.parted = marked.is_block && !before.is_empty() && !before.ends_with('>');
    }
}

/// Whether there is anything to show.
fn has_content(html: &str) -> bool {
    markup::pieces(html).any(|piece| match piece {
        Piece::Text(text) => !is_blank(text),
        Piece::Open { name, .. } => name == "img",
        Piece::Close { .. } => false,
    })
}

/// Whether a paragraph holds nothing.
fn is_blank(inner: &str) -> bool {
    inner.len() < 200 && inner.replace("&nbsp;", "").trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(html: &str) -> String {
        let base = WebUrl::parse("https://exemple.fr/a/b?c").expect("a URL");
        settle(html, Some(&base)).html
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
        assert_eq!(settle("<a href=\"/x\">y</a><img src=\"z.png\">", None).html, "y");
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
    fn marked_elements_go_unless_they_are_all() {
        let marked = "<div class=\"share\"><p>Partager</p></div>";
        for (html, left) in [
            (format!("<p>a</p>{marked}<p>b</p>"), "<p>a</p><p>b</p>"),
            (format!("a{marked}b"), "a<br>b"),
            (format!("<div>a{marked}</div>"), "<div>a</div>"),
            (format!("<div class=\"comments\" lang=\"fr\">{marked}x</div>y"), "y"),
            (marked.to_owned(), "<div><p>Partager</p></div>"),
            (format!("<pre>{marked}</pre>x"), "<pre><div><p>Partager</p></div></pre>x"),
        ] {
            assert_eq!(settled(&html), left, "{html}");
        }
        let removed = settle(&format!("<p>a</p>{marked}"), None).removed;
        assert_eq!(removed.spans[0].kind, RemovedKind::Share);
        assert_eq!(removed.spans[0].text.as_str(), "Partager");
    }

    #[test]
    fn known_trackers_go_whatever_their_size_and_are_counted() {
        for source in [
            "http://feeds.feedburner.com/~r/journal/~4/x",
            "https://pixel.wp.com/b.gif?host=x",
            "https://ad.doubleclick.net/x",
            "https://logs.xiti.com/hit.xiti?s=1",
            "https://www.facebook.com/tr?id=1",
            "https://stats.exemple.fr/matomo.php?idsite=1",
        ] {
            let html = format!("<p>a</p><a href=\"https://x.fr/\"><img src=\"{source}\"></a>");
            let settled = settle(&html, None);
            assert_eq!(settled.html, "<p>a</p>", "{source}");
            assert_eq!(settled.removed.count(RemovedKind::Tracker), 1, "{source}");
        }
        let kept = "<img src=\"https://notdoubleclick.net/trophy.jpg\">";
        assert_eq!(settle(kept, None).html, kept);
    }

    #[test]
    fn empty_paragraphs_go() {
        assert_eq!(settled("<p>texte</p><p>&nbsp;</p>"), "<p>texte</p>");
    }
}
