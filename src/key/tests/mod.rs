//! Knows what the modules of `key` promise together.

mod round_trip;
