//! The life of a letter.

use super::world::{World, edition, minute, with_feeds};
use crate::model::letter::{Letter, LetterState};
use crate::store::error::StoreError;
use crate::store::open::Store;

async fn sealed(world: &impl World) -> (Store, Letter) {
    let store = with_feeds(world, 1).await;
    store.seal(edition("matin", 10, &[], &[])).await.expect("an edition");
    let due = store.due_letters(minute(31), 9).await.expect("letters");
    assert_eq!(due.len(), 2);
    (store, due[0].clone())
}

pub(super) async fn one_of_two_claimers_wins(world: &impl World) {
    let (store, letter) = sealed(world).await;
    let (one, other) =
        tokio::join!(store.claim(&letter, minute(31)), store.claim(&letter, minute(31)));
    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    let won = won.expect("one wins");
    assert_eq!(lost, Err(StoreError::Conflict), "and one does not");
    assert_eq!(store.due_letters(minute(31), 9).await.expect("letters").len(), 1);
    assert_eq!(store.mark_data_sent(&letter).await, Err(StoreError::Conflict));
    let settled = store.settle(&letter, LetterState::Accepted, minute(31), None, false).await;
    assert_eq!(settled, Err(StoreError::Conflict), "nor can it settle");
    assert_eq!(store.unfinished_letters().await, Ok(vec![won]));
    store.close().await.expect("a close");
}

pub(super) async fn a_letter_lives_its_life(world: &impl World) {
    let (store, letter) = sealed(world).await;
    assert_eq!(store.next_letter_at().await, Ok(Some(letter.next_attempt)));
    assert_eq!(store.due_letters(minute(30), 9).await, Ok(vec![]), "not before it is due");

    let claimed = store.claim(&letter, minute(31)).await.expect("a claim");
    assert_eq!((claimed.state, claimed.attempts), (LetterState::Sending, 1));
    let reply = Some("451 plus tard".to_owned());
    let deferred = store
        .settle(&claimed, LetterState::Queued, minute(60), reply.clone(), false)
        .await
        .expect("a settlement");
    let due = store.due_letters(minute(60), 9).await.expect("letters");
    assert_eq!(due.last(), Some(&deferred), "kept as it was returned");
    assert_eq!(deferred.reply, reply);
    let early = store.mark_data_sent(&deferred).await;
    assert_eq!(early, Err(StoreError::Conflict), "no text is sent of what is not claimed");

    let claimed = store.claim(&deferred, minute(60)).await.expect("a claim");
    let sent = store.mark_data_sent(&claimed).await.expect("a mark");
    assert_eq!(store.claim(&sent, minute(61)).await, Err(StoreError::Conflict));
    store.close().await.expect("a close");

    // The process died here: the next one finds it in doubt.
    let store = world.open(minute(70)).await;
    assert_eq!(store.unfinished_letters().await, Ok(vec![sent.clone()]));
    let resent = store
        .settle(&sent, LetterState::Queued, minute(70), None, true)
        .await
        .expect("a settlement");
    let claimed = store.claim(&resent, minute(70)).await.expect("a claim");
    let sent = store.mark_data_sent(&claimed).await.expect("a mark");
    let done = store
        .settle(&sent, LetterState::Accepted, minute(71), Some("250 ok".to_owned()), sent.resent)
        .await
        .expect("a settlement");
    assert!(done.resent && done.attempts == 3);
    let letters = store.letters(done.edition).await.expect("letters");
    assert!(letters.contains(&done));
    let counts = store.letter_counts().await;
    assert_eq!(counts, Ok(vec![(LetterState::Queued, 1), (LetterState::Accepted, 1)]));
    store.close().await.expect("a close");
}
