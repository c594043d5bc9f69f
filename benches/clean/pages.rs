//! Pages made to cost as much as they can, just within the caps of the extraction: what finding the
//! article costs one thread, and by how much the process grows.

use std::hint::black_box;

use feedmill::clean::article::extract;
use feedmill::clean::article::page::{MAX_ELEMENTS, MAX_MET, MAX_REFERENCES, MAX_TAGS};
use feedmill::clean::scan::MAX_BYTES;
use feedmill::model::url::WebUrl;

use crate::measure::{alone, growing};

/// A sentence that a paragraph may consist of.
const SENTENCE: &str = "Le conseil a voté, hier soir, le budget de la régie des eaux.";

/// `piece` as often as the caps admit.
fn full(piece: &str) -> String {
    counted(|_| piece.to_owned())
}

/// The same with pieces that all differ.
fn counted(piece: impl Fn(usize) -> String) -> String {
    let (mut html, mut tags, mut elements) = (String::new(), 0, 0);
    for number in 0.. {
        let piece = piece(number);
        tags += piece.matches('<').count();
        elements += piece.matches('<').count() - piece.matches("</").count();
        let is_full = html.len() + piece.len() > MAX_BYTES - 2_000;
        if is_full || tags > MAX_TAGS - 600 || elements > MAX_ELEMENTS - 300 {
            break;
        }
        html += &piece;
    }
    html
}

/// `piece`, as often as the caps admit it inside so many of `name`.
fn within(name: &str, depth: usize, piece: &str) -> String {
    let tags = piece.matches('<').count() * (depth + 1);
    let most = (MAX_MET.saturating_sub(depth * depth) / tags).saturating_sub(100);
    let all = full(piece);
    let inner = &all[..all.len().min(most * piece.len())];
    format!("{}{inner}{}", format!("<{name}>").repeat(depth), format!("</{name}>").repeat(depth))
}

/// What they are, and the pages.
fn pages() -> Vec<(&'static str, String)> {
    let attributes: String = (0..250).map(|n| format!(" a{n}=b")).collect();
    let tower = format!("{}x{}", "<div>".repeat(60), "</div>".repeat(60));
    let bolds: String = (0..20).map(|n| format!("<b id=b{n}>")).collect();
    let short = format!("<p>{}</p>", &SENTENCE[..40]);
    let long = format!("<p>{}</p>", SENTENCE.repeat(4));
    let json = |text: String| format!("<script type=\"application/ld+json\">{text}</script>");
    vec![
        ("short paragraphs", full("<p>x</p>")),
        ("paragraphs", full(&short)),
        ("long paragraphs", full(&long)),
        ("paragraphs that differ", counted(|n| format!("<p>{n} {SENTENCE}</p>"))),
        ("paragraphs of many classes", counted(|n| format!("<p class=k{n}>{n} {SENTENCE}</p>"))),
        ("paragraphs never closed", full("<p>x")),
        ("blocks", full("<div>x</div>")),
        ("blocks with a paragraph", full(&format!("<div>{short}</div>"))),
        ("blocks of paragraphs", full(&format!("<div>{short}{short}{short}</div>"))),
        ("sections that differ", counted(|n| format!("<section><p>{n} {SENTENCE}</p></section>"))),
        ("paragraphs far down", within("div", 250, "<p>x</p>")),
        ("blocks far down", within("section", 250, "<div>x</div>")),
        ("links far down", within("div", 250, "<a href=/x>x</a>")),
        ("items far down", within("ul", 250, "<li>x")),
        ("paragraphs in forty blocks", within("div", 40, &short)),
        ("blocks in forty blocks", within("div", 40, "<div>x</div>")),
        ("items in forty lists", within("ul", 40, "<li>x")),
        ("cells in forty blocks", within("div", 40, "<table><tr><td>x</table>")),
        ("towers", full(&tower)),
        ("towers of spans", full(&tower.replace("div", "span"))),
        ("towers of lists", full(&format!("{}{}", "<ul><li>".repeat(30), "</ul>".repeat(30)))),
        ("links", full("<a href=/x>x</a>")),
        ("lists of links", full("<li><a href=/x>Related</a></li>")),
        ("heads of links", full("<h3>Related</h3><p><a href=/x>x</a></p>")),
        ("offers", full("<p>Lire aussi : <a href=/x>Le moulin ferme</a></p>")),
        ("promotions", full("<p>Subscribe to our newsletter</p>")),
        ("breaks", full("<br>")),
        ("breaks and text", full("x<br><br>")),
        ("bold never closed", full("<p><b>x</p>")),
        ("bold opened again", format!("{bolds}{}", full("<p>x</p>")[..8 * 1_400].to_owned())),
        ("headings", full("<h2>x</h2>")),
        ("pictures", full("<img src=/x.jpg>")),
        ("figures", full("<figure><img src=/x.jpg><figcaption>x</figcaption></figure>")),
        ("pictures of those without scripts", full("<noscript><img src=/x.jpg></noscript>")),
        ("tables", full("<table><tr><td>x</table>")),
        ("cells", format!("<table><tr>{}</table>", full("<td>x"))),
        ("rows", format!("<table>{}</table>", full("<tr><td>x"))),
        (
            "tables in tables",
            full(&format!("{}x{}", "<table><tr><td>".repeat(20), "</table>".repeat(20))),
        ),
        ("text between cells", format!("<table>{}</table>", full("x<tr>"))),
        ("definitions", format!("<dl>{}</dl>", full("<dt>x<dd>y"))),
        ("attributes", full(&format!("<p{attributes}>x</p>"))),
        ("marked elements", full("<div class=\"comments share related\">x</div>")),
        (
            "marked elements that differ",
            counted(|n| format!("<div id=c{n} class=\"share-{n} a b c\">x</div>")),
        ),
        ("hidden elements", full("<div style=\"display:none\">x</div>")),
        ("named articles", full(&format!("<article>{short}</article>"))),
        ("named bodies", full("<div itemprop=articleBody>x</div>")),
        ("standfirsts", format!("<h1>x</h1>{}", full(&format!("<p class=chapo>{SENTENCE}</p>")))),
        ("descriptions", full("<meta name=description content=x>")),
        ("one text", format!("<p>{}</p>", "mot ".repeat(490_000))),
        ("commas", format!("<p>{}</p>", ", ".repeat(990_000))),
        ("lines", format!("<pre>{}</pre>", "x\n".repeat(990_000))),
        ("texts in quotations", full(&format!("<blockquote>{SENTENCE}</blockquote>"))),
        ("references", format!("<p>{}</p>", "&amp;".repeat(MAX_REFERENCES - 10))),
        ("angles", format!("<p>{}</p>", "< ".repeat(19_000))),
        ("a long title", format!("<title>{}</title>{}", "mot ".repeat(200_000), full("<p>x</p>"))),
        ("deep JSON", json("[".repeat(400_000)) + &full("<p>x</p>")),
        (
            "a body in JSON",
            json(format!(
                "{{\"@type\":\"Article\",\"articleBody\":\"{}\"}}",
                SENTENCE.repeat(6_000)
            )) + &full("<p>x</p>"),
        ),
        ("many JSON", full(&json("{\"@type\":\"Article\",\"headline\":\"x\"}".to_owned()))),
    ]
}

/// Prints what each costs.
pub(crate) fn run() -> anyhow::Result<()> {
    alone("page", "pages", pages().len())
}

/// Prints what the page of that number costs.
pub(crate) fn one(number: usize) -> anyhow::Result<()> {
    let url = WebUrl::parse("https://journal.example/2026/le-moulin")?;
    let Some((what, body)) = pages().into_iter().nth(number) else { return Ok(()) };
    let html = format!(
        "<!doctype html><html><head><title>Le moulin</title></head><body>{body}</body></html>"
    );
    drop(body);
    let costs = growing(|| match black_box(extract::extract(&html, &url)) {
        Ok(article) => format!("{} characters", article.length),
        Err(reason) => reason.to_string(),
    });
    costs.print(what);
    Ok(())
}
