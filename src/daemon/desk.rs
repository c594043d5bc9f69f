//! Where the loops can be reached.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

use crate::daemon::scheduler::Order;

/// Where the loops can be reached.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Orders to the scheduler.
    pub orders: mpsc::Sender<Order>,
    /// Told when letters were queued.
    pub posted: Arc<Notify>,
    /// Told when newsletters may have changed.
    pub revised: Arc<Notify>,
}
