//! Chance, as an argument: jitter for what must not happen everywhere at once.

use std::fmt;
use std::sync::Arc;

/// A source of numbers, each at least 0 and below 1. Clones share it.
#[derive(Clone)]
pub struct Dice(Arc<dyn Fn() -> f64 + Send + Sync>);

impl Dice {
    /// Takes a source. The service gives the operating system's chance, tests what they like.
    pub fn new(source: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The next number.
    pub fn throw(&self) -> f64 {
        (self.0)()
    }
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dice")
    }
}
