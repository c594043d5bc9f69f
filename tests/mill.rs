//! The mill as a whole, among a world that can be told what to do.
//!
//! One binary, so that it is linked once. `world` is the vocabulary; each other module is one
//! subject.

mod journeys;
mod politeness;
mod strangers;
mod wire;
mod world;
