//! A date as anybody may write it: none, or a moment that is read again from its own spelling.

#![no_main]

use chrono::SecondsFormat;
use feedmill::parse::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(moment) = date::parse(text) else { return };
    let spelled = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    assert_eq!(date::parse(&spelled), Some(moment), "{text:?} became {spelled}");
});
