//! See `src/gateway_path.rs`.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallpass_fuzz::gateway_path::run(data));

#[cfg(not(fuzzing))]
fn main() {}
