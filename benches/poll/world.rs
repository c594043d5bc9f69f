//! The bench world: N feeds on loopback, spread over 50 addresses with one port.
//!
//! Nine feeds of ten have validators and answer 304 to those who show them; the tenth sends the
//! same body again. A control path publishes new entries in a share of the feeds, starts over, and
//! says what has been asked. Documents are made when asked for, so 20,000 feeds take no memory.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use hyper::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LAST_MODIFIED};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::feed;

/// How many addresses the feeds are spread over.
const HOSTS: usize = 50;

/// One feed in this many has no validators.
const BARE: usize = 10;

/// The address of feed `number` in the world at `port`.
pub(crate) fn url(port: u16, number: usize) -> String {
    format!("{}/feed/{number}.xml", site(port, number))
}

fn site(port: u16, number: usize) -> String {
    format!("http://127.0.1.{}:{port}", 1 + number % HOSTS)
}

/// What the world was asked since the last reset of its counters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) connections: u64,
    pub(crate) requests: u64,
    pub(crate) fresh: u64,
    pub(crate) unchanged: u64,
    pub(crate) bytes: u64,
}

#[derive(Debug)]
struct World {
    port: u16,
    versions: Vec<u64>,
    bumps: u64,
    asked: Asked,
}

type Shared = Arc<Mutex<World>>;

/// Serves until standard input ends; prints the port first.
pub(crate) fn run(feeds: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let first = TcpListener::bind((Ipv4Addr::new(127, 0, 1, 1), 0)).await?;
        let port = first.local_addr()?.port();
        let world = World { port, versions: vec![0; feeds], bumps: 0, asked: Asked::default() };
        let world = Arc::new(Mutex::new(world));
        tokio::spawn(accept(first, Arc::clone(&world)));
        for host in 2..=u8::try_from(HOSTS)? {
            let address = SocketAddr::from(([127, 0, 1, host], port));
            tokio::spawn(accept(TcpListener::bind(address).await?, Arc::clone(&world)));
        }
        println!("{port}");
        let end = tokio::task::spawn_blocking(|| {
            std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
        });
        end.await??;
        Ok(())
    })
}

async fn accept(listener: TcpListener, world: Shared) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        lock(&world).asked.connections += 1;
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                let response = answer(&request, &world);
                async move { response }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer);
            // A poller that goes away is no fault of the world's.
            let _ = connection.await;
        });
    }
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().expect("no task panics while it holds the world")
}

fn answer<B>(request: &Request<B>, world: &Shared) -> Result<Response<Body>, hyper::http::Error> {
    let mut world = lock(world);
    let path = request.uri().path();
    let number = path.strip_prefix("/feed/").and_then(|rest| rest.strip_suffix(".xml"));
    match number.and_then(|number| number.parse::<usize>().ok()) {
        Some(number) if number < world.versions.len() => document(request, &mut world, number),
        _ => control(path, &mut world),
    }
}

fn document<B>(
    request: &Request<B>,
    world: &mut World,
    number: usize,
) -> Result<Response<Body>, hyper::http::Error> {
    world.asked.requests += 1;
    let version = world.versions[number];
    let etag = format!("\"{number}-{version}\"");
    let mut response = Response::builder();
    if !number.is_multiple_of(BARE) {
        let seconds = version.min(59);
        response = response
            .header(ETAG, &etag)
            .header(LAST_MODIFIED, format!("Thu, 01 Jan 2026 00:00:{seconds:02} GMT"));
        if request.headers().get(IF_NONE_MATCH).is_some_and(|known| *known == *etag) {
            world.asked.unchanged += 1;
            return response.status(StatusCode::NOT_MODIFIED).body(Body::empty());
        }
    }
    let body = feed::render(&site(world.port, number), number, version);
    world.asked.fresh += 1;
    world.asked.bytes += body.len() as u64;
    response.header(CONTENT_TYPE, "application/rss+xml; charset=utf-8").body(Body::from(body))
}

/// `/control/bump/PERCENT`, `/control/reset`, `/control/asked` (which starts the counters anew).
fn control(path: &str, world: &mut World) -> Result<Response<Body>, hyper::http::Error> {
    let share = path.strip_prefix("/control/bump/").and_then(|share| share.parse().ok());
    let text = match (path, share) {
        (_, Some(share)) => {
            world.bumps += 1;
            let bump = world.bumps;
            let chosen = |number: &usize| lot(*number as u64, bump) < share;
            let numbers: Vec<usize> = (0..world.versions.len()).filter(chosen).collect();
            numbers.iter().for_each(|number| world.versions[*number] += 1);
            numbers.len().to_string()
        }
        ("/control/reset", None) => {
            world.versions.fill(0);
            world.bumps = 0;
            world.asked = Asked::default();
            String::new()
        }
        ("/control/asked", None) => {
            serde_json::to_string(&std::mem::take(&mut world.asked)).unwrap_or_default()
        }
        _ => return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()),
    };
    Response::builder().body(Body::from(text))
}

/// A number below 100 for a feed and a bump, the same in every run (SplitMix64).
fn lot(number: u64, bump: u64) -> u64 {
    let mut z = number.wrapping_add(bump << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % 100
}
