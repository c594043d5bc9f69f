//! The name server of a pocket: UDP and TCP on port 53, answering each name as the test says.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::proto::serialize::binary::BinDecodable;

use super::pocket;

/// What the server says about a name.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    /// These addresses, of the family that is asked for; they may be kept for no time.
    These(Vec<IpAddr>),
    /// Another name, and nothing about that one.
    Alias(String),
    /// Another name, and its addresses.
    AliasOf(String, Vec<IpAddr>),
    /// A code instead of an answer.
    Code(ResponseCode),
    /// A text of so many bytes beside its addresses.
    Chatter(usize, Vec<IpAddr>),
    /// Nothing at all.
    Silence,
}

/// These addresses.
pub(crate) fn these(addresses: &[&str]) -> Says {
    Says::These(addresses.iter().map(|ip| ip.parse().expect("an address")).collect())
}

/// How often each name was asked for, by the kind of record.
type Asked = Arc<Mutex<HashMap<(String, RecordType), usize>>>;

/// A running name server.
#[derive(Debug, Clone)]
pub(crate) struct Names(Asked);

impl Names {
    /// Answers as `script` says, given the name without its dot, the kind of record, and how often
    /// that was asked before.
    pub(crate) fn start(
        script: impl Fn(&str, RecordType, usize) -> Says + Send + Sync + 'static,
    ) -> Self {
        let asked: Asked = Arc::default();
        let answers = Arc::new(Answers { script: Box::new(script), asked: Arc::clone(&asked) });
        let udp = UdpSocket::bind((pocket::NAME_SERVER, 53)).expect("a pocket has free ports");
        let tcp = pocket::listen(pocket::NAME_SERVER, 53);
        let by_udp = Arc::clone(&answers);
        thread::spawn(move || by_packets(&udp, &by_udp));
        thread::spawn(move || {
            for stream in tcp.incoming().flatten() {
                let answers = Arc::clone(&answers);
                thread::spawn(move || by_stream(stream, &answers));
            }
        });
        Self(asked)
    }

    /// How often a name was asked for, whatever the kind.
    pub(crate) fn asked(&self, name: &str) -> usize {
        let asked = self.0.lock().expect("nobody panics with it");
        asked.iter().filter(|((asked, _), _)| asked == name).map(|(_, times)| times).sum()
    }
}

/// What is said of a name and a kind of record that was asked for so often before.
type Script = dyn Fn(&str, RecordType, usize) -> Says + Send + Sync;

struct Answers {
    script: Box<Script>,
    asked: Asked,
}

fn by_packets(socket: &UdpSocket, answers: &Answers) {
    let mut packet = [0; 4_096];
    while let Ok((length, peer)) = socket.recv_from(&mut packet) {
        if let Some(reply) = answers.reply(&packet[..length], Some(512)) {
            let _ = socket.send_to(&reply, peer);
        }
    }
}

/// Each message behind its length (RFC 1035, section 4.2.2).
fn by_stream(mut stream: TcpStream, answers: &Answers) -> Option<()> {
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length).ok()?;
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut question).ok()?;
        if let Some(reply) = answers.reply(&question, None) {
            let length = u16::try_from(reply.len()).expect("cut to that");
            stream.write_all(&length.to_be_bytes()).ok()?;
            stream.write_all(&reply).ok()?;
        }
    }
}

impl Answers {
    /// The answer; of packets in at most so many bytes, or as many as the question says that it can
    /// take (RFC 6891), and else cut, with the mark of it.
    fn reply(&self, packet: &[u8], most: Option<usize>) -> Option<Vec<u8>> {
        let question = Message::from_bytes(packet).ok()?;
        let stated = question.edns.as_ref().map(|edns| usize::from(edns.max_payload()));
        let most = most.map_or(usize::from(u16::MAX), |most| stated.unwrap_or(most));
        let query = question.queries.first()?;
        let (name, kind) = (query.name().clone(), query.query_type());
        let text = name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
        let times = {
            let mut asked = self.asked.lock().expect("nobody panics with it");
            let times = asked.entry((text.clone(), kind)).or_default();
            *times += 1;
            *times - 1
        };
        let mut message = question.into_response();
        match (self.script)(&text, kind, times) {
            Says::Silence => return None,
            Says::Code(code) => message.metadata.response_code = code,
            Says::These(addresses) => add(&mut message, &name, kind, &addresses),
            Says::Alias(other) => alias(&mut message, &name, &other),
            Says::AliasOf(other, addresses) => {
                alias(&mut message, &name, &other);
                add(&mut message, &Name::from_ascii(other).ok()?, kind, &addresses);
            }
            Says::Chatter(bytes, addresses) => {
                add(&mut message, &name, kind, &addresses);
                let text = vec!["x".repeat(250); bytes / 250];
                message.answers.push(Record::from_rdata(name, 0, RData::TXT(TXT::new(text))));
            }
        }
        let bytes = message.to_vec().ok()?;
        if bytes.len() <= most {
            return Some(bytes);
        }
        message.answers.clear();
        message.metadata.truncation = true;
        message.to_vec().ok()
    }
}

fn add(message: &mut Message, name: &Name, kind: RecordType, addresses: &[IpAddr]) {
    let records = addresses.iter().filter_map(|address| match (address, kind) {
        (IpAddr::V4(ip), RecordType::A) => Some(RData::A(A(*ip))),
        (IpAddr::V6(ip), RecordType::AAAA) => Some(RData::AAAA(AAAA(*ip))),
        _ => None,
    });
    message.answers.extend(records.map(|record| Record::from_rdata(name.clone(), 0, record)));
}

fn alias(message: &mut Message, name: &Name, other: &str) {
    let other = RData::CNAME(CNAME(Name::from_ascii(other).expect("a name")));
    message.answers.push(Record::from_rdata(name.clone(), 0, other));
}
