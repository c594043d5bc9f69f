//! `[[merged_feed]]` and `[[newsletter]]`: what comes out.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono_tz::Tz;
use toml::Spanned;
use toml::de::DeValue;

use crate::config::addresses;
use crate::config::fault::Wrong;
use crate::config::feeds;
use crate::config::reach::Reach;
use crate::config::schema;
use crate::config::section::Section;
use crate::config::values;
use crate::model::secret::Address;
use crate::model::settings::{Collapse, Language, MergedFeed, Newsletter, OnUncertain, Templates};
use crate::model::timetable::Timetable;

/// Reads all `[[merged_feed]]`; without any, there is one of everything, named `all`.
pub fn merged_feeds(sections: &[Section<'_>]) -> Vec<MergedFeed> {
    if sections.is_empty() {
        return vec![schema::merged_feed()];
    }
    refuse_twice(sections);
    sections.iter().filter_map(merged_feed).collect()
}

fn merged_feed(section: &Section<'_>) -> Option<MergedFeed> {
    let name = name(section);
    let title = section.read("title", values::label);
    let tags = feeds::tags(section);
    let limit = section.read_or("limit", schema::LIMIT, values::count(1..=1_000));
    let collapse = section.read_or(
        "collapse",
        schema::COLLAPSE,
        values::one_of(&[("documents", Collapse::Documents), ("none", Collapse::None)]),
    );
    let name = name?;
    let title = match title {
        Some(title) => title.into_inner(),
        None if name == schema::merged_feed().name => schema::merged_feed().title,
        None => name.clone(),
    };
    Some(MergedFeed { name, title, tags, limit, collapse })
}

/// Reads all `[[newsletter]]`.
pub fn newsletters(sections: &[Section<'_>], reach: Reach<'_>) -> Vec<Newsletter> {
    refuse_twice(sections);
    sections.iter().filter_map(|section| newsletter(section, reach)).collect()
}

fn newsletter(section: &Section<'_>, reach: Reach<'_>) -> Option<Newsletter> {
    let name = name(section);
    let title = section.read("title", values::label).map(Spanned::into_inner);
    let timetable = timetable(section, reach);
    let from = sender(section);
    let to = subscribers(section);
    let (min_items, max_items) = item_bounds(section);
    Some(Newsletter {
        language: section.read_or("language", schema::LANGUAGE, values::one_of(LANGUAGES)),
        tags: feeds::tags(section),
        min_items,
        max_items,
        max_per_feed: section.read_or("max_per_feed", schema::MAX_PER_FEED, values::count(ITEMS)),
        backfill: section.read_or("backfill", schema::BACKFILL, values::count(0..=1_000)),
        max_lateness: section.read_or("max_lateness", schema::MAX_LATENESS, lateness),
        horizon: section.read_or("horizon", schema::HORIZON, lateness),
        on_uncertain: section.read_or(
            "on_uncertain",
            schema::ON_UNCERTAIN,
            values::one_of(&[("resend", OnUncertain::Resend), ("hold", OnUncertain::Hold)]),
        ),
        templates: templates(section, reach),
        timetable: timetable?,
        from: from?,
        to,
        title: title.or_else(|| name.clone())?,
        name: name?,
    })
}

const LANGUAGES: &[(&str, Language)] = &[("fr", Language::Fr), ("en", Language::En)];

/// How many entries a newsletter's limits can speak of.
const ITEMS: RangeInclusive<usize> = 1..=500;

fn item_bounds(section: &Section<'_>) -> (usize, usize) {
    let max_items = section.read_or("max_items", schema::MAX_ITEMS, values::count(ITEMS));
    let min_items = section.read_or("min_items", schema::MIN_ITEMS, values::count(ITEMS));
    if min_items > max_items {
        let what = format!("min_items is {min_items}, and max_items only {max_items}");
        section.findings().fault(section.place_of("min_items"), Wrong::new(what));
    }
    (min_items, max_items)
}

/// How late an edition, or how old a letter, may become.
fn lateness(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    values::duration(Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 3_600))(value)
}

fn name(section: &Section<'_>) -> Option<String> {
    if section.get("name").is_none() {
        section.missing("name", "`name`, which becomes part of its address");
    }
    section.read("name", values::name).map(Spanned::into_inner)
}

/// Complains about names that several tables of one kind share.
fn refuse_twice(sections: &[Section<'_>]) {
    let mut lines: HashMap<String, usize> = HashMap::new();
    for section in sections {
        let Some(name) = section.get("name").filter(|name| values::name(name.get_ref()).is_ok())
        else {
            continue;
        };
        let text = name.get_ref().as_str().unwrap_or_default().to_owned();
        let line = section.findings().line(&name.span());
        if let Some(first) = lines.get(&text) {
            let what = format!("the name `{text}` stands here and in line {first}");
            section.findings().fault(name.span(), Wrong::new(what).allowed("each name once"));
        } else {
            lines.insert(text, line);
        }
    }
}

fn timetable(section: &Section<'_>, reach: Reach<'_>) -> Option<Timetable> {
    let stated = section.read("timezone", zone);
    let zone = match stated {
        Some(zone) => zone.into_inner(),
        None => reach.around.time_zone().unwrap_or_else(|| {
            if section.get("timezone").is_none() {
                let what = "this system names no time zone, so the newsletter keeps to UTC";
                let wrong = Wrong::new(what).allowed("`timezone`, as in \"Europe/Paris\"");
                section.findings().warning(section.place(), wrong);
            }
            Tz::UTC
        }),
    };
    let at = section.read("at", |value| {
        let text = values::raw_text(value)?;
        Timetable::daily(text, zone)
            .map_err(|error| Wrong::new(format!("{text:?} is {error}")).allowed("as in \"06:30\""))
    });
    let cron = section.read("cron", |value| {
        let text = values::raw_text(value)?;
        Timetable::cron(text, zone).map_err(|error| {
            // The parser's own message draws a mark on lines of its own; the last one says why.
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default();
            Wrong::new(format!("{text:?} is not a cron expression: {why}"))
                .allowed("as in \"0 30 6 * * Mon-Fri\" (second minute hour day month weekday)")
        })
    });
    match (section.get("at").is_some(), section.get("cron").is_some()) {
        (true, true) => {
            let wrong = Wrong::new("there is an `at` and a `cron`").allowed("one of them");
            section.findings().fault(section.place_of("cron"), wrong);
        }
        (false, false) => {
            let wrong = Wrong::new("[[newsletter]] has neither `at` nor `cron`")
                .allowed("`at = \"06:30\"` for every day, `cron` for other rhythms");
            section.findings().fault(section.place(), wrong);
        }
        (true, false) | (false, true) => {}
    }
    at.or(cron).map(Spanned::into_inner)
}

fn zone(value: &DeValue<'_>) -> Result<Tz, Wrong> {
    let text = values::raw_text(value)?;
    text.parse().map_err(|_| {
        Wrong::new(format!("{text:?} is not a time zone"))
            .allowed("a name of the IANA data base, as in \"Europe/Paris\"")
            .nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()))
    })
}

fn sender(section: &Section<'_>) -> Option<Address> {
    if section.get("from").is_none() {
        section.missing("from", "`from` with the address that sends it");
    }
    section.read("from", addresses::address).map(Spanned::into_inner)
}

fn subscribers(section: &Section<'_>) -> Vec<Address> {
    let allowed = "`to` with the addresses that get it, as in to = [\"zoe@exemple.fr\"]";
    match section.get("to").map(Spanned::get_ref) {
        None => section.missing("to", allowed),
        Some(DeValue::Array(list)) if list.is_empty() => {
            let wrong = Wrong::new("nobody gets this newsletter").allowed(allowed);
            section.findings().fault(section.place_of("to"), wrong);
        }
        Some(_) => {}
    }
    let mut subscribers: Vec<Address> = Vec::new();
    for address in section.list("to", addresses::address) {
        let mailbox = address.get_ref().mailbox();
        if subscribers.iter().any(|known| known.mailbox().eq_ignore_ascii_case(mailbox)) {
            let wrong = Wrong::new("this subscriber stands in the list twice");
            section.findings().fault(address.span(), wrong.allowed("each address once"));
        } else {
            subscribers.push(address.into_inner());
        }
    }
    subscribers
}

fn templates(section: &Section<'_>, reach: Reach<'_>) -> Templates {
    let templates = section.section("templates", &schema::TEMPLATES);
    Templates { html: reach.text(&templates, "html"), text: reach.text(&templates, "text") }
}
