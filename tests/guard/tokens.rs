//! Paths in places that `syn` leaves as bare tokens: macro calls, macro definitions, attributes.
//!
//! A run of `ident :: ident …` is taken for a path, also when it only looks like one; braces behind
//! `::` are followed as in a `use` tree.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// A path found among tokens.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its segments.
    pub(crate) segments: Vec<String>,
    /// Whether it began with `::`.
    pub(crate) rooted: bool,
    /// Where it began.
    pub(crate) span: Span,
}

/// All paths of two or more segments in `tokens`, nested groups and path-like strings included.
pub(crate) fn paths(tokens: TokenStream) -> Vec<Found> {
    let mut found = Vec::new();
    walk(tokens, &[], &mut found);
    found
}

fn walk(tokens: TokenStream, prefix: &[String], found: &mut Vec<Found>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        match &trees[at] {
            TokenTree::Ident(first) => {
                let rooted = prefix.is_empty() && at >= 2 && is_colons(&trees, at - 2);
                let mut path = Found { segments: prefix.to_vec(), rooted, span: first.span() };
                path.segments.push(name(first));
                at = follow(&trees, at + 1, &mut path, found);
                if path.segments.len() > 1 {
                    found.push(path);
                }
            }
            TokenTree::Group(group) => {
                walk(group.stream(), &[], found);
                at += 1;
            }
            TokenTree::Literal(literal) => {
                found.extend(written(&literal.to_string(), literal.span()));
                at += 1;
            }
            TokenTree::Punct(_) => at += 1,
        }
    }
}

/// Follows `:: ident` and `:: { … }` from `at`; returns where the path ended.
fn follow(trees: &[TokenTree], mut at: usize, path: &mut Found, found: &mut Vec<Found>) -> usize {
    while is_colons(trees, at) {
        match trees.get(at + 2) {
            Some(TokenTree::Ident(next)) => path.segments.push(name(next)),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                walk(group.stream(), &path.segments, found);
            }
            _ => return at + 2,
        }
        at += 3;
    }
    at
}

fn is_colons(trees: &[TokenTree], at: usize) -> bool {
    let colon =
        |tree: Option<&TokenTree>| matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(trees.get(at)) && colon(trees.get(at + 1))
}

/// A string literal that is wholly a path, as in `#[serde(with = "crate::config::span")]`.
fn written(literal: &str, span: Span) -> Option<Found> {
    let text = literal.strip_prefix('"')?.strip_suffix('"')?;
    let rooted = text.starts_with("::");
    let segments: Vec<String> =
        text.trim_start_matches("::").split("::").map(str::to_owned).collect();
    let is_name = |word: &String| {
        word.chars().all(|c| c.is_alphanumeric() || c == '_')
            && word.starts_with(|c: char| c.is_alphabetic() || c == '_')
    };
    (segments.len() > 1 && segments.iter().all(is_name)).then_some(Found { segments, rooted, span })
}

fn name(ident: &proc_macro2::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}
