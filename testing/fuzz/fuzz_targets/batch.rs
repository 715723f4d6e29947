//! The target of this name in `testing/targets`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| testing_targets::run("batch", input));
