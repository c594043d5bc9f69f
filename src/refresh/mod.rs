//! Deciding: what a fetch means for its feed and its entries. Pure.
