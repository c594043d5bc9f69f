//! The kinds of elements that a parser of HTML tells apart (WHATWG, sections 13.1.2 and 13.2.4), by
//! their names in lower case, and those of which an article has no use.

/// Elements that go with their content.
pub fn is_nothing(name: &str) -> bool {
    matches!(
        name,
        "style"
            | "svg"
            | "annotation"
            | "annotation-xml"
            | "iframe"
            | "object"
            | "applet"
            | "template"
            | "canvas"
            | "audio"
            | "video"
            | "select"
            | "datalist"
            | "textarea"
            | "noembed"
            | "noframes"
            | "xmp"
    )
}

/// Elements of formulas (MathML).
pub fn is_formula(name: &str) -> bool {
    matches!(
        name,
        "math"
            | "mi"
            | "mo"
            | "mn"
            | "mrow"
            | "msup"
            | "msub"
            | "msubsup"
            | "mfrac"
            | "mroot"
            | "msqrt"
            | "mtable"
            | "mtr"
            | "mtd"
            | "mtext"
            | "mover"
            | "munder"
            | "munderover"
            | "mstyle"
            | "mspace"
            | "mpadded"
            | "mfenced"
            | "menclose"
            | "mphantom"
            | "semantics"
            | "ms"
            | "mmultiscripts"
            | "merror"
    )
}

/// Elements without content.
pub fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "basefont"
            | "bgsound"
            | "keygen"
            | "image"
    )
}

/// Elements that the parser opens again in blocks that cross them.
pub fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    )
}

/// The elements that the parser calls special and that may be open here.
pub fn is_special(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "button"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "li"
            | "listing"
            | "main"
            | "marquee"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}

/// What an end tag does not reach through.
pub fn is_scope(name: &str) -> bool {
    matches!(name, "table" | "td" | "th" | "caption" | "marquee")
}
