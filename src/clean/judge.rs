//! Which lines of a body are no part of its text: skip links, notices, share lines, promotions,
//! links to other posts, comments, switches of the page's look.
//!
//! A line is judged as a whole and by what it is made of, never for a word in a sentence. What only
//! stands at the end of posts is only looked for there. Code is never judged.

use super::blocks::{Line, Place};
use super::keys::Key;
use super::shares::{self, Share};
use super::{comments, notices, phrases, promotions};
use crate::model::removed::RemovedKind;

/// The most lines that are judged: no post has more, and what strangers send is not worth the time.
const MAX_LINES: usize = 20_000;
/// How many of the last lines may be a promotion or a switch, whatever their length.
const LAST_LINES: usize = 3;
/// From how many lines that each name one network on they are a list of buttons.
const BUTTONS: usize = 3;

/// For each line, why it goes; nothing where it stays. Of too many lines, all stay.
pub fn judge(lines: &[Line<'_>]) -> Vec<Option<RemovedKind>> {
    if lines.len() > MAX_LINES {
        return vec![None; lines.len()];
    }
    let keys = lines.iter().map(Key::of).collect();
    let mut judge = Judge { lines, keys, verdicts: vec![None; lines.len()] };
    judge.certain();
    judge.shares();
    judge.related();
    comments::judge(judge.lines, &judge.keys, &mut judge.verdicts);
    judge.endings();
    judge.rules();
    judge.verdicts
}

struct Judge<'a> {
    lines: &'a [Line<'a>],
    keys: Vec<Key>,
    verdicts: Vec<Option<RemovedKind>>,
}

impl Judge<'_> {
    fn is_live(&self, index: usize) -> bool {
        self.verdicts[index].is_none()
    }

    /// What can be told from the line alone.
    fn certain(&mut self) {
        for ((line, key), verdict) in self.lines.iter().zip(&self.keys).zip(&mut self.verdicts) {
            if phrases::SKIP_LINKS.holds(&key.text) {
                *verdict = Some(RemovedKind::SkipLink);
            } else if notices::is_notice(line, key) {
                *verdict = Some(RemovedKind::Notice);
            }
        }
    }

    fn shares(&mut self) {
        let shares: Vec<Share> =
            self.lines.iter().zip(&self.keys).map(|(line, key)| shares::share(line, key)).collect();
        let mut from = 0;
        while from < shares.len() {
            let run = shares[from..].iter().take_while(|share| **share != Share::No).count();
            let run_lines = &shares[from..from + run];
            if run_lines.contains(&Share::Yes) || run >= BUTTONS {
                self.verdicts[from..from + run].fill(Some(RemovedKind::Share));
            }
            from += run + 1;
        }
    }

    /// Links to other posts: a line that says so and is one, or a head and the links below it.
    fn related(&mut self) {
        for index in 0..self.lines.len() {
            let (line, key) = (&self.lines[index], &self.keys[index]);
            if !self.is_live(index) || key.text.is_empty() || line.place == Place::Cell {
                continue;
            }
            let is_parted = |phrase: &&str| {
                let rest = key.text[phrase.len()..].trim_start();
                rest.starts_with([':', '»', '>', '–', '—', '→', '|', '-'])
            };
            if let Some(phrase) = phrases::RELATED.begins(&key.text).find(is_parted) {
                let rest = line.text.len().saturating_sub(phrase.len() + 3);
                if rest > 0 && line.linked * 10 >= rest * 8 {
                    self.verdicts[index] = Some(RemovedKind::Related);
                    continue;
                }
            }
            let is_head =
                phrases::RELATED_HEADS.holds(&key.text) || key.text.starts_with("more from ");
            if !is_head || (line.place != Place::Heading && line.is_link()) {
                continue;
            }
            let links = self.links_after(index);
            if links > 0 {
                self.verdicts[index..=index + links].fill(Some(RemovedKind::Related));
            }
        }
    }

    /// How many lines after `index` are nothing but links.
    fn links_after(&self, index: usize) -> usize {
        let is_link = |line: &&Line<'_>| {
            (line.is_link() || line.text.is_empty())
                && !matches!(line.place, Place::Cell | Place::Rule)
        };
        self.lines[index + 1..].iter().take_while(is_link).count()
    }

    /// What only stands at the end of posts; and, of the switches, also at the head.
    fn endings(&mut self) {
        let live = (0..self.lines.len()).filter(|&index| self.is_live(index));
        let total: usize = live.map(|index| self.lines[index].text.len()).sum();
        let (mut seen, mut after) = (0, 0);
        for index in (0..self.lines.len()).rev() {
            if !self.is_live(index) || self.lines[index].place == Place::Rule {
                continue;
            }
            if let Some(kind) = ending(&self.lines[index], &self.keys[index]) {
                self.verdicts[index] = Some(kind);
                continue;
            }
            seen += 1;
            after += self.lines[index].text.len();
            if seen >= LAST_LINES && after * 5 > total {
                break;
            }
        }
        for index in 0..self.lines.len().min(2) {
            if self.is_live(index) && is_switch(&self.lines[index], &self.keys[index]) {
                self.verdicts[index] = Some(RemovedKind::Switch);
            }
        }
    }

    /// A rule across the page that parted the text from what went goes with it.
    fn rules(&mut self) {
        let mut went = None;
        for index in (0..self.lines.len()).rev() {
            match (self.verdicts[index], self.lines[index].place) {
                (Some(kind), _) => went = Some(kind),
                (None, Place::Rule) if went.is_some() => self.verdicts[index] = went,
                (None, _) => break,
            }
        }
    }
}

fn is_switch(line: &Line<'_>, key: &Key) -> bool {
    let is_called = |phrase: &&str| phrase.split(' ').eq(key.words());
    line.place != Place::Heading
        && line.place != Place::Cell
        && line.picture.is_none()
        && phrases::SWITCHES.beginning_as(&key.text).iter().any(is_called)
}

/// What a line is, if it only stands at the end of posts.
fn ending(line: &Line<'_>, key: &Key) -> Option<RemovedKind> {
    if key.text.is_empty() || line.place == Place::Cell {
        return None;
    }
    if promotions::is_promotion(key) {
        return Some(RemovedKind::Promotion);
    }
    if is_switch(line, key) {
        return Some(RemovedKind::Switch);
    }
    let leads_on = line.is_link()
        && (phrases::ONWARDS.holds(&key.text)
            || key.text.starts_with("continue reading ")
            || key.text.starts_with("lire la suite de "));
    leads_on.then_some(RemovedKind::Related)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::blocks;

    #[test]
    fn of_more_lines_than_any_post_has_all_stay() {
        for piece in ["2 comments<br>", "Share on X<br>", "Leave a comment<br>", "Related<br>"] {
            let judged = |count: usize| judge(&blocks::read(&piece.repeat(count)).lines);
            assert!(judged(MAX_LINES + 1).iter().all(Option::is_none), "{piece}");
            assert_eq!(judged(MAX_LINES).len(), MAX_LINES, "{piece}");
        }
        let shares = judge(&blocks::read(&"Share on X<br>".repeat(MAX_LINES)).lines);
        assert!(shares.iter().all(|verdict| *verdict == Some(RemovedKind::Share)));
    }
}
