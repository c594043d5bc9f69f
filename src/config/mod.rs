//! The configuration: TOML in, complete settings or every fault out.
//!
//! Tables are read by hand, since serde stops at the first fault, and many faults need their place.
//! `load` finds the file and leads the reading; `schema` lists the keys; `section` reads one table,
//! `values` and `addresses` one value; `machine`, `relay`, `feeds`, `headers` and `outputs` turn
//! tables into settings; `check` compares what stands in several places. `fault` says what is wrong
//! and where. `edit` and `replace` change the file and keep its comments. Only `surroundings` reads
//! the environment.

pub mod addresses;
pub mod check;
pub mod edit;
pub mod fault;
pub mod feeds;
pub mod files;
pub mod findings;
pub mod headers;
pub mod load;
pub mod machine;
pub mod outputs;
pub mod reach;
pub mod relay;
pub mod replace;
pub mod schema;
pub mod section;
pub mod surroundings;
pub mod units;
pub mod values;
