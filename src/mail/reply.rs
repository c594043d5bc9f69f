//! What a mail server said, fit to be kept and shown: one line, short, without addresses.

use crate::model::text::HeaderText;

/// The longest reply kept, in characters.
const LONGEST: usize = 300;

/// `text` on one line of at most 300 characters, its mail addresses replaced by `…@domain`.
pub fn kept(text: &str) -> String {
    let line = HeaderText::new(text);
    let words: Vec<String> = line.as_str().split(' ').map(without_local_part).collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some(_) => line.chars().take(LONGEST - 1).chain(['…']).collect(),
        None => line,
    }
}

/// A word that holds an address, from where the address begins.
fn without_local_part(word: &str) -> String {
    let Some((before, domain)) = word.rsplit_once('@') else { return word.to_owned() };
    let starts = |c: char| !(c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(c));
    let kept = before
        .rfind(starts)
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    format!("{}…@{domain}", &before[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_one_short_line_without_addresses() {
        for (said, shown) in [
            ("2.0.0 Ok: queued as 4XyZ", "2.0.0 Ok: queued as 4XyZ"),
            (
                "5.1.1 <zoe.martin@exemple.fr>: Recipient address rejected",
                "5.1.1 <…@exemple.fr>: Recipient address rejected",
            ),
            ("no zoe@exemple.fr\r\nhere", "no …@exemple.fr here"),
            ("rcpt=zoé+x@exemple.fr;", "…@exemple.fr;"),
        ] {
            assert_eq!(kept(said), shown);
        }
        assert_eq!(kept(&"é".repeat(1_000)).chars().count(), 300);
    }
}
