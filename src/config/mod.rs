//! The configuration: TOML in, complete settings or every fault out.
//!
//! `load` finds the file and leads the reading; `schema` lists the keys; `section` reads one table
//! and `values` one value; `machine`, `relay`, `feeds` and `outputs` turn tables into settings;
//! `check` compares what stands in several places. `fault` says what is wrong and where. Only this room reads the environment.

pub mod check;
pub mod fault;
pub mod feeds;
pub mod files;
pub mod load;
pub mod machine;
pub mod outputs;
pub mod reach;
pub mod relay;
pub mod schema;
pub mod section;
pub mod surroundings;
pub mod units;
pub mod values;
