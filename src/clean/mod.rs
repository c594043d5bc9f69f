//! Cleaning: what strangers wrote becomes text and HTML that are safe to pass on. Pure.
