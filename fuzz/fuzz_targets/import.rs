#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eql_fuzz::import(data));
