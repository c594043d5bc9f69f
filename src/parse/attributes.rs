//! The attributes of a tag, read as leniently as browsers do: in double quotes, single ones or none.
//!
//! Nobody looks here for the same attribute twice: of those that are repeated, the first counts.

use quick_xml::events::BytesStart;

/// The value of an attribute, its references decoded as far as they can be.
pub fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.html_attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.into_inner() == name)
        .map(|attribute| crate::clean::entities::decode(&attribute.value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_however_they_are_written() {
        let tag = BytesStart::from_content("a b=\"1 &amp; 2\" c='&eacute;' d=3 b=\"4\"", 1);
        for (name, value) in [("b", Some("1 & 2")), ("c", Some("é")), ("d", Some("3")), ("e", None)]
        {
            assert_eq!(attribute(&tag, name).as_deref(), value, "{name}");
        }
    }
}
