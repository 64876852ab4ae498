//! The only unsafe code.

pub mod time;
