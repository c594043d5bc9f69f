//! One HTTP request as a publisher hears it (RFC 9112), bodies not included: feeds are only got. Its
//! bytes are kept as they came, and when they came by the clock of the test, if there is one.

use std::io::{self, BufRead};

use chrono::{DateTime, Utc};

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Which connection it came on: the first accepted is 0.
    pub(crate) connection: usize,
    pub(crate) method: String,
    /// Path and query as written.
    pub(crate) path: String,
    /// Names in lower case, values as written.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// Every byte of it.
    pub(crate) raw: Vec<u8>,
    /// When it was heard, by the clock of the test.
    pub(crate) at: Option<DateTime<Utc>>,
}

impl Request {
    /// Reads one request; `None` if the peer has left.
    pub(crate) fn read(stream: &mut impl BufRead, connection: usize) -> io::Result<Option<Self>> {
        let mut raw = Vec::new();
        let Some(line) = read_line(stream, &mut raw)? else { return Ok(None) };
        let line = String::from_utf8_lossy(&line).into_owned();
        let mut words = line.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        while let Some(line) = read_line(stream, &mut raw)?.filter(|line| !line.is_empty()) {
            let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            let value = line.get(colon + 1..).unwrap_or_default().trim_ascii().to_vec();
            headers.push((name, value));
        }
        Ok(Some(Self { connection, method, path, headers, raw, at: None }))
    }

    /// The first header of that name, in lower case, as bytes.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }

    /// The first header of that name, in lower case, as text.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }
}

fn read_line(stream: &mut impl BufRead, raw: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    raw.extend(&line);
    while line.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        line.pop();
    }
    Ok(Some(line))
}

#[test]
fn a_request_is_read_byte_for_byte() {
    let wire = b"GET /a?b=%20 HTTP/1.1\r\nHost: x\r\nIf-None-Match:  \"\xff\" \r\n\r\nrest";
    let mut stream = wire.as_slice();
    let request = Request::read(&mut stream, 3).expect("readable").expect("present");
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/a?b=%20"));
    assert_eq!(request.bytes("if-none-match"), Some(b"\"\xff\"".as_slice()));
    assert_eq!(request.header("host").as_deref(), Some("x"));
    assert_eq!((request.connection, stream), (3, b"rest".as_slice()));
    assert_eq!(request.raw, &wire[..wire.len() - 4]);
    assert!(Request::read(&mut b"".as_slice(), 0).expect("an end is no error").is_none());
}
