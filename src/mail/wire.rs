//! The wire to a mail server: commands out, replies in, one at a time and within bounds.
//!
//! Commands and replies alternate strictly. A server that says more than it was asked is not
//! believed any more, since its next words would be taken for the answer to our next ones; before
//! TLS that is how replies are smuggled in. Replies may be in any encoding and as terse as RFC 5321,
//! section 4.2 lets them be: a `250` in Latin-1 is a `250`.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest line of a reply, in bytes (RFC 5321, section 4.5.3.1.5 asks for 512).
const LONGEST_LINE: usize = 4_096;
/// The most lines of a reply.
const MOST_LINES: usize = 128;

/// What a connection is made of: plain or within TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to a mail server.
pub struct Wire {
    stream: Box<dyn Stream>,
    held: Vec<u8>,
}

/// A server's reply (RFC 5321, section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its code, 200 to 599.
    pub code: u16,
    /// Its lines without their codes.
    pub lines: Vec<String>,
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The connection.
    #[error("the connection failed: {0}")]
    Lost(#[from] io::Error),
    /// It took too long.
    #[error("no reply within {} s", .0.as_secs())]
    Slow(Duration),
    /// What came is no reply.
    #[error("the server does not speak SMTP: {0}")]
    Babble(&'static str),
}

impl Wire {
    /// Takes a connection.
    pub fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), held: Vec::new() }
    }

    /// Gives the connection back, to be put into TLS. Refused if the server has said anything that
    /// was not asked for: that was not protected, and would be taken for what is.
    pub fn into_stream(self) -> Result<Box<dyn Stream>, WireError> {
        self.nothing_unasked()?;
        Ok(self.stream)
    }

    /// Sends a command, `line` without its end, and awaits the reply.
    pub async fn command(&mut self, line: &str, patience: Duration) -> Result<Reply, WireError> {
        self.nothing_unasked()?;
        let dialogue = async {
            self.write(format!("{line}\r\n").as_bytes()).await?;
            self.read_reply().await
        };
        in_time(dialogue, patience).await
    }

    /// Awaits a reply.
    pub async fn reply(&mut self, patience: Duration) -> Result<Reply, WireError> {
        in_time(self.read_reply(), patience).await
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8], patience: Duration) -> Result<(), WireError> {
        in_time(self.write(bytes), patience).await
    }

    /// Sends the final dot and awaits the reply to the text.
    pub async fn end_of_text(&mut self, patience: Duration) -> Result<Reply, WireError> {
        let dialogue = async {
            self.write(b".\r\n").await?;
            self.read_reply().await
        };
        in_time(dialogue, patience).await
    }

    /// Fails if the server has said something that was not asked for.
    pub fn nothing_unasked(&self) -> Result<(), WireError> {
        match self.held.is_empty() {
            true => Ok(()),
            false => Err(WireError::Babble("it answers more than it was asked")),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.stream.write_all(bytes).await?;
        Ok(self.stream.flush().await?)
    }

    async fn read_reply(&mut self) -> Result<Reply, WireError> {
        let mut reply: Option<Reply> = None;
        for _ in 0..MOST_LINES {
            let line = self.read_line().await?;
            let (code, text, is_last) = parsed(&line).ok_or(WireError::Babble("no reply code"))?;
            let reply = reply.get_or_insert(Reply { code, lines: Vec::new() });
            if reply.code != code {
                return Err(WireError::Babble("one reply with two codes"));
            }
            reply.lines.push(text.to_owned());
            if is_last {
                return Ok(reply.clone());
            }
        }
        Err(WireError::Babble("a reply without end"))
    }

    async fn read_line(&mut self) -> Result<String, WireError> {
        loop {
            if let Some(end) = self.held.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.held.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.held.len() > LONGEST_LINE {
                return Err(WireError::Babble("a line without end"));
            }
            let mut chunk = [0; 1_024];
            match self.stream.read(&mut chunk).await? {
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                read => self.held.extend_from_slice(&chunk[..read]),
            }
        }
    }
}

/// Code, text and whether it is the last line.
fn parsed(line: &str) -> Option<(u16, &str, bool)> {
    let (code, rest) = line.split_at_checked(3)?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_digit());
    let code: u16 = code.parse().ok().filter(|code| is_code && (200..600).contains(code))?;
    match rest.strip_prefix('-') {
        Some(text) => Some((code, text, false)),
        None if rest.is_empty() || rest.starts_with(' ') => Some((code, rest.trim_start(), true)),
        None => None,
    }
}

async fn in_time<T>(
    step: impl Future<Output = Result<T, WireError>>,
    patience: Duration,
) -> Result<T, WireError> {
    tokio::time::timeout(patience, step).await.unwrap_or(Err(WireError::Slow(patience)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    async fn reply_to(said: Vec<u8>) -> Result<Reply, String> {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let talking = tokio::spawn(async move {
            let _ = theirs.write_all(&said).await;
        });
        let reply = Wire::new(ours).reply(PATIENCE).await.map_err(|error| error.to_string());
        talking.await.expect("the talker ends");
        reply
    }

    #[tokio::test]
    async fn replies_are_read_as_servers_write_them() {
        for (said, code, lines) in [
            (&b"250 2.0.0 Ok\r\n"[..], 250, vec!["2.0.0 Ok"]),
            (
                b"250-mx.exemple.fr\r\n250-SIZE 1000\r\n250 HELP\r\n",
                250,
                vec!["mx.exemple.fr", "SIZE 1000", "HELP"],
            ),
            (b"250\r\n", 250, vec![""]),
            (b"250\n", 250, vec![""]),
            (b"220-\r\n220 \r\n", 220, vec!["", ""]),
            (b"250 Message accept\xe9\r\n", 250, vec!["Message accept\u{fffd}"]),
        ] {
            let lines = lines.into_iter().map(str::to_owned).collect();
            assert_eq!(reply_to(said.to_owned()).await, Ok(Reply { code, lines }));
        }
    }

    #[tokio::test]
    async fn what_is_no_reply_ends_the_dialogue_within_bounds() {
        for (said, why) in [
            (b"HTTP/1.1 400 Bad Request\r\n".to_vec(), "no reply code"),
            (b"\r\n".to_vec(), "no reply code"),
            (b"2x0 ok\r\n".to_vec(), "no reply code"),
            (b"100 ok\r\n".to_vec(), "no reply code"),
            ("25é ok\r\n".as_bytes().to_vec(), "no reply code"),
            (b"2500 ok\r\n".to_vec(), "no reply code"),
            (b"250-a\r\n251 b\r\n".to_vec(), "two codes"),
            (vec![b'2'; 500_000], "a line without end"),
            (b"250-more\r\n".repeat(10_000), "a reply without end"),
            (b"250 cut".to_vec(), "end of file"),
            (Vec::new(), "end of file"),
        ] {
            let error = reply_to(said).await.expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_says_more_than_it_was_asked_is_not_believed() {
        let (ours, mut theirs) = tokio::io::duplex(1_024);
        theirs.write_all(b"220 go ahead\r\n250 AUTH PLAIN\r\n").await.expect("room");
        let mut wire = Wire::new(ours);
        assert_eq!(wire.reply(PATIENCE).await.expect("a reply").code, 220);
        assert!(wire.command("EHLO x", PATIENCE).await.is_err());
        assert!(wire.into_stream().is_err());
    }
}
