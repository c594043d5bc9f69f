//! JSON Feed (1 and 1.1): what feed-rs is too strict about is set right first.
//!
//! Numeric ids, a missing title, other spellings of the version, attachments without a type, text
//! after the end: readers are told to accept them. A document that feed-rs takes as it is pays
//! nothing. What it drops, pictures and hubs, is added after it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::item;
use crate::model::document::{Document, Unreadable};
use crate::model::url::WebUrl;

/// The most hubs kept of a feed.
pub const MAX_HUBS: usize = 8;

/// `text` as feed-rs takes it, and how many of its items are none; or why it is no feed.
pub fn mend(text: &str) -> Result<(String, u32), Unreadable> {
    let value = first_value(text)?;
    let Value::Object(mut feed) = value else {
        return Err(Unreadable::NotAFeed { what: "a JSON value".to_owned() });
    };
    let version = feed.get("version").and_then(Value::as_str).unwrap_or_default();
    let has_items = feed.get("items").is_some_and(Value::is_array);
    if !version.to_ascii_lowercase().contains("jsonfeed.org") && !has_items {
        return Err(Unreadable::NotAFeed { what: "a JSON document of another kind".to_owned() });
    }
    feed.insert("version".to_owned(), "https://jsonfeed.org/version/1.1".into());
    feed.entry("title").and_modify(to_text).or_insert_with(|| "".into());
    tidy(&mut feed);
    let items = match feed.remove("items") {
        Some(Value::Array(items)) => items,
        Some(_) | None => Vec::new(),
    };
    let all = items.len();
    let items: Vec<Value> = items.into_iter().filter_map(mended_item).collect();
    let left_out = u32::try_from(all - items.len()).unwrap_or(u32::MAX);
    feed.insert("items".to_owned(), Value::Array(items));
    let text = serde_json::to_string(&feed)
        .map_err(|error| Unreadable::Broken { reason: error.to_string() })?;
    Ok((text, left_out))
}

/// What feed-rs drops of a JSON Feed that it reads.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Dropped {
    feed_url: Option<Value>,
    hubs: Option<Value>,
    items: Vec<DroppedItem>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DroppedItem {
    image: Option<Value>,
    banner_image: Option<Value>,
    language: Option<Value>,
}

/// Adds to `document`, which is that of `text`, what feed-rs drops: pictures and languages of items,
/// hubs, and where the feed is to be found.
pub fn complete(mut document: Document, text: &str, base: &WebUrl) -> Document {
    let names = ["\"hubs\"", "image\"", "\"feed_url\"", "\"language\""];
    if !names.iter().any(|name| text.contains(name)) {
        return document;
    }
    let Ok(dropped) = serde_json::from_str::<Dropped>(text) else { return document };
    let address = |value: Option<&Value>| item::web(value?.as_str()?, base);
    document.own_url = address(dropped.feed_url.as_ref());
    let hubs = dropped.hubs.as_ref().and_then(Value::as_array);
    let hubs = hubs.into_iter().flatten().filter_map(|hub| address(hub.get("url")));
    document.hubs = hubs.take(MAX_HUBS).collect();
    if dropped.items.len() == document.items.len() {
        for (item, dropped) in document.items.iter_mut().zip(dropped.items) {
            let image = address(dropped.image.as_ref());
            let image = image.or_else(|| address(dropped.banner_image.as_ref()));
            item.image = image.or(item.image.take());
            let language = dropped.language.as_ref().and_then(Value::as_str);
            let language = language.and_then(item::language_tag);
            item.language = language.filter(|own| document.language.as_ref() != Some(own));
        }
    }
    document
}

/// The first value in `text`; control characters inside strings and half surrogates are forgiven.
fn first_value(text: &str) -> Result<Value, Unreadable> {
    let read = |text: &str| serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    match read(text) {
        Some(Ok(value)) => return Ok(value),
        None => return Err(Unreadable::Empty),
        Some(Err(_)) => {}
    }
    match read(&forgiven(text)) {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(Unreadable::Broken { reason: format!("JSON: {error}") }),
        None => Err(Unreadable::Empty),
    }
}

/// `text` with blanks for control characters, and nothing for half surrogates.
fn forgiven(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("\\u") {
        let is_escaped =
            rest[..at].bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1;
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if is_escaped { Some(2) } else { half_surrogate(rest) };
        match taken {
            Some(_) if is_escaped => out.push_str("\\u"),
            Some(_) => out.push_str("\\ufffd"),
            None => out.push_str(rest.get(..6).unwrap_or_default()),
        }
        rest = rest.get(taken.unwrap_or(6)..).unwrap_or_default();
        if taken.is_none()
            && let Some(low) = rest.get(..6).filter(|_| is_surrogate(&out, 0xd8))
        {
            out.push_str(low);
            rest = &rest[6..];
        }
    }
    out.push_str(rest);
    out
}

/// The length of an escape at the start of `text` if it is half a surrogate pair without the other.
fn half_surrogate(text: &str) -> Option<usize> {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    match unit(text)? {
        0xd800..=0xdbff => match text.get(6..).and_then(unit) {
            Some(0xdc00..=0xdfff) => None,
            Some(_) | None => Some(6),
        },
        0xdc00..=0xdfff => Some(6),
        _ => None,
    }
}

/// Whether `out` ends in an escape of a high surrogate.
fn is_surrogate(out: &str, from: u16) -> bool {
    let end = out.len().checked_sub(4).and_then(|at| out.get(at..at + 2));
    let high = end.and_then(|digits| u16::from_str_radix(digits, 16).ok());
    high.is_some_and(|high| (from..from + 4).contains(&high))
}

fn mended_item(value: Value) -> Option<Value> {
    let Value::Object(mut item) = value else { return None };
    if let Some(id) = item.get_mut("id") {
        to_text(id);
    }
    for name in [
        "url",
        "external_url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "date_published",
        "date_modified",
    ] {
        if item.get(name).is_some_and(|value| !value.is_string() && !value.is_null()) {
            item.remove(name);
        }
    }
    tidy(&mut item);
    if let Some(Value::Array(tags)) = item.get_mut("tags") {
        tags.iter_mut().for_each(to_text);
        tags.retain(Value::is_string);
    } else {
        item.remove("tags");
    }
    if let Some(Value::Array(files)) = item.get_mut("attachments") {
        files.retain_mut(attachment);
    } else {
        item.remove("attachments");
    }
    Some(Value::Object(item))
}

/// Sets right what feed and item have in common.
fn tidy(object: &mut Map<String, Value>) {
    for name in ["home_page_url", "feed_url", "language", "description", "icon", "favicon"] {
        if object.get(name).is_some_and(|value| !value.is_string()) {
            object.remove(name);
        }
    }
    if object.get("author").is_some_and(|author| !person(author)) {
        object.remove("author");
    }
    if let Some(Value::Array(authors)) = object.get_mut("authors") {
        authors.retain(person);
    } else {
        object.remove("authors");
    }
}

fn person(value: &Value) -> bool {
    let is_text =
        |name: &str| value.get(name).is_none_or(|value| value.is_string() || value.is_null());
    value.is_object() && is_text("name") && is_text("url")
}

fn attachment(value: &mut Value) -> bool {
    let Some(file) = value.as_object_mut() else { return false };
    if !file.get("mime_type").is_some_and(Value::is_string) {
        file.insert("mime_type".to_owned(), "application/octet-stream".into());
    }
    if let Some(size) = file.get("size_in_bytes").and_then(Value::as_f64) {
        // Sizes are whole numbers; some writers print them with a fraction.
        file.insert("size_in_bytes".to_owned(), (size.max(0.0) as u64).into());
    } else {
        file.remove("size_in_bytes");
    }
    if !file.get("title").is_none_or(|title| title.is_string() || title.is_null()) {
        file.remove("title");
    }
    file.get("url").is_some_and(Value::is_string)
}

/// Numbers and truth values become the text they are written as.
fn to_text(value: &mut Value) {
    if matches!(value, Value::Number(_) | Value::Bool(_)) {
        *value = Value::String(value.to_string());
    } else if !value.is_string() {
        *value = Value::String(String::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_should_accept_is_set_right() {
        let text = r#"{"version": "http://jsonfeed.org/version/1", "items": [{"id": 7, "title": null,
            "attachments": [{"url": "https://e.fr/a", "size_in_bytes": 1.5e3}], "tags": [1, "x", {}]}]} junk"#;
        let mended: Value = serde_json::from_str(&mend(text).expect("a feed").0).expect("JSON");
        assert_eq!(mended["title"], "");
        assert_eq!(mended["items"][0]["id"], "7");
        assert_eq!(mended["items"][0]["attachments"][0]["size_in_bytes"], 1500);
        assert_eq!(mended["items"][0]["tags"][0], "1");
    }

    #[test]
    fn half_surrogates_and_control_characters_are_forgiven() {
        let text = "{\"version\": \"https://jsonfeed.org/version/1\", \"title\": \"a\\ud800b\\ud83d\\ude00\n\\\\u12\", \"items\": []}";
        let mended: Value = serde_json::from_str(&mend(text).expect("a feed").0).expect("JSON");
        assert_eq!(mended["title"], "a\u{fffd}b😀 \\u12");
    }

    #[test]
    fn other_json_is_no_feed() {
        for text in ["null", "[]", "{\"error\": \"x\"}", "1"] {
            assert!(matches!(mend(text), Err(Unreadable::NotAFeed { .. })), "{text}");
        }
        assert!(matches!(mend("{\"version\": 1e999"), Err(Unreadable::Broken { .. })));
    }
}
