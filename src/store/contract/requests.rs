//! Requests from commands.

use super::world::{World, minute};
use crate::store::error::StoreError;
use crate::store::requests::{Request, RequestId};

pub(super) async fn a_request_is_answered_once(world: &impl World) {
    let store = world.open(minute(0)).await;
    let id = store.ask("refresh", "https://exemple.fr/", minute(0)).await.expect("a request");
    let other = store.ask("send", "matin", minute(1)).await.expect("a request");
    assert!(other > id);
    let open = store.open_requests().await.expect("requests");
    let kind = "refresh".to_owned();
    let argument = "https://exemple.fr/".to_owned();
    assert_eq!(open[0], Request { id, kind, argument, asked: minute(0) });
    assert_eq!(open.len(), 2);
    assert_eq!(store.answer_of(id).await, Ok(None));
    store.answer(id, "").await.expect("an answer");
    assert_eq!(store.answer_of(id).await, Ok(Some(String::new())), "an empty answer is one");
    assert_eq!(store.answer(id, "encore").await, Err(StoreError::Conflict));
    assert_eq!(store.answer(RequestId(99), "?").await, Err(StoreError::Conflict));
    assert_eq!(store.open_requests().await.expect("requests").len(), 1);

    let late = store.ask("refresh", "", minute(24 * 60 + 5)).await.expect("a request");
    assert!(late > other);
    assert_eq!(store.answer_of(id).await, Ok(None), "old answers are forgotten");
    assert_eq!(store.open_requests().await.expect("requests").len(), 2, "open requests never");
    store.close().await.expect("a close");
}
