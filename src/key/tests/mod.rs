//! Knows what the modules of `key` promise together.

mod files;
mod jwk_table;
mod redaction;
mod ring_table;
mod round_trip;
mod vectors;
