//! What only shows when tables are compared: outputs that select no feed.

use std::collections::HashSet;

use crate::config::fault::Wrong;
use crate::config::section::Section;
use crate::config::values;
use crate::model::settings::Subscription;

/// Warns of each tag of an output that no feed carries.
///
/// It is no fault: the feed that will carry it may be added later, and until then the output shows
/// less, or nothing.
pub fn warn_of_idle_tags<'a>(
    outputs: impl IntoIterator<Item = &'a Section<'a>>,
    subscriptions: &[Subscription],
) {
    let carried: HashSet<&str> =
        subscriptions.iter().flat_map(|feed| &feed.tags).map(String::as_str).collect();
    for section in outputs {
        let Some(tags) = section.get("tags").and_then(|tags| tags.get_ref().as_array()) else {
            continue;
        };
        for tag in tags.iter() {
            let Ok(name) = values::label(tag.get_ref()) else { continue };
            if !carried.contains(name.as_str()) {
                let wrong = Wrong::new(format!("no feed has the tag {name:?}"));
                let wrong = wrong.nearest(&name, carried.iter().copied());
                section.findings().warning(tag.span(), wrong);
            }
        }
    }
}
