//! The records that all child processes see.
