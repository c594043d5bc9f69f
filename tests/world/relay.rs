//! A mail relay: an SMTP server on loopback (RFC 5321) that accepts, refuses, stalls or breaks off
//! where it is told to, and keeps what it took.
//!
//! It offers no TLS: `smtp.tls = "none"` is lawful for a server on this machine.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::host::{Connection, Host};

/// A moment of the conversation, named by what the client has just said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing yet: the greeting.
    Connect,
    /// EHLO or HELO.
    Hello,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The dot that ends the letter.
    Dot,
}

/// How the relay behaves in one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Conduct {
    /// It takes every letter.
    #[default]
    Accept,
    /// It answers that step with a code and a text; no letter is taken at or after it.
    Refuse(Step, u16, String),
    /// It says nothing any more at that step, and has not taken the letter.
    Stall(Step),
    /// It closes the connection at that step, and has not taken the letter.
    HangUp(Step),
    /// It takes the letter and closes the connection before the reply to the dot.
    LoseTheReply,
    /// It takes the letter and never replies to the dot.
    WithholdTheReply,
}

/// A letter that the relay took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The mailbox in MAIL FROM.
    pub(crate) from: String,
    /// The mailboxes in RCPT TO.
    pub(crate) to: Vec<String>,
    /// The letter, dots unstuffed (RFC 5321, section 4.5.2).
    pub(crate) bytes: Vec<u8>,
    /// Whether the sender was told.
    pub(crate) told: bool,
}

/// A relay. Dropping it closes its port.
#[derive(Debug)]
pub(crate) struct Relay {
    host: Host,
    desk: Arc<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    conduct: Conduct,
    next: VecDeque<Conduct>,
    taken: Vec<Taken>,
    commands: Vec<String>,
}

impl Relay {
    pub(crate) fn start() -> Self {
        let desk = Arc::new(Desk::default());
        let at_work = Arc::clone(&desk);
        let host = Host::start(SocketAddr::from(([127, 0, 0, 1], 0)), move |connection| {
            let conduct = at_work.conduct_of_this_one();
            Conversation { desk: &at_work, conduct, from: String::new(), to: Vec::new() }
                .hold(connection)
        });
        Self { host, desk }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.desk.state.lock().expect("no thread panics while it holds the desk")
    }

    pub(crate) fn port(&self) -> u16 {
        self.host.address().port()
    }

    /// From the next conversation on it behaves so.
    pub(crate) fn behaves(&self, conduct: Conduct) {
        self.state().conduct = conduct;
    }

    /// In the next conversation it behaves so; called again, in the one after it.
    pub(crate) fn behaves_once(&self, conduct: Conduct) {
        self.state().next.push_back(conduct);
    }

    /// The next letter is taken, but its sender does not get to know.
    pub(crate) fn loses_the_reply(&self) {
        self.behaves_once(Conduct::LoseTheReply);
    }

    /// From the next conversation on that step is answered with `code`.
    pub(crate) fn refuses(&self, step: Step, code: u16) {
        self.behaves(Conduct::Refuse(step, code, "no".to_owned()));
    }

    /// From the next conversation on every letter is taken.
    pub(crate) fn accepts(&self) {
        self.behaves(Conduct::Accept);
    }

    /// The letters taken so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state().taken.clone()
    }

    /// The letters taken, as soon as there are `count`; those there are after `patience`.
    pub(crate) fn wait_for(&self, count: usize, patience: Duration) -> Vec<Taken> {
        let waiting = |state: &mut State| state.taken.len() < count;
        self.desk
            .changed
            .wait_timeout_while(self.state(), patience, waiting)
            .expect("no thread panics while it holds the desk")
            .0
            .taken
            .clone()
    }

    /// Every command line heard so far.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.state().commands.clone()
    }

    /// How many conversations were begun.
    pub(crate) fn conversations(&self) -> usize {
        self.host.accepted()
    }
}

impl Desk {
    fn conduct_of_this_one(&self) -> Conduct {
        let mut state = self.state.lock().expect("no thread panics while it holds the desk");
        let next = state.next.pop_front();
        next.unwrap_or_else(|| state.conduct.clone())
    }

    fn hears(&self, command: &str) {
        self.state.lock().expect("as above").commands.push(command.to_owned());
    }

    fn takes(&self, letter: Taken) {
        self.state.lock().expect("as above").taken.push(letter);
        self.changed.notify_all();
    }
}

/// Whether the conversation goes on.
#[derive(PartialEq, Eq)]
enum Goes {
    On,
    Refused,
    Away,
}

struct Conversation<'a> {
    desk: &'a Desk,
    conduct: Conduct,
    from: String,
    to: Vec<String>,
}

impl Conversation<'_> {
    fn hold(mut self, connection: &mut Connection) -> io::Result<()> {
        if self.reply(connection, Step::Connect, "220 relay.exemple.fr ESMTP")? != Goes::On {
            return Ok(());
        }
        loop {
            let Some(line) = read_line(connection)? else { return Ok(()) };
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            self.desk.hears(&line);
            let verb = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
            let goes = match verb.as_str() {
                "EHLO" => self.reply(
                    connection,
                    Step::Hello,
                    "250-relay.exemple.fr\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 10000000",
                )?,
                "HELO" => self.reply(connection, Step::Hello, "250 relay.exemple.fr")?,
                "MAIL" => {
                    self.from = mailbox(&line);
                    self.to.clear();
                    self.reply(connection, Step::Mail, "250 2.1.0 ok")?
                }
                "RCPT" => {
                    let goes = self.reply(connection, Step::Rcpt, "250 2.1.5 ok")?;
                    if goes == Goes::On {
                        self.to.push(mailbox(&line));
                    }
                    goes
                }
                "DATA" => match self.reply(connection, Step::Data, "354 go on")? {
                    Goes::On => self.letter(connection)?,
                    refused => refused,
                },
                "RSET" | "NOOP" => say(connection, "250 ok")?,
                "QUIT" => {
                    say(connection, "221 bye")?;
                    Goes::Away
                }
                _ => say(connection, "502 5.5.1 unknown")?,
            };
            if goes == Goes::Away {
                return Ok(());
            }
        }
    }

    /// Says `usual`, unless the conduct has something else in mind for this step.
    fn reply(&self, connection: &mut Connection, at: Step, usual: &str) -> io::Result<Goes> {
        match &self.conduct {
            Conduct::Refuse(step, code, text) if *step == at => {
                say(connection, &format!("{code} {text}"))?;
                // 421 closes the channel (RFC 5321, section 3.8).
                Ok(if *code == 421 { Goes::Away } else { Goes::Refused })
            }
            Conduct::Stall(step) if *step == at => {
                connection.stall()?;
                Ok(Goes::Away)
            }
            Conduct::HangUp(step) if *step == at => Ok(Goes::Away),
            _ => say(connection, usual),
        }
    }

    fn letter(&self, connection: &mut Connection) -> io::Result<Goes> {
        let mut bytes = Vec::new();
        loop {
            let Some(line) = read_line(connection)? else { return Ok(Goes::Away) };
            if line == b".\r\n" {
                break;
            }
            bytes.extend(line.strip_prefix(b".").unwrap_or(&line));
        }
        let mut letter = Taken { from: self.from.clone(), to: self.to.clone(), bytes, told: false };
        match self.conduct {
            Conduct::LoseTheReply => {
                self.desk.takes(letter);
                Ok(Goes::Away)
            }
            Conduct::WithholdTheReply => {
                self.desk.takes(letter);
                connection.stall()?;
                Ok(Goes::Away)
            }
            Conduct::Refuse(Step::Dot, ..)
            | Conduct::Stall(Step::Dot)
            | Conduct::HangUp(Step::Dot) => self.reply(connection, Step::Dot, ""),
            Conduct::Accept | Conduct::Refuse(..) | Conduct::Stall(_) | Conduct::HangUp(_) => {
                // Kept before the reply is written: whoever has read it finds the letter here.
                letter.told = true;
                self.desk.takes(letter);
                say(connection, "250 2.0.0 taken")
            }
        }
    }
}

fn say(connection: &mut Connection, text: &str) -> io::Result<Goes> {
    connection.write_all(format!("{text}\r\n").as_bytes())?;
    Ok(Goes::On)
}

/// Reads byte by byte: what follows a line belongs to whoever reads next.
fn read_line(connection: &mut Connection) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    BufReader::with_capacity(1, connection).read_until(b'\n', &mut line)?;
    Ok((!line.is_empty()).then_some(line))
}

fn mailbox(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or("", |(mailbox, _)| mailbox).to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    /// Sends one small letter and returns the replies' codes; a closed connection is 0.
    fn send(relay: &Relay) -> Vec<u16> {
        let stream = TcpStream::connect(("127.0.0.1", relay.port())).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_millis(200))).expect("settable");
        let mut stream = BufReader::new(stream);
        let mut codes = Vec::new();
        for said in [
            "",
            "EHLO me\r\n",
            "MAIL FROM:<a@exemple.fr> BODY=8BITMIME\r\n",
            "RCPT TO:<b@exemple.fr>\r\n",
            "DATA\r\n",
            "Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n",
            "QUIT\r\n",
        ] {
            let written = stream.get_mut().write_all(said.as_bytes());
            codes.push(written.and_then(|()| code(&mut stream)).unwrap_or(0));
            if codes.last().is_none_or(|code| *code == 0 || *code >= 400) {
                break;
            }
        }
        codes
    }

    fn code(stream: &mut impl BufRead) -> io::Result<u16> {
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            if line.get(3..4) != Some("-") {
                return line
                    .get(..3)
                    .and_then(|code| code.parse().ok())
                    .ok_or(io::Error::other(""));
            }
        }
    }

    #[test]
    fn a_letter_is_taken_and_its_dots_unstuffed() {
        let relay = Relay::start();
        assert_eq!(send(&relay), [220, 250, 250, 250, 354, 250, 221]);
        let taken = relay.wait_for(1, Duration::from_secs(5));
        assert_eq!(
            taken,
            [Taken {
                from: "a@exemple.fr".to_owned(),
                to: vec!["b@exemple.fr".to_owned()],
                bytes: b"Subject: x\r\n\r\n.dot\r\nend\r\n".to_vec(),
                told: true,
            }]
        );
        assert_eq!(relay.taken(), taken);
        assert_eq!(relay.commands()[1], "MAIL FROM:<a@exemple.fr> BODY=8BITMIME");
        assert_eq!(relay.conversations(), 1);
    }

    #[test]
    fn every_step_can_be_refused_stalled_or_broken_off() {
        let relay = Relay::start();
        let steps = [Step::Connect, Step::Hello, Step::Mail, Step::Rcpt, Step::Data, Step::Dot];
        for (before, step) in steps.into_iter().enumerate() {
            relay.refuses(step, 451);
            let codes = send(&relay);
            assert_eq!((codes.len(), codes[before]), (before + 1, 451), "{step:?}");
            for conduct in [Conduct::Stall(step), Conduct::HangUp(step)] {
                relay.behaves_once(conduct.clone());
                let codes = send(&relay);
                assert_eq!((codes.len(), codes[before]), (before + 1, 0), "{conduct:?}");
            }
        }
        assert_eq!(relay.taken(), []);
        relay.accepts();
        assert_eq!(send(&relay).last(), Some(&221));
        assert_eq!(relay.taken().len(), 1);
    }

    #[test]
    fn a_letter_may_be_taken_without_the_sender_being_told() {
        let relay = Relay::start();
        relay.loses_the_reply();
        relay.behaves_once(Conduct::WithholdTheReply);
        for count in [1, 2] {
            assert_eq!(send(&relay), [220, 250, 250, 250, 354, 0]);
            let taken = relay.taken();
            assert_eq!((taken.len(), taken[count - 1].told), (count, false));
        }
        assert_eq!(send(&relay).last(), Some(&221), "all is well after that");
    }
}
