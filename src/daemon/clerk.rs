//! The loop that serves commands: what they leave in the database while the service runs is picked
//! up within a second, done, and answered there.
//!
//! Each request is done once, beside the others. A reply that cannot be written is kept and written
//! later; what it is about is not done again.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::daemon::compose::Workshop;
use crate::daemon::desk::Desk;
use crate::daemon::lifecycle::Stop;
use crate::daemon::scheduler::Order;
use crate::jobs::errand::{Errand, Reply, Tally, Wish};
use crate::jobs::refresh::Urgency;
use crate::jobs::requests::{Requests, Ticket};
use crate::jobs::seal::Answer;
use crate::jobs::tally;
use crate::jobs::trouble;
use crate::model::settings::newsletter_named;

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// So old, nobody waits for the answer any more: the command or the service of then is gone.
const STALE: TimeDelta = TimeDelta::minutes(15);

/// Serves commands until the end is asked for.
pub async fn run(workshop: Workshop, desk: Desk, stop: Stop) {
    let requests = workshop.requests();
    let mut clerk = Clerk {
        workshop,
        desk,
        stop: stop.clone(),
        taken: HashSet::new(),
        under_way: JoinSet::new(),
        replies: Vec::new(),
    };
    while !stop.is_draining() {
        clerk.take_up(&requests).await;
        clerk.hand_out(&requests).await;
        tokio::select! {
            () = clerk.workshop.world.clock.after(PAUSE) => {}
            Some(Ok(done)) = clerk.under_way.join_next() => clerk.replies.push(done),
            () = stop.draining() => {}
        }
    }
    // An edition that is being sealed is sealed; what came last is told that it came too late.
    clerk.take_up(&requests).await;
    while let Some(done) = clerk.under_way.join_next().await {
        clerk.replies.extend(done.ok());
    }
    clerk.hand_out(&requests).await;
}

#[derive(Debug)]
struct Clerk {
    workshop: Workshop,
    desk: Desk,
    stop: Stop,
    /// Numbers of requests that were taken up.
    taken: HashSet<i64>,
    under_way: JoinSet<(Ticket, Reply)>,
    /// Replies that are to be written.
    replies: Vec<(Ticket, Reply)>,
}

impl Clerk {
    async fn take_up(&mut self, requests: &Requests) {
        // A database that cannot be read is complained of by the loops that need it more.
        let open = requests.open().await.unwrap_or_default();
        let now = self.workshop.world.clock.now();
        for ticket in open {
            if !self.taken.insert(ticket.number()) {
                continue;
            }
            if now - ticket.left > STALE {
                let why = "it was asked so long ago that nobody waits for it".to_owned();
                self.replies.push((ticket, Reply::Failed { why }));
                continue;
            }
            let (workshop, desk) = (self.workshop.clone(), self.desk.clone());
            let stop = self.stop.clone();
            self.under_way.spawn(async move {
                let reply = serve(&workshop, &desk, &stop, ticket.errand.as_ref()).await;
                (ticket, reply)
            });
        }
    }

    async fn hand_out(&mut self, requests: &Requests) {
        let mut kept = Vec::new();
        for (ticket, reply) in self.replies.drain(..) {
            match requests.answer(&ticket, &reply).await {
                Ok(()) => {
                    self.taken.remove(&ticket.number());
                }
                Err(_) if kept.len() < KEPT_REPLIES => kept.push((ticket, reply)),
                Err(error) => {
                    let error = trouble::in_words(&error);
                    tracing::error!(error = %error, "a command's request could not be answered");
                }
            }
        }
        self.replies = kept;
    }
}

/// Replies kept for later when they cannot be written.
const KEPT_REPLIES: usize = 100;

async fn serve(workshop: &Workshop, desk: &Desk, stop: &Stop, errand: Option<&Errand>) -> Reply {
    let ending = || Reply::Failed { why: "the service is ending".to_owned() };
    match errand {
        _ if stop.is_draining() => ending(),
        Some(Errand::Refresh(wish)) => tokio::select! {
            reply = refresh(workshop, desk, wish) => reply,
            () = stop.draining() => ending(),
        },
        Some(Errand::Manners) => match workshop.overview().leniency().await {
            Ok(leniency) => {
                let (since, manners) = (workshop.began, workshop.refresher().manners());
                Reply::Manners { since, manners, leniency }
            }
            Err(error) => Reply::Failed { why: trouble::in_words(&error) },
        },
        Some(Errand::Send { newsletter }) => send(workshop, desk, newsletter).await,
        None => {
            let why = "the running service is of another version and does not know this request; \
                       restart it";
            Reply::Failed { why: why.to_owned() }
        }
    }
}

/// Asks the feeds of a wish and waits for all of them.
pub async fn refresh(workshop: &Workshop, desk: &Desk, wish: &Wish) -> Reply {
    let wished = match workshop.wished(wish).await {
        Ok(wished) => wished,
        Err(error) => return Reply::Failed { why: format!("{error:#}") },
    };
    let mut tally = Tally { held: wished.unknown, ..Tally::default() };
    let (told, mut asked) = mpsc::unbounded_channel();
    let urgency = Urgency::Wanted { force: wish.force };
    let order = Order::Refresh { feeds: wished.feeds, urgency, told };
    if desk.orders.send(order).await.is_err() {
        return Reply::Failed { why: "the service is ending".to_owned() };
    }
    while let Some(done) = asked.recv().await {
        tally::note(&mut tally, done.feed, &done.result);
    }
    Reply::Refreshed(tally)
}

/// Makes the edition of a newsletter now.
pub async fn send(workshop: &Workshop, desk: &Desk, name: &str) -> Reply {
    let newsletters = workshop.newsletters();
    let newsletter = match newsletter_named(&newsletters, name) {
        Ok(newsletter) => newsletter,
        Err(unknown) => return Reply::Failed { why: unknown.to_string() },
    };
    match workshop.sealer().answer_now(newsletter).await {
        Ok(answer) => {
            let sealed = matches!(answer, Answer::Sealed { .. });
            if sealed {
                desk.posted.notify_one();
            }
            Reply::Newsletter { told: answer.told(), sealed }
        }
        Err(error) => Reply::Failed { why: trouble::in_words(&error) },
    }
}
