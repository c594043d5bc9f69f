//! Canaries: listeners on every address of the world but those of origins, which count who comes.
//!
//! In a pocket a listener on `[::]` is reached at any address, IPv4 or IPv6, that no other listens
//! on: private ones, 127.0.0.1, ::1, and those of the public world that nobody told of.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::pocket;
use crate::world::program::eventually;

/// Ports of the web, and of what an attacker would rather talk to.
const PORTS: [u16; 10] = [22, 25, 80, 443, 2375, 5432, 6379, 8080, 9200, 11_211];

/// All canaries of a pocket.
#[derive(Debug)]
pub(crate) struct Canaries(Arc<Mutex<Vec<SocketAddr>>>);

impl Canaries {
    /// Sets them out, and has each family heard once, so that silence means something.
    pub(crate) fn set_out() -> Self {
        let canaries = Self(Arc::default());
        for port in PORTS {
            let (listener, heard) = (pocket::listen("::", port), Arc::clone(&canaries.0));
            thread::spawn(move || note(&listener, &heard));
        }
        for place in ["127.0.0.1:22", "10.20.30.40:80", "[::1]:6379", "[fd00::1]:443"] {
            TcpStream::connect(place).unwrap_or_else(|error| panic!("{place}: {error}"));
        }
        let four = || canaries.reached().len() == 4;
        eventually("a canary sings when it is reached", Duration::from_secs(10), four);
        canaries.0.lock().expect("nobody panics with it").clear();
        canaries
    }

    /// The addresses at which anybody came.
    pub(crate) fn reached(&self) -> Vec<SocketAddr> {
        self.0.lock().expect("nobody panics with it").clone()
    }
}

fn note(listener: &TcpListener, heard: &Mutex<Vec<SocketAddr>>) {
    for stream in listener.incoming().flatten() {
        if let Ok(address) = stream.local_addr() {
            let address = SocketAddr::new(address.ip().to_canonical(), address.port());
            heard.lock().expect("nobody panics with it").push(address);
        }
    }
}
