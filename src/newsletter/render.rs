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
use crate::newsletter::page::{self, EditionPage, View};
use crate::newsletter::{headline, typeset, words};

/// The HTML part of a letter must not be longer, coded for the mail.
pub const LARGEST_HTML: usize = 95_000;

/// How long excerpts are, in graphemes: the first that makes the letter small enough.
const EXCERPT_LIMITS: [usize; 4] = [300, 200, 120, 0];

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
    for limit in EXCERPT_LIMITS {
        let view = view(page, limit);
        let html = part(&environment, HTML_NAME, &view)?;
        if typeset::encoded_len(&html) <= LARGEST_HTML {
            return finished(&environment, view, html);
        }
    }
    without_tail(&environment, page)
}

/// Leaves out stories at the end, as few as it takes, by halving the number that is in doubt.
fn without_tail(
    environment: &Environment<'_>,
    page: &EditionPage,
) -> Result<EditionText, TemplateError> {
    let total: usize = page.sections.iter().map(|section| section.stories.len()).sum();
    let (mut fits, mut too_many) = (1, total);
    while fits + 1 < too_many {
        let middle = fits.midpoint(too_many);
        let html = part(environment, HTML_NAME, &view(&shortened(page, middle), 0))?;
        if typeset::encoded_len(&html) <= LARGEST_HTML { fits = middle } else { too_many = middle }
    }
    let view = view(&shortened(page, fits), 0);
    let html = part(environment, HTML_NAME, &view)?;
    finished(environment, view, html)
}

/// The page with `keep` stories: the longest section gives up its last story until so many are left.
fn shortened(page: &EditionPage, keep: usize) -> EditionPage {
    let mut page = page.clone();
    let total: usize = page.sections.iter().map(|section| section.stories.len()).sum();
    for _ in keep..total {
        let longest = page.sections.iter_mut().max_by_key(|section| section.stories.len());
        if let Some(section) = longest {
            section.stories.pop();
            section.more += 1;
        }
    }
    page
}

fn finished(
    environment: &Environment<'_>,
    view: View,
    html: String,
) -> Result<EditionText, TemplateError> {
    let text = part(environment, TEXT_NAME, &view)?;
    Ok(EditionText { subject: view.subject, html, text })
}

/// The page in the words of its language.
fn view(page: &EditionPage, excerpt_limit: usize) -> View {
    let sections: Vec<_> =
        page.sections.iter().map(|section| page::section(page, section, excerpt_limit)).collect();
    // Subject and preheader do not depend on how much of the excerpts fits below.
    let whole: Vec<_> =
        page.sections.iter().map(|section| page::section(page, section, 300)).collect();
    let shown: usize = sections.iter().map(|section| section.stories.len()).sum();
    let mut sources: Vec<&str> = sections
        .iter()
        .flat_map(|section| &section.stories)
        .map(|story| story.source.as_str())
        .collect();
    sources.sort_unstable();
    sources.dedup();
    View {
        language: words::tag(page.language),
        title: crate::model::text::HeaderText::new(&page.title).as_str().to_owned(),
        date: words::date(page.language, page.date),
        subject: headline::subject(page.language, page.date, &whole),
        preheader: headline::preheader(&whole),
        summary: words::summary(page.language, shown, sources.len()),
        named: sections.iter().any(|section| section.name.is_some()),
        sections,
        online: page.online.as_ref().map(|url| url.as_str().to_owned()),
        merged_feed: page.merged_feed.as_ref().map(|url| url.as_str().to_owned()),
        attention: page::attention(page),
        words: words::phrases(page.language),
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
