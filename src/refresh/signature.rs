//! Signatures of what hubs push: `X-Hub-Signature: METHOD=HEX`, an HMAC (RFC 2104) of the body by the
//! secret that the hub was given (WebSub, section 8). Compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::model::secret::Secret;

/// Whether `header` is the signature of `body` by `secret`, by one of the four methods of WebSub.
pub fn is_of(header: &str, body: &[u8], secret: &Secret) -> bool {
    let Some((method, digest)) = header.trim().split_once('=') else { return false };
    let Some(digest) = bytes(digest) else { return false };
    let key = secret.reveal().as_bytes();
    match method.to_ascii_lowercase().as_str() {
        "sha1" => holds::<Hmac<Sha1>>(key, body, &digest),
        "sha256" => holds::<Hmac<Sha256>>(key, body, &digest),
        "sha384" => holds::<Hmac<Sha384>>(key, body, &digest),
        "sha512" => holds::<Hmac<Sha512>>(key, body, &digest),
        _ => false,
    }
}

fn holds<M: Mac + KeyInit>(key: &[u8], body: &[u8], digest: &[u8]) -> bool {
    let mac = <M as KeyInit>::new_from_slice(key).map(|mac| mac.chain_update(body));
    mac.is_ok_and(|mac| mac.verify_slice(digest).is_ok())
}

/// Hexadecimal digits of either case as bytes.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let (pairs, rest) = digits.as_ref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"what do ya want for nothing?";

    /// Digests of RFC 2202 (SHA-1) and RFC 4231 (the others), test case 2: key "Jefe".
    const SHA1: &str = "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
    const SHA256: &str = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const SHA384: &str = "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
        8e2240ca5e69e2c78b3239ecfab21649";
    const SHA512: &str = "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
        9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";

    #[test]
    fn every_method_of_the_recommendation_holds_and_nothing_else_does() {
        let secret = Secret::new("Jefe");
        for good in [SHA1, SHA256, SHA384, SHA512] {
            assert!(is_of(good, BODY, &secret), "{good}");
            assert!(is_of(&good.to_uppercase(), BODY, &secret), "{good}");
            assert!(!is_of(good, b"what do ya want for something?", &secret), "{good}");
            assert!(!is_of(good, BODY, &Secret::new("Jeff")), "{good}");
            assert!(!is_of(&good[..good.len() - 2], BODY, &secret), "cut: {good}");
            assert!(!is_of(&good[..good.len() - 1], BODY, &secret), "half a byte: {good}");
        }
        let (_, digest) = SHA256.split_once('=').expect("a digest");
        for bad in [
            "",
            "=",
            "sha256",
            "sha256=",
            "sha1=",
            digest,
            &format!("md5={digest}"),
            &format!("sha1={digest}"),
            &format!("sha512={digest}"),
            &format!("sha256={digest}00"),
            &format!("sha256={}", digest.replace('5', "é")),
            &format!("sha256={SHA256}"),
        ] {
            assert!(!is_of(bad, BODY, &secret), "{bad}");
        }
    }
}
