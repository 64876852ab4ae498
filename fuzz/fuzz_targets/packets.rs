//! A stream of packets from a container: splitting it does not depend on how it arrives, and ends.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mod_jk::ajp::{split_packet, Reply, HEADER_LENGTH};

const MAX_PAYLOAD: usize = 8192;

fuzz_target!(|received: &[u8]| {
    let mut rest = received;
    while let Ok(Some((payload, size))) = split_packet(rest, MAX_PAYLOAD) {
        assert_eq!(size, HEADER_LENGTH + payload.len());
        assert!(payload.len() <= MAX_PAYLOAD);
        assert_eq!(split_packet(&rest[..size - 1], MAX_PAYLOAD), Ok(None), "complete before its last octet");
        assert_eq!(split_packet(&rest[..size], MAX_PAYLOAD), Ok(Some((payload, size))));
        if Reply::decode(payload).is_err() {
            break;
        }
        rest = &rest[size..];
    }
});
