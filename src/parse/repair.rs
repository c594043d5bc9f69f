//! The ladder of repairs: text that feed-rs cannot read becomes text that it can.
//!
//! Each rung does what the one below it does, and more; the caller takes the first that yields the
//! items that are there. Applied blindly, higher rungs would break documents that are fine, so a
//! clean one never comes here.

use std::borrow::Cow;

use super::{characters, elements, namespaces, tree};
use crate::model::document::Repair;

/// `xml` after the repairs up to `rung`.
pub fn mend(xml: &str, rung: Repair) -> Cow<'_, str> {
    if rung == Repair::None {
        return Cow::Borrowed(xml);
    }
    let framed = characters::framed(xml);
    let mended = characters::mend(framed.text, &framed.entities);
    match rung {
        Repair::None | Repair::Characters => Cow::Owned(mended),
        Repair::Namespaces => Cow::Owned(namespaces::mend(&mended)),
        Repair::Elements => Cow::Owned(elements::mend(&namespaces::mend(&mended))),
        Repair::Tree => Cow::Owned(elements::mend(&tree::mend(&namespaces::mend(&mended)))),
    }
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
