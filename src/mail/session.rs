//! A session with the mail server, up to the login: reached, secured, greeted.
//!
//! Nothing here concerns a letter: whatever fails, the relay or its configuration is at fault, and
//! the letter can be tried again. Over an insecure connection nothing is sent to another machine.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::mail::encode;
use crate::mail::reply;
use crate::mail::tls::{TlsError, Trust};
use crate::mail::wire::{Reply, Stream, Wire, WireError};
use crate::model::settings::{Login, SmtpSettings, SmtpTls};

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// A connection to one of the server's addresses, and TLS on it.
    pub connect: Duration,
    /// A reply to a command. RFC 5321, section 4.5.3.2 allows for minutes; a relay of one's own
    /// that takes longer than this is tried again later.
    pub command: Duration,
    /// The reply to the final dot (RFC 5321, section 4.5.3.2.6).
    pub dot: Duration,
    /// The reply to QUIT, on which nothing depends.
    pub quit: Duration,
}

/// What a relay of one's own is given.
pub const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(15),
    command: Duration::from_secs(60),
    dot: Duration::from_secs(600),
    quit: Duration::from_secs(5),
};

/// Why there is no session: in the words of the server, or in ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotNow(pub String);

impl From<WireError> for NotNow {
    fn from(error: WireError) -> Self {
        Self(reply::kept(&error.to_string()))
    }
}

impl From<TlsError> for NotNow {
    fn from(error: TlsError) -> Self {
        Self(reply::kept(&error.to_string()))
    }
}

/// How the connection is secured, and whom it trusts.
pub enum Security {
    /// TLS from the first byte.
    Implicit(Trust),
    /// TLS after STARTTLS, and nothing without it.
    StartTls(Trust),
    /// None, which only a server on this machine gets.
    None,
}

impl Security {
    /// As configured, trusting what this machine trusts.
    pub fn wanted(tls: SmtpTls) -> Result<Self, TlsError> {
        Ok(match tls {
            SmtpTls::Implicit => Self::Implicit(Trust::of_this_machine()?),
            SmtpTls::StartTls => Self::StartTls(Trust::of_this_machine()?),
            SmtpTls::None => Self::None,
        })
    }
}

/// A mail server and how to talk to it.
pub struct Relay<'a> {
    /// Where it is and who we are to it.
    pub settings: &'a SmtpSettings,
    /// How the connection is secured.
    pub security: Security,
    /// How long it is waited for.
    pub patience: Patience,
}

impl Relay<'_> {
    /// A session ready for letters.
    pub async fn open(&self) -> Result<(Wire, Offers), NotNow> {
        let (mut wire, offers) = self.connected().await?;
        let Some(login) = &self.settings.login else { return Ok((wire, offers)) };
        match self.log_in(&mut wire, &offers, login).await {
            Ok(()) => Ok((wire, offers)),
            Err(not_now) => {
                self.quit(wire).await;
                Err(not_now)
            }
        }
    }

    /// Ends a session. Nothing depends on how that is answered.
    pub async fn quit(&self, mut wire: Wire) {
        let _ = wire.command("QUIT", self.patience.quit).await;
    }

    /// A connection, secured as it must be and greeted.
    async fn connected(&self) -> Result<(Wire, Offers), NotNow> {
        let stream = self.reached().await?;
        let name = own_name(&stream);
        match &self.security {
            Security::Implicit(trust) => {
                let mut wire = self.secured(trust, stream).await?;
                must(&wire.reply(self.patience.command).await?, 220)?;
                let offers = self.hello(&mut wire, &name).await?;
                Ok((wire, offers))
            }
            Security::StartTls(trust) => {
                let mut wire = Wire::new(stream);
                must(&wire.reply(self.patience.command).await?, 220)?;
                let offers = self.hello(&mut wire, &name).await?;
                if !offers.has("STARTTLS") {
                    self.quit(wire).await;
                    return Err(NotNow("the server does not offer STARTTLS".to_owned()));
                }
                must(&wire.command("STARTTLS", self.patience.command).await?, 220)?;
                let mut wire = self.secured(trust, wire.into_stream()?).await?;
                // What was offered before was not protected.
                let offers = self.hello(&mut wire, &name).await?;
                Ok((wire, offers))
            }
            Security::None => {
                if !stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback()) {
                    let refusal = "nothing is sent to another machine without TLS";
                    return Err(NotNow(refusal.to_owned()));
                }
                let mut wire = Wire::new(stream);
                must(&wire.reply(self.patience.command).await?, 220)?;
                let offers = self.hello(&mut wire, &name).await?;
                Ok((wire, offers))
            }
        }
    }

    /// A TCP connection to the first of the server's addresses that takes one.
    async fn reached(&self) -> Result<TcpStream, NotNow> {
        let patience = self.patience.connect;
        let look_up = tokio::net::lookup_host((self.settings.host.as_str(), self.settings.port));
        let addresses = match tokio::time::timeout(patience, look_up).await {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(error)) => return Err(unreached(&error.to_string())),
            Err(_) => return Err(unreached("its name was not resolved in time")),
        };
        let mut last = unreached("it has no address");
        for address in addresses {
            match tokio::time::timeout(patience, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = unreached(&error.to_string()),
                Err(_) => last = unreached("it does not answer"),
            }
        }
        Err(last)
    }

    async fn secured(&self, trust: &Trust, stream: impl Stream + 'static) -> Result<Wire, NotNow> {
        let handshake = trust.secure(stream, &self.settings.host);
        match tokio::time::timeout(self.patience.connect, handshake).await {
            Ok(stream) => Ok(Wire::new(stream?)),
            Err(_) => Err(NotNow("TLS was not agreed upon in time".to_owned())),
        }
    }

    async fn hello(&self, wire: &mut Wire, name: &str) -> Result<Offers, NotNow> {
        let said = wire.command(&format!("EHLO {name}"), self.patience.command).await?;
        must(&said, 250)?;
        Ok(Offers::of(&said))
    }

    /// RFC 4954, with PLAIN (RFC 4616) or else LOGIN, which some servers have alone.
    async fn log_in(&self, wire: &mut Wire, offers: &Offers, login: &Login) -> Result<(), NotNow> {
        let patience = self.patience.command;
        let mechanisms = offers.parameters("AUTH");
        let user = encode::base64(login.username.as_bytes());
        if mechanisms.contains(&"PLAIN") {
            let both = format!("\0{}\0{}", login.username, login.password.reveal());
            let both = encode::base64(both.as_bytes());
            let mut said = wire.command(&format!("AUTH PLAIN {both}"), patience).await?;
            if said.code == 334 {
                said = wire.command(&both, patience).await?;
            }
            must(&said, 235)
        } else if mechanisms.contains(&"LOGIN") {
            must(&wire.command("AUTH LOGIN", patience).await?, 334)?;
            must(&wire.command(&user, patience).await?, 334)?;
            let password = encode::base64(login.password.reveal().as_bytes());
            must(&wire.command(&password, patience).await?, 235)
        } else {
            Err(NotNow("the server offers no login by PLAIN or LOGIN".to_owned()))
        }
    }
}

/// What a server offers: the keywords of its reply to EHLO, in upper case, with their parameters.
pub struct Offers(Vec<String>);

impl Offers {
    fn of(reply: &Reply) -> Self {
        Self(reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect())
    }

    /// Whether it offers `keyword`, written in upper case.
    pub fn has(&self, keyword: &str) -> bool {
        self.0.iter().any(|line| line.split(' ').next() == Some(keyword))
    }

    /// The parameters of a keyword; `AUTH=PLAIN` is how some servers still write them.
    fn parameters(&self, keyword: &str) -> Vec<&str> {
        let offered = self.0.iter().map(|line| line.split([' ', '=']));
        let mine = offered.filter_map(|mut words| (words.next() == Some(keyword)).then_some(words));
        mine.flatten().collect()
    }
}

/// How we introduce ourselves: by address, which is always true (RFC 5321, section 4.1.4).
fn own_name(stream: &TcpStream) -> String {
    match stream.local_addr().map(|address| address.ip().to_canonical()) {
        Ok(IpAddr::V4(ip)) => format!("[{ip}]"),
        Ok(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
        Err(_) => "[127.0.0.1]".to_owned(),
    }
}

fn unreached(why: &str) -> NotNow {
    NotNow(reply::kept(&format!("the server was not reached: {why}")))
}

/// A reply that concerns the relay: anything but `code` defers.
fn must(said: &Reply, code: u16) -> Result<(), NotNow> {
    if said.code == code { Ok(()) } else { Err(NotNow(shown(said))) }
}

/// A reply as it is kept.
pub fn shown(said: &Reply) -> String {
    reply::kept(&format!("{} {}", said.code, said.lines.join(" ")))
}
