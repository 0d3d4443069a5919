//! See `src/feed_page.rs`.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallpass_fuzz::feed_page::run(data));

#[cfg(not(fuzzing))]
fn main() {}
