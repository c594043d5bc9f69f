//! What is left of a body when something went, joined: two texts that a block parted stay parted,
//! and of a line that went the tags stay whose partners stand outside of it.
//!
//! Works on the sanitiser's output; [`super::blocks`] says what goes.

use super::markup::{self, Piece};

/// Writes what is left of a body.
#[derive(Debug)]
pub struct Writer {
    out: String,
    /// A block was left out, and nothing was written since.
    parted: bool,
}

impl Writer {
    /// Writes nothing yet; about `bytes` will come.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes), parted: false }
    }

    /// A block is left out here.
    pub fn part(&mut self) {
        self.parted = true;
    }

    /// Of a line that is left out, writes the tags whose partners stand outside of it.
    pub fn copy_unpaired(&mut self, html: &str) {
        unpaired(html, &mut self.out);
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.out
    }

    /// Writes what stays.
    pub fn copy(&mut self, html: &str) {
        if self.parted && !html.trim_ascii().is_empty() {
            self.parted = false;
            if ends_in_line(&self.out) && begins_in_line(html) {
                self.out.push_str("<br>");
            }
        }
        self.out.push_str(html);
    }
}

fn ends_in_line(out: &str) -> bool {
    let out = out.trim_ascii_end();
    match out.strip_suffix('>').and_then(|rest| rest.rfind('<')) {
        Some(at) => !parts_lines(&out[at..]),
        None => !out.is_empty(),
    }
}

fn begins_in_line(html: &str) -> bool {
    let html = html.trim_ascii_start();
    !html.starts_with('<') || !parts_lines(html)
}

fn parts_lines(html: &str) -> bool {
    match markup::pieces(html).next() {
        Some(Piece::Open { name, .. } | Piece::Close { name, .. }) => {
            name == "br" || markup::is_block(name) || markup::is_cell(name)
        }
        Some(Piece::Text(_)) | None => false,
    }
}

/// The tags in `html` whose partners stand outside of it.
fn unpaired(html: &str, out: &mut String) {
    let mut kept: Vec<(&str, &str)> = Vec::new();
    let mut closed = 0;
    for piece in markup::pieces(html) {
        match piece {
            Piece::Text(_) | Piece::Open { name: "img" | "br" | "hr", .. } => {}
            Piece::Open { name, whole, .. } => kept.push((name, whole)),
            Piece::Close { name, whole } => {
                if kept.len() > closed && kept.pop_if(|(open, _)| *open == name).is_some() {
                    continue;
                }
                kept.insert(closed, (name, whole));
                closed += 1;
            }
        }
    }
    out.extend(kept.into_iter().map(|(_, whole)| whole));
}
