//! The ladder of repairs: text that feed-rs cannot read becomes text that it can.
//!
//! Each rung does what the one below it does, and more; the caller takes the first that yields the
//! items that are there. Applied blindly, higher rungs would break documents that are fine, so a
//! clean one never comes here.

use std::borrow::Cow;

use super::{characters, elements, namespaces, tree};
use crate::model::document::{Repair, Unreadable};

/// `xml` after the repairs up to `rung`; nothing where there is too much to mend.
pub fn mend(xml: &str, rung: Repair) -> Result<Cow<'_, str>, Unreadable> {
    if rung == Repair::None {
        return Ok(Cow::Borrowed(xml));
    }
    let framed = characters::framed(xml);
    // The reader of the higher rungs skips a mark of byte order and does not count it.
    let text = framed.text.trim_start_matches('\u{feff}');
    let mended = characters::mend(text, &framed.entities)?;
    Ok(Cow::Owned(match rung {
        Repair::None | Repair::Characters => mended,
        Repair::Namespaces => namespaces::mend(&mended),
        Repair::Elements => elements::mend(&namespaces::mend(&mended)),
        Repair::Tree => elements::mend(&tree::mend(&namespaces::mend(&mended))),
    }))
}

/// The rung above, if there is one.
pub fn above(rung: Repair) -> Option<Repair> {
    match rung {
        Repair::None => Some(Repair::Characters),
        Repair::Characters => Some(Repair::Namespaces),
        Repair::Namespaces => Some(Repair::Elements),
        Repair::Elements => Some(Repair::Tree),
        Repair::Tree => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_byte_order_do_not_shift_what_is_mended() {
        let xml = "\u{feff}\u{feff}é<rss><channel><item><title>é</title></item></channel></rss>";
        let text = "\u{feff}\u{feff}Erreur é <p>&nbsp;</p>";
        for text in [xml, text] {
            let mut next = Some(Repair::None);
            while let Some(rung) = next {
                assert!(mend(text, rung).is_ok_and(|mended| mended.contains('é')), "{rung:?}");
                next = above(rung);
            }
        }
    }
}
