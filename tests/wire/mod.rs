//! The wire: the production guard and client among hostile networks, in a network of the tests' own.
//!
//! `pocket` makes that network: a test runs itself again under `unshare`, where every address in the
//! world is this machine. `names` is its name server, `canaries` listen wherever no origin does.
//! The program is the real one, its guard unweakened: what it reaches it reaches at public addresses.

mod canaries;
mod certificates;
mod guard;
mod hostile;
mod names;
pub(crate) mod pocket;
mod reach;
mod secure;
mod tls;
mod traced;
mod upgrade;
