//! The one way feedmill turns content into an identity: SHA-256, cut to what is needed. What is
//! only compared within one piece of work has a quicker one.
//!
//! Keys, fingerprints and ETags live in databases and readers' caches for years, so the function
//! must never change. Parts are length-prefixed, so `("ab", "c")` and `("a", "bc")` differ.

use std::hash::{DefaultHasher, Hasher};

use sha2::{Digest, Sha256};

/// The SHA-256 (FIPS 180-4) of `parts`, each preceded by its length as eight big-endian bytes.
pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The plain SHA-256 of `bytes`.
pub fn of_bytes(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The first 16 bytes of [`of_parts`]: an identity among fewer than 2^60 others.
pub fn short<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 16] {
    let full = of_parts(parts);
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}

/// The first eight bytes of [`of_parts`] as a signed number, the form databases index best.
pub fn number<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> i64 {
    let full = of_parts(parts);
    let mut eight = [0; 8];
    eight.copy_from_slice(&full[..8]);
    i64::from_be_bytes(eight)
}

/// A number for `bytes` that is compared within one piece of work and never kept: quick, and maybe
/// another one with the next compiler.
pub fn passing(bytes: &[u8]) -> i64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish().cast_signed()
}

/// `bytes` as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let one = of_parts([b"ab".as_slice(), b"c"]);
        let other = of_parts([b"a".as_slice(), b"bc"]);
        assert_ne!(one, other);
    }

    #[test]
    fn the_function_is_sha_256() {
        assert_eq!(
            hex(&of_bytes(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
