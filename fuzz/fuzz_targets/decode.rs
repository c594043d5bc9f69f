//! Bytes to text, under any label: never a panic, never more than three bytes for one, and what is
//! UTF-8 already comes through as it is.

#![no_main]

use feedmill::parse::decode;
use libfuzzer_sys::fuzz_target;

/// What a server may say about the bytes; the first byte of the input chooses.
const LABELS: [Option<&str>; 8] = [
    None,
    Some("text/xml"),
    Some("application/rss+xml; charset=utf-8"),
    Some("text/xml; charset=\"iso-8859-1\""),
    Some("text/xml;charset=windows-1252"),
    Some("text/xml; charset=shift_jis"),
    Some("text/xml; charset=iso-2022-jp"),
    Some("text/xml; charset=utf-16"),
];

fuzz_target!(|input: &[u8]| {
    let Some((&chosen, bytes)) = input.split_first() else { return };
    let Ok(bytes) = decode::gunzip(bytes) else { return };
    assert!(bytes.len() <= decode::MAX_BYTES);
    let label = LABELS[usize::from(chosen) % LABELS.len()];
    let text = decode::decode(&bytes, label);
    assert!(text.len() <= 3 * bytes.len());
    // Escapes of ISO-2022-JP and NULs say that the bytes are something else.
    if let Ok(written) = std::str::from_utf8(&bytes)
        && !written.contains(['\u{1b}', '\0'])
    {
        assert!(written.ends_with(&*text));
    }
});
