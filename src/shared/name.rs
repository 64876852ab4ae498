//! A name inside a record: of a worker, so that the memory can be read without the configuration, or a value.

use std::sync::atomic::{AtomicU32, AtomicU8, Ordering::Relaxed};

use crate::ffi::shm::record;

/// How many octets of a name there is room for: more than configtest lets pass ("decisions, row 18").
pub(crate) const CAPACITY: usize = 92;

record! {
    /// A name of at most [`CAPACITY`] octets with its length. Who reads it while another writes sees a mixture, which is
    /// up to the record around it.
    #[derive(Debug)]
    pub(crate) struct Name: 96 {
        length: AtomicU32,
        octets: [AtomicU8; CAPACITY],
    }
}

impl Name {
    /// Sets it to `name`, cut after [`CAPACITY`] octets.
    pub(super) fn set(&self, name: &str) {
        for (place, octet) in self.octets.iter().zip(name.bytes()) {
            place.store(octet, Relaxed);
        }
        self.length.store(name.len().min(CAPACITY) as u32, Relaxed);
    }

    /// Copies it out; octets that are no UTF-8 are replaced.
    pub(crate) fn get(&self) -> String {
        let length = (self.length.load(Relaxed) as usize).min(CAPACITY);
        let octets: Vec<u8> = self.octets[..length].iter().map(|octet| octet.load(Relaxed)).collect();
        String::from_utf8_lossy(&octets).into_owned()
    }
}
