//! Comments below a post: the line that counts them, what readers wrote, the form for more.
//!
//! What stands below such a line goes with it only where it is a small part of the body and the line
//! leaves no doubt: it has a digit, or a line of the form stands close to it. A chapter on comments
//! is text, and so is a sentence that asks for one. Each line is looked at a fixed number of times.

use super::blocks::{Line, Place};
use super::keys::Key;
use super::phrases;
use crate::model::removed::RemovedKind;

/// How much text must stand before comments that no heading announces, in bytes.
const ENOUGH_TEXT: usize = 200;
/// Behind how many lines of text the form still belongs to the line above them.
const NEAR: usize = 4;
/// The most that goes where nothing says how many comments there are, in bytes.
const MOST_UNCOUNTED: usize = 1_000;
/// The longest line of a form that names the post, in bytes.
const LONGEST_NAMING: usize = 120;

/// Judges what is still without a verdict.
pub fn judge(lines: &[Line<'_>], keys: &[Key], verdicts: &mut [Option<RemovedKind>]) {
    let roles: Vec<Role> = (0..lines.len())
        .map(|at| if verdicts[at].is_some() { Role::Gone } else { role(&lines[at], &keys[at]) })
        .collect();
    if !roles.iter().any(|role| matches!(role, Role::Count(_) | Role::Form)) {
        return;
    }
    let counts = roles.iter().filter(|role| matches!(role, Role::Count(_))).count();
    let length = |at: usize| if roles[at] == Role::Gone { 0 } else { lines[at].text.len() };
    let below = below(lines, &roles);
    let (mut before, mut after) = (0, (0..lines.len()).map(length).sum::<usize>());
    for (at, line) in lines.iter().enumerate() {
        after -= length(at);
        let end = match roles[at] {
            Role::Gone | Role::Text | Role::Field => End::Stays,
            Role::Count(count) => {
                Counted { line, count, below: below[at], before, after, is_only: counts < 2 }.end()
            }
            Role::Form => end_of_form(line, below[at], before, after),
        };
        match end {
            End::Stays => before += length(at),
            End::Goes => verdicts[at] = Some(RemovedKind::Comments),
            End::GoesWithAllBelow => {
                for verdict in &mut verdicts[at..] {
                    verdict.get_or_insert(RemovedKind::Comments);
                }
                return;
            }
        }
    }
}

/// What becomes of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Stays,
    Goes,
    GoesWithAllBelow,
}

/// What a line may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It went before.
    Gone,
    Text,
    /// It says how many comments follow.
    Count(Count),
    /// It belongs to the form, or says that there is none.
    Form,
    /// It is a field of the form, if the form is near.
    Field,
}

/// How a line counts comments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    /// `2 comments`, or one thought on a title in quotes.
    Sure,
    /// `no comments`, `un commentaire`.
    Words,
    /// `Comments`.
    Bare,
}

/// What stands below a line.
#[derive(Clone, Copy, Default)]
struct Below {
    /// A line of the form stands close below it.
    has_form: bool,
    /// The next line that stays belongs to the form.
    begins_form: bool,
}

fn role(line: &Line<'_>, key: &Key) -> Role {
    if key.text.is_empty() || matches!(line.place, Place::Cell | Place::Code) {
        Role::Text
    } else if let Some(count) = count(&key.text) {
        Role::Count(count)
    } else if is_form(line, key) {
        Role::Form
    } else if phrases::FORM_FIELDS.holds(&key.text) {
        Role::Field
    } else {
        Role::Text
    }
}

/// What stands below each line, found from the last one up.
fn below(lines: &[Line<'_>], roles: &[Role]) -> Vec<Below> {
    let mut all = vec![Below::default(); lines.len()];
    let (mut since_form, mut begins_form) = (usize::MAX, false);
    for at in (0..lines.len()).rev() {
        all[at] = Below { has_form: since_form <= NEAR, begins_form };
        if roles[at] == Role::Gone || lines[at].text.is_empty() {
            continue;
        }
        begins_form = matches!(roles[at], Role::Form | Role::Field);
        since_form = if roles[at] == Role::Form { 1 } else { since_form.saturating_add(1) };
    }
    all
}

/// A line that counts comments, and what stands around it.
struct Counted<'a> {
    line: &'a Line<'a>,
    count: Count,
    below: Below,
    /// How much text stands before it, in bytes.
    before: usize,
    /// And after it.
    after: usize,
    /// Whether no other line counts any.
    is_only: bool,
}

impl Counted<'_> {
    fn end(&self) -> End {
        let is_heading = self.line.place == Place::Heading;
        let is_link = self.line.is_link();
        let announces = match self.count {
            Count::Sure => true,
            Count::Words => self.below.has_form || is_link || (is_heading && self.after == 0),
            Count::Bare => self.below.has_form,
        };
        if !announces {
            return End::Stays;
        }
        let is_small = match self.count {
            Count::Sure if is_heading => self.after <= self.before,
            Count::Sure => self.before >= ENOUGH_TEXT && self.after * 2 <= self.before,
            Count::Words | Count::Bare => {
                self.after * 4 <= self.before && self.after <= MOST_UNCOUNTED
            }
        };
        if self.before > 0 && is_small && self.is_only && (is_heading || !is_link) {
            End::GoesWithAllBelow
        } else if is_heading && self.after > 0 {
            // What it heads stays, so it does.
            End::Stays
        } else {
            End::Goes
        }
    }
}

fn end_of_form(line: &Line<'_>, below: Below, before: usize, after: usize) -> End {
    let is_small = before > 0 && after * 4 <= before && after <= MOST_UNCOUNTED;
    let is_heading = line.place == Place::Heading;
    if is_small && (after == 0 || (below.begins_form && !line.is_link())) {
        End::GoesWithAllBelow
    } else if is_heading && after > 0 && !below.begins_form {
        End::Stays
    } else {
        End::Goes
    }
}

/// How a line counts comments, if it does: `2 commentaires`, `3 thoughts on “…”`.
fn count(text: &str) -> Option<Count> {
    let has_digit = text.starts_with(|c: char| c.is_ascii_digit());
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let rest =
        ["show ", "view all "].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    let number = ["un ", "une ", "one ", "no ", "aucun ", "aucune "];
    let (rest, has_word) = match number.iter().find_map(|word| rest.strip_prefix(word)) {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let has_digit = has_digit || rest.starts_with(|c: char| c.is_ascii_digit());
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let (noun, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    if rest.is_empty() {
        let count = match (has_digit, has_word) {
            (true, _) => Count::Sure,
            (false, true) => Count::Words,
            (false, false) => Count::Bare,
        };
        return phrases::COMMENTS.holds(noun).then_some(count);
    }
    let is_of_title = phrases::RESPONSES.holds(noun)
        && ["sur ", "à ", "au sujet de ", "on ", "to ", "pour "]
            .iter()
            .filter_map(|word| rest.strip_prefix(word))
            .any(|rest| rest.starts_with(['«', '“', '"', '„', '\'']));
    (is_of_title && (has_digit || has_word)).then_some(Count::Sure)
}

/// Whether a line belongs to the form for comments, or says that there is none: as a whole, or up to
/// the end of its first sentence. A link may also say on which post.
fn is_form(line: &Line<'_>, key: &Key) -> bool {
    let is_link = line.is_link();
    if key.is_quoted || (line.place == Place::Item && !is_link) {
        return false;
    }
    phrases::COMMENTING.begins(&key.text).any(|phrase| {
        let rest = &key.text[phrase.len()..];
        let said = rest.trim_start();
        said.is_empty()
            || said.starts_with(['.', '!', '?', '…', '(', '*'])
            || (rest.starts_with(' ') && phrases::COMMENTING.holds(said))
            || (is_link
                && key.text.len() <= LONGEST_NAMING
                && (rest.starts_with(" on ") || rest.starts_with(" sur ")))
    }) || (key.text.len() <= LONGEST_NAMING
        && phrases::COMMENTS_OFF.begins(&key.text).next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::blocks;

    /// Longer than all that is judged below it.
    fn text() -> String {
        format!("<p>{}</p>", "Un article sur le pont et sur ce que la mairie en dit. ".repeat(12))
    }

    fn left(html: &str) -> String {
        let read = blocks::read(html);
        let keys: Vec<Key> = read.lines.iter().map(Key::of).collect();
        let mut verdicts = vec![None; read.lines.len()];
        judge(&read.lines, &keys, &mut verdicts);
        let goes: Vec<bool> = verdicts.iter().map(Option::is_some).collect();
        if goes.contains(&true) { read.without(&goes).html } else { html.to_owned() }
    }

    #[test]
    fn comments_and_their_form_go() {
        let text = text();
        for gone in [
            "<p>2 commentaires</p><p>Zoé : non.</p>",
            "<h2>12 Comments</h2><p>Jane: no.</p><p>Jo: yes.</p>",
            "<h3>One thought on “A bridge”</h3><p>Jane: no.</p>",
            "<h3>Une réflexion sur « Un pont »</h3><p>Zoé : non.</p>",
            "<h3>Commentaires</h3><p>Zoé : non.</p><p>Laisser un commentaire</p><p>Nom</p>",
            "<h3>Comments</h3><p>Comments are closed.</p>",
            "<p>No comments:</p><p><a href=\"a\">Post a Comment</a></p>",
            "<p>Aucun commentaire</p><h3>Laisser un commentaire Annuler la réponse</h3><p>Nom *</p>",
            "<h3>Leave a Reply</h3><p>Your email address will not be published. Required fields are \
             marked *</p><p>Name</p><p>Website</p>",
            "<p>You must be logged in to post a comment.</p>",
            "<p>Vous devez être connecté pour publier un commentaire.</p>",
            "<p><a href=\"a\">Laisser un commentaire sur Un pont</a></p>",
            "<p>Comments Off on A bridge</p>",
            "<p><a href=\"a\">No comments</a></p>",
            "<p>Join the discussion!</p>",
        ] {
            assert_eq!(left(&format!("{text}{gone}")), text, "{gone}");
        }
    }

    #[test]
    fn what_is_said_of_comments_stays() {
        let text = text();
        for kept in [
            "<p>« No comment. »</p><p>Et le maire est parti.</p>",
            "<p>No comment.</p><p>The mayor left.</p>",
            "<p>Aucun commentaire.</p><p>Le maire est parti.</p>",
            "<p>Un commentaire ?</p><p>Le maire n’en a pas.</p>",
            "<p>Commentaires</p><p>Le maire n’en a pas.</p>",
            "<h2>Comments</h2><p>A line that begins with // is a comment.</p>",
            "<h2>Comments</h2><p>Write // first.</p><p>Add a comment to each function.</p>",
            "<h2>No comment</h2><p>The mayor left.</p>",
            "<h2>Add a comment</h2><p>Send a request to /comments.</p>",
            "<h2>Add a comment to an issue</h2><p>Send a request to /comments.</p>",
            "<p>Add a comment to each function that you export.</p>",
            "<ol><li>Open the issue</li><li>Add a comment</li></ol>",
            "<p>You must be logged in to use the API.</p>",
            "<p>Join the discussion at 6 pm in room 4.</p>",
            "<p>Vous devez être connecté pour voir cette page avant midi.</p>",
            "<p>« Laissez votre commentaire », dit le site.</p>",
            "<ul><li><a href=\"a\">Add a comment to an issue</a></li></ul>",
            "<p>Nom</p><p>E-mail</p>",
        ] {
            let html = format!("{text}{kept}");
            assert_eq!(left(&html), html, "{kept}");
        }
    }

    #[test]
    fn what_goes_is_a_small_part() {
        let text = text();
        for head in ["<h2>Comments</h2><p>Leave a comment</p>", "<h2>2 comments</h2>"] {
            let html = format!("<p>Short.</p>{head}{text}");
            assert!(left(&html).ends_with(&text), "{head}");
        }
        let html = format!("{text}<p>2 comments</p>{text}");
        assert_eq!(left(&html), format!("{text}{text}"));
    }
}
