//! Revisions: what a representation is recognised by.
//!
//! A strong ETag (RFC 9110, section 8.8.3) is a function of the bytes and of nothing else, so it is
//! the same after a restart, on another machine, and never the same for other bytes.

use crate::model::hash;

/// The strong ETag of `bytes`, with its quotes.
pub fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", digest(bytes))
}

/// The strong ETag of the gzip coding of the same representation: other bytes on the wire, so
/// another tag (RFC 9110, section 8.8.3.3).
pub fn gzip_etag(bytes: &[u8]) -> String {
    format!("\"{}-gzip\"", digest(bytes))
}

fn digest(bytes: &[u8]) -> String {
    hash::hex(&hash::of_bytes(bytes)[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_follows_the_bytes_and_only_them() {
        assert_eq!(etag(b"abc"), "\"ba7816bf8f01cfea414140de5dae2223\"");
        assert_eq!(gzip_etag(b"abc"), "\"ba7816bf8f01cfea414140de5dae2223-gzip\"");
        assert_ne!(etag(b"abc"), etag(b"abd"));
    }
}
