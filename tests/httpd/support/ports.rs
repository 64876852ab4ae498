//! TCP ports on 127.0.0.1 that nobody else listens on.
//!
//! They are taken from below the range the kernel uses for outgoing connections, so that a client of another
//! test cannot occupy one between the choice and the server's bind.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 10_000;
const COUNT: u32 = 22_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Chooses a port that was free a moment ago and was not given out before in this run.
pub fn free() -> u16 {
    listen().1
}

/// Listens on such a port.
pub fn listen() -> (TcpListener, u16) {
    let start = process::id().wrapping_mul(131);
    for _ in 0..COUNT {
        let offset = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(FIRST + offset).expect("the range ends below 65536");
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return (listener, port);
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}
