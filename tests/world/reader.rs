//! A reader app: asks for an address and shows what came, with no library of ours in between.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::request::Request;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Gets `url` (`http://address:port/path`) on a connection of its own.
pub(crate) fn get(url: &str) -> io::Result<Answer> {
    get_with(url, &[])
}

/// Gets `url` with further headers, as a reader does that remembers validators.
pub(crate) fn get_with(url: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
    let rest = url.strip_prefix("http://").ok_or(io::ErrorKind::InvalidInput)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n")?;
    read_answer(&mut BufReader::new(stream))
}

/// Reads one answer: its body is as long as it says, or chunked, or ends with the connection.
pub(crate) fn read_answer(stream: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    // A status line has the shape of a request line: version, status, reason.
    let head = Request::read(stream, 0)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.path.parse().map_err(|_| io::ErrorKind::InvalidData)?;
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned()))
        .collect();
    let mut answer = Answer { status, headers, body: Vec::new() };
    let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
    let chunked = answer.header("transfer-encoding").is_some_and(|coding| coding == "chunked");
    match length {
        _ if status == 304 || status == 204 => {}
        _ if chunked => while read_chunk(stream, &mut answer.body)? {},
        Some(length) => {
            answer.body.resize(length, 0);
            stream.read_exact(&mut answer.body)?;
        }
        None => drop(stream.read_to_end(&mut answer.body)?),
    }
    Ok(answer)
}

fn read_chunk(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> io::Result<bool> {
    let mut line = String::new();
    io::BufRead::read_line(stream, &mut line)?;
    let length =
        usize::from_str_radix(line.trim_end(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
    let start = body.len();
    body.resize(start + length, 0);
    stream.read_exact(&mut body[start..])?;
    stream.read_exact(&mut [0; 2])?;
    Ok(length > 0)
}

#[test]
fn a_chunked_answer_is_put_together() {
    use super::publisher::{Publisher, Reply};
    let publisher = Publisher::start();
    let wire =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    publisher.answers("/x", Reply::Wire(wire.to_vec()));
    let answer = get(&publisher.url("/x")).expect("answered");
    assert_eq!((answer.status, answer.text().as_str()), (200, "abcde"));
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
}
