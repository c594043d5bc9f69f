//! The bytes of an answer as they come off the wire, counted.
//!
//! A [`Wire`] is what decoders read from. It stops at the limit, and it keeps the typed reason why
//! it stopped, since decoders pass on nothing but `io::Error`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_util::Stream;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use super::cause;
use super::error::FetchError;

type Chunks = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// A body coming in.
pub struct Wire {
    chunks: Chunks,
    chunk: Bytes,
    url: url::Url,
    limit: u64,
    taken: u64,
    over: bool,
    failed: Option<FetchError>,
}

impl Wire {
    /// The body of `response`, of which no more than `limit` bytes are taken.
    pub fn new(response: reqwest::Response, limit: u64, url: &url::Url) -> Self {
        Self {
            chunks: Box::pin(response.bytes_stream()),
            chunk: Bytes::new(),
            url: url.clone(),
            limit,
            taken: 0,
            over: false,
            failed: None,
        }
    }

    /// How many bytes came so far.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether its end was reached and asked for.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Why it stopped, if it did so before its end.
    pub fn failure(&mut self) -> Option<FetchError> {
        self.failed.take()
    }

    fn fail(&mut self, failure: FetchError) -> io::Error {
        self.failed = Some(failure);
        io::Error::other("the wire failed")
    }
}

impl AsyncBufRead for Wire {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.chunk.is_empty() && !this.over {
            match ready!(this.chunks.as_mut().poll_next(cx)) {
                None => this.over = true,
                Some(Ok(chunk)) => {
                    this.taken = this.taken.saturating_add(chunk.len() as u64);
                    if this.taken > this.limit {
                        return Poll::Ready(Err(this.fail(FetchError::TooLarge(this.limit))));
                    }
                    this.chunk = chunk;
                }
                Some(Err(error)) => {
                    let failure = cause::explain(&error, &this.url);
                    return Poll::Ready(Err(this.fail(failure)));
                }
            }
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.get_mut().chunk.advance(amount);
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let chunk = ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = chunk.len().min(out.remaining());
        out.put_slice(&chunk[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}
