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
                Err(_) => return Err(self.explain()),
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
                Err(_) => Err(Spill::Broken),
            },
        };
        match poured {
            Ok(()) => Ok(()),
            Err(Spill::TooMuch(failure)) => Err(failure),
            Err(Spill::Broken) => Err(self.explain()),
        }
    }

    /// Reads on to the end of the answer, so that one cut off there is noticed and the connection
    /// can be used again.
    async fn discard_rest(&mut self) -> Result<(), FetchError> {
        loop {
            let length = match self.wire.fill_buf().await {
                Ok([]) => return Ok(()),
                Ok(rest) => rest.len(),
                Err(_) => return Err(self.explain()),
            };
            self.wire.consume(length);
        }
    }

    fn explain(&mut self) -> FetchError {
        let coding = self.coding.name();
        match self.wire.failure() {
            Some(failure) => failure,
            // The decoder asked for more where there was no more.
            None if self.wire.is_over() => FetchError::CutOff(coding),
            None => FetchError::Damaged(coding),
        }
    }
}

enum Spill {
    TooMuch(FetchError),
    Broken,
}

/// Pours a decoder into `body` until it ends or a limit is met.
async fn pour<D: AsyncRead + Unpin>(
    mut decoder: D,
    taken: impl Fn(&D) -> u64,
    body: &mut Vec<u8>,
    limit: u64,
) -> Result<(), Spill> {
    loop {
        make_room(body, limit);
        let count = decoder.read_buf(body).await.map_err(|_| Spill::Broken)?;
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

/// Doubles the room of `body` when it is nearly full, but not beyond the limit: one byte more is
/// read at most, to see that there is one.
fn make_room(body: &mut Vec<u8>, limit: u64) {
    if body.capacity() - body.len() < MORE_ROOM {
        let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let double = body.len().min(most.saturating_sub(body.len()));
        body.reserve_exact(double.max(MORE_ROOM));
    }
}

/// Whether a brotli stream begins with the mark of the "large window" variant, which RFC 7932
/// (section 9.1) does not know, whose window can be a gigabyte, and which the decoder would accept.
async fn is_large_window(wire: &mut (impl AsyncBufRead + Unpin)) -> io::Result<bool> {
    Ok(wire.fill_buf().await?.first().is_some_and(|first| first & 0x7f == 0x11))
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread as encoders;
    use async_compression::zstd::CParameter;
    use async_compression::{Level, tokio::write::GzipEncoder as GzipWriter};
    use tokio::io::{AsyncWriteExt, BufReader};

    use super::*;
    use crate::fetch::client::Client;
    use crate::fetch::origin::{Origin, Reply, answer, client, failure, fresh, get, settings};
    use crate::model::outcome::{FailureClass, Outcome};

    const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

    async fn encode(coding: &str, plain: impl AsyncRead + Unpin) -> Vec<u8> {
        let plain = BufReader::new(plain);
        let mut coded = Vec::new();
        let quality = Level::Precise(2);
        let done = match coding {
            "gzip" => encoders::GzipEncoder::new(plain).read_to_end(&mut coded).await,
            "br" => {
                encoders::BrotliEncoder::with_quality(plain, quality).read_to_end(&mut coded).await
            }
            "zstd" => encoders::ZstdEncoder::new(plain).read_to_end(&mut coded).await,
            _ => encoders::ZlibEncoder::new(plain).read_to_end(&mut coded).await,
        };
        done.expect("encoding in memory");
        coded
    }

    /// A body that no coding makes much smaller, yet the same in every run.
    fn varied(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b' ' + u8::try_from(state >> 26).expect("six bits")
        };
        (0..length).map(|_| next()).collect()
    }

    async fn fetched(fields: &[&str], body: &[u8]) -> Outcome {
        let origin = Origin::always(answer("200 OK", fields, body)).await;
        get(&client(), &origin.feed("/feed")).await
    }

    async fn fetched_coded(coding: &str, body: &[u8]) -> Outcome {
        let field = format!("Content-Encoding: {coding}");
        fetched(&[&field, "ETag: \"x\""], body).await
    }

    #[tokio::test]
    async fn every_coding_is_undone() {
        for length in [0, 1, 100, 300_000] {
            let plain = varied(length);
            for coding in CODINGS {
                let coded = encode(coding, plain.as_slice()).await;
                let found = fresh(fetched_coded(coding, &coded).await);
                assert!(found.body == plain, "{coding} of {length}");
            }
            assert!(fresh(fetched(&[], &plain).await).body == plain, "plain of {length}");
        }
    }

    #[tokio::test]
    async fn codings_are_named_in_many_ways() {
        let coded = encode("gzip", b"<rss/>".as_slice()).await;
        for field in ["x-gzip", " GZip ", "identity, gzip", ", gzip", "gzip,"] {
            assert_eq!(fresh(fetched_coded(field, &coded).await).body, "<rss/>", "{field}");
        }
        for field in ["identity", "", ","] {
            assert_eq!(fresh(fetched_coded(field, b"<rss/>").await).body, "<rss/>", "{field}");
        }
    }

    #[tokio::test]
    async fn further_members_are_read_and_other_bytes_behind_the_body_are_not() {
        for coding in ["gzip", "zstd"] {
            let mut coded = encode(coding, b"<rss>".as_slice()).await;
            coded.extend(encode(coding, b"</rss>".as_slice()).await);
            assert_eq!(fresh(fetched_coded(coding, &coded).await).body, "<rss></rss>");
        }
        for coding in CODINGS {
            for trailer in [b"\n".as_slice(), b"\0\0\0\0", b"<!-- cached -->"] {
                let mut coded = encode(coding, b"<rss/>".as_slice()).await;
                coded.extend(trailer);
                assert_eq!(fresh(fetched_coded(coding, &coded).await).body, "<rss/>", "{coding}");
            }
        }
    }

    #[tokio::test]
    async fn unknown_and_double_codings_are_failures() {
        let once = encode("gzip", b"<rss/>".as_slice()).await;
        let twice = encode("gzip", once.as_slice()).await;
        let cases = [
            ("gzip, gzip", &twice),
            ("br, gzip", &twice),
            ("x", &once),
            ("compress", &once),
            ("utf-8", &once),
        ];
        for (coding, body) in cases {
            let failure = failure(fetched_coded(coding, body).await);
            assert_eq!(failure.class, FailureClass::Body, "{coding}");
            assert!(failure.reason.contains(&format!("\"{coding}\"")), "{}", failure.reason);
        }
        let lines = ["Content-Encoding: gzip", "Content-Encoding: gzip"];
        assert_eq!(failure(fetched(&lines, &twice).await).class, FailureClass::Body);
    }

    #[tokio::test]
    async fn a_coded_body_that_is_cut_off_or_damaged_is_never_handed_on() {
        let plain = varied(50_000);
        for coding in CODINGS {
            let coded = encode(coding, plain.as_slice()).await;
            for kept in [0, 1, 5, 11, coded.len() / 2, coded.len() - 9, coded.len() - 1] {
                let outcome = fetched_coded(coding, &coded[..kept]).await;
                let failure = failure(outcome);
                let expected = FetchError::CutOff(Box::leak(coding.to_owned().into_boxed_str()));
                assert_eq!(failure.reason, expected.to_string(), "{coding} {kept}");
                assert_eq!(failure.class, FailureClass::Network);
            }
            assert_eq!(failure(fetched_coded(coding, &plain).await).class, FailureClass::Body);
            // Brotli and zstd as commonly sent carry no checksum: damage there may go unseen.
            if matches!(coding, "gzip" | "deflate") {
                let mut damaged = coded.clone();
                *damaged.last_mut().expect("a trailer") ^= 0x55;
                let failure = failure(fetched_coded(coding, &damaged).await);
                assert_eq!(failure.class, FailureClass::Body, "{coding}");
            }
        }
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_never_handed_on() {
        let gzip = encode("gzip", varied(5_000).as_slice()).await;
        let chunked = "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nTransfer-Encoding: chunked\r\n";
        let short = |body: &[u8]| {
            let head = format!("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: {}\r\n\r\n", 500);
            [head.as_bytes(), body].concat()
        };
        let chunks = |rest: &str| format!("{chunked}\r\n{rest}").into_bytes();
        let coded = |end: &[u8]| {
            let head = format!("{chunked}Content-Encoding: gzip\r\n\r\n{:x}\r\n", gzip.len());
            [head.as_bytes(), &gzip, end].concat()
        };
        let cases = [
            ("short", Reply::Close(short(b"<rss/>"))),
            ("short and reset", Reply::Reset(short(b"<rss/>"))),
            ("nothing of it", Reply::Close(short(b""))),
            ("no last chunk", Reply::Close(chunks("6\r\n<rss/>\r\n"))),
            ("inside a chunk", Reply::Close(chunks("9\r\n<rss/>"))),
            ("bad chunk size", Reply::Close(chunks("zz\r\n<rss/>\r\n0\r\n\r\n"))),
            ("endless chunk size", Reply::Close(chunks("fffffffffffffffff\r\n<rss/>"))),
            ("chunk too short", Reply::Close(chunks("2\r\n<rss/>\r\n0\r\n\r\n"))),
            ("reset between chunks", Reply::Reset(chunks("6\r\n<rss/>\r\n"))),
            ("a whole gzip but no last chunk", Reply::Close(coded(b"\r\n"))),
        ];
        for (case, reply) in cases {
            let origin = Origin::always(reply).await;
            let failure = failure(get(&client(), &origin.feed("/")).await);
            assert_eq!(failure.class, FailureClass::Network, "{case}");
            assert!(failure.reason.starts_with(&origin.address.to_string()), "{}", failure.reason);
        }
        let whole = Origin::always(Reply::Close(coded(b"\r\n0\r\n\r\n"))).await;
        assert_eq!(fresh(get(&client(), &whole.feed("/")).await).body, varied(5_000));
    }

    #[tokio::test]
    async fn a_body_up_to_the_limit_is_taken_and_one_byte_more_is_not() {
        let mut settings = settings(&["127.0.0.0/8"]);
        settings.max_body = 100_000;
        let client = Client::new(&settings).expect("a client");
        let too_large = "the body is larger than 100 kB (fetch.max_body)";
        for (length, fits) in [(100_000, true), (100_001, false)] {
            let plain = varied(length);
            let chunked = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), plain.as_slice()].concat();
            let gzip = encode("gzip", plain.as_slice()).await;
            assert!(gzip.len() < 100_000);
            let replies = [
                answer("200 OK", &[], &plain),
                Reply::Close(chunked),
                answer("200 OK", &["Content-Encoding: gzip"], &gzip),
            ];
            for reply in replies {
                let origin = Origin::always(reply).await;
                match get(&client, &origin.feed("/")).await {
                    Outcome::Fresh(found) => assert!(fits && found.body == plain),
                    Outcome::Failed(failure) => {
                        assert_eq!((fits, failure.reason.as_str()), (false, too_large));
                        assert_eq!(failure.class, FailureClass::Body);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[tokio::test]
    async fn a_body_without_end_is_left_at_the_limit() {
        let mut settings = settings(&["127.0.0.0/8"]);
        settings.max_body = 1_000_000;
        let client = Client::new(&settings).expect("a client");
        let chunk = [b"2000\r\n".as_slice(), &[b'x'; 0x2000], b"\r\n"].concat();
        let cases = [
            ("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 8_192]),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", vec![b'x'; 8_192]),
            ("HTTP/1.1 404 Not Found\r\n\r\n", vec![b'x'; 8_192]),
            ("HTTP/1.1 302 Found\r\nLocation: file:///x\r\n\r\n", vec![b'x'; 8_192]),
        ];
        for (head, more) in cases {
            let reply = Reply::Endless(head.as_bytes().to_vec(), more);
            let origin = Origin::always(reply).await;
            failure(get(&client, &origin.feed("/")).await);
            // What is written beyond the limit fits into the buffers of two sockets.
            assert!(origin.written() < 1_000_000 + 10_000_000, "{head}: {}", origin.written());
        }
    }

    #[tokio::test]
    async fn bombs_are_left_unexploded() {
        for coding in CODINGS {
            let bomb = encode(coding, tokio::io::repeat(0).take(40_000_000)).await;
            let field = format!("Content-Encoding: {coding}");
            let origin = Origin::always(answer("200 OK", &[&field], &bomb)).await;
            for (max_body, reason) in [(2_000_000, "larger than 2 MB"), (1 << 40, "300 times")] {
                let mut settings = settings(&["127.0.0.0/8"]);
                settings.max_body = max_body;
                let client = Client::new(&settings).expect("a client");
                let failure = failure(get(&client, &origin.feed("/")).await);
                assert_eq!(failure.class, FailureClass::Body, "{coding}");
                assert!(failure.reason.contains(reason), "{coding}: {}", failure.reason);
            }
        }
    }

    #[tokio::test]
    async fn windows_larger_than_the_web_allows_are_refused() {
        let plain = varied(20_000);
        let params = [CParameter::window_log(27), CParameter::content_size_flag(false)];
        let mut coded = Vec::new();
        encoders::ZstdEncoder::with_quality_and_params(
            BufReader::new(plain.as_slice()),
            Level::Default,
            &params,
        )
        .read_to_end(&mut coded)
        .await
        .expect("encoding in memory");
        assert_eq!(failure(fetched_coded("zstd", &coded).await).class, FailureClass::Body);
        let large_brotli = [0x11, 0x1e, 0, 0, 0, 0];
        assert_eq!(failure(fetched_coded("br", &large_brotli).await).class, FailureClass::Body);
    }

    #[tokio::test]
    async fn thousands_of_members_are_too_many() {
        let mut writer = GzipWriter::new(Vec::new());
        writer.write_all(b"x").await.expect("in memory");
        writer.shutdown().await.expect("in memory");
        let one = writer.into_inner();
        let outcome = fetched_coded("gzip", &one.repeat(1_000)).await;
        assert_eq!(fresh(outcome).body.len(), 1_000);
        let failure = failure(fetched_coded("gzip", &one.repeat(100_000)).await);
        assert_eq!(failure.class, FailureClass::Body);
    }

    #[tokio::test]
    async fn a_coded_body_read_to_its_end_leaves_its_connection_usable() {
        let gzip = encode("gzip", b"<rss/>".as_slice()).await;
        let mut reply = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
            gzip.len()
        )
        .into_bytes();
        reply.extend(&gzip);
        reply.extend(b"\r\n0\r\n\r\n");
        let origin = Origin::always(Reply::Whole(reply)).await;
        let client = client();
        for _ in 0..3 {
            fresh(get(&client, &origin.feed("/")).await);
        }
        assert_eq!(origin.connections(), 1);
    }
}
