//! One letter to one recipient over SMTP (RFC 5321).
//!
//! The promise is in what a failure is called. Until the final dot is sent the server cannot have
//! the letter: [`Handover::Deferred`], or [`Handover::Rejected`] where it refuses this letter for
//! good. From then on only a clear reply counts; without one the server may have it:
//! [`Handover::Uncertain`]. `journal` is awaited between 354 and the text.
//!
//! A 5yz to the greeting, EHLO, STARTTLS or AUTH, and one that asks for a login (530, 534, 535,
//! 538), concerns the relay and its configuration, which a person can put right: it defers. A 5yz to
//! MAIL, RCPT, DATA or the text concerns the letter: it rejects.

use std::ops::Range;

use crate::mail::reply;
use crate::mail::session::{NotNow, Offers, PATIENCE, Relay, Security, shown};
use crate::mail::wire::{Reply, Wire, WireError};
use crate::model::letter::Handover;
use crate::model::secret::Address;
use crate::model::settings::SmtpSettings;

/// Why a dialogue ended before the final dot.
#[derive(Debug)]
enum Stop {
    /// This letter is refused for good.
    Refused(String),
    /// All else; the letter can be tried again.
    NotNow(NotNow),
}

impl<T: Into<NotNow>> From<T> for Stop {
    fn from(error: T) -> Self {
        Self::NotNow(error.into())
    }
}

impl From<Stop> for Handover {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(reply) => Self::Rejected { reply },
            Stop::NotNow(NotNow(reply)) => Self::Deferred { reply },
        }
    }
}

/// Hands a letter over.
///
/// `journal` is called when the server is ready for the text; if it answers false the connection is
/// dropped there and nothing was sent.
pub async fn deliver(
    settings: &SmtpSettings,
    from: &Address,
    to: &Address,
    bytes: &[u8],
    journal: impl AsyncFnOnce() -> bool,
) -> Handover {
    let security = match Security::wanted(settings.tls) {
        Ok(security) => security,
        Err(error) => return Stop::from(error).into(),
    };
    let relay = Relay { settings, security, patience: PATIENCE };
    hand_over(&relay, Envelope { from, to }, bytes, journal).await
}

struct Envelope<'a> {
    from: &'a Address,
    to: &'a Address,
}

async fn hand_over(
    relay: &Relay<'_>,
    envelope: Envelope<'_>,
    bytes: &[u8],
    journal: impl AsyncFnOnce() -> bool,
) -> Handover {
    let mut wire = match ready(relay, &envelope).await {
        Ok(wire) => wire,
        Err(stop) => return stop.into(),
    };
    // From here on no QUIT before the final dot: the server would take it for the text.
    if !journal().await {
        return Handover::Deferred { reply: "stopped before the text was sent".to_owned() };
    }
    if let Err(error) = wire.send(&stuffed(bytes), relay.patience.dot).await {
        return Stop::from(error).into();
    }
    let handover = after_the_dot(wire.end_of_text(relay.patience.dot).await);
    relay.quit(wire).await;
    handover
}

/// What the reply to the text means. Without a clear one the server may have the letter, even if
/// sending the dot seemed to fail.
fn after_the_dot(said: Result<Reply, WireError>) -> Handover {
    match said {
        Ok(said) => match said.code {
            200..300 => Handover::Accepted { reply: shown(&said) },
            400..500 => Handover::Deferred { reply: shown(&said) },
            500.. => Handover::Rejected { reply: shown(&said) },
            _ => Handover::Uncertain { reason: shown(&said) },
        },
        Err(error) => Handover::Uncertain { reason: reply::kept(&error.to_string()) },
    }
}

/// The dialogue up to 354. A server that says no is left with QUIT.
async fn ready(relay: &Relay<'_>, envelope: &Envelope<'_>) -> Result<Wire, Stop> {
    let (mut wire, offers) = relay.open().await?;
    match announce(relay, &mut wire, &offers, envelope).await {
        Ok(()) => {
            wire.nothing_unasked()?;
            Ok(wire)
        }
        Err(stop) => {
            relay.quit(wire).await;
            Err(stop)
        }
    }
}

/// MAIL, RCPT and DATA.
async fn announce(
    relay: &Relay<'_>,
    wire: &mut Wire,
    offers: &Offers,
    envelope: &Envelope<'_>,
) -> Result<(), Stop> {
    let patience = relay.patience.command;
    let (from, to) = (envelope.from.ascii_mailbox(), envelope.to.ascii_mailbox());
    let international = !from.is_ascii() || !to.is_ascii();
    if international && !offers.has("SMTPUTF8") {
        return Err(Stop::Refused("the server takes ASCII addresses only".to_owned()));
    }
    let parameter = if international { " SMTPUTF8" } else { "" };
    took(&wire.command(&format!("MAIL FROM:<{from}>{parameter}"), patience).await?, 200..300)?;
    took(&wire.command(&format!("RCPT TO:<{to}>"), patience).await?, 200..300)?;
    took(&wire.command("DATA", patience).await?, 354..355)
}

/// Codes that ask for a login (RFC 4954, section 6).
const LOGIN_WANTED: [u16; 4] = [530, 534, 535, 538];

/// A reply that concerns the letter.
fn took(said: &Reply, good: Range<u16>) -> Result<(), Stop> {
    if good.contains(&said.code) {
        Ok(())
    } else if said.code >= 500 && !LOGIN_WANTED.contains(&said.code) {
        Err(Stop::Refused(shown(said)))
    } else {
        Err(NotNow(shown(said)).into())
    }
}

/// The text with its last line ended and its dots doubled at the start of lines (RFC 5321, section
/// 4.5.2).
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, MutexGuard};
    use std::time::Duration;

    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::aws_lc_rs;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

    use super::*;
    use crate::mail::session::Patience;
    use crate::mail::tls::Trust;
    use crate::model::secret::Secret;
    use crate::model::settings::{Login, SmtpTls};

    // Made for these tests and trusted by nobody else.
    const CERTIFICATE: &[u8] = include_bytes!("fixtures/localhost.crt");
    const KEY: &[u8] = include_bytes!("fixtures/localhost.key");

    /// Where in the dialogue the sink does what it is told to.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Step {
        Greeting,
        Ehlo,
        StartTls,
        Auth,
        Mail,
        Rcpt,
        Data,
        Body,
        Dot,
        Quit,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Act {
        Say(&'static str),
        Close,
        Hang,
    }
    use Act::{Close, Hang, Say};

    /// A real SMTP server that does one thing wrong.
    #[derive(Debug, Clone, Default)]
    struct Sink {
        wrong: Option<(Step, Act)>,
        offers: &'static str,
        implicit_tls: bool,
        letters: Arc<Mutex<Vec<Vec<u8>>>>,
        commands: Arc<Mutex<Vec<String>>>,
    }

    fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().expect("no test panics while it holds this")
    }

    fn acceptor() -> TlsAcceptor {
        let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a chain");
        TlsAcceptor::from(Arc::new(config))
    }

    /// The connection is to be given up, or put into TLS.
    enum Ended {
        Gone,
        StartTls,
    }

    impl Sink {
        fn wrong(step: Step, act: Act) -> Self {
            Self { wrong: Some((step, act)), ..Self::default() }
        }

        async fn listen(&self) -> u16 {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let port = listener.local_addr().expect("its address").port();
            let sink = self.clone();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let sink = sink.clone();
                    tokio::spawn(async move { sink.serve(stream).await });
                }
            });
            port
        }

        async fn serve(&self, stream: TcpStream) {
            if self.implicit_tls {
                if let Ok(stream) = acceptor().accept(stream).await {
                    self.converse(&mut BufReader::new(stream), true).await;
                }
                return;
            }
            let mut plain = BufReader::new(stream);
            if let Ended::StartTls = self.converse(&mut plain, true).await
                && let Ok(stream) = acceptor().accept(plain.into_inner()).await
            {
                self.converse(&mut BufReader::new(stream), false).await;
            }
        }

        /// Says what is due at `step`; false if the connection is given up there.
        async fn say(
            &self,
            to: &mut (impl AsyncWriteExt + Unpin),
            step: Step,
            usual: &str,
        ) -> bool {
            let said = match self.wrong {
                Some((wrong, act)) if wrong == step => match act {
                    Say(said) => said,
                    Close => return false,
                    Hang => {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                        return false;
                    }
                },
                _ => usual,
            };
            to.write_all(format!("{said}\r\n").as_bytes()).await.is_ok()
        }

        async fn converse(
            &self,
            stream: &mut BufReader<impl AsyncReadExt + AsyncWriteExt + Unpin>,
            greet: bool,
        ) -> Ended {
            if greet && !self.say(stream, Step::Greeting, "220 sink ESMTP").await {
                return Ended::Gone;
            }
            let mut line = String::new();
            while let Ok(1..) = stream.read_line(&mut line).await {
                let command = std::mem::take(&mut line).trim_end().to_owned();
                locked(&self.commands).push(command.clone());
                let verb = command.split(' ').next().unwrap_or_default();
                let offers = format!("250-sink\r\n{}250 HELP", self.offers);
                let (step, usual) = match verb {
                    "EHLO" => (Step::Ehlo, offers.as_str()),
                    "STARTTLS" => (Step::StartTls, "220 go ahead"),
                    "AUTH" => (Step::Auth, "235 welcome"),
                    "MAIL" => (Step::Mail, "250 ok"),
                    "RCPT" => (Step::Rcpt, "250 ok"),
                    "DATA" => (Step::Data, "354 go on"),
                    "QUIT" => (Step::Quit, "221 bye"),
                    _ => (Step::Auth, "535 no"),
                };
                if !self.say(stream, step, usual).await || step == Step::Quit {
                    return Ended::Gone;
                }
                if step == Step::StartTls {
                    return Ended::StartTls;
                }
                let ready = step == Step::Data && self.wrong.is_none_or(|(at, _)| at != Step::Data);
                if ready && !self.take_text(stream).await {
                    return Ended::Gone;
                }
            }
            Ended::Gone
        }

        async fn take_text(
            &self,
            stream: &mut BufReader<impl AsyncReadExt + AsyncWriteExt + Unpin>,
        ) -> bool {
            let mut text = Vec::new();
            loop {
                let start = text.len();
                match stream.read_until(b'\n', &mut text).await {
                    Ok(1..) if text[start..] == *b".\r\n" => text.truncate(start),
                    Ok(1..) if self.wrong == Some((Step::Body, Close)) => return false,
                    Ok(1..) => {
                        if text[start] == b'.' {
                            text.remove(start);
                        }
                        continue;
                    }
                    _ => return false,
                }
                let refused =
                    matches!(self.wrong, Some((Step::Dot, Say(said))) if !said.starts_with('2'));
                if !refused {
                    locked(&self.letters).push(text);
                }
                return self.say(stream, Step::Dot, "250 2.0.0 queued as 1").await;
            }
        }

        fn letters(&self) -> Vec<Vec<u8>> {
            locked(&self.letters).clone()
        }

        fn verbs(&self) -> Vec<String> {
            let verb = |line: &String| line.split([' ', ':']).next().unwrap_or_default().to_owned();
            locked(&self.commands).iter().map(verb).collect()
        }
    }

    const BRIEF: Patience = Patience {
        connect: Duration::from_secs(5),
        command: Duration::from_millis(500),
        dot: Duration::from_millis(700),
        quit: Duration::from_millis(200),
    };

    fn settings(port: u16, tls: SmtpTls, login: bool) -> SmtpSettings {
        let login =
            login.then(|| Login { username: "zoe".to_owned(), password: Secret::new("hunter2") });
        SmtpSettings { host: "localhost".to_owned(), port, tls, login }
    }

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    const LETTER: &[u8] = b"Subject: x\r\n\r\nbody\r\n.dot\r\n..\r\n\r\n";

    /// Hands `bytes` to `sink` and says what became of it and whether the journal was asked.
    async fn attempt(sink: &Sink, tls: SmtpTls, login: bool, bytes: &[u8]) -> (Handover, bool) {
        let settings = settings(sink.listen().await, tls, login);
        let ours = || {
            let root = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
            Trust::only(&[root]).expect("a root")
        };
        let security = match tls {
            SmtpTls::Implicit => Security::Implicit(ours()),
            SmtpTls::StartTls => Security::StartTls(ours()),
            SmtpTls::None => Security::None,
        };
        let relay = Relay { settings: &settings, security, patience: BRIEF };
        let (from, to) = (address("Le Brief <brief@exemple.fr>"), address("zoe@exemple.fr"));
        let asked = AtomicBool::new(false);
        let journal = async || {
            asked.store(true, Ordering::SeqCst);
            true
        };
        let envelope = Envelope { from: &from, to: &to };
        let handover = hand_over(&relay, envelope, bytes, journal).await;
        (handover, asked.load(Ordering::SeqCst))
    }

    fn kind(handover: &Handover) -> &'static str {
        match handover {
            Handover::Accepted { .. } => "accepted",
            Handover::Deferred { .. } => "deferred",
            Handover::Rejected { .. } => "rejected",
            Handover::Uncertain { .. } => "uncertain",
        }
    }

    #[tokio::test]
    async fn a_letter_arrives_byte_for_byte() {
        let sink = Sink::default();
        let (handover, journalled) = attempt(&sink, SmtpTls::None, false, LETTER).await;
        assert_eq!(handover, Handover::Accepted { reply: "250 2.0.0 queued as 1".to_owned() });
        assert!(journalled);
        assert_eq!(sink.letters(), [LETTER]);
        assert_eq!(
            *locked(&sink.commands),
            [
                "EHLO [127.0.0.1]",
                "MAIL FROM:<brief@exemple.fr>",
                "RCPT TO:<zoe@exemple.fr>",
                "DATA",
                "QUIT"
            ]
        );
    }

    /// Every step of the dialogue, broken in every way: (step, act, login, outcome, journal asked,
    /// letters at the server).
    #[tokio::test]
    async fn every_broken_step_has_its_name() {
        use Step::{Auth, Body, Data, Dot, Ehlo, Greeting, Mail, Quit, Rcpt};
        for (step, act, outcome, journalled, letters) in [
            (Greeting, Close, "deferred", false, 0),
            (Greeting, Hang, "deferred", false, 0),
            (Greeting, Say("421 busy"), "deferred", false, 0),
            (Greeting, Say("554 go away"), "deferred", false, 0),
            (Greeting, Say("SSH-2.0-OpenSSH"), "deferred", false, 0),
            (Ehlo, Close, "deferred", false, 0),
            (Ehlo, Hang, "deferred", false, 0),
            (Ehlo, Say("421 busy"), "deferred", false, 0),
            (Ehlo, Say("502 what"), "deferred", false, 0),
            (Auth, Close, "deferred", false, 0),
            (Auth, Hang, "deferred", false, 0),
            (Auth, Say("454 later"), "deferred", false, 0),
            (Auth, Say("535 wrong password"), "deferred", false, 0),
            (Mail, Close, "deferred", false, 0),
            (Mail, Hang, "deferred", false, 0),
            (Mail, Say("451 later"), "deferred", false, 0),
            (Mail, Say("530 log in first"), "deferred", false, 0),
            (Mail, Say("550 not you"), "rejected", false, 0),
            (Rcpt, Close, "deferred", false, 0),
            (Rcpt, Hang, "deferred", false, 0),
            (Rcpt, Say("450 greylisted"), "deferred", false, 0),
            (Rcpt, Say("550 5.1.1 no such user"), "rejected", false, 0),
            (Rcpt, Say("251 will forward"), "accepted", true, 1),
            (Data, Close, "deferred", false, 0),
            (Data, Hang, "deferred", false, 0),
            (Data, Say("451 later"), "deferred", false, 0),
            (Data, Say("554 no"), "rejected", false, 0),
            (Data, Say("250 what"), "deferred", false, 0),
            (Data, Say("354 go\r\n250 taken"), "deferred", false, 0),
            (Body, Close, "uncertain", true, 0),
            (Dot, Close, "uncertain", true, 1),
            (Dot, Hang, "uncertain", true, 1),
            (Dot, Say("354 more"), "uncertain", true, 0),
            (Dot, Say("ok"), "uncertain", true, 0),
            (Dot, Say("452 full"), "deferred", true, 0),
            (Dot, Say("421 closing"), "deferred", true, 0),
            (Dot, Say("554 spam"), "rejected", true, 0),
            (Dot, Say("250"), "accepted", true, 1),
            (Quit, Close, "accepted", true, 1),
            (Quit, Hang, "accepted", true, 1),
            (Quit, Say("500 what"), "accepted", true, 1),
        ] {
            let login = step == Auth;
            let sink = Sink { offers: "250-auth PLAIN\r\n", ..Sink::wrong(step, act) };
            let (handover, asked) = attempt(&sink, SmtpTls::None, login, LETTER).await;
            let seen = (kind(&handover), asked, sink.letters().len());
            assert_eq!(seen, (outcome, journalled, letters), "{step:?} {act:?}: {handover:?}");
        }
    }

    #[tokio::test]
    async fn a_text_that_was_cut_off_before_its_dot_cannot_have_been_taken() {
        let long = b"0123456789 0123456789 0123456789\r\n".repeat(1_000_000);
        let sink = Sink::wrong(Step::Body, Close);
        let (handover, journalled) = attempt(&sink, SmtpTls::None, false, &long).await;
        assert_eq!((kind(&handover), journalled), ("deferred", true), "{handover:?}");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_defers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        drop(listener);
        let (from, to) = (address("a@exemple.fr"), address("b@exemple.fr"));
        for host in ["localhost", "no-such-host.invalid"] {
            let settings =
                SmtpSettings { host: host.to_owned(), ..settings(port, SmtpTls::None, false) };
            let handover = deliver(&settings, &from, &to, LETTER, async || true).await;
            assert_eq!(kind(&handover), "deferred", "{handover:?}");
        }
    }

    #[tokio::test]
    async fn a_journal_that_says_no_sends_nothing() {
        let sink = Sink::default();
        let settings = settings(sink.listen().await, SmtpTls::None, false);
        let (from, to) = (address("a@exemple.fr"), address("b@exemple.fr"));
        let handover = deliver(&settings, &from, &to, LETTER, async || false).await;
        assert_eq!(kind(&handover), "deferred");
        assert_eq!(sink.letters().len(), 0);
        assert_eq!(sink.verbs(), ["EHLO", "MAIL", "RCPT", "DATA"]);
    }

    #[tokio::test]
    async fn logins_are_made_as_servers_offer_them() {
        for (offers, expected) in [
            ("250-AUTH PLAIN LOGIN\r\n", "AUTH PLAIN AHpvZQBodW50ZXIy"),
            ("250-AUTH=PLAIN\r\n", "AUTH PLAIN AHpvZQBodW50ZXIy"),
            ("250-AUTH LOGIN\r\n", "AUTH LOGIN"),
        ] {
            let sink = Sink { offers, ..Sink::default() };
            attempt(&sink, SmtpTls::None, true, LETTER).await;
            assert_eq!(locked(&sink.commands)[1], expected);
        }
        for offers in ["", "250-AUTH GSSAPI CRAM-MD5\r\n"] {
            let sink = Sink { offers, ..Sink::default() };
            let (handover, _) = attempt(&sink, SmtpTls::None, true, LETTER).await;
            assert_eq!(kind(&handover), "deferred");
            assert_eq!(sink.verbs(), ["EHLO", "QUIT"]);
        }
    }

    #[tokio::test]
    async fn letters_go_through_tls_of_both_kinds() {
        let implicit = Sink { implicit_tls: true, ..Sink::default() };
        let (handover, _) = attempt(&implicit, SmtpTls::Implicit, false, LETTER).await;
        assert_eq!((kind(&handover), implicit.letters().len()), ("accepted", 1), "{handover:?}");
        let sink = Sink { offers: "250-starttls\r\n250-AUTH PLAIN\r\n", ..Sink::default() };
        let (handover, _) = attempt(&sink, SmtpTls::StartTls, true, LETTER).await;
        assert_eq!((kind(&handover), sink.letters().len()), ("accepted", 1), "{handover:?}");
        let verbs = ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"];
        assert_eq!(sink.verbs(), verbs);
    }

    #[tokio::test]
    async fn without_tls_no_password_and_no_letter_leaves() {
        let starttls = "250-STARTTLS\r\n250-AUTH PLAIN\r\n";
        let injected = Say("220 go\r\n250-sink\r\n250 AUTH PLAIN");
        for sink in [
            Sink { offers: "250-AUTH PLAIN\r\n", ..Sink::default() },
            Sink { offers: starttls, ..Sink::wrong(Step::StartTls, Say("454 no TLS now")) },
            Sink { offers: starttls, ..Sink::wrong(Step::StartTls, Say("501 what")) },
            Sink { offers: starttls, ..Sink::wrong(Step::StartTls, Close) },
            Sink { offers: starttls, ..Sink::wrong(Step::StartTls, injected) },
        ] {
            let (handover, _) = attempt(&sink, SmtpTls::StartTls, true, LETTER).await;
            assert_eq!(kind(&handover), "deferred", "{sink:?}");
            let secret = ["AUTH", "MAIL", "DATA"];
            assert!(!sink.verbs().iter().any(|verb| secret.contains(&verb.as_str())), "{sink:?}");
        }
    }

    #[tokio::test]
    async fn a_certificate_that_nobody_vouches_for_is_refused() {
        let (from, to) = (address("a@exemple.fr"), address("b@exemple.fr"));
        let offers = "250-STARTTLS\r\n";
        for (sink, tls) in [
            (Sink { implicit_tls: true, ..Sink::default() }, SmtpTls::Implicit),
            (Sink { offers, ..Sink::default() }, SmtpTls::StartTls),
        ] {
            let settings = settings(sink.listen().await, tls, true);
            let handover = deliver(&settings, &from, &to, LETTER, async || true).await;
            assert_eq!(kind(&handover), "deferred");
            let Handover::Deferred { reply } = handover else { panic!("deferred") };
            assert!(reply.contains("TLS failed"), "{reply}");
            assert!(!sink.verbs().contains(&"AUTH".to_owned()));
        }
        // The right root, but another name.
        let sink = Sink { implicit_tls: true, ..Sink::default() };
        let root = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
        let trust = Trust::only(&[root]).expect("a root");
        let host = "127.0.0.1".to_owned();
        let settings =
            SmtpSettings { host, ..settings(sink.listen().await, SmtpTls::Implicit, false) };
        let relay =
            Relay { settings: &settings, security: Security::Implicit(trust), patience: BRIEF };
        let envelope = Envelope { from: &from, to: &to };
        let handover = hand_over(&relay, envelope, LETTER, async || true).await;
        assert_eq!(kind(&handover), "deferred", "{handover:?}");
    }

    #[tokio::test]
    async fn an_accented_local_part_needs_a_server_that_takes_it() {
        let (from, to) = (address("brief@été.fr"), address("zoé@exemple.fr"));
        for (offers, outcome) in [("", "rejected"), ("250-SMTPUTF8\r\n", "accepted")] {
            let sink = Sink { offers, ..Sink::default() };
            let settings = settings(sink.listen().await, SmtpTls::None, false);
            let handover = deliver(&settings, &from, &to, LETTER, async || true).await;
            assert_eq!(kind(&handover), outcome);
            if outcome == "accepted" {
                let mail = "MAIL FROM:<brief@xn--t-9fab.fr> SMTPUTF8".to_owned();
                assert!(locked(&sink.commands).contains(&mail));
            }
        }
    }

    #[tokio::test]
    async fn replies_are_kept_without_addresses() {
        let said = Say("550-5.1.1 <zoe@exemple.fr>: no such user\r\n550 5.1.1 ask zoe@exemple.fr");
        let sink = Sink::wrong(Step::Rcpt, said);
        let (handover, _) = attempt(&sink, SmtpTls::None, false, LETTER).await;
        let reply = "550 5.1.1 <…@exemple.fr>: no such user 5.1.1 ask …@exemple.fr".to_owned();
        assert_eq!(handover, Handover::Rejected { reply });
    }

    #[test]
    fn the_reply_to_the_dot_is_awaited_for_ten_minutes() {
        assert!(PATIENCE.dot >= Duration::from_secs(600));
    }

    #[test]
    fn dots_at_the_start_of_lines_are_doubled() {
        for (text, sent) in [
            (&b"a\r\n.\r\nb\r\n"[..], &b"a\r\n..\r\nb\r\n"[..]),
            (b".", b"..\r\n"),
            (b"a", b"a\r\n"),
            (b"", b"\r\n"),
        ] {
            assert_eq!(stuffed(text), sent);
        }
    }

    #[tokio::test]
    async fn a_letter_of_one_task_can_be_sent_in_another() {
        let sink = Sink::default();
        let port = sink.listen().await;
        let task = tokio::spawn(async move {
            let settings = settings(port, SmtpTls::None, false);
            let (from, to) = (address("a@exemple.fr"), address("b@exemple.fr"));
            let mut asked = false;
            deliver(&settings, &from, &to, LETTER, async || {
                asked = true;
                asked
            })
            .await
        });
        assert_eq!(kind(&task.await.expect("no panic")), "accepted");
    }
}
