//! The loop that serves commands: what they leave in the database while the service runs is picked
//! up within a second, done, and answered there.

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::daemon::compose::Workshop;
use crate::daemon::desk::Desk;
use crate::daemon::lifecycle::Stop;
use crate::daemon::scheduler::Order;
use crate::jobs::errand::{Errand, Reply, Tally, Wish};
use crate::jobs::seal::Answer;
use crate::jobs::tally;
use crate::jobs::trouble;

/// How long between two looks.
const PAUSE: TimeDelta = TimeDelta::milliseconds(500);

/// Serves commands until the end is asked for.
pub async fn run(workshop: Workshop, desk: Desk, stop: Stop) {
    let clock = &workshop.world.clock;
    let requests = workshop.requests();
    while !stop.is_draining() {
        // A database that cannot be read is complained of by the loops that need it more.
        for ticket in requests.open().await.unwrap_or_default() {
            let reply = tokio::select! {
                reply = serve(&workshop, &desk, ticket.errand.as_ref()) => reply,
                () = stop.draining() => Reply::Failed { why: "the service is ending".to_owned() },
            };
            if let Err(error) = requests.answer(&ticket, &reply).await {
                tracing::error!(error = %error, "a command's request could not be answered");
            }
        }
        tokio::select! {
            () = clock.until(clock.now() + PAUSE) => {}
            () = stop.draining() => {}
        }
    }
}

async fn serve(workshop: &Workshop, desk: &Desk, errand: Option<&Errand>) -> Reply {
    match errand {
        Some(Errand::Refresh(wish)) => refresh(workshop, desk, wish).await,
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
    let order = Order::Refresh { feeds: wished.feeds, force: wish.force, told };
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
    let Some(newsletter) = newsletters.iter().find(|newsletter| newsletter.name == name) else {
        let known = newsletters.iter().map(|known| known.name.as_str()).collect::<Vec<_>>();
        let why = format!("no newsletter is named \"{name}\"; there is: {}", known.join(", "));
        return Reply::Failed { why };
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
