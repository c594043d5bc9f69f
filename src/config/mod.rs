//! The configuration: TOML in, complete settings or every fault out.
