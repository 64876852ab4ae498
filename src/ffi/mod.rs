//! The only unsafe code.

pub mod shm;
pub mod time;
