//! Whether a request went over a connection that was kept from an earlier one.
//!
//! A server may close a connection that it kept at any moment, also while the next request is on its
//! way. Such a request was not answered badly: it was not heard, and a GET may be made once more over
//! a new connection (RFC 9112, section 9.3.1). Over a new connection the same silence is an answer of
//! a kind, and nobody is asked twice for it. So a connection that is made leaves a mark here.

use std::cell::Cell;

tokio::task_local! {
    static MADE: Cell<bool>;
}

/// Awaits a request; returns with its result whether it found its connection there.
pub async fn watched<T>(request: impl Future<Output = T>) -> (T, bool) {
    let watched = async {
        let result = request.await;
        (result, !MADE.with(Cell::get))
    };
    MADE.scope(Cell::new(false), watched).await
}

/// Marks that a connection is made for the request that is awaited. What is connected to is handed on.
pub fn mark<T>(to: T) -> T {
    // Outside of a watched request nobody asks.
    let _ = MADE.try_with(|made| made.set(true));
    to
}

#[cfg(test)]
mod tests {
    use crate::fetch::origin::{
        Heard, Origin, Reply, client, failure, fresh, get, now, raw, request,
    };
    use crate::model::outcome::Validators;

    /// Tells in its first answer that the connection stays open; does with it then as told.
    async fn deaf(to_the_second: Reply) -> Origin {
        let answers = std::sync::atomic::AtomicUsize::new(0);
        Origin::new(move |_: &Heard| {
            match answers.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                1 => to_the_second.clone(),
                _ => Reply::Whole(raw("200 OK", &[], b"<rss/>")),
            }
        })
        .await
    }

    #[tokio::test]
    async fn what_a_kept_connection_did_not_hear_is_said_again_over_a_new_one() {
        for reply in [Reply::Close(Vec::new()), Reply::Reset(Vec::new())] {
            let (origin, client) = (deaf(reply).await, client());
            assert_eq!(fresh(get(&client, &origin.feed("/a")).await).body, "<rss/>");
            assert_eq!(fresh(get(&client, &origin.feed("/b")).await).body, "<rss/>");
            let targets: Vec<String> =
                origin.heard().iter().map(|heard| heard.target().to_owned()).collect();
            assert_eq!(targets, ["/a", "/b", "/b"]);
            assert_eq!(origin.connections(), 2);
            assert_eq!(client.ledger().read().requests, 3, "both are counted");
        }
    }

    #[tokio::test]
    async fn silence_on_a_new_connection_is_not_asked_about_again() {
        for reply in [Reply::Close(Vec::new()), Reply::Reset(Vec::new())] {
            let origin = Origin::always(reply).await;
            let url = origin.feed("/a");
            failure(get(&client(), &url).await);
            let none = Validators::default();
            let asked =
                crate::fetch::request::Request { keep_alive: false, ..request(&url, &none) };
            failure(client().get(&asked, now()).await);
            assert_eq!(origin.heard().len(), 2);
        }
    }

    #[tokio::test]
    async fn a_server_that_never_hears_is_asked_twice_at_most() {
        let answers = std::sync::atomic::AtomicUsize::new(0);
        let origin =
            Origin::new(move |_| match answers.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Reply::Whole(raw("200 OK", &[], b"<rss/>")),
                _ => Reply::Close(Vec::new()),
            })
            .await;
        let client = client();
        fresh(get(&client, &origin.feed("/a")).await);
        let failure = failure(get(&client, &origin.feed("/b")).await);
        assert!(failure.reason.contains("closed before the answer"), "{failure:?}");
        assert_eq!(origin.heard().len(), 3);
    }
}
