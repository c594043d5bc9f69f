//! The running service: when work is done. The only wiring is in `compose`.
