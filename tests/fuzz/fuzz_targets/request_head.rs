//! See `src/request_head.rs`.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallpass_fuzz::request_head::run(data));

#[cfg(not(fuzzing))]
fn main() {}
