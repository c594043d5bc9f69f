//! A publisher behind TLS: HTTP/1.1 and HTTP/2, a certificate for each name, everything counted.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use axum::extract::{Request, State};
use axum::http::Version;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::HandshakeKind;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::world::feed::{Format, Post};

/// The publisher.
#[derive(Debug, Clone)]
pub(crate) struct Secure(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicUsize,
    full: AtomicUsize,
    resumed: AtomicUsize,
    requests: Mutex<Vec<(Version, String)>>,
}

/// Which certificate a name gets; none without a name (RFC 6066).
#[derive(Debug)]
struct ByName(HashMap<String, Arc<CertifiedKey>>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.get(hello.server_name()?).cloned()
    }
}

impl Secure {
    /// Answers every path with a feed, speaking one of `protocols`; `/plain/…` leads to `http://…`.
    pub(crate) fn start(
        listener: TcpListener,
        certificates: HashMap<String, Arc<CertifiedKey>>,
        protocols: &[&str],
    ) -> Self {
        let mut settings =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("1.2 and 1.3")
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(ByName(certificates)));
        settings.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(settings));
        let counts: Arc<Counts> = Arc::default();
        let served = Arc::clone(&counts);
        listener.set_nonblocking(true).expect("it can be");
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(serve(listener, acceptor, served));
        });
        Self(counts)
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.0.connections.load(Ordering::SeqCst)
    }

    /// How many handshakes were made in full, and how many took up an earlier session.
    pub(crate) fn handshakes(&self) -> (usize, usize) {
        (self.0.full.load(Ordering::SeqCst), self.0.resumed.load(Ordering::SeqCst))
    }

    /// Version and address of every request.
    pub(crate) fn requests(&self) -> Vec<(Version, String)> {
        self.0.requests.lock().expect("nobody panics with it").clone()
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, counts: Arc<Counts>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("it listens");
    let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&counts));
    while let Ok((stream, _)) = listener.accept().await {
        counts.connections.fetch_add(1, Ordering::SeqCst);
        let (acceptor, counts) = (acceptor.clone(), Arc::clone(&counts));
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let count = match stream.get_ref().1.handshake_kind() {
                Some(HandshakeKind::Resumed) => &counts.resumed,
                _ => &counts.full,
            };
            count.fetch_add(1, Ordering::SeqCst);
            let io = TokioIo::new(stream);
            let _ = Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
        });
    }
}

async fn answer(State(counts): State<Arc<Counts>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    counts.requests.lock().expect("nobody panics with it").push((request.version(), path.clone()));
    if let Some(plain) = path.strip_prefix("/plain/") {
        return Redirect::temporary(&format!("http://{plain}")).into_response();
    }
    let body = Format::Rss.render("Le flux", &[Post::new(&path)]);
    ([(CONTENT_TYPE, Format::Rss.content_type())], body).into_response()
}
