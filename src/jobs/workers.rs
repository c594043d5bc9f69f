//! A small pool of threads for work on strangers' bytes: parsing, cleaning, rendering.
//!
//! The runtime's own threads must never wait for a slow document, and a recursive parser needs more
//! stack than they have. A panic in a piece of work ends that piece and nothing else (promise I11).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use tokio::sync::oneshot;

use crate::telemetry::{self, WORKER};

/// The stack of a worker: room for the deepest document the budget admits.
const STACK_BYTES: usize = 8 << 20;

type Piece = Box<dyn FnOnce() + Send>;

/// The pool. Clones share its threads, which end with the last clone.
#[derive(Debug, Clone)]
pub struct Workers {
    pieces: mpsc::Sender<Piece>,
}

/// A piece of work that panicked, or a pool that is gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("panicked: {0}")]
pub struct Panicked(pub String);

impl Workers {
    /// Starts `count` threads, at least one.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(count: usize) -> std::io::Result<Self> {
        let (pieces, received) = mpsc::channel::<Piece>();
        let received = Arc::new(Mutex::new(received));
        for number in 0..count.max(1) {
            let received = Arc::clone(&received);
            thread::Builder::new()
                .name(format!("{WORKER}{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || work(&received))?;
        }
        Ok(Self { pieces })
    }

    /// Does one piece of work and waits for its result without holding a thread of the runtime.
    ///
    /// # Errors
    /// [`Panicked`] with the panic's message.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Panicked>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let piece = Box::new(move || {
            let result = catch_unwind(AssertUnwindSafe(work))
                .map_err(|panic| Panicked(telemetry::message_of(panic.as_ref()).to_owned()));
            // Nobody waits any more if the refresh was aborted: then the result is not wanted.
            let _ = answer.send(result);
        });
        self.pieces
            .send(piece)
            .map_err(|_| Panicked("the worker threads have ended".to_owned()))?;
        answered.await.unwrap_or_else(|_| Err(Panicked("the worker thread ended".to_owned())))
    }
}

fn work(received: &Mutex<mpsc::Receiver<Piece>>) {
    loop {
        let next = received.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(piece) => piece(),
            Err(mpsc::RecvError) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_piece_of_work_only() {
        let workers = Workers::start(1).expect("one thread");
        let broken = workers.run(|| -> u8 { panic!("a hostile document") }).await;
        assert_eq!(broken, Err(Panicked("a hostile document".to_owned())));
        assert_eq!(workers.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn deep_recursion_has_room() {
        fn depth(left: u32) -> u32 {
            let ballast = std::hint::black_box([left; 64]);
            if left == 0 { 0 } else { 1 + depth(ballast[0] - 1) }
        }
        let workers = Workers::start(1).expect("one thread");
        assert_eq!(workers.run(|| depth(10_000)).await, Ok(10_000));
    }
}
