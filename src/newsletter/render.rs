//! The letter's text: subject, HTML part and text part of an edition, by templates.
//!
//! The built-in templates are in the binary; an operator's may stand in for either. Values are escaped
//! unless a template asks otherwise, running time is bounded, and an error names template and line. The HTML
//! part stays below what mail programs clip: excerpts are shortened first, then stories are left out
//! at the end and counted.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior};

use crate::model::edition::EditionText;
use crate::model::settings::Templates;
use crate::newsletter::page::{EditionPage, PageSection, View};
use crate::newsletter::{typeset, wording};

/// The HTML part of a letter must not be longer, coded for the mail.
pub const LARGEST_HTML: usize = 95_000;

/// How long excerpts are, in graphemes: the first of these that makes the letter small enough, or none
/// at all.
const EXCERPT_LIMITS: [usize; 3] = [300, 200, 120];

/// How much a template may do: a hundred times what the built-in ones do for 200 stories.
const FUEL: u64 = 10_000_000;

/// The column at which the text part is wrapped.
const TEXT_WIDTH: usize = 74;

const HTML_NAME: &str = "newsletter.html";
const TEXT_NAME: &str = "newsletter.txt";

/// Why a template could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("render {template}{}: {reason}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct TemplateError {
    /// Which template.
    pub template: &'static str,
    /// Which line of it, if that is known.
    pub line: Option<usize>,
    /// What is wrong there.
    pub reason: String,
}

impl TemplateError {
    fn new(template: &'static str, error: &minijinja::Error) -> Self {
        let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        Self { template, line: error.line(), reason: format!("{}{detail}", error.kind()) }
    }
}

/// Renders an edition.
pub fn render(page: &EditionPage, templates: &Templates) -> Result<EditionText, TemplateError> {
    let environment = environment(templates)?;
    let mut letter = Letter::new(&environment, page, EXCERPT_LIMITS[0])?;
    if letter.is_small_enough() {
        return letter.finished();
    }
    letter = Letter::new(&environment, page, 0)?;
    if !letter.is_small_enough() {
        return without_tail(&environment, page)?.finished();
    }
    for limit in &EXCERPT_LIMITS[1..] {
        let longer = Letter::new(&environment, page, *limit)?;
        if longer.is_small_enough() {
            return longer.finished();
        }
    }
    letter.finished()
}

/// A letter whose HTML part is rendered.
struct Letter<'a> {
    environment: &'a Environment<'a>,
    view: View,
    html: String,
}

impl<'a> Letter<'a> {
    fn new(
        environment: &'a Environment<'a>,
        page: &EditionPage,
        excerpt_limit: usize,
    ) -> Result<Self, TemplateError> {
        let view = wording::view(page, excerpt_limit);
        let html = part(environment, HTML_NAME, &view)?;
        Ok(Self { environment, view, html })
    }

    fn is_small_enough(&self) -> bool {
        typeset::encoded_len(&self.html) <= LARGEST_HTML
    }

    fn finished(self) -> Result<EditionText, TemplateError> {
        let text = part(self.environment, TEXT_NAME, &self.view)?;
        Ok(EditionText { subject: self.view.subject, html: self.html, text })
    }
}

/// Leaves out stories at the end, as few as it takes, by halving the number that is in doubt. One
/// story always stays.
fn without_tail<'a>(
    environment: &'a Environment<'a>,
    page: &EditionPage,
) -> Result<Letter<'a>, TemplateError> {
    let (mut fits, mut too_many) = (1, page.sections.iter().map(|s| s.stories.len()).sum());
    while fits + 1 < too_many {
        let middle = usize::midpoint(fits, too_many);
        match Letter::new(environment, &shortened(page, middle), 0)?.is_small_enough() {
            true => fits = middle,
            false => too_many = middle,
        }
    }
    Letter::new(environment, &shortened(page, fits), 0)
}

/// The page with `keep` stories: the longest section gives up its last one until so many are left.
fn shortened(page: &EditionPage, keep: usize) -> EditionPage {
    let mut lengths: Vec<usize> = page.sections.iter().map(|s| s.stories.len()).collect();
    for _ in keep..lengths.iter().sum() {
        if let Some(longest) = lengths.iter_mut().max() {
            *longest -= 1;
        }
    }
    let sections = page.sections.iter().zip(lengths).map(|(section, length)| PageSection {
        name: section.name.clone(),
        stories: section.stories[..length].to_vec(),
        more: section.more + section.stories.len() - length,
    });
    EditionPage {
        title: page.title.clone(),
        sections: sections.collect(),
        online: page.online.clone(),
        merged_feed: page.merged_feed.clone(),
        attention: page.attention.clone(),
        ended: page.ended.clone(),
        ..*page
    }
}

fn part(
    environment: &Environment<'_>,
    name: &'static str,
    view: &View,
) -> Result<String, TemplateError> {
    let template =
        environment.get_template(name).map_err(|error| TemplateError::new(name, &error))?;
    template.render(minijinja::value::Serde(view)).map_err(|error| TemplateError::new(name, &error))
}

fn environment(templates: &Templates) -> Result<Environment<'_>, TemplateError> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .map_err(|error| TemplateError::new(HTML_NAME, &error))?,
    );
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|name| match name {
        HTML_NAME => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.set_formatter(write_escaped);
    environment.add_filter("wrap", |text: &str, indent: Option<usize>| {
        typeset::wrap(text, TEXT_WIDTH, indent.unwrap_or(0).min(TEXT_WIDTH / 2))
    });
    environment.add_filter("underline", |text: &str, mark: char| typeset::underline(text, mark));
    let html = templates.html.as_deref().unwrap_or(include_str!("../../templates/newsletter.html"));
    let text = templates.text.as_deref().unwrap_or(include_str!("../../templates/newsletter.txt"));
    for (name, source) in [(HTML_NAME, html), (TEXT_NAME, text)] {
        environment.add_template(name, source).map_err(|error| TemplateError::new(name, &error))?;
    }
    Ok(environment)
}

/// Writes a value as its place demands. The engine's own escaping writes every `/` as six bytes,
/// which made up a tenth of a letter.
fn write_escaped(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() && matches!(state.auto_escape(), AutoEscape::Html) => {
            for piece in text.split_inclusive(['&', '<', '>', '"', '\'']) {
                let (plain, special) = split_special(piece);
                out.write_str(plain)?;
                out.write_str(special)?;
            }
            Ok(())
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

fn split_special(piece: &str) -> (&str, &'static str) {
    for (special, escaped) in
        [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")]
    {
        if let Some(plain) = piece.strip_suffix(special) {
            return (plain, escaped);
        }
    }
    (piece, "")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{DateTime, NaiveDate, Utc};

    use super::*;
    use crate::model::settings::Language;
    use crate::model::text::PlainText;
    use crate::model::url::WebUrl;
    use crate::newsletter::page::PageStory;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).expect("a URL of the table")
    }

    fn plain(text: &str) -> PlainText {
        PlainText::new(text)
    }

    fn story(title: &str, source: &str, published: &str, excerpt: &str) -> PageStory {
        let published: Option<DateTime<Utc>> = published.parse().ok();
        let slug: String =
            title.chars().filter(char::is_ascii_alphabetic).take(24).collect::<String>();
        PageStory {
            title: plain(title),
            link: Some(url(&format!("https://exemple.fr/{}?utm_source=rss", slug.to_lowercase()))),
            source: plain(source),
            also: Vec::new(),
            excerpt: plain(excerpt),
            authors: Vec::new(),
            published,
        }
    }

    fn section(name: Option<&str>, stories: Vec<PageStory>, more: usize) -> PageSection {
        PageSection { name: name.map(plain), stories, more }
    }

    fn page(language: Language, sections: Vec<PageSection>) -> EditionPage {
        EditionPage {
            title: "Le Brief du matin".to_owned(),
            language,
            date: NaiveDate::from_ymd_opt(2026, 11, 24).expect("a date"),
            zone: chrono_tz::Europe::Paris,
            sections,
            online: None,
            merged_feed: None,
            attention: Vec::new(),
            ended: Vec::new(),
        }
    }

    fn built_in(page: &EditionPage) -> EditionText {
        render(page, &Templates::default()).expect("the built-in templates")
    }

    fn french() -> EditionPage {
        let lead = PageStory {
            also: vec![plain("Radio Sept"), plain("Le Fil")],
            authors: vec![plain("Anne Le Goff"), plain("Pierre Saint-Ange")],
            ..story(
                "Réforme des retraites\u{a0}: le Sénat dit non",
                "Le Courrier de l’Ouest",
                "2026-11-24T05:30:00Z",
                "Après douze heures de débats, la chambre haute a rejeté le texte par 172 voix \
                 contre 168. Le gouvernement réunira une commission mixte paritaire dès jeudi. \
                 « Nous irons au bout », a dit la ministre en quittant l’hémicycle.",
            )
        };
        let politics = vec![
            lead,
            story(
                "Municipales\u{a0}: à Brest, une alliance que personne n’attendait",
                "Bretagne Politique",
                "2026-11-23T20:05:00Z",
                "Les deux listes ont fusionné dans la nuit, à quelques heures de la clôture.",
            ),
            story("Ce que change la loi sur l’eau", "Le Courrier de l’Ouest", "", ""),
        ];
        let tech = vec![
            story(
                "Un satellite breton mesure la houle à dix centimètres près",
                "Sciences & Mer",
                "2026-11-24T04:00:00Z",
                "Lancé en mars, l’instrument voit ce que les bouées ne voient pas\u{a0}: la houle \
                 croisée. Les premières cartes seront publiques en janvier.",
            ),
            PageStory {
                also: vec![plain("Planet Rust")],
                ..story(
                    "Announcing Rust 1.95",
                    "Rust Blog",
                    "2026-11-21T12:00:00Z",
                    "The Rust team is happy to announce a new version of Rust, 1.95.",
                )
            },
        ];
        let other = vec![PageStory {
            link: None,
            ..story("", "Carnet de bord", "2025-12-31T22:59:00Z", "Rien aujourd’hui, sinon la mer.")
        }];
        EditionPage {
            online: Some(url("https://feeds.exemple.fr/editions/matin/2026-11-24")),
            merged_feed: Some(url("https://feeds.exemple.fr/feeds/all.atom")),
            attention: vec![plain("Gazette de Quimper"), plain("Météo des plages")],
            ended: vec![plain("Le Carnet du phare")],
            ..page(
                Language::Fr,
                vec![
                    section(Some("politique"), politics, 3),
                    section(Some("tech"), tech, 1),
                    section(None, other, 0),
                ],
            )
        }
    }

    fn english() -> EditionPage {
        let stories = vec![
            PageStory {
                also: vec![plain("Harbour News")],
                authors: vec![plain("Jane Doe")],
                ..story(
                    "Harbour bridge closed after night of storms",
                    "The Morning Tide",
                    "2026-11-24T05:30:00Z",
                    "Engineers are inspecting the northern pylon. Trains will not run before noon.",
                )
            },
            story(
                "What the new water act changes",
                "Plain Law",
                "2026-11-23T20:05:00Z",
                "Three things, and one that it does not.",
            ),
        ];
        let page = page(Language::En, vec![section(None, stories, 1)]);
        EditionPage {
            title: "Morning Brief".to_owned(),
            ended: vec![plain("Quay Notes"), plain("The Lock")],
            ..page
        }
    }

    #[test]
    fn the_french_letter() {
        let letter = built_in(&french());
        insta::assert_snapshot!("french.html", letter.html);
        insta::assert_snapshot!("french.txt", format!("{}\n\n{}", letter.subject, letter.text));
    }

    #[test]
    fn the_english_letter() {
        let letter = built_in(&english());
        insta::assert_snapshot!("english.html", letter.html);
        insta::assert_snapshot!("english.txt", format!("{}\n\n{}", letter.subject, letter.text));
    }

    /// What a mail program that knows no style sheet gets.
    fn without_style(html: &str) -> String {
        let (head, rest) = html.split_once("<style>").expect("one style element");
        let (_, tail) = rest.split_once("</style>").expect("its end");
        format!("{head}{tail}")
    }

    #[test]
    fn the_html_uses_only_what_mail_programs_know() {
        let html = built_in(&french()).html;
        let lower = html.to_lowercase();
        for foreign in [
            "<script",
            "<img",
            "<form",
            "<iframe",
            "<link",
            "<svg",
            "<base",
            "@import",
            "@font-face",
            "flex",
            "grid",
            "data:",
            "url(",
            "position:",
            "float:",
            "javascript:",
            "<main",
            "<nav",
            "http-equiv",
            "src=",
        ] {
            assert!(!lower.contains(foreign), "{foreign}");
        }
        let style = html.len() - without_style(&html).len();
        assert!(style < 2_000, "{style} bytes of style sheet");
        assert_eq!(lower.matches("<style").count(), 1);
        let tables = lower.matches("<table").count();
        assert_eq!(lower.matches("<table role=\"presentation\"").count(), tables);
        assert_eq!(lower.matches("</table>").count(), tables);
        for link in lower.split("href=\"").skip(1) {
            assert!(link.starts_with("https://"), "{link}");
        }
    }

    #[test]
    fn every_rule_is_inline_so_that_the_letter_reads_without_its_style_sheet() {
        let html = without_style(&built_in(&french()).html);
        for tag in ["<h1", "<h2", "<h3", "<p", "<body", "<a"] {
            for element in html.split(tag).skip(1).filter(|e| e.starts_with([' ', '>'])) {
                let (attributes, _) = element.split_once('>').expect("a whole tag");
                assert!(attributes.contains("style=\""), "{tag}{attributes}");
            }
        }
        assert!(html.contains("width=\"600\""));
    }

    #[test]
    fn headings_descend_one_by_one_and_languages_are_named() {
        let levels = |page: &EditionPage| -> Vec<u8> {
            let html = built_in(page).html;
            assert_eq!(html.matches("<html lang=").count(), 1);
            assert!(html.matches("<div lang=").count() >= 1);
            let starts = html.match_indices("<h").map(|(at, _)| html.as_bytes()[at + 2]);
            starts.filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect()
        };
        assert_eq!(levels(&french()), [1, 2, 3, 3, 3, 2, 3, 3, 2, 3]);
        assert_eq!(levels(&english()), [1, 2, 2]);
        assert_eq!(built_in(&french()).html.matches("dir=\"auto\"").count(), 6);
    }

    /// WCAG 2.1, relative luminance and contrast ratio.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |colour: &str| {
            let channel = |at: usize| {
                let value = u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour");
                let value = f64::from(value) / 255.0;
                if value <= 0.039_28 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_contrasts_with_its_ground_by_day_and_by_night() {
        let html = built_in(&french()).html;
        let (_, rest) = html.split_once("prefers-color-scheme: dark").expect("a dark mode");
        let (night, day) = rest.split_once("</style>").expect("its end");
        for (rules, ground, least) in [(day, "#fffefb", 4), (night, "#1f1d1a", 4)] {
            assert!(rules.replace(' ', "").contains(&format!("background-color:{ground}")));
            let rules = rules.replace(' ', "").replace("-color:", "-");
            let colours: BTreeSet<&str> = rules
                .match_indices("color:#")
                .map(|(at, property)| &rules[at + property.len() - 1..][..7])
                .collect();
            assert!(colours.len() >= least, "{colours:?}");
            for colour in colours {
                assert!(contrast(colour, ground) >= 4.5, "{colour} on {ground}");
            }
        }
    }

    #[test]
    fn both_parts_have_the_same_stories() {
        for page in [french(), english()] {
            let letter = built_in(&page);
            for story in page.sections.iter().flat_map(|section| &section.stories) {
                assert!(letter.html.contains(&story.source.as_str().replace('&', "&amp;")));
                assert!(letter.text.contains(story.source.as_str()));
                let Some(link) = &story.link else { continue };
                assert!(letter.html.contains(&format!("href=\"{link}\"")), "{link}");
                assert!(letter.text.contains(&format!("\n  {link}\n")), "{link}");
            }
        }
    }

    #[test]
    fn the_text_part_is_wrapped_and_its_addresses_are_whole() {
        let mut page = french();
        let long = format!("https://exemple.fr/{}?utm_source=rss", "segment/".repeat(30));
        page.sections[0].stories[0].link = Some(url(&long));
        let text = built_in(&page).text;
        for line in text.lines() {
            let address = line.trim_start().starts_with("https://");
            assert!(address || typeset::length(line) <= TEXT_WIDTH, "{line}");
            assert!(!line.trim_start().starts_with('·'), "{line}");
        }
        assert!(text.contains(&long));
    }

    #[test]
    fn what_strangers_write_cannot_leave_its_place() {
        let attacks = [
            "</td></tr></table><script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "<!-- {{ 7 * 7 }} {% raw %}",
            "' style='position:fixed",
            "<style>*{display:none}</style>",
            "&lt;script&gt; &amp;",
        ];
        for attack in attacks {
            let hostile = PageStory {
                title: plain(attack),
                source: plain(attack),
                also: vec![plain(&format!("b{attack}"))],
                authors: vec![plain(attack)],
                ..story("x", "y", "", &format!("{attack} etc."))
            };
            let mut page = french();
            page.title = attack.to_owned();
            page.sections[0].name = Some(plain(attack));
            page.sections[0].stories[1] = hostile;
            page.attention = vec![plain(attack)];
            let letter = built_in(&page);
            for tag in ["<script", "<img", "<!--", "<style>*", "onerror=alert(1)>", "49"] {
                assert!(!letter.html.contains(tag), "{attack}: {tag}");
            }
            let tags = |html: &str| {
                html.split('<')
                    .skip(1)
                    .filter_map(|tag| tag.split([' ', '>']).next().map(str::to_owned))
                    .collect::<Vec<_>>()
            };
            let mut calm = page.clone();
            calm.title = "x".to_owned();
            calm.sections[0].name = Some(plain("x"));
            let quiet = &mut calm.sections[0].stories[1];
            (quiet.title, quiet.source) = (plain("x"), plain("y"));
            (quiet.also, quiet.authors) = (vec![plain("z")], vec![plain("x")]);
            quiet.excerpt = plain("excerpt");
            calm.attention = vec![plain("x")];
            assert_eq!(tags(&letter.html), tags(&built_in(&calm).html), "{attack}");
        }
    }

    #[test]
    fn no_control_character_gets_out() {
        let mut page = french();
        page.title = "Le\u{92}Brief\r\nBcc: x@y.fr".to_owned();
        page.sections[0].stories[0].title = plain("L\u{92}eau\u{1b}[31m\u{202e}\0 = ✓\r\nX: y");
        let letter = built_in(&page);
        for (part, lines) in [(&letter.subject, false), (&letter.html, true), (&letter.text, true)]
        {
            let bad = part.chars().find(|&c| c.is_control() && !(lines && c == '\n'));
            assert_eq!(bad, None, "{part}");
            assert!(!part.contains('\u{202e}'));
        }
        assert!(letter.subject.starts_with("Leau[31m = ✓ X: y, et 5 autres"), "{}", letter.subject);
    }

    fn many(stories: usize, excerpt: &str) -> EditionPage {
        let one = |number: usize| PageStory {
            link: Some(url(&format!(
                "https://exemple.fr/articles/2026/11/24/numero-{number}.html"
            ))),
            ..story(
                &format!("Un titre de longueur ordinaire, le numéro {number} de la matinée"),
                "Le Courrier de l’Ouest",
                "2026-11-24T05:30:00Z",
                excerpt,
            )
        };
        let half = stories / 2;
        let first = section(Some("un"), (0..half).map(one).collect(), 0);
        let second = section(Some("deux"), (half..stories).map(one).collect(), 5);
        page(Language::Fr, vec![first, second])
    }

    #[test]
    fn a_long_letter_is_shortened_excerpts_first_and_then_stories() {
        let long =
            "Une phrase d’une longueur ordinaire, avec des accents\u{a0}: é, à, ô. ".repeat(40);
        let shown = |letter: &EditionText| letter.html.matches("<h3").count();
        for (stories, all_shown, with_excerpts) in [
            (25, true, true),
            (60, true, true),
            (75, true, true),
            (95, true, false),
            (200, false, false),
            (400, false, false),
        ] {
            let letter = built_in(&many(stories, &long));
            let size = typeset::encoded_len(&letter.html);
            assert!(size <= LARGEST_HTML, "{stories}: {size}");
            assert_eq!(shown(&letter) == stories, all_shown, "{stories}: {}", shown(&letter));
            assert_eq!(letter.html.contains("<p class=\"body\""), with_excerpts, "{stories}");
            assert_eq!(letter.html.matches("https://exemple.fr/").count(), shown(&letter));
            assert_eq!(letter.text.matches("https://exemple.fr/").count(), shown(&letter));
            assert!(letter.html.contains("Composé par feedmill"), "the footer stays");
            if !all_shown {
                assert!(size > LARGEST_HTML - 2_000, "{stories}: {size} wastes room");
                let missing = stories - shown(&letter) + 5;
                let counted: usize = letter
                    .text
                    .lines()
                    .filter_map(|line| line.strip_prefix("+\u{a0}"))
                    .filter_map(|line| line.split(" autre").next())
                    .filter_map(|number| number.replace('\u{a0}', "").parse::<usize>().ok())
                    .sum();
                assert_eq!(counted, missing, "{stories}");
            }
        }
    }

    #[test]
    fn one_story_of_five_megabytes_is_one_story() {
        let page = many(1, &"Long. ".repeat(900_000));
        assert!(built_in(&page).html.len() < 10_000);
    }

    #[test]
    fn the_same_edition_has_the_same_bytes() {
        assert_eq!(built_in(&french()), built_in(&french()));
    }

    #[test]
    fn an_operator_s_templates_stand_in_for_ours() {
        let templates = Templates {
            html: Some("<p>{{ title }} & {{ sections[0].stories[0].title }}</p>".to_owned()),
            text: Some("{{ date }}{% for s in sections %}, {{ s.name }}{% endfor %}".to_owned()),
        };
        let mut page = french();
        page.title = "<b>".to_owned();
        let letter = render(&page, &templates).expect("good templates");
        assert_eq!(letter.html, "<p>&lt;b&gt; & Réforme des retraites\u{a0}: le Sénat dit non</p>");
        assert_eq!(letter.text, "mardi 24 novembre 2026, Politique, Tech, Autres");
    }

    #[test]
    fn a_template_error_names_template_and_line() {
        for (source, line, reason) in [
            ("a\nb\n{% for %}", 3, "syntax error"),
            ("a\n{{ titel }}", 2, "undefined value"),
            ("{{ title | shout }}", 1, "unknown filter"),
            ("{{ sections[0].nam }}", 1, "undefined value"),
            (
                "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
                1,
                "fuel",
            ),
        ] {
            for html in [true, false] {
                let source = Some(source.to_owned());
                let templates = if html {
                    Templates { html: source, text: None }
                } else {
                    Templates { html: None, text: source }
                };
                let error = render(&french(), &templates).expect_err("a bad template");
                assert_eq!(error.template, if html { HTML_NAME } else { TEXT_NAME });
                assert_eq!(error.line, Some(line), "{error}");
                assert!(error.to_string().contains(reason), "{error}");
            }
        }
    }
}
