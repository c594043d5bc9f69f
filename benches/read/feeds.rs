//! Feeds as good publishers write them, about 43 kB with 30 entries: the bodies escaped, or in CDATA.

use std::fmt::Write;

const ENTRIES: usize = 30;

const FILLER: &str = "Le conseil a voté hier soir le budget de la régie des eaux après trois \
    heures de débat ; les travaux du pont commenceront au printemps si la préfecture donne son \
    accord, et la ligne de bus 14 sera détournée pendant neuf mois. Residents may comment on the \
    plan until the end of the month at the town hall or by mail. ";

/// How bodies are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `&lt;p&gt;`.
    Escaped,
    /// `<![CDATA[<p>]]>`.
    Cdata,
}

/// A feed of RSS 2.0.
pub(crate) fn rss(style: Style) -> String {
    let mut xml = String::with_capacity(46_000);
    xml.push_str(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n<title>Journal</title>\n\
         <atom:link rel=\"self\" href=\"https://journal.example/feed\"/>\n\
         <link>https://journal.example/</link>\n<description>Nouvelles</description>\n\
         <language>fr</language>\n",
    );
    for entry in 0..ENTRIES {
        let link = format!("https://journal.example/2026/{entry}/le-conseil-vote-le-budget");
        let body = body(entry, &link);
        let body = match style {
            Style::Escaped => body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            Style::Cdata => format!("<![CDATA[{body}]]>"),
        };
        let _ = write!(
            xml,
            "<item>\n<title>Le conseil vote le budget, épisode {entry}</title>\n<link>{link}</link>\n\
             <guid isPermaLink=\"false\">tag:journal,2026:{entry}</guid>\n\
             <pubDate>Mon, 23 Nov 2026 {:02}:00:00 +0100</pubDate>\n\
             <dc:creator>Zoé Martin</dc:creator>\n<category>politique</category>\n\
             <category>quartier</category>\n<description>{}</description>\n\
             <content:encoded>{body}</content:encoded>\n</item>\n",
            entry % 24,
            FILLER.get(..200).unwrap_or_default(),
        );
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

fn body(entry: usize, link: &str) -> String {
    format!(
        "<p><strong>Nº {entry}.</strong> <a href=\"{link}\" title=\"À lire\">Le journal</a> écrit \
         &amp; relit&nbsp;:</p><ul><li>un</li><li><em>deux</em></li></ul><p>{FILLER}</p>\
         <img src=\"https://journal.example/i/{entry}.jpg\" alt=\"\" width=\"640\" height=\"360\">"
    )
}
