//! See `src/key_load.rs`.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallpass_fuzz::key_load::run(data));

#[cfg(not(fuzzing))]
fn main() {}
