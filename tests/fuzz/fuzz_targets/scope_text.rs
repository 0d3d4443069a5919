//! See `src/scope_text.rs`.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallpass_fuzz::scope_text::run(data));

#[cfg(not(fuzzing))]
fn main() {}
