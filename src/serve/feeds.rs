//! Merged feeds, feeds of editions and the list of feeds.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::answer::{self, INERT, Keep};
use super::house::House;
use crate::publish::format::Format;

/// `/feeds/NAME.atom`, `.rss`, `.json`.
pub async fn merged(
    State(house): State<Arc<House>>,
    file: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(file)) = file else { return answer::bad_request() };
    let named =
        file.rsplit_once('.').and_then(|(name, ending)| Some((name, Format::from_ending(ending)?)));
    let Some((name, format)) = named else { return answer::not_found() };
    match house.shelf.copy(name, format).await {
        Ok(Some(copy)) => answer::printed(&headers, &copy, Keep::Shortly, &INERT),
        Ok(None) => answer::not_found(),
        Err(error) => answer::unavailable(&error),
    }
}

/// `/feeds.opml`.
pub async fn opml(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    match house.library.opml(&house.labels()).await {
        Ok(list) => answer::printed(&headers, &list, Keep::Checked, &INERT),
        Err(error) => answer::unavailable(&error),
    }
}

/// `/editions/NAME.atom`.
pub async fn editions(
    State(house): State<Arc<House>>,
    file: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(file)) = file else { return answer::bad_request() };
    let Some(name) = file.strip_suffix(".atom") else { return answer::not_found() };
    match house.library.editions_feed(&house.labels(), name).await {
        Ok(Some(feed)) => answer::printed(&headers, &feed, Keep::Shortly, &INERT),
        Ok(None) => answer::not_found(),
        Err(error) => answer::unavailable(&error),
    }
}
