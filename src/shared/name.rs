//! A worker's name inside a record, so that the memory can be read without the configuration.

use std::sync::atomic::{AtomicU32, AtomicU8, Ordering::Relaxed};

use crate::ffi::shm::record;

/// Longest name that is kept whole, in octets; configtest refuses longer ones ("decisions, row 18").
pub(crate) const MAX_NAME: usize = 92;

record! {
    /// A name of at most [`MAX_NAME`] octets with its length. Written once, before any child exists.
    #[derive(Debug)]
    pub(crate) struct Name: 96 {
        length: AtomicU32,
        octets: [AtomicU8; MAX_NAME],
    }
}

impl Name {
    /// Sets it to `name`, cut after [`MAX_NAME`] octets.
    pub(super) fn set(&self, name: &str) {
        for (place, octet) in self.octets.iter().zip(name.bytes()) {
            place.store(octet, Relaxed);
        }
        self.length.store(name.len().min(MAX_NAME) as u32, Relaxed);
    }

    /// Copies it out; octets that are no UTF-8 are replaced.
    #[cfg(test)]
    pub(crate) fn get(&self) -> String {
        let length = (self.length.load(Relaxed) as usize).min(MAX_NAME);
        let octets: Vec<u8> = self.octets[..length].iter().map(|octet| octet.load(Relaxed)).collect();
        String::from_utf8_lossy(&octets).into_owned()
    }
}
