//! Health: whether the process lives, and whether it is of use.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::answer;
use super::house::House;

/// 200 as long as requests are answered at all.
pub async fn live() -> Response {
    answer::text(StatusCode::OK, "alive")
}

/// 200 once the database is open and the loops run, 503 before that and during a stop.
pub async fn ready(State(house): State<Arc<House>>) -> Response {
    if house.is_ready() {
        answer::text(StatusCode::OK, "ready")
    } else {
        answer::text(StatusCode::SERVICE_UNAVAILABLE, "Not ready: starting or stopping. Try again.")
    }
}
