//! See `src/token_verify.rs`.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallpass_fuzz::token_verify::run(data));

#[cfg(not(fuzzing))]
fn main() {}
