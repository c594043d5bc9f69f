//! Which coding of a representation is sent (RFC 9110, section 12.5.3).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

/// A content coding that we have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Identity,
    /// gzip (RFC 1952).
    Gzip,
}

/// The coding that `headers` prefer: gzip if it is acceptable and nothing says that it is worse than
/// identity. A request that accepts neither gets identity, as it may.
pub fn choose(headers: &HeaderMap) -> Coding {
    let (mut gzip, mut identity, mut other) = (None, None, None);
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    for element in lines.flat_map(|line| line.split(',')) {
        let (name, weight) = weighted(element);
        match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => identity = Some(weight),
            "*" => other = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(other).unwrap_or(0);
    if gzip > 0 && gzip >= identity.unwrap_or(0) { Coding::Gzip } else { Coding::Identity }
}

/// `name;q=0.5` as its name and its weight in thousandths. A weight that cannot be read counts as
/// none: what is not understood is not preferred.
fn weighted(element: &str) -> (&str, u16) {
    let (name, parameters) = element.split_once(';').unwrap_or((element, ""));
    let weight = parameters.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
    });
    (name.trim(), weight.unwrap_or(1000))
}

/// `qvalue` of RFC 9110, section 12.4.2.
fn thousandths(value: &str) -> u16 {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().unwrap_or(0);
    match whole {
        "0" => fraction,
        "1" if fraction == 0 => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_chosen_by_weight() {
        use Coding::{Gzip, Identity};
        for (field, coding) in [
            ("", Identity),
            ("gzip", Gzip),
            ("GZIP", Gzip),
            ("x-gzip", Gzip),
            ("br, gzip;q=0.5", Gzip),
            ("deflate, br", Identity),
            ("gzip;q=0", Identity),
            ("gzip; q=0.000", Identity),
            ("*", Gzip),
            ("*;q=0.1, gzip;q=0", Identity),
            ("identity;q=1, gzip;q=0.5", Identity),
            ("identity;q=0.5, gzip;q=1.0", Gzip),
            ("identity;q=0", Identity),
            ("gzip;q=nonsense", Identity),
            ("gzip;q=1.5", Identity),
            ("gzip;level=9;q=0.9", Gzip),
            ("gzipped", Identity),
            (",,;q=1", Identity),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, field.parse().expect("a field"));
            assert_eq!(choose(&headers), coding, "{field}");
        }
        assert_eq!(choose(&HeaderMap::new()), Identity);
    }

    #[test]
    fn several_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT_ENCODING, "identity;q=0.1".parse().expect("a field"));
        headers.append(ACCEPT_ENCODING, "gzip;q=0.2".parse().expect("a field"));
        assert_eq!(choose(&headers), Coding::Gzip);
    }
}
