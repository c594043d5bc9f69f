//! Seats: how many connections there are, and who has to leave.
//!
//! When all seats are taken, a newcomer gets the seat of whoever asked for something least recently:
//! idle and dripping connections make room, and a reader who comes with a request is answered
//! (axum's own server keeps the idle and lets readers wait). A connection whose last request is
//! too old leaves too: that bounds slow readers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// The seats of a server.
#[derive(Debug)]
pub struct Seats {
    most: usize,
    opened: Instant,
    next: AtomicU64,
    taken: Mutex<HashMap<u64, Seat>>,
}

#[derive(Debug, Clone)]
struct Seat {
    /// When its connection last came or asked, in milliseconds since the opening.
    asked_ms: Arc<AtomicU64>,
    leave: CancellationToken,
}

/// A connection's hold on its seat, given back when dropped.
#[derive(Debug)]
pub struct Guest {
    seats: Arc<Seats>,
    number: u64,
    seat: Seat,
}

impl Seats {
    /// `most` seats, all free.
    pub fn new(most: usize) -> Arc<Self> {
        let (opened, next) = (Instant::now(), AtomicU64::new(0));
        Arc::new(Self { most: most.max(1), opened, next, taken: Mutex::default() })
    }

    /// Gives a newcomer a seat; if all are taken, the longest silent guest is asked to leave it.
    pub fn take(self: &Arc<Self>) -> Guest {
        let asked_ms = Arc::new(AtomicU64::new(self.now_ms()));
        let seat = Seat { asked_ms, leave: CancellationToken::new() };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut taken = self.taken();
        if taken.len() >= self.most {
            Self::dismiss_silent(&mut taken);
        }
        taken.insert(number, seat.clone());
        drop(taken);
        Guest { seats: Arc::clone(self), number, seat }
    }

    /// Asks the longest silent guest to leave.
    pub fn make_room(&self) {
        Self::dismiss_silent(&mut self.taken());
    }

    /// Asks every guest to leave who has asked for nothing for longer than `limit`.
    pub fn dismiss_older_than(&self, limit: Duration) {
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let oldest = self.now_ms().saturating_sub(limit_ms);
        let silent = |seat: &&Seat| seat.asked_ms.load(Ordering::Relaxed) < oldest;
        self.taken().values().filter(silent).for_each(|seat| seat.leave.cancel());
    }

    /// How many seats are taken.
    pub fn count(&self) -> usize {
        self.taken().len()
    }

    fn dismiss_silent(taken: &mut HashMap<u64, Seat>) {
        let silent = taken
            .iter()
            .min_by_key(|(number, seat)| (seat.asked_ms.load(Ordering::Relaxed), **number));
        let silent = silent.map(|(number, _)| *number);
        if let Some(seat) = silent.and_then(|number| taken.remove(&number)) {
            seat.leave.cancel();
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<u64, Seat>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Guest {
    /// Notes that a request came.
    pub fn asks(&self) {
        self.seat.asked_ms.store(self.seats.now_ms(), Ordering::Relaxed);
    }

    /// Ends when the guest has to leave.
    pub async fn dismissed(&self) {
        self.seat.leave.cancelled().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.seats.taken().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_to_leave(guest: &Guest) -> bool {
        guest.seat.leave.is_cancelled()
    }

    #[test]
    fn the_longest_silent_guest_makes_room() {
        let seats = Seats::new(2);
        let (first, second) = (seats.take(), seats.take());
        let ahead = seats.now_ms() + 1_000;
        first.seat.asked_ms.store(ahead, Ordering::Relaxed);
        let third = seats.take();
        let leaving = [&first, &second, &third].map(has_to_leave);
        assert_eq!(leaving, [false, true, false]);
        drop(second);
        assert_eq!(seats.count(), 2);
    }

    #[test]
    fn a_seat_is_given_back() {
        let seats = Seats::new(1);
        drop(seats.take());
        let guest = seats.take();
        assert!(!has_to_leave(&guest));
        assert_eq!(seats.count(), 1);
    }

    #[test]
    fn the_silent_leave_and_those_who_ask_stay() {
        let seats = Seats::new(4);
        let (silent, lively) = (seats.take(), seats.take());
        lively.seat.asked_ms.store(seats.now_ms() + 1_000, Ordering::Relaxed);
        silent.seat.asked_ms.store(0, Ordering::Relaxed);
        while seats.now_ms() < 2 {
            std::hint::spin_loop();
        }
        seats.dismiss_older_than(Duration::from_millis(1));
        assert_eq!([&silent, &lively].map(has_to_leave), [true, false]);
    }
}
