//! The service manager: systemd is told when the service is usable, that it lives, and that it ends.
//!
//! Without systemd (no `NOTIFY_SOCKET`) nothing happens. What is said cannot be said wrong, only not
//! at all, so failures are ignored.

use std::net::SocketAddr;

use sd_notify::NotifyState;

use crate::daemon::lifecycle::Stop;

/// The service is usable.
pub fn ready(address: &SocketAddr) {
    let status = format!("serving http://{address}/");
    let _ = sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// The service is ending.
pub fn stopping() {
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
}

/// Tells the watchdog, twice in each of its periods, that the runtime still turns.
pub async fn pat_watchdog(stop: Stop) {
    let Some(period) = sd_notify::watchdog_enabled() else {
        stop.draining().await;
        return;
    };
    while !stop.is_draining() {
        let _ = sd_notify::notify(&[NotifyState::Watchdog]);
        tokio::select! {
            () = tokio::time::sleep(period / 2) => {}
            () = stop.draining() => {}
        }
    }
}
