//! What every engine must do, as one suite: an engine's tests say how a store is opened and run it.
//!
//! `suite` is given a way to make empty databases, each of which it closes and opens again, so that
//! what must be kept is seen from a second opening.

mod callbacks;
mod editions;
mod feeds;
mod letters;
mod moves;
mod requests;
mod rests;
mod unique;
pub(in crate::store) mod world;

use world::World;

/// Runs the whole contract. Each part has a database of its own from `fresh`.
async fn suite<W: World>(fresh: impl Fn() -> W) {
    feeds::sync_is_idempotent_and_retires_and_revives(&fresh()).await;
    feeds::a_late_plan_writes_nothing_at_all(&fresh()).await;
    feeds::a_key_is_kept_once_and_numbers_grow(&fresh()).await;
    feeds::a_refused_operation_takes_no_other_with_it(&fresh()).await;
    feeds::what_is_known_is_found_by_key_and_by_document(&fresh()).await;
    feeds::a_change_is_seen_and_orders_anew(&fresh()).await;
    feeds::the_newest_come_first_whichever_way_they_are_found(&fresh()).await;
    feeds::bodies_of_an_older_cleaner_wait_to_be_renewed(&fresh()).await;
    moves::a_feed_that_moved_to_another_becomes_it(&fresh()).await;
    moves::what_was_passed_over_is_so_in_the_feed_that_another_became(&fresh()).await;
    moves::a_feed_that_another_became_is_well(&fresh()).await;
    moves::a_subscription_follows_its_feed(&fresh()).await;
    moves::a_name_that_is_taken_by_a_retired_feed_is_given_over(&fresh()).await;
    feeds::a_body_that_ends_the_process_comes_last_and_then_is_set_apart(&fresh()).await;
    editions::a_newsletter_sees_what_arrived_and_no_more(&fresh()).await;
    editions::an_entry_and_a_slot_are_sealed_once(&fresh()).await;
    editions::a_day_before_the_last_edition_is_settled(&fresh()).await;
    editions::what_readers_had_through_another_feed_is_found_and_passed_over(&fresh()).await;
    editions::a_feed_whose_items_all_lead_to_one_place_is_counted(&fresh()).await;
    editions::feeds_that_are_found_at_one_address_are_told(&fresh()).await;
    editions::an_end_is_told_once(&fresh()).await;
    editions::an_edition_comes_back_as_it_was_sealed(&fresh()).await;
    letters::one_of_two_claimers_wins(&fresh()).await;
    letters::a_letter_lives_its_life(&fresh()).await;
    requests::a_request_is_answered_once(&fresh()).await;
    rests::a_rest_is_written_with_its_poll_or_not_at_all(&fresh()).await;
    rests::what_a_page_was_told_holds_for_its_site_and_its_like(&fresh()).await;
    rests::the_last_outage_is_kept(&fresh()).await;
    callbacks::a_callback_comes_back_and_is_written_by_one_at_a_time(&fresh()).await;
    callbacks::a_feed_knows_how_far_its_hub_is_trusted(&fresh()).await;
    callbacks::what_is_to_be_done_about_callbacks_is_found_by_its_moment(&fresh()).await;
    callbacks::a_note_is_due_when_it_says_and_written_by_one_at_a_time(&fresh()).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    suite(world::SqliteWorld::new).await;
}

#[test]
fn sqlite_puts_an_entry_in_one_edition_whatever_the_order_of_events() {
    unique::an_entry_is_in_one_edition(world::SqliteWorld::new);
}
