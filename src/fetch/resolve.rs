//! Names to addresses, without a thread per look-up, and only to addresses that the guard admits.
//!
//! `hickory` asks the name servers of `/etc/resolv.conf` and honours `/etc/hosts`; both files are
//! looked at again when they change, and a machine that has none yet starts all the same, with an
//! error per look-up. At most 256 look-ups are in flight.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolverOpts};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use tokio::sync::Semaphore;

use super::guard::{self, Guard};

/// How many look-ups are in flight at most.
const LOOKUPS_AT_ONCE: usize = 256;
/// How long a name may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(8);
/// How many answers are remembered, for as long as they say but no longer than an hour.
const CACHE: u64 = 8_192;
/// How many addresses of a name are tried.
const ADDRESSES: usize = 16;
/// How long the system's files are trusted before their dates are read again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The files that say how names are resolved.
const SYSTEM_FILES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

/// Why a name led nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The domain name system says that it does not exist.
    #[error("there is no host named {0}")]
    NoSuchName(String),
    /// It exists and has no address.
    #[error("the name {0} has no address")]
    NoAddress(String),
    /// No name server answered in time.
    #[error("no name server answered for {0}")]
    NoAnswer(String),
    /// The name servers failed.
    #[error("the name servers failed to resolve {host} ({code})")]
    Failed {
        /// The name.
        host: String,
        /// What they said.
        code: String,
    },
    /// This machine does not know any name server.
    #[error("{host} cannot be resolved: the system's resolver settings are unusable ({cause})")]
    NotConfigured {
        /// The name.
        host: String,
        /// What is wrong with them.
        cause: String,
    },
}

/// The resolver of a client. Cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    guard: Guard,
    permits: Arc<Semaphore>,
    patience: Duration,
    names: Arc<Names>,
}

/// Where answers come from.
enum Names {
    /// These name servers.
    Fixed(TokioResolver),
    /// Those of the system.
    System(Mutex<System>),
}

/// What the system's files said when they were last read.
struct System {
    looked: Instant,
    dates: [Option<SystemTime>; 2],
    resolver: Result<TokioResolver, String>,
}

impl Resolver {
    /// Resolves as the system is set up to.
    pub fn system(guard: Guard) -> Self {
        Self::over(guard, Names::System(Mutex::new(System::read())))
    }

    /// Resolves by name servers chosen beforehand.
    pub fn fixed(guard: Guard, resolver: TokioResolver) -> Self {
        Self::over(guard, Names::Fixed(resolver))
    }

    fn over(guard: Guard, names: Names) -> Self {
        let permits = Arc::new(Semaphore::new(LOOKUPS_AT_ONCE));
        Self { guard, permits, patience: LOOKUP_TIMEOUT, names: Arc::new(names) }
    }

    /// The addresses of `host`, all of them admitted by the guard.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let resolver = self.names.current(host)?;
        let name = match guard::is_local(host) {
            // Search domains of the system may complete it.
            true => host.to_owned(),
            // With its final dot no search domain is tried: one name, one meaning.
            false => format!("{}.", host.trim_end_matches('.')),
        };
        let silent = || LookupError::NoAnswer(host.to_owned());
        let looked_up = async {
            let _permit = self.permits.acquire().await.map_err(|_| silent())?;
            resolver.lookup_ip(name).await.map_err(|error| explain(host, &error))
        };
        let found =
            tokio::time::timeout(self.patience, looked_up).await.map_err(|_| silent())??;
        let mut addresses: Vec<IpAddr> = found.iter().collect();
        if addresses.is_empty() {
            return Err(LookupError::NoAddress(host.to_owned()).into());
        }
        self.guard.admits(host, &addresses)?;
        addresses.truncate(ADDRESSES);
        Ok(addresses)
    }
}

/// Why a name may not be connected to: it led nowhere, or where the guard refuses.
#[derive(Debug, thiserror::Error)]
pub enum Unresolved {
    /// It led nowhere.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The guard refuses.
    #[error(transparent)]
    Refused(#[from] guard::Refused),
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let this = self.clone();
        Box::pin(async move {
            let addresses = this.addresses(name.as_str()).await?;
            // Port 0 stands for the URL's own.
            let sockets = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as reqwest::dns::Addrs)
        })
    }
}

impl Names {
    fn current(&self, host: &str) -> Result<TokioResolver, LookupError> {
        match self {
            Self::Fixed(resolver) => Ok(resolver.clone()),
            Self::System(system) => {
                let mut system: MutexGuard<'_, System> =
                    system.lock().unwrap_or_else(PoisonError::into_inner);
                system.refresh();
                system
                    .resolver
                    .clone()
                    .map_err(|cause| LookupError::NotConfigured { host: host.to_owned(), cause })
            }
        }
    }
}

impl System {
    fn read() -> Self {
        let resolver = from_system_files();
        if let Err(cause) = &resolver {
            tracing::warn!(%cause, "names cannot be resolved: the resolver settings are unusable");
        }
        Self { looked: Instant::now(), dates: dates(), resolver }
    }

    fn refresh(&mut self) {
        if self.looked.elapsed() < LOOK_AGAIN {
            return;
        }
        self.looked = Instant::now();
        if self.dates == dates() {
            return;
        }
        let before = std::mem::replace(self, Self::read());
        if self.resolver.is_err() && before.resolver.is_ok() {
            // Settings being rewritten are unreadable for a moment: the last good ones serve.
            self.resolver = before.resolver;
        }
    }
}

fn dates() -> [Option<SystemTime>; 2] {
    SYSTEM_FILES.map(|file| Path::new(file).metadata().and_then(|known| known.modified()).ok())
}

fn from_system_files() -> Result<TokioResolver, String> {
    let mut builder = TokioResolver::builder_tokio().map_err(|error| error.to_string())?;
    tune(builder.options_mut());
    builder.build().map_err(|error| error.to_string())
}

/// Our settings on top of the system's.
fn tune(options: &mut ResolverOpts) {
    // Both families are asked for, so that the guard sees every address and connections can fall
    // back from one to the other (RFC 8305).
    options.ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
    options.cache_size = CACHE;
    options.positive_max_ttl = Some(Duration::from_secs(3_600));
    options.negative_max_ttl = Some(Duration::from_secs(300));
    options.max_active_requests = LOOKUPS_AT_ONCE * 2;
}

fn explain(host: &str, error: &NetError) -> LookupError {
    let host = host.to_owned();
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => LookupError::NoSuchName(host),
            _ => LookupError::NoAddress(host),
        },
        NetError::Dns(DnsError::ResponseCode(code)) => {
            LookupError::Failed { host, code: code.to_string() }
        }
        NetError::Timeout | NetError::NoConnections | NetError::Busy | NetError::Io(_) => {
            LookupError::NoAnswer(host)
        }
        other => LookupError::Failed { host, code: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use hickory_resolver::proto::op::Message;
    use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME};
    use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
    use hickory_resolver::proto::serialize::binary::BinDecodable;
    use tokio::net::UdpSocket;

    use super::*;
    use crate::fetch::client::Client;
    use crate::fetch::origin::{Canary, Origin, answer, failure, fresh, get, settings};
    use crate::model::outcome::FailureClass;
    use crate::model::url::FeedUrl;

    /// What the name server of a test says about a name.
    enum Says {
        These(Vec<&'static str>),
        Alias(&'static str),
        Code(ResponseCode),
        Nothing,
    }

    /// A name server on loopback; returns a resolver that asks it and a count of its questions.
    async fn name_server(
        script: impl Fn(&str, usize) -> Says + Send + 'static,
    ) -> (TokioResolver, Arc<AtomicUsize>) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let port = socket.local_addr().expect("it is bound").port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        tokio::spawn(async move {
            let mut packet = [0; 4_096];
            while let Ok((length, peer)) = socket.recv_from(&mut packet).await {
                let question = Message::from_bytes(&packet[..length]).expect("a question");
                let name = question.queries[0].name().to_ascii();
                let says = script(name.trim_end_matches('.'), count.fetch_add(1, Ordering::SeqCst));
                if let Some(reply) = reply(question, says) {
                    let _ = socket.send_to(&reply, peer).await;
                }
            }
        });
        let mut connection = ConnectionConfig::udp();
        connection.port = port;
        let ip = "127.0.0.1".parse().expect("an address");
        let server = NameServerConfig::new(ip, true, vec![connection]);
        let config = ResolverConfig::from_name_servers(vec![server]);
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        tune(builder.options_mut());
        (builder.build().expect("a resolver"), asked)
    }

    fn reply(question: Message, says: Says) -> Option<Vec<u8>> {
        let (name, kind) = {
            let query = &question.queries[0];
            (query.name().clone(), query.query_type())
        };
        let mut message = question.into_response();
        let record = |data| Record::from_rdata(name.clone(), 0, data);
        match says {
            Says::Nothing => return None,
            Says::Code(code) => message.metadata.response_code = code,
            Says::Alias(other) => {
                let other = Name::from_ascii(other).expect("a name");
                message.answers.push(record(RData::CNAME(CNAME(other))));
            }
            Says::These(addresses) => {
                for address in addresses {
                    match (address.parse().expect("an address"), kind) {
                        (IpAddr::V4(ip), RecordType::A) => {
                            message.answers.push(record(RData::A(A(ip))));
                        }
                        (IpAddr::V6(ip), RecordType::AAAA) => {
                            message.answers.push(record(RData::AAAA(AAAA(ip))));
                        }
                        _ => {}
                    }
                }
            }
        }
        message.to_vec().ok()
    }

    fn client(allowed: &[&str], resolver: TokioResolver) -> Client {
        let settings = settings(allowed);
        let guard = Guard::new(&settings.allow_private);
        let resolver = Resolver::fixed(guard.clone(), resolver);
        Client::resolving(&settings, guard, resolver).expect("a client")
    }

    fn url(host: &str, port: u16) -> FeedUrl {
        FeedUrl::parse(&format!("http://{host}:{port}/feed")).expect("a URL")
    }

    #[tokio::test]
    async fn a_name_with_one_private_address_is_refused() {
        let canary = Canary::at("127.0.0.1").await;
        let (resolver, _) = name_server(|name, _| match name {
            "private.example" => Says::These(vec!["127.0.0.1"]),
            "mixed.example" => Says::These(vec!["93.184.216.34", "127.0.0.1"]),
            "six.example" => Says::These(vec!["93.184.216.34", "::1"]),
            "mapped.example" => Says::These(vec!["::ffff:127.0.0.1"]),
            "nat64.example" => Says::These(vec!["64:ff9b::7f00:1"]),
            "metadata.example" => Says::These(vec!["169.254.169.254"]),
            _ => Says::Code(ResponseCode::NXDomain),
        })
        .await;
        let client = client(&[], resolver);
        for name in ["private", "mixed", "six", "mapped", "nat64", "metadata", "private."] {
            let dot = if name.ends_with('.') { "." } else { "" };
            let host = format!("{}.example{dot}", name.trim_end_matches('.'));
            let failure = failure(get(&client, &url(&host, canary.port())).await);
            assert_eq!(failure.class, FailureClass::Guard, "{host}: {}", failure.reason);
            assert!(failure.reason.contains("fetch.allow_private"), "{}", failure.reason);
        }
        assert!(!canary.sang());
    }

    #[tokio::test]
    async fn a_name_is_connected_to_at_the_address_that_was_judged() {
        let canary = Canary::at("127.0.0.1").await;
        let port = canary.port();
        let origin = Origin::at("127.0.0.2", |_| answer("200 OK", &[], b"<rss/>")).await;
        // Every answer lives for no time, and every second one is a lie.
        let (resolver, asked) = name_server(|_, n| match n % 4 {
            0 | 1 => Says::These(vec!["127.0.0.2"]),
            _ => Says::These(vec!["127.0.0.1"]),
        })
        .await;
        let client = client(&["127.0.0.2"], resolver);
        let refused = failure(get(&client, &url("rebind.example", port)).await);
        assert_eq!(refused.class, FailureClass::Guard, "a network is excepted, a host is not");
        for _ in 0..4 {
            get(&client, &url("rebind.example", origin.address.port())).await;
        }
        assert!(!canary.sang());
        assert!(asked.load(Ordering::SeqCst) > 2);
    }

    #[tokio::test]
    async fn names_are_resolved_and_exceptions_hold_for_them() {
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let (resolver, _) = name_server(|_, _| Says::These(vec!["127.0.0.1"])).await;
        let port = origin.address.port();
        let by_net = client(&["127.0.0.0/8"], resolver.clone());
        let by_host = client(&["feeds.example"], resolver);
        fresh(get(&by_net, &url("feeds.example", port)).await);
        fresh(get(&by_host, &url("FEEDS.example.", port)).await);
        assert_eq!(
            failure(get(&by_host, &url("b.example", port)).await).class,
            FailureClass::Guard
        );
        fresh(get(&by_net, &url("b\u{fc}cher.example", port)).await);
        let host = format!("xn--bcher-kva.example:{port}");
        assert_eq!(origin.heard()[2].field("host"), Some(host.as_str()));
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_explained() {
        let (resolver, _) = name_server(|name, _| match name {
            "gone.example" => Says::Code(ResponseCode::NXDomain),
            "empty.example" => Says::These(Vec::new()),
            "broken.example" => Says::Code(ResponseCode::ServFail),
            "refused.example" => Says::Code(ResponseCode::Refused),
            "loop.example" => Says::Alias("loop.example."),
            _ => Says::Nothing,
        })
        .await;
        let client = client(&[], resolver);
        let cases = [
            ("gone.example", "there is no host named gone.example"),
            ("empty.example", "the name empty.example has no address"),
            ("broken.example", "the name servers failed to resolve broken.example"),
            ("refused.example", "the name servers failed to resolve refused.example"),
            ("loop.example", "the name"),
        ];
        for (host, reason) in cases {
            let failure = failure(get(&client, &url(host, 80)).await);
            assert_eq!(failure.class, FailureClass::Network);
            assert!(failure.reason.starts_with(reason), "{}", failure.reason);
        }
    }

    #[tokio::test]
    async fn silence_of_the_name_servers_ends_in_time() {
        let (resolver, _) = name_server(|_, _| Says::Nothing).await;
        let mut resolver = Resolver::fixed(Guard::new(&[]), resolver);
        resolver.patience = Duration::from_millis(100);
        let began = Instant::now();
        let found = resolver.addresses("silent.example").await;
        let expected = LookupError::NoAnswer("silent.example".to_owned());
        assert!(matches!(found, Err(Unresolved::Lookup(error)) if error == expected));
        assert!(began.elapsed() < Duration::from_secs(4));
    }

    #[tokio::test]
    async fn many_names_are_resolved_at_once() {
        let (resolver, _) = name_server(|_, _| Says::These(vec!["93.184.216.34"])).await;
        let resolver = Resolver::fixed(Guard::new(&[]), resolver);
        let names: Vec<String> = (0..500).map(|n| format!("n{n}.example")).collect();
        let found =
            futures_util::future::join_all(names.iter().map(|name| resolver.addresses(name)));
        for (name, addresses) in names.iter().zip(found.await) {
            assert!(addresses.is_ok(), "{name}: {addresses:?}");
        }
    }

    #[tokio::test]
    async fn hundreds_of_addresses_are_judged_and_some_are_tried() {
        let found = |last| async move {
            let (resolver, _) = name_server(move |_, _| {
                let mut all = vec!["93.184.216.34"; 60];
                all.push(last);
                Says::These(all)
            })
            .await;
            Resolver::fixed(Guard::new(&[]), resolver).addresses("many.example").await
        };
        assert_eq!(found("93.184.216.35").await.map(|all| all.len()).ok(), Some(ADDRESSES));
        assert!(matches!(found("10.0.0.1").await, Err(Unresolved::Refused(_))));
    }

    #[tokio::test]
    async fn a_machine_without_name_servers_starts_and_says_so_per_name() {
        let system = System {
            looked: Instant::now(),
            dates: dates(),
            resolver: Err("no nameservers found in config".to_owned()),
        };
        let resolver = Resolver::over(Guard::new(&[]), Names::System(Mutex::new(system)));
        let error = resolver.addresses("a.example").await.expect_err("nobody to ask");
        assert_eq!(
            error.to_string(),
            "a.example cannot be resolved: the system's resolver settings are unusable \
             (no nameservers found in config)"
        );
    }

    #[tokio::test]
    async fn names_and_paths_of_any_script_go_out_as_ascii() {
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let (resolver, _) = name_server(|_, _| Says::These(vec!["127.0.0.1"])).await;
        let client = client(&["127.0.0.0/8"], resolver);
        let port = origin.address.port();
        let cases = [
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("B\u{dc}CHER.example", "xn--bcher-kva.example"),
            ("b%C3%BCcher.example", "xn--bcher-kva.example"),
            ("fa\u{df}.example", "xn--fa-hia.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ];
        for (n, (host, sent)) in cases.into_iter().enumerate() {
            let url = format!("http://{host}:{port}/flux/\u{e9}t\u{e9}?q=\u{153}");
            fresh(get(&client, &FeedUrl::parse(&url).expect("a URL")).await);
            let heard = &origin.heard()[n];
            assert_eq!(heard.field("host"), Some(format!("{sent}:{port}").as_str()));
            assert_eq!(heard.target(), "/flux/%C3%A9t%C3%A9?q=%C5%93");
        }
        for host in ["xn--.example", "xn--a.example", "a b.example", "a%00b.example"] {
            assert!(FeedUrl::parse(&format!("http://{host}/")).is_err(), "{host}");
        }
    }

    #[tokio::test]
    async fn one_family_out_of_order_costs_no_second_request() {
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let (resolver, _) = name_server(|name, _| match name {
            "four.example" => Says::These(vec!["127.0.0.1"]),
            _ => Says::These(vec!["127.0.0.1", "::1", "127.0.0.9"]),
        })
        .await;
        let client = client(&["127.0.0.0/8", "::1/128"], resolver);
        for host in ["four.example", "both.example"] {
            fresh(get(&client, &url(host, origin.address.port())).await);
        }
        assert_eq!((origin.heard().len(), origin.connections()), (2, 2));
    }
}
