//! The edge to the web: conditional requests through one guard.
