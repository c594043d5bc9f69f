//! One polling pass without a service: the scheduler with nothing but one order, and the articles
//! that are to be read then.

use tokio::sync::{mpsc, watch};

use crate::daemon::compose::Workshop;
use crate::daemon::lifecycle::Stop;
use crate::daemon::scheduler::{Agenda, Asked, Order, Scheduler};
use crate::jobs::refresh::Urgency;
use crate::model::feed::FeedId;
use crate::model::settings::FetchSettings;
use crate::model::url::Site;

/// Asks `feeds` once, as politely as the service would, and tells `each` of every one as it is done.
/// Ends early, with what is under way finished, when `stop` drains.
pub async fn run(
    workshop: &Workshop,
    fetch: &FetchSettings,
    feeds: Vec<(FeedId, Site)>,
    force: bool,
    stop: &Stop,
    mut each: impl FnMut(&Asked),
) {
    let (orders, ordered) = mpsc::channel(1);
    let (settle, _) = watch::channel(false);
    let (told, mut asked) = mpsc::unbounded_channel();
    // The receiving end lives as long as the scheduler, so the order cannot be lost.
    let urgency = Urgency::Wanted { force };
    let _ = orders.send(Order::Refresh { feeds, urgency, told }).await;
    drop(orders);
    let jobs = (workshop.refresher(), workshop.extractor());
    let scheduler = Scheduler::new(jobs, fetch, Agenda::OrdersOnly, ordered, stop.clone(), settle);
    let tell = async {
        while let Some(done) = asked.recv().await {
            each(&done);
        }
    };
    tokio::join!(scheduler.run(), tell);
}
