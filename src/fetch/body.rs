//! A body, read to its end within limits, its content coding undone.
//!
//! Three limits: bytes on the wire and bytes decoded (`fetch.max_body` both), and how much a body
//! may grow when decoded. A body that is cut off, damaged, coded twice or in an unknown way is a
//! failed fetch; it is never handed on short. What follows a complete coded body is thrown away, as
//! browsers do, unless it is a further gzip member or zstd frame.

use std::io;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt};

use super::error::FetchError;
use super::wire::Wire;

/// How many times a body may grow, once it is larger than [`GROWTH_FROM`].
const GROWTH: u64 = 300;
/// Up to this size a body may grow as it likes.
const GROWTH_FROM: u64 = 2 * 1024 * 1024;
/// How many gzip members or zstd frames a body may have.
const MEMBERS: usize = 1_024;
/// The largest window of zstd: 2²³ bytes, what every decoder on the web has (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;
/// How much room is made before anything came.
const FIRST_ROOM: u64 = 256 * 1024;
/// How much room there is at least for a further read.
const MORE_ROOM: usize = 8 * 1024;

/// Content codings that are undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
    Deflate,
}

impl Coding {
    /// The coding that a response declares; none or one.
    fn of(fields: &HeaderMap) -> Result<Self, FetchError> {
        let mut found = Self::Identity;
        let mut all = Vec::new();
        for line in fields.get_all(CONTENT_ENCODING) {
            let line = String::from_utf8_lossy(line.as_bytes()).to_ascii_lowercase();
            all.extend(line.split(',').map(|coding| coding.trim().to_owned()));
        }
        all.retain(|coding| !coding.is_empty() && coding != "identity");
        if all.len() > 1 {
            return Err(FetchError::Coding(all.join(", ")));
        }
        for coding in all {
            found = match coding.as_str() {
                "gzip" | "x-gzip" => Self::Gzip,
                "br" => Self::Brotli,
                "zstd" => Self::Zstd,
                "deflate" => Self::Deflate,
                _ => return Err(FetchError::Coding(coding)),
            };
        }
        Ok(found)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }

    /// Whether `next` begins a further part of a body that was complete already.
    fn continues(self, next: &[u8]) -> bool {
        match self {
            Self::Gzip => next.starts_with(&[0x1f, 0x8b]) || next == [0x1f],
            // A frame, or one of the sixteen kinds that are skipped (RFC 8878, section 3.1).
            Self::Zstd => matches!(next, [0x28, 0xb5, ..] | [0x50..=0x5f, 0x2a, ..] | [0x28]),
            Self::Identity | Self::Brotli | Self::Deflate => false,
        }
    }
}

/// Reads the body of `response` whole; `url` is who is named when it breaks.
pub async fn read(
    response: reqwest::Response,
    max_body: u64,
    url: &url::Url,
) -> Result<Bytes, FetchError> {
    let coding = Coding::of(response.headers())?;
    let announced = response.content_length();
    if announced.is_some_and(|length| length > max_body) {
        return Err(FetchError::TooLarge(max_body));
    }
    let room = announced.unwrap_or_default().min(FIRST_ROOM);
    let mut reader = Reader {
        wire: Wire::new(response, max_body, url),
        body: Vec::with_capacity(usize::try_from(room).unwrap_or_default()),
        max_body,
        coding,
    };
    reader.all().await?;
    Ok(reader.body.into())
}

struct Reader {
    wire: Wire,
    body: Vec<u8>,
    max_body: u64,
    coding: Coding,
}

impl Reader {
    async fn all(&mut self) -> Result<(), FetchError> {
        for _ in 0..MEMBERS {
            self.part().await?;
            let next = self.wire.fill_buf().await;
            let next = match next {
                Ok(next) => self.coding.continues(next),
                Err(error) => return Err(self.explain(&error)),
            };
            if !next {
                return self.discard_rest().await;
            }
        }
        Err(FetchError::Damaged(self.coding.name()))
    }

    /// One gzip member, one zstd frame, or all there is.
    async fn part(&mut self) -> Result<(), FetchError> {
        let Self { wire, body, max_body, coding } = self;
        let limit = *max_body;
        let poured = match coding {
            Coding::Identity => pour(wire, |wire| wire.taken(), body, limit).await,
            Coding::Gzip => {
                pour(GzipDecoder::new(wire), |d| d.get_ref().taken(), body, limit).await
            }
            Coding::Deflate => {
                pour(ZlibDecoder::new(wire), |d| d.get_ref().taken(), body, limit).await
            }
            Coding::Zstd => {
                let window = DParameter::window_log_max(ZSTD_WINDOW_LOG);
                let decoder = ZstdDecoder::with_params(wire, &[window]);
                pour(decoder, |d| d.get_ref().taken(), body, limit).await
            }
            Coding::Brotli => match is_large_window(wire).await {
                Ok(true) => return Err(FetchError::Damaged(coding.name())),
                Ok(false) => {
                    pour(BrotliDecoder::new(wire), |d| d.get_ref().taken(), body, limit).await
                }
                Err(error) => Err(Spill::Broken(error)),
            },
        };
        match poured {
            Ok(()) => Ok(()),
            Err(Spill::TooMuch(failure)) => Err(failure),
            Err(Spill::Broken(error)) => Err(self.explain(&error)),
        }
    }

    /// Reads on to the end of the answer, so that one cut off there is noticed and the connection
    /// can be used again.
    async fn discard_rest(&mut self) -> Result<(), FetchError> {
        loop {
            let length = match self.wire.fill_buf().await {
                Ok([]) => return Ok(()),
                Ok(rest) => rest.len(),
                Err(error) => return Err(self.explain(&error)),
            };
            self.wire.consume(length);
        }
    }

    fn explain(&mut self, error: &io::Error) -> FetchError {
        let coding = self.coding.name();
        match (self.wire.failure(), error.kind()) {
            (Some(failure), _) => failure,
            (None, io::ErrorKind::UnexpectedEof) => FetchError::CutOff(coding),
            (None, _) => FetchError::Damaged(coding),
        }
    }
}

enum Spill {
    TooMuch(FetchError),
    Broken(io::Error),
}

/// Pours a decoder into `body` until it ends or a limit is met.
async fn pour<D: AsyncRead + Unpin>(
    mut decoder: D,
    taken: impl Fn(&D) -> u64,
    body: &mut Vec<u8>,
    limit: u64,
) -> Result<(), Spill> {
    // One byte beyond the limit is read, to see that there is one.
    let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    loop {
        if body.capacity() - body.len() < MORE_ROOM {
            let wanted = (body.capacity() * 2).clamp(body.len() + MORE_ROOM, most.max(MORE_ROOM));
            body.reserve_exact(wanted.saturating_sub(body.len()).max(MORE_ROOM));
        }
        let count = decoder.read_buf(body).await.map_err(Spill::Broken)?;
        if count == 0 {
            return Ok(());
        }
        let length = body.len() as u64;
        if length > limit {
            return Err(Spill::TooMuch(FetchError::TooLarge(limit)));
        }
        if length > GROWTH_FROM && length / GROWTH > taken(&decoder) {
            return Err(Spill::TooMuch(FetchError::Bomb(GROWTH)));
        }
        tokio::task::coop::consume_budget().await;
    }
}

/// Whether a brotli stream begins with the mark of the "large window" variant, which RFC 7932
/// (section 9.1) does not know, whose window can be a gigabyte, and which the decoder would accept.
async fn is_large_window(wire: &mut (impl AsyncBufRead + Unpin)) -> io::Result<bool> {
    Ok(wire.fill_buf().await?.first().is_some_and(|first| first & 0x7f == 0x11))
}
