//! Names to addresses, without a thread per look-up, and only to addresses that the guard admits.
//!
//! `hickory` asks the name servers of `/etc/resolv.conf` and honours `/etc/hosts`; both files are
//! looked at again when they change, and a machine that has none yet starts all the same, with an
//! error per look-up. At most [`LOOKUPS_AT_ONCE`] look-ups are in flight.

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
        Self { guard, permits, names: Arc::new(names) }
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
            tokio::time::timeout(LOOKUP_TIMEOUT, looked_up).await.map_err(|_| silent())??;
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
        if self.dates != dates() {
            *self = Self::read();
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
