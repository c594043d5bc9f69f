//! The pieces of HTML that a serialiser wrote: tags and text, in order.
//!
//! Only for the output of our own sanitiser, where every tag is closed by `>`, every value stands in
//! double quotes and every other `<` and `>` is escaped. A stranger's HTML goes through
//! [`super::scan`] and ammonia first.

/// One piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text, still escaped.
    Text(&'a str),
    /// A start tag: its name, its attributes as written, and all of it.
    Open {
        /// The name, in lower case.
        name: &'a str,
        /// What follows the name, without the `>`.
        attributes: &'a str,
        /// The whole tag.
        whole: &'a str,
    },
    /// An end tag: its name and all of it.
    Close {
        /// The name, in lower case.
        name: &'a str,
        /// The whole tag.
        whole: &'a str,
    },
}

/// The pieces of `html`.
pub fn pieces(html: &str) -> Pieces<'_> {
    Pieces { rest: html }
}

/// Iterates over pieces.
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (piece, rest) = match tag(self.rest) {
            Some(whole) => (read_tag(whole), &self.rest[whole.len()..]),
            None => {
                let first = self.rest.chars().next().map_or(0, char::len_utf8);
                let end = self.rest[first..].find('<').map_or(self.rest.len(), |at| at + first);
                (Piece::Text(&self.rest[..end]), &self.rest[end..])
            }
        };
        self.rest = rest;
        Some(piece)
    }
}

/// The whole tag at the start of `html`, if one stands there.
fn tag(html: &str) -> Option<&str> {
    let after = html.strip_prefix('<')?;
    let name = after.strip_prefix('/').unwrap_or(after);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut quoted = false;
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(&html[..=at]),
            _ => {}
        }
    }
    None
}

fn read_tag(whole: &str) -> Piece<'_> {
    let inner = &whole[1..whole.len() - 1];
    if let Some(name) = inner.strip_prefix('/') {
        return Piece::Close { name: name.trim_ascii_end(), whole };
    }
    let end = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
    Piece::Open { name: &inner[..end], attributes: &inner[end..], whole }
}

/// The attributes in `text`, in order: name and value, the value still escaped.
pub fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        rest = after;
        Some((name, value))
    })
}

/// Whether elements of this name stand on lines of their own.
pub fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "blockquote"
            | "pre"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "table"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "caption"
            | "figure"
            | "figcaption"
            | "hr"
    )
}

/// Whether elements of this name are cells of a table.
pub fn is_cell(name: &str) -> bool {
    matches!(name, "td" | "th")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_apart_and_lose_nothing() {
        let html = "a &lt; b<p lang=\"fr\">x <a href=\"u?a&gt;b\" title=\"1>2\">y</a></p><br>z";
        let whole: String = pieces(html)
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Open { whole, .. } | Piece::Close { whole, .. } => whole,
            })
            .collect();
        assert_eq!(whole, html);
        let link = pieces(html).find_map(|piece| match piece {
            Piece::Open { name: "a", attributes, .. } => Some(attributes),
            _ => None,
        });
        let pairs: Vec<_> = attributes(link.expect("a link")).collect();
        assert_eq!(pairs, [("href", "u?a&gt;b"), ("title", "1>2")]);
    }
}
