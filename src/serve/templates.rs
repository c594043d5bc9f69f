//! The templates of pages, and what a browser may do with what they make.
//!
//! Everything written into a page is escaped by the template engine; only sanitised bodies are not.
//! The policy names the one style sheet by its hash, so that no other style and no script runs,
//! whatever gets into a page.

use axum::http::HeaderValue;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use crate::model::hash;

const STYLE: &str = include_str!("../../templates/pages/style.css");

const TEMPLATES: [(&str, &str); 5] = [
    ("layout.html", include_str!("../../templates/pages/layout.html")),
    ("index.html", include_str!("../../templates/pages/index.html")),
    ("editions.html", include_str!("../../templates/pages/editions.html")),
    ("entry.html", include_str!("../../templates/pages/entry.html")),
    ("status.html", include_str!("../../templates/pages/status.html")),
];

/// What a browser may do with a sealed edition: show it, with its own styles, and follow links.
pub const EDITION: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; sandbox allow-popups \
     allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
);

/// The templates and their policies.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    /// For pages of ours.
    pub page: HeaderValue,
    /// For pages that show a stranger's body: its pictures load, nothing else does.
    pub body: HeaderValue,
}

impl Templates {
    /// Those inside the program.
    pub fn built_in() -> Self {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if !value.is_safe() => Ok(out.write_str(&escaped(text))?),
            Some(_) | None => minijinja::escape_formatter(out, state, value),
        });
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
        environment.add_global("style", STYLE);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text).expect("a test renders every template");
        }
        let style = base64(&hash::of_bytes(STYLE.as_bytes()));
        let policy = |pictures: &str| {
            let text = format!(
                "default-src 'none'; style-src 'sha256-{style}'; img-src {pictures}; \
                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            );
            HeaderValue::from_str(&text).expect("constants and base64 are visible ASCII")
        };
        Self { page: policy("data:"), body: policy("https: http: data:"), environment }
    }

    /// Renders the template `name` with `values`.
    pub fn render(&self, name: &str, values: impl Serialize) -> Result<String, minijinja::Error> {
        self.environment.get_template(name)?.render(Serde(values))
    }
}

/// `text` for an element or a quoted attribute. The engine's own escaping writes every slash of an
/// address as a reference, which helps nobody who reads the page's source.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |three: &[u8]| {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        (0..4)
            .map(move |place| {
                if place > three.len() {
                    return '=';
                }
                char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize])
            })
            .collect::<String>()
    };
    bytes.chunks(3).map(four).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_policy_allows_one_style_and_no_script() {
        let templates = Templates::built_in();
        for policy in [&templates.page, &templates.body] {
            let policy = policy.to_str().expect("ASCII");
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
            assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
        }
    }
}
