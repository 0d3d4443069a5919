//! Signing keys that the store keeps: made once, agreed by all instances, rotated, withdrawn
//! (invariants 66 to 68).

mod agree;
mod at_rest;
mod config;
mod life;
mod pem;
mod support;
mod withdraw;
