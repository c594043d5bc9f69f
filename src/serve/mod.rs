//! The web server: merged feeds, pages, health.
