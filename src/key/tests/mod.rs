//! Knows what the modules of `key` promise together.

#[cfg(feature = "aws-lc-rs")]
mod backends;
mod files;
mod jwk_table;
mod jwks_table;
#[cfg(feature = "jsonwebtoken-provider")]
mod provider;
mod redaction;
mod ring_table;
mod round_trip;
mod vectors;
mod wycheproof;
